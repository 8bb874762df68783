"""Slides under two names that are one file."""

from __future__ import annotations

from pathlib import Path

import pytest

from pomp.data.cohort import check_cohort
from pomp.data.slide_copies import END_BYTES
from tests.data.folder import write_cohort

LENGTH = 3 * END_BYTES
SLIDE = bytes(LENGTH)
OTHER_END = bytes(LENGTH - 1) + b"x"
OTHER_MIDDLE = bytes(LENGTH // 2) + b"x" + bytes(LENGTH - LENGTH // 2 - 1)


@pytest.mark.parametrize(
    ("rows", "second", "said"),
    [
        (
            "P1,a.svs\nP1,b.svs\n",
            SLIDE,
            "slides.csv: a, b seem to be one slide of P1, who counts it 2 times: keep one row.",
        ),
        (
            "P1,a.svs\nP2,b.svs\n",
            SLIDE,
            "slides.csv: a, b seem to be one slide of P1, P2, of whom only one can be right",
        ),
        ("P1,a.svs\nP1,b.svs\n", OTHER_MIDDLE, "seem to be one slide"),  # only the ends are read
        ("P1,a.svs\nP1,b.svs\n", OTHER_END, None),
        ("P1,a.svs\nP1,b.svs\n", SLIDE + b"x", None),
        ("P1,a.svs\nP1,c.svs\n", b"", None),
    ],
)
def test_copies_are_told(rows: str, second: bytes, said: str | None, tmp_path: Path) -> None:
    files: dict[str, str | bytes | None] = {"a.svs": SLIDE, "b.svs": second, "c.svs": b"small"}
    check = check_cohort(write_cohort(tmp_path, files | {"slides.csv": "patient,file\n" + rows}))
    found = [str(problem) for problem in check.problems if "one slide" in str(problem)]
    assert [said in text for text in found if said] == ([True] if said else [])
    assert check.cohort is not None


def test_features_of_one_size_are_no_copies(tmp_path: Path) -> None:
    files: dict[str, str | bytes | None] = {
        "a.h5": SLIDE,
        "b.h5": SLIDE,
        "slides.csv": "patient,file\nP1,a.h5\nP2,b.h5\n",
    }
    check = check_cohort(write_cohort(tmp_path, files))
    assert not [problem for problem in check.problems if "one slide" in str(problem)]
