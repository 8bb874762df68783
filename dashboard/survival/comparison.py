"""Two runs of one cohort side by side, and what the difference is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard import data
from dashboard.charts.concordance import concordance_figure, concordance_table
from dashboard.elements import plain, run_badges, run_label, show_figure
from dashboard.once import once
from dashboard.state import COMPARE, pick
from dashboard.words import PROTOCOLS, number
from pomp.config import ProtocolName
from pomp.errors import PompError
from pomp.evaluation.report import EvaluationReport, Optimism, optimism
from pomp.runs.run import Run
from pomp.runs.system_name import system_name

NOTHING = "none"
CONTRASTS: list[ProtocolName] = ["honest", "paper-released", "paper"]


@dataclass(frozen=True, eq=False)
class Beside:
    """Another run, and the difference of the two on the same folds."""

    run: Run
    report: EvaluationReport
    found: Optimism | None
    """None where the patients or the folds are not the same; `why` says so."""
    why: str
    named: bool
    """Whether, of one system, one is honest and the other is not: the difference is then called optimism."""


def protocol_label(run: Run) -> str:
    """What the model is called in figures."""
    return f"{system_name(run.config)}, {run.info.protocol}"


def comparable(run: Run, runs: Sequence[Run]) -> list[Run]:
    """Runs of the same cohort; first those of the same system under another protocol on the same splits, the widest
    contrast ahead.
    """
    others = [other for other in runs if other.id != run.id and _same_outcomes(run, other)]
    return sorted(others, key=lambda other: (not _is_twin(run, other), CONTRASTS.index(other.info.protocol)))


def released_twin(run: Run, runs: Sequence[Run]) -> Run | None:
    """The run of the released code's protocol on the same splits."""
    return next(
        (other for other in comparable(run, runs)
         if other.info.protocol == "paper-released" and _is_twin(run, other)), None,
    )  # fmt: skip


def _same_outcomes(run: Run, other: Run) -> bool:
    """One cohort, and what its patients were dealt in a null experiment, if they were."""
    own, theirs = run.config.cohort.permutation, other.config.cohort.permutation
    return other.info.cohort.name == run.info.cohort.name and own == theirs


def _is_twin(run: Run, other: Run) -> bool:
    """The same system on the same splits under another protocol: two systems differ in more than the protocol."""
    same_system = other.config.model.system == run.config.model.system
    same_splits = other.info.splits_digest == run.info.splits_digest
    return same_system and same_splits and other.info.protocol != run.info.protocol


def choose_other(run: Run, runs: Sequence[Run]) -> Run | None:
    """The box with the other runs of the cohort; at first the widest contrast of its system and splits is chosen."""
    others = comparable(run, runs)
    if not others:
        st.caption("There is no other finished run of this cohort. Train one under another protocol to compare.")
        return None
    by_id = {other.id: other for other in others}
    first = others[0].id if _is_twin(run, others[0]) else NOTHING
    chosen = pick(
        "Compare with", [NOTHING, *by_id], COMPARE, first=first,
        show=lambda key: run_label(by_id[key]) if key in by_id else key,
        explain="Another run of the same cohort. Where it has the same folds, the difference of the C-indices is shown "
        "above, and both are side by side under C-index.",
    )  # fmt: skip
    return by_id.get(chosen)


def put_beside(run: Run, report: EvaluationReport, other: Run) -> Beside:
    """The difference of two runs; where one is honest, that of the other minus the honest one.

    Raises:
        RunError: the other run's predictions are damaged.
    """
    beside = data.report(other)
    swap = run.info.protocol != "honest" and other.info.protocol == "honest"
    same_system = other.config.model.system == run.config.model.system
    protocols = {run.info.protocol, other.info.protocol}
    named = same_system and "honest" in protocols and len(protocols) == 2
    try:
        found, why = optimism(*((beside, report) if swap else (report, beside))), ""
    except PompError as error:
        found, why = None, str(error)
    return Beside(other, beside, found, why, named)


def show_comparison(run: Run, report: EvaluationReport, beside: Beside | None) -> None:
    """Both runs by fold, with the difference in words."""
    st.subheader("Beside another run")
    if beside is None:
        st.caption("Choose another run of this cohort above, under Compare with.")
        return
    other = protocol_label(beside.run)
    names = protocol_label(run), other if other != protocol_label(run) else f"{other} (the other)"
    scores = dict(zip(names, (report.score, beside.report.score), strict=True))
    show_figure(
        once(concordance_figure, scores), f"comparison-{run.id}", concordance_table(scores),
        "C-index of both runs by fold", command=beside.run.info.command,
    )  # fmt: skip
    run_badges(beside.run)
    _show_difference(beside)


def describe_optimism(found: Optimism) -> str:
    """What having seen the test patients has gained, or that it has gained nothing here."""
    if found.difference <= 0:
        return (
            f"On the same folds, the paper's way of working gives {number(found.paper)} and the honest one "
            f"{number(found.honest)}: here it gained nothing, though it has seen the test patients."
        )
    return (
        f"On the same folds, the paper's way of working raises the C-index from {number(found.honest)} to "
        f"{number(found.paper)}. That gain comes from having seen the test patients: new patients do not get it."
    )


def _show_difference(beside: Beside) -> None:
    if beside.found is None:
        st.info(plain(beside.why), title="Not the same patients in the same folds")
        return
    name, found = "Optimism" if beside.named else "Difference", beside.found
    st.markdown(f"**{name} {plain(f'{found.difference:+.3f}')}**, mean over folds; sd {number(found.sd)}.")
    if beside.named:
        st.markdown(describe_optimism(found))
    protocol = beside.run.info.protocol
    st.markdown(f"**{plain(protocol)}**: {PROTOCOLS[protocol]}")
