"""What is written as cohort.toml is read back."""

from __future__ import annotations

from pathlib import Path

import pytest

from pomp.data.manifest import Manifest, OmicsEntry, SlidesEntry, read_manifest
from pomp.data.manifest_writer import write_manifest

CASES = {
    "bare": Manifest(name="a"),
    "full": Manifest(
        name="a",
        title="A title",
        endpoint="PFI",
        source="by way of b",
        licence="Apache-2.0",
        synthetic=True,
        omics={"mrna": OmicsEntry(file="m.csv.gz", kind="counts"), "copy.number": OmicsEntry(file="c", kind="copies")},
        slides=SlidesEntry(file="list.csv"),
    ),
    "characters that TOML escapes": Manifest(name='"quoted" \\ Ünïcode', source="#=[]'\n\x7f\t"),
}


@pytest.mark.parametrize("manifest", CASES.values(), ids=CASES.keys())
def test_round_trip(manifest: Manifest, tmp_path: Path) -> None:
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest
