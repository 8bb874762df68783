"""Small cohorts in memory, with a planted signal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pomp.config import OmicsConfig
from pomp.data.omics_table import OmicsTable

CONFIG = OmicsConfig(genes=12, neighbours=3, candidates=30, trees=40)


@dataclass(frozen=True)
class Small:
    """Patients with follow-up, three omics tables, and the genes that move the hazard."""

    tables: dict[str, OmicsTable]
    outcome: pd.DataFrame
    planted: tuple[str, ...]

    @property
    def patients(self) -> list[str]:
        return self.outcome.index.tolist()


def small_cohort(patients: int = 90, genes: int = 40, planted: int = 5, effect: float = 0.9, seed: int = 0) -> Small:
    """mrna: log, 3 % missing; mirna: counts with 12 normals; mutation: binary, 8 genes, a third of patients lack it."""
    random = np.random.default_rng(seed)
    ids = pd.Index([f"P{row:03d}" for row in range(patients)], name="patient")
    names = [f"G{column:02d}" for column in range(genes)]
    latent = random.normal(size=(patients, genes))
    risk = effect * latent[:, :planted].sum(axis=1)
    death, censored = random.exponential(1000 * np.exp(-risk)), random.uniform(300, 4000, patients)
    outcome = pd.DataFrame({"time_days": np.minimum(death, censored) + 30, "event": death <= censored}, ids)
    log = pd.DataFrame(latent + random.normal(6, 1, genes), ids, names)
    log = log.mask(random.random(log.shape) < 0.03)
    counts = pd.DataFrame(random.poisson(np.exp(3 + 0.5 * latent)).astype(float), ids, names)
    normal_ids = [f"N{row:02d}" for row in range(12)]
    normals = pd.DataFrame(random.poisson(25, (12, genes)).astype(float), normal_ids, names)
    mutation = pd.DataFrame((latent[:, :8] > 0.8).astype(float), ids, names[:8]).iloc[: patients * 2 // 3]
    tables = {
        "mrna": OmicsTable("mrna", "log", log, None),
        "mirna": OmicsTable("mirna", "counts", counts, normals),
        "mutation": OmicsTable("mutation", "binary", mutation, None),
    }
    return Small(tables, outcome, tuple(names[:planted]))
