"""Whatever lies in a folder, a scan ends in a plan or in one sentence."""

from __future__ import annotations

import errno
import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pomp.data.importing.scan import scan
from pomp.data.importing.write import stage
from pomp.errors import CohortError
from tests.data.importing.sources import write_files, write_gdc, write_xena, write_xena_gdc

NAMES = (
    *(
        "clinical.csv",
        "clinical.tsv",
        "clinical.json",
        "metadata.cart.json",
        "gdc_sample_sheet.tsv",
        "gdc_manifest.txt",
    ),
    *("HiSeqV2", "LIHC_survival.txt", "x.h5ad", "x.h5mu", "x.parquet", "x.csv.gz", "x.tsv", "x.svs", "features_a/x.h5"),
    *("u/a.rna_seq.augmented_star_gene_counts.tsv", "u/b.methylation_array.sesame.level3betas.txt", "slides.csv"),
    *("fetch.json", "x%2Fy.txt", "x.xlsx", "\u00fc \u2013.csv", "follow_up.tsv"),
)
TEXTS = (
    b"", b"\n", b"\n\n\n", b"\x00" * 50, b"\xff\xfe\x00a", b"a", b"a,b", b"a\tb\n", b"a,b\n1", b"{", b"[]", b"[1, 2]",
    b"null", b'{"data": {"hits": 3}}', b'[{"demographic": 3, "diagnoses": 5, "submitter_id": "P"}]',
    b'"a\n', b"patient,OS,OS.time\nP1,1,2\n",
    b"patient\tOS\tOS.time\nP1\tx\t\n\tq\t3\n", b"id\tfilename\tmd5\tsize\tstate\nu\ta\tm\tbig\tok\n",
    b"File ID\tFile Name\tProject ID\tCase ID\tSample ID\nu\t\t\t\t\n", gzip.compress(b"a,b\n1,2\n"), b"\x1f\x8b\x08",
    b"patient,file\nP1,\n,x\n", b"case_id,slide_id\nP1,\n", b"\x89HDF\r\n\x1a\n" + b"\x00" * 40, b"PAR1PAR1",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(16))
def test_any_content(seed: int, tmp_path: Path) -> None:
    """Some of the names above with any of the texts: nothing but a `CohortError` comes out, of a trial neither."""
    random = np.random.default_rng(seed)
    chosen = random.choice(len(NAMES), size=8, replace=False)
    folder = write_files(tmp_path / "s", {NAMES[at]: TEXTS[random.integers(len(TEXTS))] for at in chosen})
    _try(folder, tmp_path / "cohort")


@pytest.mark.parametrize("write", [write_xena, write_xena_gdc, write_gdc])
@pytest.mark.parametrize("seed", range(3))
def test_damaged_downloads(write: object, seed: int, tmp_path: Path) -> None:
    """Every file cut short, or with some bytes changed, by chance."""
    folder = write(tmp_path / "s")  # type: ignore[operator]
    random = np.random.default_rng(seed)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = bytearray(path.read_bytes())
        if random.random() < 0.3:
            content = content[: random.integers(len(content))]
        for at in random.integers(len(content), size=2) if content and random.random() < 0.3 else ():
            content[at] = random.integers(256)
        path.write_bytes(bytes(content))
    _try(folder, tmp_path / "cohort")


def _try(folder: Path, cohort: Path) -> None:
    try:
        plan = scan(folder)
        assert all(problem.message for problem in plan.findings)
        stage(plan, cohort)
    except CohortError as error:
        assert str(error)


def test_linked_folders_are_not_entered_and_named(tmp_path: Path) -> None:
    folder = write_xena(tmp_path / "xena")
    (folder / "all").symlink_to(folder)
    (folder / "survival" / ".hidden").symlink_to(tmp_path)
    assert [str(problem) for problem in scan(folder).findings if "link" in problem.message] == [
        "all: is a link to a folder, and is not read. Put its files in its place, or link each of them."
    ]


def test_no_file_system_has_such_a_name(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=r"zzz is no folder\. What can be imported"):
        scan(tmp_path / ("z" * 300))


def test_what_nobody_here_may_look_at_ends_no_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_xena(tmp_path / "s")
    write_files(folder, {"locked/a.csv": b"a,b", "odd": b""})
    scandir, is_file = os.scandir, Path.is_file

    def refuse(path: str) -> Iterator[os.DirEntry[str]]:
        if Path(path).name == "locked":
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    def deny(path: Path) -> bool:
        if path.name == "odd":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(os, "scandir", refuse)
    monkeypatch.setattr(Path, "is_file", deny)
    said = "locked: is a folder that cannot be read: Permission denied. Nothing in it is looked at."
    assert said in [str(problem) for problem in scan(folder).findings]


def test_a_file_is_not_its_folder(tmp_path: Path) -> None:
    file = write_files(tmp_path, {"clinical.csv": "id,OS,OS.time\nP1,1,100\n"}) / "clinical.csv"
    with pytest.raises(CohortError, match=r"clinical\.csv is a file: name the folder that it lies in"):
        scan(file)


def test_dangling_links_are_passed_over(tmp_path: Path) -> None:
    folder = write_gdc(tmp_path / "gdc")
    path = next(folder.rglob("TCGA-AA-0003-01A*.svs"))
    path.unlink()
    path.symlink_to(tmp_path / "nowhere")
    plan = scan(folder)
    assert {slide.patient for slide in plan.slide_files} == {"TCGA-AA-0001"}
    assert any("1 of its files are not here" in problem.message for problem in plan.findings)
