"""Whether pre-training on several cancers together helps each of them: out-of-fold C-index, ways beside each other."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pomp.config import PRESETS, RunConfig, override
from pomp.data.cohort import read_cohort
from pomp.errors import CohortError
from pomp.evaluation.paired import drawn_concordance, percentile_interval, with_draws
from pomp.evaluation.uncertainty import Interval, signed_words
from pomp.markdown import markdown_table
from pomp.runs.worker import execute
from pomp.runs.workspace import Workspace

COHORTS = ("BRCA", "LIHC", "STAD")
SEEDS = (0, 1, 2)
RESAMPLES = 1000
SETTINGS: dict[str, Any] = {
    "cohort.omics": ["mrna", "mirna"], "cohort.complete_cases": True,
    "pretrain.epochs": 10, "pretrain.batch_size": 64, "finetune.epochs": 10, "finetune.batch_size": 64,
}  # fmt: skip
"""On top of the preset `demo`: the omics types that all three have, and epochs and batches for hundreds of patients."""

WAYS = ("no pre-training", "alone", "shared genes, no pre-training", "together")
"""The third tells what the genes of the other cohorts do by themselves, without anything learnt from their patients."""
DIFFERENCES = (("together", "alone"), ("together", "no pre-training"), ("alone", "no pre-training"),
               ("together", "shared genes, no pre-training"))  # fmt: skip


@dataclass(frozen=True)
class Estimated:
    """A C-index, or a difference of two, with the 95 % interval of the choice of patients."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class CohortScores:
    """One cohort: Harrell's C of each way, the mean over folds and seeds, and paired differences."""

    cohort: str
    patients: int
    events: int
    scores: Mapping[str, Estimated]  # by way
    differences: Mapping[tuple[str, str], Estimated]  # by the two ways, the first less the second


def measure(tcga: Path, workspace: Path, on_progress: Callable[[str], None] = print) -> list[CohortScores]:
    """The three real cohorts, under the honest protocol, on omics.

    Args:
        tcga: folder of the cohort folders BRCA, LIHC and STAD.
        workspace: an empty folder for cohorts and runs.

    Raises:
        CohortError: a cohort is missing or cannot be used.
    """
    for name in COHORTS:
        copy_cohort(tcga / name, workspace / "cohorts" / name)
    config = override(PRESETS["demo"], SETTINGS)
    return compare(Workspace(workspace), COHORTS, config, SEEDS, on_progress)


def copy_cohort(source: Path, target: Path) -> None:
    """A cohort folder with genes named as in the others: BRCA's tables have 'ESR1_2099' and 'hsa_let_7a_1'.

    Raises:
        CohortError: there is no such folder.
    """
    if not (source / "cohort.toml").is_file():
        raise CohortError(f"{source} is no cohort folder: it has no cohort.toml.")
    shutil.copytree(source, target)
    for file, rename in {"mrna_log2.csv.gz": _symbol, "mirna_log2.csv.gz": _mirna}.items():
        if (target / file).is_file():
            table = pd.read_csv(target / file, index_col=0)
            table.rename(columns=rename).to_csv(target / file, compression={"method": "gzip", "mtime": 0})


def _symbol(column: str) -> str:
    """'ESR1_2099' → 'ESR1': the number is Entrez'."""
    return column.rpartition("_")[0]


def _mirna(column: str) -> str:
    """'hsa_let_7a_1' → 'hsa-let-7a-1', miRBase's way."""
    return column.replace("_", "-")


def compare(
    workspace: Workspace,
    cohorts: Sequence[str],
    config: RunConfig,
    seeds: Sequence[int],
    on_progress: Callable[[str], None],
) -> list[CohortScores]:
    """Every way on every cohort of the workspace, with the others as companions where it has any."""
    found: dict[tuple[str, str], list[pd.DataFrame]] = {}
    for seed, cohort, way in product(seeds, cohorts, WAYS):
        on_progress(f"seed {seed}, {cohort}: {way}")
        others = [name for name in cohorts if name != cohort]
        settings = override(config, {"seed": seed} | _changes(way, others))
        run = workspace.runs.create(read_cohort(workspace.cohorts / cohort, settings.cohort), settings, way)
        execute(run, "cpu")
        found.setdefault((cohort, way), []).append(run.require_predictions())
    return [score_ways(cohort, {way: found[cohort, way] for way in WAYS}) for cohort in cohorts]


def _changes(way: str, others: Sequence[str]) -> dict[str, Any]:
    company = {"pretrain.with_cohorts": list(others)} if way in {WAYS[2], WAYS[3]} else {}
    return company | ({"pretrain.epochs": 0} if way in {WAYS[0], WAYS[2]} else {})


def score_ways(cohort: str, predictions: Mapping[str, Sequence[pd.DataFrame]]) -> CohortScores:
    """From the predictions of each way, one table a seed; patients are drawn once for all ways and seeds."""
    patients = sorted(predictions[WAYS[0]][0]["patient"])
    events = int(predictions[WAYS[0]][0]["event"].sum())
    drawn = with_draws(len(patients), RESAMPLES)
    values = {way: _mean_over_seeds(tables, patients, drawn) for way, tables in predictions.items()}
    scores = {way: _estimated(own) for way, own in values.items()}
    differences = {(one, other): _estimated(values[one] - values[other]) for one, other in DIFFERENCES}
    return CohortScores(cohort, len(patients), events, scores, differences)


def _mean_over_seeds(
    tables: Sequence[pd.DataFrame], patients: Sequence[str], drawn: NDArray[np.float64]
) -> NDArray[np.float64]:
    ordered = [table.set_index("patient").loc[list(patients)] for table in tables]
    one = [drawn_concordance(own["time_days"], own["event"], own["risk"], own["fold"], drawn) for own in ordered]
    return np.mean(one, axis=0)  # type: ignore[no-any-return]


def _estimated(values: NDArray[np.float64]) -> Estimated:
    """The first value is that of the patients as they are."""
    return Estimated(float(values[0]), percentile_interval(values[1:]))


def markdown(found: Sequence[CohortScores], command: str) -> str:
    """Both tables of `measure`, with the command that made them on the first line."""
    head = ["", *(f"{one.cohort} ({one.patients} patients, {one.events} events)" for one in found)]
    scores = [[way, *(_words(one.scores[way]) for one in found)] for way in WAYS]
    paired = {pair: [one.differences[pair] for one in found] for pair in DIFFERENCES}
    differences = [
        [f"{one} less {other}", *(signed_words(gap.value, gap.interval) for gap in gaps)]
        for (one, other), gaps in paired.items()
    ]
    settings = ", ".join(f"{name}={json.dumps(value)}" for name, value in SETTINGS.items())
    lines = [
        f"`{command}`",
        "",
        f"Honest protocol, seeds {', '.join(map(str, SEEDS))}, preset demo with {settings}.",
        "",
    ]
    lines += ["Harrell's C, mean over folds and seeds (95 % interval: patients drawn again):", ""]
    lines += [*markdown_table(head, scores), "", "Paired differences:", "", *markdown_table(head, differences)]
    return "\n".join([*lines, ""])


def _words(score: Estimated) -> str:
    return f"{score.value:.3f} ({score.interval.lower:.3f} to {score.interval.upper:.3f})"
