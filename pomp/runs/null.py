"""Null experiments: whole protocols on outcomes dealt anew to the patients, where an honest one finds C = 0.5."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import nan, sqrt
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t

from pomp.config import PRESETS, CohortConfig, PresetName, ProtocolName, RunConfig, override
from pomp.data.cohort import Cohort, read_cohort
from pomp.data.permutation import permute_outcome
from pomp.errors import ConfigError
from pomp.runs.grid.cells import Cell, ReadCohort
from pomp.runs.grid.score import mean_sd, score_run
from pomp.runs.grid.spec import Grid, Variant, choose
from pomp.runs.info import CohortInfo
from pomp.runs.key import RunKey, Varied, run_key, settings_but, settings_digest
from pomp.runs.run import Run

CHANCE = 0.5
"""C of a risk that knows nothing."""
LEVEL = 0.95
PERMUTATION: Varied = "cohort.permutation"
_VARIED: tuple[Varied, ...] = ("protocol", PERMUTATION)


@dataclass(frozen=True, eq=False)
class NullExperiment:
    """The runs that differ in the permutation of the outcomes and in the protocol only."""

    key: RunKey
    """What its runs are, whatever their protocol and permutation."""
    cohort: CohortInfo
    config: RunConfig
    """Under the honest protocol, without a permutation."""
    runs: Mapping[ProtocolName, Mapping[int, Run]]
    """Finished runs by permutation."""
    own: Mapping[ProtocolName, Run]
    """Finished runs with everybody's own outcome."""

    def restricted(self, permutations: Collection[int]) -> NullExperiment:
        """The same with these permutations only."""
        kept = {
            protocol: {number: run for number, run in found.items() if number in permutations}
            for protocol, found in self.runs.items()
        }
        return replace(self, runs=kept)


@dataclass(frozen=True)
class ChanceSummary:
    """What a protocol makes of outcomes that nothing predicts."""

    protocol: ProtocolName
    scores: Mapping[int, float]
    """Permutation → C-index of its run, the mean over folds."""
    mean: float
    sd: float
    """Over permutations; nan of fewer than two, as the interval is."""
    lower: float
    upper: float
    """95 % interval of the mean, by Student's t over permutations."""
    above: float
    """Share of the permutations with C above 0.5."""
    own: float | None
    """C-index of the run with everybody's own outcome, if there is one that is finished."""

    @property
    def p(self) -> float | None:
        """Permutation p of the own C-index: (1 + permutations at or above it) / (1 + permutations).

        Phipson & Smyth 2010, Stat Appl Genet Mol Biol 9:39. None without an own run or without permutations that have
        a C-index.
        """
        scores = [score for score in self.scores.values() if not np.isnan(score)]
        if self.own is None or np.isnan(self.own) or not scores:
            return None
        return (1 + sum(score >= self.own for score in scores)) / (1 + len(scores))

    @property
    def verdict(self) -> str:
        """In words, whether the protocol passes."""
        if np.isnan(self.lower):
            return "too few permutations to tell"
        if self.lower > CHANCE:
            return "the protocol finds signal where there is none"
        if self.upper < CHANCE:
            return "below 0.5, which happens by chance only or by a mistake: take more permutations"
        return "0.5 lies within: no sign that the protocol finds signal where there is none"


def is_null(run: Run) -> bool:
    """Whether the run is one of a null experiment: its numbers are no result."""
    return run.config.cohort.permutation is not None


def null_grid(
    cohort: str, preset: PresetName, changes: Mapping[str, Any], protocols: Sequence[str], permutations: range
) -> Grid:
    """The grid of a null experiment: a variant a permutation, in which nothing else is changed.

    Args:
        cohort: as `Workspace.find_cohort` takes it.
        changes: dotted field → value, on top of the preset.

    Raises:
        ConfigError: there is no such protocol, or a setting is unknown, out of range, or what the experiment varies.
    """
    for name in _VARIED:
        if name in changes:
            raise ConfigError(f"'{name}' is what a null experiment varies: leave it out of the settings.")
    seed = override(PRESETS[preset], dict(changes)).seed  # refuses what is wrong, before a grid does for each variant
    grid = Grid(
        name="null",
        title=f"Outcomes dealt anew: {cohort}",
        preset=preset,
        cohorts=(cohort,),
        seeds=(seed,),
        variant=tuple(Variant(name=f"permutation {k}", changes={PERMUTATION: k}) for k in permutations),
    )
    others = {name: value for name, value in changes.items() if name != "seed"}
    return choose(grid, protocols=protocols, changes=others)


