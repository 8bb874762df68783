"""One honest training fold prepared: genes chosen, imputed and scaled, by every selector and from the cache."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from pomp.bench.measurement import Measurement, Rival, Scale, in_turns, peak_memory, seconds_of
from pomp.config import OmicsConfig
from pomp.data.omics_table import OmicsTable
from pomp.omics import OmicsSelector, SelectionCache
from pomp.omics.rank_sum import rank_sum
from pomp.omics.ranking import RANKINGS

SIZES = {"full": (602, {"mrna": 6000, "mirna": 503, "methylation": 6000}), "small": (60, {"mrna": 80, "mirna": 30})}
"""Training patients, and genes by omics type: those of TCGA-BRCA in five folds."""

SETTINGS = {"full": OmicsConfig(), "small": OmicsConfig(genes=10, candidates=30, trees=10)}

COMPARED = 50
"""Genes that the loop over scipy tests."""


def measure(scale: Scale) -> list[Measurement]:
    """A simulated fold by every selector, its return from the cache, and the rank sum test of its first type."""
    patients, genes = SIZES[scale]
    tables, outcome = simulated_fold(patients, genes)
    found = _measure_fold(f"{patients} simulated patients", tables, outcome, SETTINGS[scale])
    held = peak_memory(select_simulated, patients, genes, SETTINGS[scale])
    memory = f"a process that makes the tables and chooses their genes by the forest holds {held / 1e6:.0f} MB at most"
    first = tables["mrna"].values.to_numpy()
    early = outcome["event"].to_numpy() & (outcome["time_days"] < outcome["time_days"].median()).to_numpy()
    found.append(_measure_rank_sum(first[early], first[~early]))
    return [replace(found[0], checks=[memory]), *found[1:]]


def simulated_fold(patients: int, genes: dict[str, int], seed: int = 0) -> tuple[dict[str, OmicsTable], pd.DataFrame]:
    """Log expression with twenty shared factors, one of which moves the hazard; one patient in seven dies."""
    random = np.random.default_rng(seed)
    ids = [f"P{row:04d}" for row in range(patients)]
    factors = random.normal(size=(patients, 20))
    death, censored = random.exponential(6000 * np.exp(-0.6 * factors[:, 0])), random.exponential(1000, patients)
    outcome = pd.DataFrame({"time_days": np.ceil(np.minimum(death, censored)), "event": death <= censored}, ids)
    tables = {}
    for name, number in genes.items():
        x = factors @ random.normal(0, 0.3, (20, number)) + random.normal(size=(patients, number))
        values = pd.DataFrame(x + random.normal(8, 2, number), ids, [f"G{gene:05d}" for gene in range(number)])
        tables[name] = OmicsTable(name, "log", values, None)
    return tables, outcome


def select_simulated(patients: int, genes: dict[str, int], config: OmicsConfig) -> None:
    OmicsSelector(config).fit(*simulated_fold(patients, genes))


def _measure_fold(
    patients: str, tables: dict[str, OmicsTable], outcome: pd.DataFrame, config: OmicsConfig
) -> list[Measurement]:
    """Once by every selector, after one uncounted run that compiles; then by the first from the cache."""
    work = f"{patients}, {' + '.join(f'{table.values.shape[1]:,} {name}' for name, table in tables.items())} genes"
    OmicsSelector(config).fit(tables, outcome)
    found = []
    for selector in RANKINGS:
        fold = partial(OmicsSelector(config.model_copy(update={"selector": selector})).fit, tables, outcome)
        found.append(Measurement(f"Selection by {selector}, {work}", seconds_of(fold), ()))
    return [*found, _measure_cache(work, tables, outcome, config)]


def _measure_cache(work: str, tables: dict[str, OmicsTable], outcome: pd.DataFrame, config: OmicsConfig) -> Measurement:
    with tempfile.TemporaryDirectory() as folder:
        anew, cached = OmicsSelector(config), OmicsSelector(config, cache=SelectionCache(Path(folder)))
        ways = {name: partial(way.fit, tables, outcome) for name, way in (("anew", anew), ("cached", cached))}
        seconds = in_turns(ways, repeats=3)
    same = anew.to_json() == cached.to_json() and anew.summary_.equals(cached.summary_)
    return Measurement(
        work=f"Selection by {config.selector} from the cache, {work}",
        seconds=seconds["cached"],
        rivals=[Rival("selected anew", seconds["anew"])],
        checks=[f"panels and summaries are {'the same to the last bit' if same else 'NOT THE SAME'}"],
    )


def _measure_rank_sum(first: np.ndarray, second: np.ndarray) -> Measurement:
    genes = first.shape[1]
    compared = min(COMPARED, genes)
    ours = in_turns({"ours": lambda: rank_sum(first, second)}, repeats=3)["ours"]
    p_value, theirs = rank_sum(first, second)[1], np.zeros(compared)

    def loop() -> None:
        for gene in range(compared):
            theirs[gene] = stats.mannwhitneyu(first[:, gene], second[:, gene], method="asymptotic").pvalue

    seconds = seconds_of(loop) * genes / compared
    difference = np.abs(p_value[:compared] / theirs - 1).max()
    return Measurement(
        work=f"Wilcoxon's rank sum test, {len(first)} against {len(second)} patients × {genes:,} genes",
        seconds=ours,
        rivals=[Rival("a loop over scipy's mannwhitneyu", seconds, f"extrapolated from {compared} genes")],
        checks=[f"p-values of {compared} genes differ by at most a share of {difference:.1g}"],
    )
