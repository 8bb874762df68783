"""Uploaded tables: names, limits, and how long they are kept."""

from __future__ import annotations

import gzip
import io
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest

from dashboard.cohort_import import uploads
from dashboard.cohort_import.uploads import UPLOADS, discard, is_upload, safe_name, save_uploads, sweep
from pomp.errors import CohortError


@dataclass(frozen=True)
class Sent:
    """A file as the browser sent it."""

    name: str
    content: bytes = b"patient,OS\n"

    @property
    def size(self) -> int:
        return len(self.content)

    def getbuffer(self) -> memoryview:
        return memoryview(self.content)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("clinical.csv", "clinical.csv"),
        ("HiSeqV2.gz", "HiSeqV2.gz"),
        ("../../etc/passwd.csv", "passwd.csv"),
        (r"C:\data\mrna table (1).tsv", "mrna_table_1_.tsv"),
        (".hidden.csv", "hidden.csv"),
        ("\u202egnp.csv", "gnp.csv"),
        ("x" * 300 + ".csv", "x" * 116 + ".csv"),
    ],
)
def test_names_are_made_safe(sent: str, kept: str) -> None:
    assert safe_name(sent) == kept


@pytest.mark.parametrize("name", ["", "..", "csv", ".csv", "run.sh", "slide.svs", "mrna.csv.exe", "a.csv/"])
def test_what_is_no_table_is_refused(name: str) -> None:
    with pytest.raises(CohortError, match=r"is no table that can be uploaded: \.csv, \.tsv"):
        safe_name(name)


