"""Survival: how well a run tells high from low risk, beside plain models and beside another protocol."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.charts.concordance import concordance_figure, concordance_table
from dashboard.charts.survival import survival_figure, survival_table
from dashboard.elements import pick_run, plain, run_badges, run_label, show_figure
from dashboard.endpoints import describe_endpoint
from dashboard.state import COMPARE, pick
from dashboard.theme import HIGH_RISK, LOW_RISK
from dashboard.words import PROTOCOLS, follow_up, headline, number, p_value, verdict
from pomp.errors import PompError
from pomp.evaluation.report import HIGH, LOW, EvaluationReport, optimism
from pomp.runs.run import Run

COLOURS = {LOW: LOW_RISK, HIGH: HIGH_RISK}
NOTHING = "none"


def show_headline(report: EvaluationReport) -> None:
    score, ratio = report.score, report.hazard_ratio
    cards = st.columns(4)
    cards[0].metric(
        "C-index, mean ± sd over folds", headline(score), border=True,
        help="Of all pairs of patients whose order of death is known, the share that the risk puts in the right order. "
        "0.5 is guessing, 1 is perfect. Each fold's patients were not trained on.",
    )  # fmt: skip
    cards[1].metric(
        "95 % interval", f"{number(score.lower)} to {number(score.upper)}", border=True,
        help="How far the mean could be off by the choice of test patients alone (1,000 bootstrap samples).",
    )  # fmt: skip
    cards[2].metric(
        "Log-rank p", p_value(report.logrank.p_value if report.logrank else None), border=True,
        help="Do the two risk groups differ in survival? Stratified by fold: patients are compared with others of "
        f"their fold only. By shuffling the groups within folds instead: p {p_value(report.permutation_p)}.",
    )  # fmt: skip
    cards[3].metric(
        "Hazard ratio", "–" if ratio is None else f"{ratio.ratio:.2f} ({ratio.lower:.2f} to {ratio.upper:.2f})",
        border=True,
        help="How many times as often the event happens per day in the high- as in the low-risk group, with its 95 % "
        "interval; 1 means no difference.",
    )  # fmt: skip
    for sentence in verdict(report):
        st.warning(plain(sentence))


def show_groups(run: Run, report: EvaluationReport) -> None:
    endpoint = describe_endpoint(run.info.cohort.endpoint)
    st.subheader("High against low risk")
    show_figure(
        survival_figure(report.curves, COLOURS, endpoint), f"survival-{run.id}", survival_table(report.curves),
        "Kaplan-Meier curves of the high- and the low-risk group",
    )  # fmt: skip
    tests = f"Log-rank p {p_value(report.logrank.p_value if report.logrank else None)} (stratified by fold)"
    medians = [f"median of the {group} group: {_median(curve)}" for group, curve in report.curves.items()]
    st.markdown(" · ".join([tests, f"permutation p {p_value(report.permutation_p)}", *medians]))
    st.caption(
        "A patient is in the high-risk group if the risk is above the median risk of that fold's training patients: "
        "the test patients have no say in where the cut lies. Bands: 95 %. Ticks: follow-up ended without the event."
    )


def _median(curve: object) -> str:
    days = float(curve.median)  # type: ignore[attr-defined]
    return "not reached" if pd.isna(days) else follow_up(days)


def show_folds(run: Run, report: EvaluationReport) -> None:
    st.subheader("C-index by fold")
    scores = {_label(run): report.score} | {other.model: other for other in report.comparators}
    table = concordance_table(scores)
    show_figure(concordance_figure(scores), f"c-index-{run.id}", table, "C-index of each fold, by model")
    st.caption(
        "A point is a fold, the diamond the mean with the standard deviation over folds. The plain models were fitted "
        "on the same training patients and tested on the same test patients."
    )
    by_model = table.pivot_table(index="fold", columns="model", values="c_index", sort=False, dropna=False)
    by_model = by_model.rename(index=lambda fold: f"fold {fold}")
    for row in ("mean", "sd"):
        by_model.loc[row] = [getattr(scores[name], row) for name in by_model.columns]
    st.dataframe(by_model.map(number), alt="C-index by fold and model")
    if report.notes:
        with st.expander("Remarks on these numbers"):
            st.markdown("\n".join(f"- {plain(note)}" for note in report.notes))


def _label(run: Run) -> str:
    return f"POMP, {run.info.protocol}"


def comparable(run: Run, runs: list[Run]) -> list[Run]:
    """Runs of the same cohort; those under another protocol on the same splits come first."""
    others = [other for other in runs if other.id != run.id and other.info.cohort.name == run.info.cohort.name]
    return sorted(others, key=lambda other: not _same_splits(run, other))


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
    names = _label(run), _label(other) if _label(other) != _label(run) else f"{_label(other)} (the other)"
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


st.title("Survival")
runs = data.finished_runs()
run = pick_run(runs)
report = data.report(run)
run_badges(run)
st.markdown(f"**{plain(run.info.protocol)}** protocol: {PROTOCOLS[run.info.protocol]}")
show_headline(report)
left, right = st.columns(2)
with left:
    show_groups(run, report)
with right:
    show_folds(run, report)
show_comparison(run, report, runs)
