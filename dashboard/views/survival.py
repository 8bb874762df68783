"""Survival: how well a run tells high from low risk, beside plain models and beside another protocol."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.charts.concordance import concordance_figure, concordance_table
from dashboard.charts.survival import survival_figure, survival_table
from dashboard.elements import pick_run, plain, run_badges, show_figure
from dashboard.endpoints import describe_endpoint
from dashboard.survival.comparison import protocol_label, show_comparison
from dashboard.theme import HIGH_RISK, LOW_RISK
from dashboard.words import PROTOCOLS, follow_up, headline, number, p_value, verdict
from pomp.evaluation.report import HIGH, LOW, EvaluationReport
from pomp.runs.run import Run

COLOURS = {LOW: LOW_RISK, HIGH: HIGH_RISK}


def show_headline(report: EvaluationReport) -> None:
    score, ratio = report.score, report.hazard_ratio
    cards = st.columns(4)
    cards[0].metric(
        "C-index, mean ± sd", headline(score), border=True,
        help="Of all pairs of patients whose order of death is known, the share that the risk puts in the right order. "
        "0.5 is guessing, 1 is perfect. Mean and standard deviation over folds, whose patients were not trained on.",
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
        "Hazard ratio", "–" if ratio is None else f"{ratio.ratio:.1f} ({ratio.lower:.1f}–{ratio.upper:.1f})",
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
    scores = {protocol_label(run): report.score} | {other.model: other for other in report.comparators}
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
