"""A cohort whose slides are region features, with a direction among them that tells who dies early."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from tests.slides.layouts import LAYOUTS, Writer, write_trident

F, REGIONS, SIZE = 24, 9, 512
SHIFT = 2.0
"""How far a patient's hazard moves each region along the planted direction, in standard deviations of the noise."""


def write_feature_cohort(
    folder: Path, patients: int = 60, layouts: Sequence[Writer] = (write_trident,), kind: type = np.float16
) -> Path:
    """Follow-up with exponential times and a fifth censored, one omics type of noise, and a slide a patient.

    Slides take the layouts in turns; the last patient has none.
    """
    (folder / "features").mkdir(parents=True)
    rng = np.random.default_rng(11)
    names = [f"P{number:03d}" for number in range(patients)]
    hazard = rng.normal(size=patients)
    days = 1000 * rng.exponential(np.exp(-1.5 * hazard)) + 40
    clinical = pd.DataFrame({"patient": names, "age": 60, "OS": (rng.random(patients) < 0.8).astype(int),
                             "OS.time": days.round(1)})  # fmt: skip
    clinical.to_csv(folder / "clinical.csv", index=False)
    mrna = pd.DataFrame(rng.normal(size=(patients, 12)), names, [f"G{gene}" for gene in range(12)])
    mrna.to_csv(folder / "mrna.csv", index_label="patient")
    (folder / "cohort.toml").write_text('name = "features"\n[omics.mrna]\nfile = "mrna.csv"\nkind = "log"\n')
    direction = rng.normal(size=F)
    direction *= SHIFT / np.linalg.norm(direction)
    grid = SIZE * np.array([[place % 3, place // 3] for place in range(REGIONS)])
    rows = []
    for number, name in enumerate(names[:-1]):
        features = (rng.normal(size=(REGIONS, F)) + hazard[number] * direction).astype(kind)
        path = layouts[number % len(layouts)](folder / "features" / f"{name}.h5", features, grid, SIZE)
        rows.append((name, path.relative_to(folder)))
    pd.DataFrame(rows, columns=["patient", "file"]).to_csv(folder / "slides.csv", index=False)
    return folder


EVERY_LAYOUT = tuple(LAYOUTS.values())
