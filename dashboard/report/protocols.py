"""The runs that differ from one in the protocol alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pomp.evaluation.report import EvaluationReport, evaluate
from pomp.runs.run import Run
from pomp.runs.system_name import system_name
from pomp.runs.workspace import Workspace


@dataclass(frozen=True, eq=False)
class Twin:
    """A finished run and its evaluation."""

    run: Run
    report: EvaluationReport


def find_twins(run: Run) -> Sequence[Twin]:
    """The newest finished run under each other protocol, same cohort, settings and folds, in the run's workspace.

    Raises:
        RunError: one of them is damaged.
    """
    found: dict[str, Run] = {}
    for other in Workspace(run.folder.parents[1]).runs.list():  # newest first
        if _alike(run, other) and other.status().state == "DONE":
            found.setdefault(other.info.protocol, other)
    return [
        Twin(other, evaluate(other.require_predictions(), model=system_name(other.config))) for other in found.values()
    ]


def _alike(run: Run, other: Run) -> bool:
    """Whether they differ in the protocol, and in nothing else that decides numbers."""
    same_files = [run.info.cohort.digest, *(each.digest for each in run.info.companions)] == [
        other.info.cohort.digest,
        *(each.digest for each in other.info.companions),
    ]
    under_same = other.config.model_copy(update={"protocol": run.config.protocol})
    return (
        other.info.protocol != run.info.protocol
        and same_files
        and other.info.splits_digest == run.info.splits_digest
        and under_same == run.config
    )
