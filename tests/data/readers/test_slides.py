"""slides.csv: images, features, micrometres a pixel, and what is said of nonsense."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from pomp.data.problems import Problems
from pomp.data.readers.slides import COLUMNS, has_image, read_slides

THERE = ("a.svs", "b.svs", "c.tif", "a.h5", "b.pt", "c.HDF5", "x/a.h5")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "x").mkdir()
    for name in THERE:
        (tmp_path / name).touch()
    return tmp_path


def read(folder: Path, *rows: str) -> tuple[list[list[object]], list[str]]:
    """The slides with paths relative to the folder, and the problems as text."""
    (folder / "slides.csv").write_text("\n".join(rows) + "\n")
    problems = Problems()
    found = read_slides(folder, "slides.csv", problems)
    assert list(found.columns) == COLUMNS
    lines = [
        [row.patient, row.slide, *(name and str(Path(name).relative_to(folder)) for name in (row.file, row.features))]
        for row in found.itertuples()
    ]
    return lines, [f"{problem.severity}: {problem}" for problem in problems.found]


READ = {
    "images": (["patient,file", "P1,b.svs", "P1,a.svs"], [["P1", "a", "a.svs", ""], ["P1", "b", "b.svs", ""]]),
    "features beside images": (
        ["patient,file,features", "P1,a.svs,x/a.h5", "P2,b.svs,b.pt"],
        [["P1", "a", "a.svs", "x/a.h5"], ["P2", "b", "b.svs", "b.pt"]],
    ),
    "features alone": (
        ["patient,file", "P1,a.h5", "P1,b.pt", "P2,c.HDF5"],
        [["P1", "a", "a.h5", "a.h5"], ["P1", "b", "b.pt", "b.pt"], ["P2", "c", "c.HDF5", "c.HDF5"]],
    ),
    "features alone beside both": (
        ["patient,file,features", "P1,a.svs,x/a.h5", "P2,b.pt,"],
        [["P1", "a", "a.svs", "x/a.h5"], ["P2", "b", "b.pt", "b.pt"]],
    ),
    "an empty column": (["patient,file,features", "P1,a.svs,", "P2,b.svs,"],
                        [["P1", "a", "a.svs", ""], ["P2", "b", "b.svs", ""]]),
}  # fmt: skip


@pytest.mark.parametrize("case", READ)
def test_what_is_named_is_found(case: str, folder: Path) -> None:
    rows, expected = READ[case]
    assert read(folder, *rows) == (expected, [])


def test_which_slides_have_an_image(folder: Path) -> None:
    (folder / "slides.csv").write_text("patient,file,features\nP1,a.svs,a.h5\nP2,b.pt,\n")
    assert has_image(read_slides(folder, "slides.csv", Problems())).tolist() == [True, False]


def test_coordinates_are_optional_and_found_anywhere(folder: Path) -> None:
    rows = f"P1,a.svs,x/a.h5\nP2,b.svs,{folder / 'c.HDF5'}\n"
    (folder / "slides.csv").write_text("patient,file,coordinates\n" + rows)
    problems = Problems()
    found = read_slides(folder, "slides.csv", problems)
    assert found["coordinates"].tolist() == [str(folder / "x/a.h5"), str(folder / "c.HDF5")]
    assert (found["features"].tolist(), problems.found) == (["", ""], [])
    (folder / "slides.csv").write_text("patient,file\nP1,a.svs\n")
    assert read_slides(folder, "slides.csv", problems)["coordinates"].tolist() == [""]


@pytest.mark.parametrize(("cell", "expected"), [("0.25", 0.25), (" 1 ", 1.0), ("", math.nan)])
def test_micrometres_a_pixel(cell: str, expected: float, folder: Path) -> None:
    (folder / "slides.csv").write_text(f"patient,file,mpp\nP1,a.svs,{cell}\nP2,b.svs,0.5\n")
    problems = Problems()
    assert read_slides(folder, "slides.csv", problems)["mpp"].tolist() == pytest.approx([expected, 0.5], nan_ok=True)
    assert problems.found == []


PROBLEMS = {
    # rows, slides left, problems
    "the features are gone": (
        ["patient,file,features", "P1,a.svs,gone.h5", "P2,b.svs,b.pt"], ["b"],
        ["warning: slides.csv, row 2, column 'features': 'gone.h5' is not on this disk: "
         "the patient goes on without this slide."],
    ),
    "the image is gone and its features are there": (
        ["patient,file,features", "P1,gone.svs,a.h5"], ["gone"],
        ["warning: slides.csv, row 2, column 'file': 'gone.svs' is not on this disk: "
         "the slide's features are used, and there is no picture to look at."],
    ),
    "a feature file as the slide is gone": (
        ["patient,file", "P1,gone.h5", "P2,a.h5"], ["a"],
        ["warning: slides.csv, row 2, column 'file': 'gone.h5' is not on this disk: "
         "the patient goes on without this slide."],
    ),
    "features of another kind": (
        ["patient,file,features", "P1,a.svs,c.tif"], [],
        ["error: slides.csv, row 2, column 'features': 'c.tif' is no feature file: "
         "its name should end in .h5, .hdf5, .pt."],
    ),
    "features for some slides": (
        ["patient,file,features", "P1,a.svs,a.h5", "P2,b.svs,", "P3,c.tif,"], ["a", "b", "c"],
        ["error: slides.csv, row 3, column 'features': 'b.svs' has no features, which 1 of 3 slides have: "
         "name its feature file, or take out either kind."],
    ),
    "images among features": (
        ["patient,file", "P1,a.h5", "P2,b.svs", "P3,b.pt"], ["a", "b", "b"],
        ["error: slides.csv, row 4, column 'file': 'b' is the slide of rows 3 and 4: "
         "every slide needs a name of its own.",
         "error: slides.csv, row 3, column 'features': 'b.svs' has no features, which 2 of 3 slides have: "
         "name its feature file, or take out either kind."],
    ),
    "the same features twice": (
        ["patient,file,features", "P1,a.svs,a.h5", "P2,b.svs,a.h5"], ["a", "b"],
        ["error: slides.csv, row 3, column 'features': 'a.h5' has the features of rows 2 and 3: "
         "every slide has a file of its own for them."],
    ),
    "the coordinates are gone": (
        ["patient,file,coordinates", "P1,a.svs,gone.h5", "P2,b.svs,a.h5"], ["b"],
        ["warning: slides.csv, row 2, column 'coordinates': 'gone.h5' is not on this disk: "
         "the patient goes on without this slide."],
    ),
    "coordinates of another kind": (
        ["patient,file,coordinates", "P1,a.svs,b.pt", "P2,b.svs,c.tif"], [],
        [f"error: slides.csv, row {row}, column 'coordinates': '{value}' is no coordinate file: "
         "its name should end in .h5, .hdf5."
         for row, value in ((2, "b.pt"), (3, "c.tif"))],
    ),
    "coordinates beside features": (
        ["patient,file,features,coordinates", "P1,a.svs,a.h5,x/a.h5"], [],
        ["error: slides.csv, row 2, column 'coordinates': 'x/a.h5' is named beside features, which lie where they were "
         "extracted: leave one of the two columns empty."],
    ),
    "coordinates beside features alone": (
        ["patient,file,coordinates", "P1,a.h5,x/a.h5"], [],
        ["error: slides.csv, row 2, column 'coordinates': 'x/a.h5' is named beside features, which lie where they were "
         "extracted: leave one of the two columns empty."],
    ),
    "the same coordinates twice": (
        ["patient,file,coordinates", "P1,a.svs,a.h5", "P2,b.svs,a.h5"], ["a", "b"],
        ["error: slides.csv, row 3, column 'coordinates': 'a.h5' has the coordinates of rows 2 and 3: "
         "every slide has a file of its own for them."],
    ),
    "coordinates for some slides": (
        ["patient,file,coordinates", "P1,a.svs,a.h5", "P2,b.svs,", "P3,c.tif,"], ["a", "b", "c"],
        ["warning: slides.csv, row 3, column 'coordinates': 'b.svs' has no coordinates, which 1 of 3 slides have: "
         "its regions are cut by the settings, and may be larger or smaller than theirs."],
    ),
    "mpp that cannot be": (
        ["patient,file,mpp", "P1,a.svs,0", "P2,b.svs,20x", "P3,c.tif,-0.5"], ["a", "b", "c"],
        [f"error: slides.csv, row {row}, column 'mpp': '{value}' is no positive number of micrometres a pixel: "
         "correct it, or leave it empty for what the scanner said."
         for row, value in ((2, "0"), (3, "20x"), (4, "-0.5"))],
    ),
    "no column 'file'": (
        ["patient,slide", "P1,a.svs"], [], ["error: slides.csv, row 1: has no column 'file'; it has slide."],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PROBLEMS)
def test_problems(case: str, folder: Path) -> None:
    rows, slides, expected = PROBLEMS[case]
    found, said = read(folder, *rows)
    assert [row[1] for row in found] == slides
    assert said == expected
