"""Cohorts of omics alone, of which several can be in one workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

MRNA = [f"G{gene:02d}" for gene in range(20)]
MIRNA = [f"M{gene:02d}" for gene in range(12)]
TYPES = {"mrna": MRNA, "mirna": MIRNA}


def write_omics_cohort(
    folder: Path, prefix: str, seed: int, types: Mapping[str, Sequence[str]] = TYPES, patients: int = 40
) -> Path:
    """Patients `<prefix>000` and so on, of whom four in five have the event; types of noise on a log scale."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    names = [f"{prefix}{number:03d}" for number in range(patients)]
    event = (np.arange(patients) % 5 > 0).astype(int)
    days = rng.exponential(900, patients).round(1) + 40
    clinical = pd.DataFrame({"patient": names, "age": rng.integers(40, 80, patients), "OS": event, "OS.time": days})
    clinical.to_csv(folder / "clinical.csv", index=False)
    lines = [f'name = "{folder.name}"']
    for omics, genes in types.items():
        values = pd.DataFrame(rng.normal(5, 2, (patients, len(genes))), names, list(genes))
        values.to_csv(folder / f"{omics}.csv", index_label="patient")
        lines.append(f'[omics.{omics}]\nfile = "{omics}.csv"\nkind = "log"')
    (folder / "cohort.toml").write_text("\n".join(lines) + "\n")
    return folder
