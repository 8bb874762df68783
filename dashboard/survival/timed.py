"""The Survival page's scores at 1, 3 and 5 years, of every model on the same patients."""

from __future__ import annotations

import math

import streamlit as st

from dashboard.charts.survival import capitalise
from dashboard.charts.timed_scores import score_cell, shown_scores, timed_table
from dashboard.elements import save_table
from dashboard.endpoints import describe_endpoint
from dashboard.survival.results import scored_by_time
from pomp.evaluation.timed_scores import REFERENCE, TimedScores
from pomp.runs.run import Run
from pomp.runs.system_name import system_name
from pomp.wording import DAYS_PER_YEAR, number, percent


def show_timed(run: Run) -> None:
    """AUC and Brier score, a row a model; or why there are none."""
    found = scored_by_time(run)
    events = describe_endpoint(run.info.cohort.endpoint).events
    st.header(f"{capitalise(events)} within 1, 3 and 5 years")
    if found is None or not found.has("auc"):
        st.caption("There is no AUC: no fold has somebody with the event within a year and somebody without.")
        return
    st.markdown("**AUC** (higher is better)")
    st.dataframe(shown_scores(found, "auc"), hide_index=True, alt="AUC of each model at 1, 3 and 5 years")
    st.caption(
        "Of two patients, one who had the event by then and one who had not: how often the first had the higher risk. "
        "0.5 is guessing."
    )
    if found.has("brier"):
        st.markdown("**Brier score** (lower is better)")
        st.dataframe(shown_scores(found, "brier"), hide_index=True, alt="Brier score at 1, 3 and 5 years")
        st.caption(
            "Kaplan–Meier gives everybody the same survival, that of the training patients: what does not get below it "
            "predicts no better than no model. The plain models have no baseline hazard, hence no Brier score."
        )
    save_table(timed_table(found), f"by-time-{run.id}")
    st.caption(
        f"Means over the folds in which the score is defined, of {found.patients:,} patients, with 95 % intervals from "
        "drawing them again 1,000 times, the same draws for all models. They cover the choice of test patients, not "
        "that of training patients."
    )


def describe_integrated(run: Run) -> str:
    """The integrated Brier score beside that of the Kaplan-Meier curve; empty where there is none."""
    found = scored_by_time(run)
    return "" if found is None else integrated_words(found, system_name(run.config))


def integrated_words(found: TimedScores, model: str) -> str:
    """'**Integrated Brier score 0.137 (0.124–0.150)** over 8.1 years, Kaplan–Meier 0.113 (…): 21 % worse than …'."""
    own, beside = found.of(model, "integrated brier"), found.of(REFERENCE, "integrated brier")
    if not own or not beside or beside[0].gain is None or not math.isfinite(own[0].score.value):
        return ""
    (ours,), (theirs,), gain = own, beside, beside[0].gain
    ahead, low, high = gain.value, gain.interval.lower, gain.interval.upper
    verdict = "better" if ahead > 0 else "worse"
    if ahead <= 0:
        ahead, low, high = -ahead, -high, -low
    share, holds = ahead / theirs.score.value, ", which holds 0" if low <= 0 else ""
    return (
        f"**Integrated Brier score {score_cell(ours.score)}** over {ours.days / DAYS_PER_YEAR:.1f} years, Kaplan–Meier "
        f"{score_cell(theirs.score)}: {percent(share)} {verdict} than the same prediction for everybody "
        f"(by {number(ahead)}, 95 % interval {number(low)} to {number(high)}{holds})."
    )
