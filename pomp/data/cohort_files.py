"""Of which files a cohort is read, so that whoever keeps what was read sees when one of them changes."""

from __future__ import annotations

from pathlib import Path

from pomp.data.manifest import CLINICAL, MANIFEST, SLIDES, check_manifest
from pomp.data.problems import Problems
from pomp.data.readers.slides import PATHS
from pomp.data.readers.table import read_table
from pomp.data.unused_samples import UNUSED


def cohort_tables(folder: Path) -> tuple[Path, ...]:
    """cohort.toml and every table that it names or that has a fixed name, whether or not it is there.

    The list of slides is the last. What cohort.toml does not say, because it is damaged, is not named.
    """
    manifest = check_manifest(folder, Problems())
    omics = () if manifest is None else (entry.file for entry in manifest.omics.values())
    slides = SLIDES if manifest is None or manifest.slides is None else manifest.slides.file
    return tuple(folder / name for name in (MANIFEST, CLINICAL, UNUSED, *omics, slides))


def slide_folders(folder: Path, table: Path) -> tuple[Path, ...]:
    """The folders of all files that a list of slides names, which change when one is added or taken away.

    Args:
        folder: of the cohort, to which names in the list are relative.
        table: the list, which need not be there.
    """
    found = read_table(table, table.name, Problems()) if table.is_file() else None
    if found is None:
        return ()
    places = [place for place, name in enumerate(found.columns) if name in PATHS]
    names = {str(cell).strip() for place in places for cell in found.cells[place].dropna()}
    return tuple(sorted({(folder / name).parent for name in names if name}))
