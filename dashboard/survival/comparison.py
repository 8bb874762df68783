"""Two runs of one cohort side by side, and what the difference is worth."""

from __future__ import annotations

import streamlit as st

from dashboard import data
from dashboard.charts.concordance import concordance_figure, concordance_table
from dashboard.elements import plain, run_badges, run_label, show_figure
from dashboard.state import COMPARE, pick
from dashboard.words import PROTOCOLS, number
from pomp.config import ProtocolName
from pomp.errors import PompError
from pomp.evaluation.report import EvaluationReport, optimism
from pomp.runs.run import Run

NOTHING = "none"
CONTRASTS: list[ProtocolName] = ["honest", "paper-released", "paper"]


def protocol_label(run: Run) -> str:
    """What the model is called in figures."""
    return f"POMP, {run.info.protocol}"


def comparable(run: Run, runs: list[Run]) -> list[Run]:
    """Runs of the same cohort; first those under another protocol on the same splits, the widest contrast ahead."""
    others = [other for other in runs if other.id != run.id and other.info.cohort.name == run.info.cohort.name]
    return sorted(others, key=lambda other: (not _same_splits(run, other), CONTRASTS.index(other.info.protocol)))


def _same_splits(run: Run, other: Run) -> bool:
    return other.info.splits_digest == run.info.splits_digest and other.info.protocol != run.info.protocol


def show_comparison(run: Run, report: EvaluationReport, runs: list[Run]) -> None:
    st.subheader("Beside another run")
    others = comparable(run, runs)
    if not others:
        st.caption("There is no other finished run of this cohort. Train one under another protocol to compare.")
        return
    by_id = {other.id: other for other in others}
    first = others[0].id if _same_splits(run, others[0]) else NOTHING
    chosen = pick(
        "Compare with",
        [NOTHING, *by_id],
        COMPARE,
        first=first,
        show=lambda key: run_label(by_id[key]) if key in by_id else key,
    )
    if chosen == NOTHING:
        return
    other = by_id[chosen]
    run_badges(other)
    beside = data.report(other)
    names = (
        protocol_label(run),
        protocol_label(other)
        if protocol_label(other) != protocol_label(run)
        else f"{protocol_label(other)} (the other)",
    )
    scores = dict(zip(names, (report.score, beside.score), strict=True))
    left, right = st.columns([3, 2])
    with left:
        show_figure(
            concordance_figure(scores),
            f"comparison-{run.id}",
            concordance_table(scores),
            "C-index of both runs by fold",
        )
    with right:
        show_difference(run, report, other, beside)


def show_difference(run: Run, report: EvaluationReport, other: Run, beside: EvaluationReport) -> None:
    """The difference between two runs, called optimism where one is honest and the other is not."""
    swap = run.info.protocol != "honest" and other.info.protocol == "honest"
    base, raised = (beside, report) if swap else (report, beside)
    named = "honest" in {run.info.protocol, other.info.protocol} and run.info.protocol != other.info.protocol
    try:
        found = optimism(base, raised)
    except PompError as error:
        st.info(plain(error), title="Not the same patients in the same folds")
        return
    st.metric(
        "Optimism" if named else "Difference", f"{found.difference:+.3f}", border=True,
        help="Mean over folds of the second C-index minus the first.",
    )  # fmt: skip
    if named:
        st.markdown(
            f"On the same folds, the paper's way of working raises the C-index from {number(found.honest)} to "
            f"{number(found.paper)}. That gain comes from having seen the test patients: new patients do not get it."
        )
    st.markdown(f"**{plain(other.info.protocol)}**: {PROTOCOLS[other.info.protocol]}")
