"""Slides and features: whose they are, and which are taken."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pomp.data.importing.plan import PlannedSlide
from pomp.data.importing.slides import find_slides, list_slides
from pomp.data.problems import Problems
from pomp.data.readers.slides import read_slides
from tests.data.importing.sources import write_files
from tests.slides.layouts import write_h5

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
    "nobody's": (["P-1.svs", "X-9.svs"], [("P-1", "P-1.svs", None)], r"1 slide belongs to no patient.*: X-9\.svs"),
    "paraffin before frozen": (
        ["TCGA-AA-0001-01Z-00-DX1.A.svs", "TCGA-AA-0001-01A-01-TS1.B.svs"],
        [("TCGA-AA-0001", "TCGA-AA-0001-01Z-00-DX1.A.svs", None)],
        r"1 frozen slide of patients who have diagnostic ones is not used",
    ),
    "normal tissue": (["TCGA-AA-0001-11A-01-TS1.B.svs"], [], r"1 slide is of normal tissue"),
    "TRIDENT, without pictures": (
        [f"{TRIDENT}/features_uni_v1/P-1.h5", f"{TRIDENT}/patches/P-1_patches.h5", "job/contours_geojson/P-1.geojson"],
        [("P-1", "P-1.h5", None)],
        None,
    ),
    "TRIDENT, with pictures": (
        [f"{TRIDENT}/features_uni_v1/P-1.h5", "P-1.svs", "P-2.svs"],
        [("P-1", "P-1.svs", "features_uni_v1")],
        r"1 slide has no features, and is not used: P-2\.svs",
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


COORDINATES: dict[str, tuple[list[str], list[str], dict[str, str], list[str]]] = {
    # slides, coordinate files, coordinates by slide, what is said
    "TRIDENT": (
        ["P-1.svs", "P-2.svs"], [f"{TRIDENT}/patches/P-1_patches.h5", f"{TRIDENT}/patches/P-2_patches.h5"],
        {"P-1": f"{TRIDENT}/patches/P-1_patches.h5", "P-2": f"{TRIDENT}/patches/P-2_patches.h5"}, [],
    ),
    "CLAM, for one slide of two": (
        ["s/P-1.svs", "s/P-2.svs"], ["out/patches/P-2.h5"], {"P-2": "out/patches/P-2.h5"}, [],
    ),
    "two grids": (
        ["P-1.svs", "P-2.svs"], ["x/P-1.h5", "y/P-1.h5", "y/P-2.h5"], {"P-1": "y/P-1.h5", "P-2": "y/P-2.h5"},
        ["y: its coordinates are taken, and not those of x."],
    ),
    "a slide whose name ends so": (["P-1_patches.svs"], ["P-1_patches.h5"], {"P-1_patches": "P-1_patches.h5"}, []),
    "of other slides": (["P-1.svs"], ["P-2_patches.h5"], {}, []),
}  # fmt: skip


@pytest.mark.parametrize("case", COORDINATES)
def test_coordinates_go_with_their_slides(case: str, tmp_path: Path) -> None:
    slides, files, expected, messages = COORDINATES[case]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write_h5(tmp_path / name, coords=[[0, 0]])
    rows, said = find(tmp_path, slides)
    found = {Path(row.file).stem: Path(row.coordinates) for row in rows if row.coordinates}
    assert {slide: str(path.relative_to(tmp_path)) for slide, path in found.items()} == expected
    assert ({row.features for row in rows}, said) == ({None}, messages)


def test_what_is_no_file_of_coordinates_alone_does_not_go_with_a_slide(tmp_path: Path) -> None:
    write_h5(tmp_path / "P-1.h5", coords=[[0, 0]], features=[[1.0]])
    write_h5(tmp_path / "P-2.h5", other=[1])
    rows, _ = find(tmp_path, ["P-1.svs", "P-2.svs", "P-10.svs", "P-10_patches.h5"])  # the last is no HDF5 file
    assert [row.coordinates for row in rows] == [None, None, None]


def test_a_table_of_slides_keeps_its_coordinates(tmp_path: Path) -> None:
    write_files(tmp_path, {"s.csv": "patient,file,coordinates\nP-1,a.svs,c/a.h5\nP-2,b.svs,\n", "a.svs": "x",
                           "b.svs": "x", "c/a.h5": "x"})  # fmt: skip
    rows = list_slides(read_slides(tmp_path, "s.csv", Problems()))
    assert [row.coordinates for row in rows] == [str(tmp_path / "c/a.h5"), None]


def test_features_are_taken_before_coordinates(tmp_path: Path) -> None:
    write_h5(tmp_path / "P-1_patches.h5", coords=[[0, 0]])
    rows, said = find(tmp_path, ["P-1.svs", "features_uni_v1/P-1.h5"])
    assert ([(row.features is None, row.coordinates) for row in rows], said) == ([(False, None)], [])
