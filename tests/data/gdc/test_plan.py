from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from pomp.data.gdc import plan as planning
from pomp.data.gdc.api import Gdc
from pomp.data.gdc.errors import FetchError
from pomp.data.gdc.folder import part_of, place_of, write_records
from pomp.data.gdc.plan import FetchPlan, check_space, free_bytes, plan_fetch, readable
from tests.data.gdc.server import MIRNA, PROJECT, RELEASE, SLIDE, Served, case, served, serving

COUNTS = served("counts.tsv", b"c" * 1000)
MICRO = served("micro.txt", b"m" * 100, **MIRNA)
DIAGNOSTIC = served("TCGA-DD-A1EB-01Z-00-DX1.svs", b"s" * 5000, ("TCGA-DD-A1EB-01Z",), **SLIDE)
EVERY = (COUNTS, MICRO, DIAGNOSTIC)


def make_plan(folder: Path, types: Sequence[str], project: str = PROJECT, files: Sequence[Served] = EVERY) -> FetchPlan:
    patients = [case("TCGA-DD-A1EB", 300), case("TCGA-DD-A4NA", None)]
    with serving(list(files), patients) as server, Gdc(server.address) as gdc:
        return plan_fetch(gdc, project, types, folder)


def test_plan(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, ["slides", "mrna", "methylation"])
    assert {name: [file.file_name for file in files] for name, files in plan.files.items()} == {
        "mrna": ["counts.tsv"],
        "methylation": [],
        "slides": ["TCGA-DD-A1EB-01Z-00-DX1.svs"],
    }
    record = plan.record
    assert (record.project, record.title, record.data_release) == (PROJECT, "Liver Hepatocellular Carcinoma", RELEASE)
    assert record.types == ("mrna", "methylation", "slides")
    assert (record.cases, record.files, record.bytes) == (2, {"mrna": 1, "methylation": 0, "slides": 1}, 6000)


def test_types_of_an_earlier_fetch_stay(tmp_path: Path) -> None:
    first = make_plan(tmp_path, ["mrna"])
    write_records(tmp_path, first.record, first.every_file, first.cases)
    assert make_plan(tmp_path, ["slides"]).record.types == ("mrna", "slides")


def test_what_is_on_the_disk_is_not_left(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, ["mrna", "mirna", "slides"])
    assert plan.bytes_left() == 6100
    counts, micro, slide = plan.every_file
    for file in plan.every_file:
        place_of(file, tmp_path).parent.mkdir()
    place_of(counts, tmp_path).write_bytes(COUNTS.content)
    place_of(micro, tmp_path).write_bytes(b"torn")  # not as long as it should be: all of it is fetched again
    part_of(slide, tmp_path).write_bytes(DIAGNOSTIC.content[:2000])
    assert plan.bytes_left() == 100 + 3000


FAILURES = {
    "no type": ({"types": []}, "No type is named with --types. Types: mrna, mirna, methylation, slides."),
    "no project": (
        {"types": ["mrna"], "project": ""},
        "No project is named: give one of the GDC's, such as TCGA-LIHC.",
    ),
    "unknown type": ({"types": ["mrna", "rppa"]}, "There is no type 'rppa'. Types: mrna, mirna, methylation, slides."),
    "unknown project": ({"types": ["mrna"], "project": "TCGA-NONE"}, "The GDC knows no project 'TCGA-NONE'"),
    "nothing there": (
        {"types": ["mirna", "methylation"], "files": [COUNTS]},
        "The GDC has no open files of TCGA-LIHC of the types mirna, methylation.",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failures(name: str, tmp_path: Path) -> None:
    arguments, message = FAILURES[name]
    with pytest.raises(FetchError, match=message):
        make_plan(tmp_path, **arguments)  # type: ignore[arg-type]


RECORDS = {
    "of another project": ('"project": "TCGA-STAD"', "holds TCGA-STAD. Fetch TCGA-LIHC into another folder with --to."),
    "torn": ('"project": ', r"fetch.json cannot be read: .* Move it away, or fetch into another folder"),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_folder_that_holds_something_else(name: str, tmp_path: Path) -> None:
    change, message = RECORDS[name]
    plan = make_plan(tmp_path, ["mrna"])
    write_records(tmp_path, plan.record, plan.every_file, plan.cases)
    path = tmp_path / "fetch.json"
    path.write_text(path.read_text().replace(f'"project": "{PROJECT}"', change))
    with pytest.raises(FetchError, match=f"(?s){message}"):
        make_plan(tmp_path, ["mrna"])


def test_what_does_not_fit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = make_plan(tmp_path / "new" / "folder", ["mrna", "slides"])
    monkeypatch.setattr(planning, "free_bytes", lambda folder: 6000)
    check_space(plan)
    monkeypatch.setattr(planning, "free_bytes", lambda folder: 5999)
    with pytest.raises(FetchError, match=r"6.0 kB are left to fetch, and 6.0 kB are free at .*new/folder\. Free disk"):
        check_space(plan)


def test_free_bytes_of_a_folder_to_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    statistics = os.statvfs(tmp_path)
    total = statistics.f_blocks * statistics.f_frsize
    assert 0 < free_bytes(tmp_path / "not" / "there") <= total
    monkeypatch.chdir(tmp_path)
    assert 0 < free_bytes(Path("TCGA-LIHC")) <= total


SIZES = {0: "0 bytes", 999: "999 bytes", 1000: "1.0 kB", 1_234_567: "1.2 MB", 41 * 10**9: "41.0 GB", 10**13: "10.0 TB"}


@pytest.mark.parametrize("size", SIZES)
def test_readable(size: int) -> None:
    assert readable(size) == SIZES[size]