def test_tables_lie_in_a_folder_of_the_workspace(tmp_path: Path) -> None:
    folder = save_uploads([Sent("a/clinical.csv"), Sent("mrna.csv", b"1")], tmp_path)
    assert folder.parent == tmp_path / UPLOADS
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "clinical.csv": b"patient,OS\n",
        "mrna.csv": b"1",
    }
    assert is_upload(folder, tmp_path)
    discard(folder, tmp_path)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([Sent("a.csv"), Sent("b/a.csv")], "would both be called 'a.csv': rename one of them"),
        ([Sent(f"{k}.csv") for k in range(51)], "51 files are too many for an upload of at most 50"),
        (
            [Sent("a.csv", bytes(2_000_001))],
            r"2 MB are too many for an upload of at most 1 MB\. Put them into a folder",
        ),
        ([Sent("a.csv"), Sent("b.exe")], "'b.exe' is no table"),
    ],
)
def test_limits_hold_on_the_server(
    files: list[Sent], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_MB", 1)
    with pytest.raises(CohortError, match=message):
        save_uploads(files, tmp_path)
    assert not (tmp_path / UPLOADS).exists()


def packed(content: bytes) -> Sent:
    return Sent("mrna.csv.gz", gzip.compress(content))


TABLE = b"patient,a\n" + b"P1,1\n" * 400_000


@pytest.mark.parametrize(
    ("limit", "most", "content", "message"),
    [
        ("MAX_UNPACKED_MB", 1, TABLE, "'mrna.csv.gz' unpacks, with the others, to over 1 MB, too much for an upload. "
         "Put them into a folder on the server"),
        ("MAX_LINES", 100_000, TABLE, "'mrna.csv.gz' unpacks to over 100,000 lines"),
        ("MAX_LINES", 100_000, TABLE.replace(b"\n", b"\r"), "'mrna.csv.gz' unpacks to over 100,000 lines"),
        ("MAX_LINE_MB", 1, b"," * 2_200_000, "'mrna.csv.gz' has a line of over 1 MB"),
        ("MAX_LINE_MB", 1, b"patient,a\n" + b"," * 2_200_000, "'mrna.csv.gz' has a line of over 1 MB"),
    ],
)  # fmt: skip
def test_limits_hold_for_what_is_unpacked(
    limit: str, most: int, content: bytes, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few kilobytes are sent."""
    monkeypatch.setattr(uploads, limit, most)
    with pytest.raises(CohortError, match=message):
        save_uploads([Sent("clinical.csv"), packed(content)], tmp_path)
    assert list((tmp_path / UPLOADS).iterdir()) == []


def test_packed_tables_share_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_UNPACKED_MB", 3)
    with pytest.raises(CohortError, match=r"'other\.csv\.gz' unpacks, with the others, to over 3 MB"):
        save_uploads([packed(TABLE), Sent("other.csv.gz", packed(TABLE).content)], tmp_path)


def parquet_of(cells: Any) -> Sent:
    buffer = io.BytesIO()
    pd.DataFrame({"patient": cells}).to_parquet(buffer)
    return Sent("mrna.parquet", buffer.getvalue())


def hdf5_of(name: str, *, rows: int, sparse: bool) -> Sent:
    """A table of ten columns of zeros, where AnnData or MuData keeps it."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        place = "X" if name.endswith(".h5ad") else "mod/mrna/X"
        if sparse:
            file.create_group(place).attrs["shape"] = (rows, 10)
        else:
            file.create_dataset(place, (rows, 10), np.float32, compression="gzip", fillvalue=0)
    return Sent(name, buffer.getvalue())


MANY = {
    "equal numbers": parquet_of(np.zeros(400_000)),
    "equal texts": parquet_of(["x" * 10_000] * 400),
    "dense": hdf5_of("mrna.h5ad", rows=40_000, sparse=False),
    "sparse": hdf5_of("mrna.h5ad", rows=40_000, sparse=True),
    "of several types": hdf5_of("all.h5mu", rows=40_000, sparse=False),
}


@pytest.mark.parametrize("sent", MANY.values(), ids=MANY.keys())
def test_limits_hold_for_what_is_packed_within(sent: Sent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_UNPACKED_MB", 3)
    assert sent.size < 60_000
    with pytest.raises(CohortError, match=rf"'{sent.name}' unpacks, with the others, to over 3 MB, too much for an up"):
        save_uploads([Sent("clinical.csv"), sent], tmp_path)
    assert list((tmp_path / UPLOADS).iterdir()) == []


FEW = {
    "numbers": parquet_of(np.zeros(300_000)),
    "texts": parquet_of(["x" * 10_000, None] * 100),
    "categories": parquet_of(pd.Categorical(["x" * 10_000, None] * 100)),
    "torn": Sent("mrna.parquet", parquet_of(np.zeros(400_000)).content[:-100]),
    "dense": hdf5_of("mrna.h5ad", rows=30_000, sparse=False),
    "sparse": hdf5_of("mrna.h5ad", rows=30_000, sparse=True),
}


@pytest.mark.parametrize("sent", FEW.values(), ids=FEW.keys())
def test_what_is_within_the_limits_is_kept(sent: Sent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_UNPACKED_MB", 3)
    folder = save_uploads([sent], tmp_path)
    assert (folder / sent.name).read_bytes() == sent.content


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (parquet_of([["x"], ["y"]]), r"'mrna\.parquet' has several values in one cell\."),
        (Sent("mrna.h5ad", b"no HDF5"), r"mrna\.h5ad cannot be read as AnnData or MuData"),
        (Sent("mrna.h5ad", FEW["dense"].content.replace(b"SNOD", b"BITS")), "cannot be read as AnnData or MuData"),
    ],
)
def test_what_cannot_be_measured_is_refused(sent: Sent, message: str, tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=message):
        save_uploads([sent], tmp_path)
    assert list((tmp_path / UPLOADS).iterdir()) == []


@pytest.mark.parametrize("content", [packed(TABLE).content, packed(TABLE).content[:-100], b"\x1f\x8b no gzip"])
def test_what_its_reader_has_to_judge_is_kept(content: bytes, tmp_path: Path) -> None:
    folder = save_uploads([Sent("mrna.csv.gz", content)], tmp_path)
    assert (folder / "mrna.csv.gz").read_bytes() == content


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(CohortError, match="No space left on device. Free disk space"):
        save_uploads([Sent("a.csv")], tmp_path)
    assert list((tmp_path / UPLOADS).iterdir()) == []


def test_what_is_older_than_a_day_is_swept(tmp_path: Path) -> None:
    names = {"0123456789abcdef": 2, "fedcba9876543210": 0.5, ".trial-ab12cd_x": 2, "mine": 2}  # days old
    for name, days in names.items():
        (tmp_path / UPLOADS / name).mkdir(parents=True)
        then = time.time() - days * 86400
        os.utime(tmp_path / UPLOADS / name, (then, then))
    sweep(tmp_path)
    assert {path.name for path in (tmp_path / UPLOADS).iterdir()} == {"fedcba9876543210", "mine"}


@pytest.mark.parametrize("place", ["cohorts/0123456789abcdef", "uploads/mine", "uploads/0123456789abcdef/in"])
def test_other_folders_are_left_alone(place: str, tmp_path: Path) -> None:
    (tmp_path / place).mkdir(parents=True)
    discard(tmp_path / place, tmp_path)
    assert (tmp_path / place).is_dir()
