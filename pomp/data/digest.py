"""A fingerprint of a cohort folder: it changes when a run on it could come out differently."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd

from pomp.data.manifest import CLINICAL, Manifest


def digest_cohort(folder: Path, manifest: Manifest, slides: pd.DataFrame) -> str:
    """First 16 hex digits of a SHA-256 over the bytes of every table, and the names and sizes of the slides.

    Pixels are not read. Where the folder lies, and how a cohort is called, do not matter.
    """
    clinical = _hash_file(folder / CLINICAL)
    tables = {name: (entry.kind, _hash_file(folder / entry.file)) for name, entry in manifest.omics.items()}
    sizes = [
        (patient, Path(file).name, Path(file).stat().st_size)
        for patient, file in zip(slides["patient"], slides["file"], strict=True)
    ]
    text = json.dumps([manifest.endpoint, clinical, tables, sizes], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _hash_file(path: Path) -> str | None:
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
