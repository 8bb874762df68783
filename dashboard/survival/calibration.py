"""The Survival page's calibration: is a predicted 70 % really 70 %, and who has the event within 1, 3 and 5 years?"""

from __future__ import annotations

import math

import streamlit as st

from dashboard.charts.calibration import (
    brier_figure,
    brier_table,
    calibration_figure,
    calibration_table,
)
from dashboard.charts.survival import capitalise
from dashboard.elements import card_row, empty_state, show_figure
from dashboard.endpoints import describe_endpoint
from dashboard.once import once
from dashboard.survival.results import calibrated, errors_by_time
from dashboard.survival.timed import describe_integrated, show_timed
from pomp.evaluation.calibration_slope import Calibration
from pomp.evaluation.report import EvaluationReport
from pomp.evaluation.uncertainty import Interval
from pomp.runs.run import Run

PART = "survival-part"
"""Name in the address of the page's parts."""

CALIBRATION = "Calibration"
"""This part."""


def show_calibration(run: Run, report: EvaluationReport) -> None:
    """Slope and level, the curves and the Brier score side by side, and the scores of all models below."""
    _show_numbers(run)
    left, right = st.columns(2, gap="large")
    with left:
        _show_bins(run, report)
    with right:
        _show_brier(run)
    show_timed(run)


def _show_numbers(run: Run) -> None:
    found = calibrated(run)
    if found is None:
        return
    events = describe_endpoint(run.info.cohort.endpoint).events
    slope, level = found.slope, found.in_the_large
    card = card_row()
    card(
        "Calibration slope", "–" if slope.reason else f"{slope.slope:.2f} ({_limits(slope.interval)})",
        help="By what factor the log risks are to be multiplied to fit what happened. 1 is right; below 1 they are too "
        "extreme, above 1 too cautious; at 0 they order nothing. With its 95 % interval.",
    )  # fmt: skip
    card(
        f"{capitalise(events)}, observed over expected",
        "–" if level.reason else f"{level.ratio:.2f} ({_limits(level.interval)})",
        help=f"{level.observed} observed, {level.expected:.1f} expected within everybody's own follow-up. 1 is right; "
        "above 1, there were more than predicted. With its 95 % interval.",
    )  # fmt: skip
    for sentence in describe_calibration(found):
        st.markdown(sentence)


def describe_calibration(found: Calibration) -> list[str]:
    """What is wrong with the risks, in words; nothing where the intervals hold what would be right."""
    slope, level, said = found.slope, found.in_the_large, []
    if slope.reason:
        said.append(f"There is no calibration slope: {slope.reason}.")
    elif slope.interval.upper < 1:
        said.append("**The risks are too extreme**: take differences between patients for smaller than predicted.")
    elif slope.interval.lower > 1:
        said.append("**The risks are too cautious**: differences between patients are larger than predicted.")
    if level.reason:
        said.append(f"There is no number of expected events: {level.reason}.")
    elif level.interval.upper < 1:
        said.append("**Fewer events than predicted**: patients fare better than the curves say.")
    elif level.interval.lower > 1:
        said.append("**More events than predicted**: patients fare worse than the curves say.")
    return said


def _limits(interval: Interval) -> str:
    return f"{interval.lower:.2f}–{interval.upper:.2f}"


def _show_bins(run: Run, report: EvaluationReport) -> None:
    st.header("Predicted against observed")
    endpoint = describe_endpoint(run.info.cohort.endpoint)
    if not any(math.isfinite(found.observed) for found in report.calibration):
        empty_state(
            "There is nothing to calibrate.",
            "Either the run has no baseline hazard, which a resumed run writes anew, or nobody is followed for a year.",
            "views/train.py", "Go to Train",
        )  # fmt: skip
        return
    show_figure(
        once(calibration_figure, report.calibration, endpoint),
        f"calibration-{run.id}", calibration_table(report.calibration),
        "Predicted against observed survival at 1, 3 and 5 years", command=run.info.command,
    )  # fmt: skip
    said = [
        "A point is a quarter of the patients, those with similar predictions. On the dotted line, as many were spared "
        "as predicted; above it, more. Bars: 95 % of the Kaplan–Meier estimate; without an event there is no interval. "
        "Each patient is predicted with the baseline hazard of the own fold's training patients.",
        endpoint.competing,
    ]
    if run.config.model.bounded:
        said.append(
            "POMP's risk is a cosine between −1 and 1, so no two patients' hazards can differ by more than e² = 7.39 "
            "times: where true risks differ by more, predictions lie too close together, however good their order."
        )
    st.caption(" ".join(filter(None, said)))


def _show_brier(run: Run) -> None:
    st.header("Brier score by time")
    found = errors_by_time(run)
    if found is None or len(found.time) < 2:
        empty_state(
            "There is no Brier score.",
            "It needs baseline hazards, which a resumed run writes anew, and two folds or more.",
            "views/train.py", "Go to Train",
        )  # fmt: skip
        return
    show_figure(
        once(brier_figure, found), f"brier-{run.id}", brier_table(found), "Brier score by time, beside Kaplan-Meier",
        command=run.info.command,
    )  # fmt: skip
    st.markdown(describe_integrated(run))
    st.caption(
        "The mean squared distance between the predicted probability and what came: 0 is perfect, 0.25 is what 'one "
        "half for everybody' gets. Grey: the Kaplan–Meier curve of the training patients, the same for everybody. "
        "Below it, the risks add something. Patients lost to follow-up are made up for by weights from each fold's "
        "training patients. Shown until nine in ten follow-ups have ended."
    )
