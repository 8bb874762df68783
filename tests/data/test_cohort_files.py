"""Which files a cohort is read from, wherever in its folder they lie."""

from __future__ import annotations

from pathlib import Path

from pomp.data.cohort_files import cohort_tables, slide_folders

TOML = """
name = "nested"

[omics.mrna]
file = "tables/mrna.csv"
kind = "log"

[slides]
file = "lists/mine.csv"
"""


def test_tables_are_those_of_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "cohort.toml").write_text(TOML)
    names = ("cohort.toml", "clinical.csv", "unused.csv", "tables/mrna.csv", "lists/mine.csv")
    assert cohort_tables(tmp_path) == tuple(tmp_path / name for name in names)


def test_a_manifest_that_cannot_be_read_names_no_tables(tmp_path: Path) -> None:
    (tmp_path / "cohort.toml").write_text("name = ")
    names = ("cohort.toml", "clinical.csv", "unused.csv", "slides.csv")
    assert cohort_tables(tmp_path) == tuple(tmp_path / name for name in names)


def test_folders_of_slides(tmp_path: Path) -> None:
    table = tmp_path / "slides.csv"
    assert slide_folders(tmp_path, table) == ()
    table.write_text("patient,file,features\nP1,svs/a.svs,uni/a.h5\nP2,/elsewhere/b.svs,\nP3,svs/c.svs,uni/c.h5\n")
    assert slide_folders(tmp_path, table) == (Path("/elsewhere"), tmp_path / "svs", tmp_path / "uni")
