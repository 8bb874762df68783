from __future__ import annotations

from pathlib import Path

import pytest

from pomp.data.manifest import Manifest, read_manifest
from pomp.errors import CohortError
from tests.data.folder import write_cohort


def test_a_title_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "cohort.toml").write_text('name = "x"\ntitle = "Liver\\n\\u001b[31m 2024"', encoding="utf-8")
    assert read_manifest(tmp_path).title == "Liver \x1b[31m 2024"


def test_reads_titles_without_opening_tables(tmp_path: Path) -> None:
    folder = write_cohort(tmp_path, {"clinical.csv": None, "mrna.csv": None})
    manifest = read_manifest(folder)
    assert (manifest.name, manifest.title, manifest.endpoint, manifest.synthetic) == (
        "small",
        "Eight patients",
        "OS",
        False,
    )
    assert [(name, entry.file, entry.kind) for name, entry in manifest.omics.items()] == [
        ("mrna", "mrna.csv", "counts"),
        ("methylation", "methylation.tsv", "beta"),
    ]


def test_only_the_name_is_required(tmp_path: Path) -> None:
    (tmp_path / "cohort.toml").write_text('name = "x"')
    assert read_manifest(tmp_path) == Manifest(name="x")


def test_all_problems_are_named_at_once(tmp_path: Path) -> None:
    toml = 'titel = "x"\nsynthetic = "no"\n[omics.mrna]\nfile = "a.csv"\nkind = "tpm"\n'
    (tmp_path / "cohort.toml").write_text(toml)
    with pytest.raises(CohortError) as caught:
        read_manifest(tmp_path)
    assert len(caught.value.problems) == 4  # name missing, titel, synthetic, kind


@pytest.mark.parametrize("name", ["", " ", "slides", "omics", " omics"])
def test_names_of_other_parts_are_no_omics_types(name: str, tmp_path: Path) -> None:
    toml = f'name = "x"\n[omics."{name}"]\nfile = "a.csv"\nkind = "log"\n[omics.mrna]\nfile = "b.csv"\nkind = "log"\n'
    (tmp_path / "cohort.toml").write_text(toml)
    with pytest.raises(CohortError, match=f"'{name}' cannot be the name of an omics type"):
        read_manifest(tmp_path)
