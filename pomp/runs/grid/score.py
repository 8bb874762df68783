"""What a run's predictions score, and what the difference of two variants is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pomp.evaluation.concordance import concordance_index
from pomp.evaluation.corrected_t import CorrectedT, corrected_t
from pomp.evaluation.paired import drawn_concordance, percentile_interval, with_draws
from pomp.evaluation.uncertainty import Interval, signed_words
from pomp.evaluation.verdict import APART, Verdict, judge
from pomp.runs.run import Run

RESAMPLES = 1000
_JUDGED = ("patient", "fold", "time_days", "event")


@dataclass(frozen=True, eq=False)
class RunScore:
    """Harrell's C of one run, out of fold."""

    table: pd.DataFrame  # predictions, sorted by patient

    @cached_property
    def by_fold(self) -> dict[int, float]:
        """By the number of the fold; nan where it has no comparable pair. A plain model may lack folds."""
        return {
            int(str(fold)): concordance_index(part["time_days"], part["event"], part["risk"])
            for fold, part in self.table.groupby("fold")
        }

    @cached_property
    def folds(self) -> tuple[float, ...]:
        """Those of `by_fold`, in the order of the folds."""
        return tuple(self.by_fold.values())

    @cached_property
    def drawn(self) -> NDArray[np.float64]:
        """(1 + RESAMPLES,) mean over folds: of the patients as they are, then of each draw.

        Equal numbers of patients are drawn equally: what is hard about a draw is hard for every variant.
        """
        drawn = with_draws(len(self.table), RESAMPLES)
        table = self.table
        return drawn_concordance(table["time_days"], table["event"], table["risk"], table["fold"], drawn)

    def same_patients(self, other: RunScore) -> bool:
        """Whether it is of the same patients, in whatever folds."""
        return np.array_equal(self.table["patient"], other.table["patient"])

    def comparable(self, other: RunScore) -> bool:
        """Whether it has the same patients in the same test folds, judged by the same follow-up."""
        return all(np.array_equal(self.table[name], other.table[name]) for name in _JUDGED)


@dataclass(frozen=True)
class Difference:
    """C-index of a variant less that of the reference, with the 95 % interval of the choice of test patients."""

    value: float
    lower: float
    upper: float
    training: CorrectedT
    """The difference fold by fold, over all seeds, tested for the choice of training patients."""
    adjusted_p: float | None = None
    """Its p-value once it is adjusted for the other comparisons of a table; None: it is the only one."""

    @property
    def verdict(self) -> Verdict:
        """Whether the variant is better than the reference."""
        return judge(Interval(self.lower, self.upper), self.training, self.adjusted_p)

    @property
    def told_apart(self) -> bool:
        """Whether test patients and training sets agree that there is a difference."""
        return self.verdict.outcome != APART

    @property
    def words(self) -> str:
        """'−0.021 (−0.060 to +0.018), cannot be told apart'; what is told apart says no more than its numbers."""
        numbers = signed_words(self.value, Interval(self.lower, self.upper))
        return numbers if self.told_apart else f"{numbers}, {APART}"


def score_run(run: Run) -> RunScore:
    """The score of a run with predictions, computed once until they change.

    Raises:
        RunError: it has none, or they are damaged.
    """
    file = run.folder / "predictions.parquet"
    state = file.stat() if file.is_file() else None
    return _score(run.folder, None if state is None else (state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=512)
def _score(folder: Path, of: tuple[int, int] | None) -> RunScore:
    return _of(Run.open(folder).require_predictions())


def _of(table: pd.DataFrame) -> RunScore:
    columns = ["patient", "fold", "time_days", "event", "risk"]
    return RunScore(table[columns].sort_values("patient", ignore_index=True))


def score_plain(run: Run) -> dict[str, RunScore]:
    """The scores of the plain models that were fitted on the run's folds, by name; computed once until they change.

    Raises:
        RunError: their table is damaged.
    """
    file = run.folder / "comparators.parquet"
    state = file.stat() if file.is_file() else None
    return _score_plain(run.folder, None if state is None else (state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=512)
def _score_plain(folder: Path, of: tuple[int, int] | None) -> dict[str, RunScore]:
    found = Run.open(folder).comparators()
    parts = {} if found is None else dict(tuple(found.groupby("model", sort=False)))
    columns = ["patient", "fold", "time_days", "event", "risk"]
    return {
        str(name): RunScore(part[columns].sort_values("patient", ignore_index=True)) for name, part in parts.items()
    }


def mean_sd(scores: Sequence[RunScore]) -> tuple[float, float]:
    """Mean and standard deviation (n - 1) over the folds of all seeds, those without a C-index left out."""
    folds = np.array([value for score in scores for value in score.folds])
    known = folds[~np.isnan(folds)]
    mean = float(known.mean()) if len(known) else float("nan")
    return mean, float(known.std(ddof=1)) if len(known) > 1 else float("nan")


def mean_interval(scores: Sequence[RunScore]) -> Interval:
    """The 95 % interval of the mean over folds and seeds, by the choice of test patients.

    The limits are nan without a score, and where seeds are of different patients.
    """
    if not scores or any(not scores[0].same_patients(score) for score in scores):
        return Interval(float("nan"), float("nan"))
    return percentile_interval(np.mean([score.drawn for score in scores], axis=0)[1:])


def compare(variant: Mapping[int, RunScore], reference: Mapping[int, RunScore]) -> Difference | None:
    """The difference over the seeds that both have; None if there is none, or if patients, folds or follow-up differ.

    Patients are drawn again with replacement, the same for both and for all seeds. The interval says nothing about
    other training patients or other seeds; the test of the folds' differences does.
    """
    values = drawn_difference(variant, reference)
    if values is None:
        return None
    interval = percentile_interval(values[1:])
    return Difference(float(values[0]), interval.lower, interval.upper, _fold_by_fold(variant, reference))


def _fold_by_fold(variant: Mapping[int, RunScore], reference: Mapping[int, RunScore]) -> CorrectedT:
    """The corrected t-test of the differences of all folds of all seeds that both have."""
    seeds = sorted(variant.keys() & reference.keys())
    differences = [np.subtract(variant[seed].folds, reference[seed].folds) for seed in seeds]
    everybody = float(np.mean([len(variant[seed].table) for seed in seeds]))
    test = everybody / float(np.mean([len(folds) for folds in differences]))
    # With a single fold nobody is left to train on; without a spread over folds there is no test anyway.
    return corrected_t(np.concatenate(differences), test, max(everybody - test, 1.0))


def drawn_difference(variant: Mapping[int, RunScore], reference: Mapping[int, RunScore]) -> NDArray[np.float64] | None:
    """(1 + RESAMPLES,) of what `compare` sums up: of the patients as they are, then of each draw; None as there."""
    seeds = sorted(variant.keys() & reference.keys())
    if not seeds or not all(variant[seed].comparable(reference[seed]) for seed in seeds):
        return None
    return np.asarray(np.mean([variant[seed].drawn - reference[seed].drawn for seed in seeds], axis=0))
