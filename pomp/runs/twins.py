"""The runs that differ from one in the protocol alone, and what the difference is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pomp.errors import RunError
from pomp.evaluation.report import EvaluationReport, Optimism, evaluate, optimism
from pomp.evaluation.uncertainty import Interval, signed_words
from pomp.runs.grid.adjusted import Comparison, adjust
from pomp.runs.grid.score import Difference, compare, score_run
from pomp.runs.key import run_key
from pomp.runs.readable import read_runs
from pomp.runs.run import Run
from pomp.runs.system_name import system_name
from pomp.runs.workspace import Workspace
from pomp.wording import count

HONEST = "honest"


@dataclass(frozen=True, eq=False)
class Twin:
    """A finished run and its evaluation."""

    run: Run
    report: EvaluationReport


@dataclass(frozen=True, eq=False)
class Twins:
    """The runs that differ from one in the protocol alone."""

    found: tuple[Twin, ...]
    damaged: tuple[str, ...]
    """Ids of those left out, because their predictions cannot be read or are not of the same patients."""


@dataclass(frozen=True)
class Contrast:
    """Two runs on the same patients in the same folds."""

    by_fold: Optimism
    """Of the first run (`honest`) and the second (`paper`)."""
    difference: Difference
    """C-index of the second less that of the first, and whether the two can be told apart."""

    @property
    def words(self) -> str:
        """'+0.081 (+0.021 to +0.143)', with the 95 % interval of the choice of test patients."""
        return signed_words(self.difference.value, Interval(self.difference.lower, self.difference.upper))


def is_twin(run: Run, other: Run) -> bool:
    """Whether they differ in the protocol, and in nothing else that decides numbers."""
    return (
        other.info.protocol != run.info.protocol
        and other.info.splits_digest == run.info.splits_digest
        and run_key(other, "protocol") == run_key(run, "protocol")
    )


def evaluated(run: Run) -> EvaluationReport:
    """The report of a finished run, made anew.

    Raises:
        RunError: its predictions are damaged.
    """
    return evaluate(run.require_predictions(), model=system_name(run.config))


def find_twins(run: Run, report: Callable[[Run], EvaluationReport] = evaluated) -> Twins:
    """The newest finished run under each other protocol, same cohort, settings and folds, in the run's workspace.

    Args:
        run: whose twins they are.
        report: how to come by a run's report, where somebody keeps them.

    Raises:
        RunError: the run's own predictions are damaged.
    """
    own = score_run(run)

    def read(other: Run) -> Twin:
        if not own.comparable(score_run(other)):
            raise RunError(f"The predictions of {other.id} are not of the same patients.")
        return Twin(other, report(other))

    everybody = Workspace(run.workspace_folder).runs.list()  # newest first
    readings = read_runs([other for other in everybody if is_twin(run, other) and other.status().state == "DONE"], read)
    found: dict[str, Twin] = {}
    for other, twin in readings.found:
        found.setdefault(other.info.protocol, twin)
    return Twins(tuple(found.values()), tuple(other.id for other, _ in readings.damaged))


def contrast(first: Twin, second: Twin) -> Contrast:
    """The second run beside the first.

    Raises:
        RunError: they do not have the same patients in the same folds with the same follow-up; the message names some
            that differ.
    """
    by_fold = optimism(first.report, second.report)
    difference = compare({0: score_run(second.run)}, {0: score_run(first.run)})
    if difference is None:
        differ = _followed_otherwise(first.run, second.run)
        raise RunError(
            f"The runs {first.run.id} and {second.run.id} cannot be compared: they are judged by different follow-up, "
            f"that of {count(len(differ), 'patient')}, such as {', '.join(differ[:3])}. Make both on the cohort as it "
            "is now."
        )
    return Contrast(by_fold, difference)


def contrasts(honest: Twin, others: Sequence[Twin]) -> dict[str, Contrast]:
    """Each other protocol beside the honest one, by protocol; p-values are adjusted for their number.

    Raises:
        RunError: as `contrast`.

    Source: Holm, Scandinavian Journal of Statistics 1979;6:65-70.
    """
    found = {other.run.info.protocol: contrast(honest, other) for other in others}
    adjusted = adjust({name: Comparison(HONEST, name, one.difference) for name, one in found.items()})
    return {name: replace(one, difference=adjusted[name]) for name, one in found.items()}


def contrast_of_twins(honest: Twin, paper: Twin, report: Callable[[Run], EvaluationReport] = evaluated) -> Contrast:
    """One of the contrasts of the honest run with its twins: `paper` in place of the newest under its protocol.

    Args:
        honest: the run under the honest protocol.
        paper: a twin of it.
        report: as `find_twins` takes it.

    Raises:
        RunError: as `contrast`.
    """
    twins = {twin.run.info.protocol: twin for twin in find_twins(honest.run, report).found}
    protocol = paper.run.info.protocol
    return contrasts(honest, list((twins | {protocol: paper}).values()))[protocol]


def _followed_otherwise(first: Run, second: Run) -> list[str]:
    """Patients of both runs whose time or event differs."""
    one, other = (score_run(run).table for run in (first, second))
    differs = (one[["time_days", "event"]] != other[["time_days", "event"]]).any(axis=1)
    return list(one["patient"][differs])
