"""Slides and features: whose they are, and which are taken."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pomp.data.importing.plan import PlannedSlide
from pomp.data.importing.slides import find_slides
from pomp.data.problems import Problems
from tests.data.importing.sources import write_files

PATIENTS = ("P-1", "P-10", "P-2", "TCGA-AA-0001")


def find(root: Path, names: list[str], known: dict[str, str] | None = None) -> tuple[list[PlannedSlide], list[str]]:
    write_files(root, dict.fromkeys(names, "x"))
    files = sorted(path for path in root.rglob("*") if path.is_file())
    problems = Problems()
    found = find_slides(files, root, PATIENTS, known or {}, problems)
    return found.rows, [str(problem) for problem in problems.found]


def names(rows: list[PlannedSlide]) -> list[tuple[str, str, str | None]]:
    return [(row.patient, Path(row.file).name, row.features and Path(row.features).parent.name) for row in rows]


TRIDENT = "job/20x_256px_0px_overlap"
CASES: dict[str, tuple[list[str], list[tuple[str, str, str | None]], str | None]] = {
    "by barcode": (
        ["a/TCGA-AA-0001-01Z-00-DX1.4F2A-11.svs", "TCGA-AA-0002.ndpi"],
        [("TCGA-AA-0001", "TCGA-AA-0001-01Z-00-DX1.4F2A-11.svs", None), ("TCGA-AA-0002", "TCGA-AA-0002.ndpi", None)],
        None,
    ),
    "by the patient's id": (
        ["P-1.tif", "P-10_HE.tif", "P-2 b.mrxs"],
        [("P-1", "P-1.tif", None), ("P-10", "P-10_HE.tif", None), ("P-2", "P-2 b.mrxs", None)],
        None,
    ),
    "nobody's": (["P-1.svs", "X-9.svs"], [("P-1", "P-1.svs", None)], r"1 slides belong to no patient.*: X-9\.svs"),
    "paraffin before frozen": (
        ["TCGA-AA-0001-01Z-00-DX1.A.svs", "TCGA-AA-0001-01A-01-TS1.B.svs"],
        [("TCGA-AA-0001", "TCGA-AA-0001-01Z-00-DX1.A.svs", None)],
        r"1 frozen slides of patients who have diagnostic ones are not used",
    ),
    "normal tissue": (["TCGA-AA-0001-11A-01-TS1.B.svs"], [], r"1 slides are of normal tissue"),
    "TRIDENT, without pictures": (
        [f"{TRIDENT}/features_uni_v1/P-1.h5", f"{TRIDENT}/patches/P-1_patches.h5", "job/contours_geojson/P-1.geojson"],
        [("P-1", "P-1.h5", None)],
        None,
    ),
    "TRIDENT, with pictures": (
        [f"{TRIDENT}/features_uni_v1/P-1.h5", "P-1.svs", "P-2.svs"],
        [("P-1", "P-1.svs", "features_uni_v1")],
        r"1 slides have no features, and are not used: P-2\.svs",
    ),
    "two encoders": (
        [
            f"{TRIDENT}/features_uni_v1/P-1.h5",
            f"{TRIDENT}/features_conch_v15/P-1.h5",
            f"{TRIDENT}/features_uni_v1/P-2.h5",
        ],
        [("P-1", "P-1.h5", None), ("P-2", "P-2.h5", None)],
        rf"^{TRIDENT}/features_uni_v1: its features are taken, and not those of {TRIDENT}/features_conch_v15",
    ),
    "CLAM": (
        ["f/h5_files/P-1.h5", "f/pt_files/P-1.pt", "patches/P-1.h5"],
        [("P-1", "P-1.h5", None)],
        r"^f/h5_files: its features are taken, and not those of f/pt_files",
    ),
    "CLAM, tensors alone": (["f/pt_files/P-1.pt"], [("P-1", "P-1.pt", None)], None),
}


@pytest.mark.parametrize("case", CASES)
def test_slides(case: str, tmp_path: Path) -> None:
    files, expected, message = CASES[case]
    rows, said = find(tmp_path, files)
    assert names(rows) == expected
    assert (said == []) if message is None else any(re.search(message, line) for line in said), said


def test_a_sheet_says_whose_a_slide_is(tmp_path: Path) -> None:
    for place, known in enumerate(({"scan_0001.svs": "P-2"}, {"scan_0001": "P-2"})):
        rows, said = find(tmp_path / str(place), ["scan_0001.svs"], known)
        assert (names(rows), said) == ([("P-2", "scan_0001.svs", None)], [])


def test_a_sheet_says_whose_features_are(tmp_path: Path) -> None:
    rows, said = find(tmp_path, ["features_a/scan_0001.h5"], {"scan_0001.svs": "P-2"})
    assert (names(rows), said) == ([("P-2", "scan_0001.h5", None)], [])
