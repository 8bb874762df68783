from __future__ import annotations

from pathlib import Path

import pytest

from pomp.data.manifest import Manifest, discover_cohorts, read_manifest
from pomp.errors import CohortError
from tests.data.folder import write_cohort


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


def test_discovers_folders_with_a_manifest(tmp_path: Path) -> None:
    for name in ("b", "a", "no"):
        write_cohort(tmp_path / name, {"cohort.toml": None} if name == "no" else {})
    (tmp_path / "file").touch()
    assert discover_cohorts(tmp_path) == [tmp_path / "a", tmp_path / "b"]
    assert discover_cohorts(tmp_path / "nowhere") == []


def test_all_problems_are_named_at_once(tmp_path: Path) -> None:
    toml = 'titel = "x"\nsynthetic = "no"\n[omics.mrna]\nfile = "a.csv"\nkind = "tpm"\n'
    (tmp_path / "cohort.toml").write_text(toml)
    with pytest.raises(CohortError) as caught:
        read_manifest(tmp_path)
    assert len(caught.value.problems) == 4  # name missing, titel, synthetic, kind
