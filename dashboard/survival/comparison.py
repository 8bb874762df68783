"""Two runs of one cohort side by side, and what the difference is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard import data
from dashboard.badges import say_run
from dashboard.charts.concordance import concordance_figure, concordance_table
from dashboard.elements import plain, run_label, show_figure
from dashboard.once import once
from dashboard.report.protocols import describe_optimism
from dashboard.state import COMPARE, pick
from dashboard.words import PROTOCOLS
from pomp.config import ProtocolName
from pomp.errors import RunError
from pomp.evaluation.report import EvaluationReport
from pomp.runs.run import Run
from pomp.runs.system_name import system_name
from pomp.runs.twins import HONEST, Contrast, Twin, contrast, contrast_of_twins, is_twin
from pomp.wording import number

NOTHING = "none"
CONTRASTS: list[ProtocolName] = ["honest", "paper-released", "paper"]


@dataclass(frozen=True, eq=False)
class Beside:
    """Another run, and the difference of the two on the same folds."""

    run: Run
    report: EvaluationReport | None
    """None where its predictions are damaged; `why` says so."""
    found: Contrast | None
    """None also where the patients or the folds are not the same; `why` says so."""
    why: str
    named: bool
    """Whether they differ in the protocol alone, and one is honest: the difference is then called optimism."""
    verdict: str
    """Whether the two can be told apart, and by what; empty without a difference."""


def protocol_label(run: Run) -> str:
    """What the model is called in figures."""
    return f"{system_name(run.config)}, {run.info.protocol}"


def comparable(run: Run, runs: Sequence[Run]) -> list[Run]:
    """Runs of the same cohort; first those that differ in the protocol alone, the widest contrast ahead."""
    others = [other for other in runs if other.id != run.id and _same_outcomes(run, other)]
    return sorted(others, key=lambda other: (not is_twin(run, other), CONTRASTS.index(other.info.protocol)))


def released_twin(run: Run, runs: Sequence[Run]) -> Run | None:
    """The run of the released code's protocol with the same settings on the same splits."""
    return next((other for other in runs if other.info.protocol == "paper-released" and is_twin(run, other)), None)


def _same_outcomes(run: Run, other: Run) -> bool:
    """One cohort, and what its patients were dealt in a null experiment, if they were."""
    own, theirs = run.config.cohort.permutation, other.config.cohort.permutation
    return other.info.cohort.name == run.info.cohort.name and own == theirs


def choose_other(run: Run, runs: Sequence[Run]) -> Run | None:
    """The box with the other runs of the cohort; at first the widest contrast among its twins is chosen."""
    others = comparable(run, runs)
    if not others:
        st.caption("There is no other finished run of this cohort. Train one under another protocol to compare.")
        return None
    by_id = {other.id: other for other in others}
    first = others[0].id if is_twin(run, others[0]) else NOTHING
    chosen = pick(
        "Compare with", [NOTHING, *by_id], COMPARE, first=first,
        show=lambda key: run_label(by_id[key]) if key in by_id else key,
        explain="Another run of the same cohort. Where it has the same folds, the difference of the C-indices is shown "
        "above, and both are side by side under C-index.",
    )  # fmt: skip
    return by_id.get(chosen)


def put_beside(run: Run, report: EvaluationReport, other: Run) -> Beside:
    """The other run's difference from this one; where the two are twins, that of the paper's way from the honest one.

    Of twins it is the report's: adjusted for all protocols that stand beside the honest one. Where there is none, `why`
    says so.
    """
    try:
        theirs = data.report(other)
    except RunError as error:
        return Beside(other, None, None, str(error), named=False, verdict="")
    named = is_twin(run, other) and HONEST in {run.info.protocol, other.info.protocol}
    pair = list(zip((Twin(run, report), Twin(other, theirs)), _labels(run, other), strict=True))
    if named and other.info.protocol == HONEST:
        pair.reverse()
    (first, first_label), (second, second_label) = pair
    try:
        found = contrast_of_twins(first, second, data.report) if named else contrast(first, second)
    except RunError as error:
        return Beside(other, theirs, None, str(error), named, verdict="")
    return Beside(other, theirs, found, "", named, found.difference.verdict.sentence(second_label, first_label))


def _labels(run: Run, other: Run) -> tuple[str, str]:
    """What the two are called beside each other."""
    own, theirs = protocol_label(run), protocol_label(other)
    return own, theirs if theirs != own else f"{theirs} (the other)"


def show_comparison(run: Run, report: EvaluationReport, beside: Beside | None) -> None:
    """Both runs by fold, with the difference in words."""
    st.header("Beside another run")
    if beside is None:
        st.caption("Choose another run of this cohort above, under Compare with.")
        return
    if beside.report is None:
        st.info(plain(beside.why), title="The other run cannot be read")
        return
    scores = dict(zip(_labels(run, beside.run), (report.score, beside.report.score), strict=True))
    left, right = st.columns(2, gap="large")
    with left:
        show_figure(
            once(concordance_figure, scores), f"comparison-{run.id}", concordance_table(scores),
            "C-index of both runs by fold", command=beside.run.info.command,
        )  # fmt: skip
    with right:
        say_run(beside.run)
        _show_difference(run, beside)


def _show_difference(run: Run, beside: Beside) -> None:
    if beside.found is None:
        st.info(plain(beside.why), title="They cannot be compared")
        return
    found, protocol = beside.found, beside.run.info.protocol
    st.markdown(
        f"**{'Optimism' if beside.named else 'Difference'} {plain(found.words)}**, mean over folds with its 95 % "
        f"interval for the choice of test patients; sd {number(found.by_fold.sd)}. {plain(beside.verdict)}"
    )
    if beside.named:
        st.markdown(plain(describe_optimism(found)))
    elif protocol != run.info.protocol and not is_twin(run, beside.run):
        st.markdown("The two differ in more than the protocol: the difference says nothing of the protocol alone.")
    st.markdown(f"**{plain(protocol)}**: {PROTOCOLS[protocol]}")
