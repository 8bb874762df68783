"""Selections kept by what went into them, so that none is made twice."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pomp.atomic import exclusive, replacing
from pomp.config import OmicsConfig
from pomp.omics.training_rows import TrainingRows
from pomp.omics.type_selection import TypeSelection

ALGORITHM = 2
"""Raise it with every change after which the same inputs give another selection."""

ENTRIES = 256
"""Selections kept at most: those used last. One takes about half a megabyte at 300 genes."""

SUFFIX = ".selection"


def selection_key(rows: TrainingRows, config: OmicsConfig, seed: int) -> str:
    """SHA-256 of everything that decides a selection: 64 hex digits.

    Training values to the last bit, genes, patients, follow-up and normals; the settings that are read; the seed; and
    the version of the algorithm. Test patients are no part of it, nor are their normals.
    """
    digest = hashlib.sha256()
    settings = {"algorithm": ALGORITHM, "name": rows.name, "kind": rows.kind, **_settings(config, seed)}
    digest.update(json.dumps(settings, sort_keys=True).encode())
    for frame in (rows.values, rows.normals, rows.outcome):
        digest.update(b"no table" if frame is None else _frame_digest(frame))
    return digest.hexdigest()


def _settings(config: OmicsConfig, seed: int) -> dict[str, Any]:
    settings = {**config.model_dump(mode="json"), "candidates": config.most_ranked, "seed": seed}
    if config.selector != "forest":
        del settings["trees"]
    if config.selector not in {"forest", "stability"}:
        del settings["seed"]
    return settings


def _frame_digest(frame: pd.DataFrame) -> bytes:
    digest = hashlib.sha256()
    digest.update(json.dumps([list(map(str, frame.index)), list(map(str, frame.columns))]).encode())
    digest.update(np.ascontiguousarray(frame.to_numpy(np.float64).T).data)
    return digest.digest()


@dataclass(frozen=True)
class SelectionCache:
    """A folder of selections, one file each: its SHA-256, a line break, and JSON.

    Any number of processes may share it. A damaged entry counts as absent. The `ENTRIES` used last are kept.
    """

    root: Path

    def get(self, key: str) -> TypeSelection | None:
        """The selection with this key, or None if it is not there or not intact."""
        file = self._file(key)
        try:
            digest, _, content = file.read_bytes().partition(b"\n")
            if digest.decode("ascii", "replace") != hashlib.sha256(content).hexdigest():
                return None
            os.utime(file)
        except OSError:
            return None
        return TypeSelection.from_json(json.loads(content))

    def put(self, key: str, selection: TypeSelection) -> None:
        """Keep a selection, and drop those that were not used for longest.

        Raises:
            RunError: it could not be written, for example because the folder is read-only or the disk is full.
        """
        content = json.dumps(selection.to_json()).encode()
        with exclusive(self.root / "lock"):
            with replacing(self._file(key)) as partial:
                partial.write_bytes(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
            entries = sorted(self.root.glob(f"*{SUFFIX}"), key=lambda file: file.stat().st_mtime)
            for file in entries[:-ENTRIES]:
                file.unlink()

    def _file(self, key: str) -> Path:
        return self.root / f"{key}{SUFFIX}"