def sharing_reader() -> ReadCohort:
    """Reads a cohort once for all permutations, which then have its tables in common. For planning cells."""
    read = lru_cache(maxsize=1)(read_cohort)

    def read_permuted(folder: Path, config: CohortConfig) -> Cohort:
        own = read(folder, config.model_copy(update={"permutation": None}))
        return (
            own
            if config.permutation is None
            else replace(own, outcome=permute_outcome(own.outcome, config.permutation))
        )

    return read_permuted


def find_experiments(runs: Sequence[Run]) -> list[NullExperiment]:
    """The null experiments of a workspace with a finished run, those worked on last first.

    Args:
        runs: of the workspace, newest first.
    """
    found: dict[RunKey, dict[ProtocolName, dict[int, Run]]] = defaultdict(lambda: defaultdict(dict))
    newest: dict[RunKey, Run] = {}
    for run in filter(_is_done_null, runs):
        key, permutation = run_key(run, *_VARIED), run.config.cohort.permutation
        if permutation is not None:
            found[key][run.info.protocol].setdefault(permutation, run)  # the newest
            newest.setdefault(key, run)
    own: dict[RunKey, dict[ProtocolName, Run]] = defaultdict(dict)
    for run in runs if found else ():
        key = run_key(run, *_VARIED)
        if not is_null(run) and key in found and run.status().state == "DONE":
            own[key].setdefault(run.info.protocol, run)
    return [
        NullExperiment(
            key, newest[key].info.cohort, settings_but(newest[key].config, *_VARIED),
            {name: dict(of) for name, of in by_protocol.items()}, own[key],
        )
        for key, by_protocol in found.items()
    ]  # fmt: skip


def find_experiment(cell: Cell, runs: Sequence[Run]) -> NullExperiment | None:
    """The experiment to which the run of a cell belongs, if one of its runs is finished."""
    if cell.wanted is None:
        return None
    key = cell.wanted.key._replace(settings=settings_digest(cell.wanted.config, *_VARIED))
    return next((one for one in find_experiments(runs) if one.key == key), None)


def summarise(experiment: NullExperiment, score: Callable[[Run], float] | None = None) -> list[ChanceSummary]:
    """A summary a protocol, in the order honest, paper, paper-released; those without a run are left out.

    Args:
        score: C-index of a run, the mean over folds; None: worked out from its predictions.

    Raises:
        RunError: the predictions of a run are damaged.
    """
    score = score or mean_score
    summaries = []
    for protocol in sorted(experiment.runs):  # which is the order by the alphabet
        runs = experiment.runs[protocol]
        own = experiment.own.get(protocol)
        scores = {number: score(runs[number]) for number in sorted(runs)}
        if scores:
            summaries.append(summarise_scores(protocol, scores, None if own is None else score(own)))
    return summaries


def summarise_scores(protocol: ProtocolName, scores: Mapping[int, float], own: float | None) -> ChanceSummary:
    """Mean, sd and interval over the permutations that have a C-index.

    Args:
        scores: permutation → C-index; at least one.
        own: C-index with everybody's own outcome.
    """
    values = np.array([score for score in scores.values() if not np.isnan(score)])
    count = len(values)
    mean = float(values.mean()) if count else nan
    sd = float(values.std(ddof=1)) if count > 1 else nan
    half = float(t.ppf((1 + LEVEL) / 2, count - 1)) * sd / sqrt(count) if count > 1 else nan
    above = float((values > CHANCE).mean()) if count else nan
    lower, upper = max(mean - half, 0.0), min(mean + half, 1.0)  # no C-index lies beyond; nan stays
    return ChanceSummary(protocol, dict(scores), mean, sd, lower, upper, above, own)


def mean_score(run: Run) -> float:
    """Harrell's C of a finished run, the mean over folds.

    Raises:
        RunError: its predictions are missing or damaged.
    """
    return mean_sd([score_run(run)])[0]


def _is_done_null(run: Run) -> bool:
    return is_null(run) and run.status().state == "DONE"
