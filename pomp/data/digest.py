"""A fingerprint of a cohort folder: it changes when a run on it could come out differently."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path

import pandas as pd

from pomp.data.manifest import CLINICAL, Manifest
from pomp.data.readers.slides import SlideRow

_END_BYTES = 2**16


def digest_cohort(folder: Path, manifest: Manifest, slides: pd.DataFrame) -> str:
    """First 16 hex digits of a SHA-256 over the bytes of every table, and what tells slides and features apart.

    Of slides these are names and sizes: pixels are not read. Of feature and coordinate files these are the sizes and
    both ends of their bytes, because files of two models, or of two grids, often have the same name and size. Where
    the folder lies, and how a cohort is called, do not matter.
    """
    clinical = _hash_file(folder / CLINICAL)
    tables = {name: (entry.kind, _hash_file(folder / entry.file)) for name, entry in manifest.omics.items()}
    facts = [_describe(SlideRow(*row)) for row in slides.itertuples(index=False, name=None)]
    text = json.dumps([manifest.endpoint, clinical, tables, facts], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _describe(slide: SlideRow) -> list[str | int | float]:
    file = Path(slide.file)
    facts: list[str | int | float] = [slide.patient, file.name, file.stat().st_size]
    if slide.features:
        facts += [Path(slide.features).name, _hash_ends(Path(slide.features))]
    if slide.coordinates:  # the same file as features is another cohort
        facts += ["coordinates", Path(slide.coordinates).name, _hash_ends(Path(slide.coordinates))]
    return facts if math.isnan(slide.mpp) else [*facts, slide.mpp]


def read_ends(path: Path, length: int) -> tuple[int, bytes]:
    """The size of a file, and its first and last `length` bytes: what tells large files apart without reading them.

    Raises:
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        ends = file.read(length)
        file.seek(max(0, size - length))
        return size, ends + file.read(length)


def _hash_ends(path: Path) -> str:
    size, ends = read_ends(path, _END_BYTES)
    return hashlib.sha256(str(size).encode() + ends).hexdigest()


def _hash_file(path: Path) -> str | None:
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
