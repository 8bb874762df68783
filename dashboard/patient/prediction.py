"""A patient's risk, rank and group, and the predicted survival."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.charts.patient import QUANTILES, patient_figure
from dashboard.elements import card_row, errors_as_text, run_label, show_figure
from dashboard.endpoints import describe_endpoint
from dashboard.once import once
from dashboard.state import RUN
from dashboard.survival.calibration import CALIBRATION, PART, describe_calibration
from dashboard.survival.results import calibrated
from dashboard.words import follow_up
from pomp.evaluation.uncertainty import signed
from pomp.runs.run import Run

TIMES = 120
"""Of a predicted curve that are drawn: a step a pixel or two."""


def show_cards(run: Run, patient: pd.Series, fold: pd.DataFrame, changes: str | None) -> None:
    """Risk, rank, group, and how firmly the patient is in it.

    Args:
        changes: '12 of 100', how often the group changes; None if it is not known, and has no card.
    """
    rank = int((fold["risk"] > patient["risk"]).sum()) + 1
    number = int(patient["fold"]) + 1
    bounded = _BOUNDED if run.config.model.bounded else ""
    card = card_row()
    card(
        "Risk score", signed(patient["risk"]),
        help=f"Log of the relative hazard: 0.7 more means twice the hazard.{bounded}",
    )  # fmt: skip
    card(
        f"Rank in fold {number}", f"{rank:,} of {len(fold):,}",
        help="1 is the highest risk. The model of this fold was trained without these patients. Risks of different "
        "folds come from different models, so there is no exact rank in the whole cohort.",
    )  # fmt: skip
    card(
        "Group", "high risk" if patient["high_risk"] else "low risk",
        help=f"High: above {signed(patient['cutoff'])}, the median risk of the fold's training patients.",
    )  # fmt: skip
    if changes is not None:  # else the part Risk says why
        card(
            "Would change group", changes,
            help="How often the cut between the groups falls on the other side of this patient when the training "
            "patients are drawn again, with replacement (1,000 times). Near 50: the group is a coin toss. The model "
            "and its risk stay as they are: other seeds, in the part Risk, tell more.",
        )  # fmt: skip


_BOUNDED = (
    " This model's risk is a cosine, between −1 and 1, so no two patients' hazards differ by more than 7.4 times."
)


@errors_as_text()
def show_curve(run: Run, patient: pd.Series) -> None:
    """The predicted curve over the cohort's quantiles."""
    st.header("Predicted survival")
    endpoint = describe_endpoint(run.info.cohort.endpoint)
    curves, fan = _drawn_curves(run)
    own = curves.loc[patient["patient"]].to_numpy()
    figure = once(patient_figure, fan, own, float(patient["time_days"]), bool(patient["event"]), endpoint)
    table = fan.assign(this_patient=own)
    show_figure(
        figure, "predicted-survival", table, "Predicted survival of the patient over the cohort's quantiles",
        command=run.info.command,
    )  # fmt: skip
    ended = f"{endpoint.event} observed" if patient["event"] else f"last seen {endpoint.free}"
    st.caption(
        "Blue: this patient, from the risk score and the baseline hazard of the training patients of fold "
        f"{int(patient['fold']) + 1}. Grey: the middle half and the middle 80 % of the cohort. Observed: followed for "
        f"{follow_up(float(patient['time_days']))}, {ended}."
    )
    found = calibrated(run)
    doubts = [] if found is None else describe_calibration(found)
    if doubts:
        st.warning("Of this run's curves, over all patients: " + " ".join(doubts), icon=":material/rule:")
        st.page_link(
            "views/survival.py", label="See the calibration", icon=":material/rule:",
            query_params={RUN: run_label(run), PART: CALIBRATION},
        )  # fmt: skip


@data.kept_for(*data.TABLES)
def _drawn_curves(run: Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The predicted curves at the times that are drawn, and over all patients: time_days and a column a quantile."""
    curves = data.predicted_curves(run)
    places = np.unique(np.linspace(0, curves.shape[1] - 1, TIMES).round().astype(int))
    drawn = curves.iloc[:, places]
    levels = np.quantile(drawn.to_numpy(), QUANTILES, axis=0)
    fan = pd.DataFrame({"time_days": drawn.columns} | dict(zip(QUANTILES, levels, strict=True)))
    return drawn, fan
