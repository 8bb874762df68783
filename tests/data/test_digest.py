"""What changes the fingerprint of a cohort's slides, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pomp.data.cohort import read_cohort
from tests.data.folder import write_cohort

CUT = "patient,file,coordinates\nP1,a.svs,a.h5\nP2,b.svs,\n"
FILES: dict[str, str | bytes | None] = {"a.svs": b"one", "b.svs": b"two", "a.h5": b"places"}


def digest(folder: Path, slides: str, **changes: bytes) -> str:
    changed = {name.replace("_", "."): content for name, content in changes.items()}
    return read_cohort(write_cohort(folder, FILES | {"slides.csv": slides} | changed)).digest


def test_without_coordinates_it_is_what_it_was_before_there_were_any(tmp_path: Path) -> None:
    """Otherwise runs made until then could not be resumed."""
    for place, slides in enumerate(
        ("patient,file\nP1,a.svs\nP2,b.svs\n", "patient,file,coordinates\nP1,a.svs,\nP2,b.svs,\n")
    ):
        assert digest(tmp_path / str(place), slides) == "3b7edd9c4421e797"


CHANGES = {
    # slides.csv, other content, whether the digest stays
    "nothing": (CUT, {}, True),
    "other coordinates of the same size": (CUT, {"a_h5": b"palces"}, False),
    "coordinates in a file of another name": (CUT.replace("a.h5", "c.h5"), {"c_h5": b"places"}, False),
    "coordinates of another slide": ("patient,file,coordinates\nP1,a.svs,\nP2,b.svs,a.h5\n", {}, False),
    "none": ("patient,file\nP1,a.svs\nP2,b.svs\n", {}, False),
}


@pytest.mark.parametrize("case", CHANGES)
def test_coordinates(case: str, tmp_path: Path) -> None:
    slides, changes, same = CHANGES[case]
    assert (digest(tmp_path / "one", CUT) == digest(tmp_path / "two", slides, **changes)) == same


def test_the_same_file_as_features_is_another_cohort(tmp_path: Path) -> None:
    cut, read = (f"patient,file,{column}\nP1,a.svs,a.h5\n" for column in ("coordinates", "features"))
    assert digest(tmp_path / "cut", cut) != digest(tmp_path / "read", read)
