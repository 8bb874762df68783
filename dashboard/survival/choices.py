"""What is chosen for the curves: endpoint, kind, groups, fold, landmark and horizon, all in the URL."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.elements import plain
from dashboard.endpoints import Endpoint, describe_endpoint
from dashboard.missed import misses_said_in
from dashboard.once import once
from dashboard.state import amount, pick, switch, tick
from dashboard.survival.competing import Competing, find_competing
from dashboard.survival.grouping import PERCENTILE, VALUE, GroupChoice, offered
from dashboard.survival.results import Judged, clinical, judge
from pomp.data.outcome import usable_endpoints
from pomp.runs.run import Run
from pomp.wording import DAYS_PER_YEAR

ENDPOINT, GROUPS, CUT, PERCENT = "survival-endpoint", "survival-groups", "survival-cut", "survival-percentile"
FOLD, LANDMARK, HORIZON, DETAIL = "survival-fold", "survival-landmark", "survival-horizon", "survival-detail"
CURVE = "survival-curve"
"""Names in the URL."""

KAPLAN_MEIER, INCIDENCE = "Kaplan–Meier", "Cumulative incidence"

POOLED, NO_LANDMARK, LONGEST = "all folds together", "none", "as long as 10 % of every group are followed"
BOXES_PX = (252, 240, 212)
"""Of groups, endpoint and patients: all in one row of a window of 1200 px, and as wide as what they hold at first."""

_TIMES = {"6 months": 0.5, "1 year": 1, "2 years": 2, "3 years": 3, "4 years": 4, "5 years": 5, "7 years": 7,
          "10 years": 10, "15 years": 15, "20 years": 20}  # fmt: skip


@dataclass(frozen=True)
class CurveChoice:
    """All that decides what the curves show."""

    endpoint: str
    groups: GroupChoice
    fold: int | None
    """None: all folds pooled."""
    landmark_days: float
    tau_days: float | None
    """None: as long as 10 % of every group are followed."""
    in_detail: bool
    incidence: bool = False
    """Cumulative incidence in place of Kaplan-Meier curves."""

    @property
    def since(self) -> str:
        """From when time counts."""
        return "the landmark" if self.landmark_days else "the start of follow-up"


def choose_curves(run: Run) -> tuple[CurveChoice, Judged, Competing]:
    """Draw the boxes, and fold up those that are seldom needed.

    Returns:
        What is chosen, and of the fold that is, or of all: the risks beside the follow-up, and the deaths before the
        event.

    Raises:
        RunError: the run has no predictions, or they are damaged.
    """
    columns = clinical(run)
    # Columns would cut what is chosen off in a narrow window: there the last boxes go to a new line.
    row = st.container(horizontal=True, vertical_alignment="bottom")
    places = [row.container(width=width) for width in BOXES_PX]
    with misses_said_in(st.container()):
        with places[0]:
            groups = _choose_groups(run, columns)
        with places[1]:
            endpoint = _choose_endpoint(run, columns)
        judged, said = judge(run, endpoint), describe_endpoint(endpoint)
        competing = find_competing(run, endpoint)
        incidence = competing.causes is not None and _choose_incidence(said)
        with places[2]:
            fold = _choose_fold(judged.table)
        reached = float(judged.table["time_days"].max()) if len(judged.table) else 0.0
        times = {label: years * DAYS_PER_YEAR for label, years in _TIMES.items() if years * DAYS_PER_YEAR < reached}
        with row.popover("More choices", icon=":material/tune:", key="survival-more"):
            landmark, horizon, in_detail = _choose_more(times, said, incidence=incidence)
    choice = CurveChoice(endpoint, groups, fold, landmark, horizon, in_detail, incidence)
    if fold is not None:
        judged, competing = judge(run, endpoint, fold), find_competing(run, endpoint, fold)
    return choice, judged, competing


def _choose_more(times: Mapping[str, float], said: Endpoint, *, incidence: bool) -> tuple[float, float | None, bool]:
    """Landmark and horizon in days, and whether the table below the curves is in detail."""
    landmark = pick(
        "Landmark", [NO_LANDMARK, *times], LANDMARK,
        explain=f"Leave out those who {said.ended} before that time, and count from it. It answers: of those who "
        "got this far, do the groups still differ?",
    )  # fmt: skip
    what = (
        f"By when {said.events}, and {said.other_deaths}, are counted."
        if incidence
        else f"The restricted mean survival time: how long patients are {said.free} on average within the first τ. "
        "It can be compared also where curves cross."
    )
    horizon = pick(
        "Numbers within (τ)", [LONGEST, *times], HORIZON,
        explain=f"{what} At first τ is the last time at which 10 % of every group are still followed: beyond it a "
        "curve rests on a few patients. A time that some group does not reach is not taken; that of 10 % is.",
    )  # fmt: skip
    in_detail = tick(
        "Events and censored below the curves", DETAIL,
        explain="Adds to the numbers at risk how many had the event, and how many were lost, until each time.",
    )  # fmt: skip
    return times.get(landmark, 0.0), times.get(horizon), in_detail


def _choose_incidence(endpoint: Endpoint) -> bool:
    """Whether cumulative incidence is chosen."""
    chosen = switch(
        "Curves", [KAPLAN_MEIER, INCIDENCE], CURVE,
        explain=f"Cumulative incidence (Aalen–Johansen): the share of patients with {endpoint.event} by each time, "
        f"beside that of {endpoint.other_death}. Kaplan–Meier counts the latter as censored: it shows how fast the "
        f"event takes those still at risk, as if nobody died otherwise. {endpoint.other_death.capitalize()}: the "
        "patient died (OS) without the event, within a month of the day until which the endpoint was followed. If that "
        "day was earlier, the patient is censored then.",
    )  # fmt: skip
    return chosen == INCIDENCE


def _choose_groups(run: Run, columns: pd.DataFrame | None) -> GroupChoice:
    choices = once(offered, columns)
    label = pick(
        "Groups", list(choices), GROUPS,
        explain="By the model's risk, cut where the training patients of each fold say, or by a clinical column with "
        "up to six values. Numbers such as the age are cut at their median or into thirds.",
    )  # fmt: skip
    choice = choices[label]
    if choice.by_risk and choice.by == PERCENTILE:
        cut = amount(
            "Percentile of the training fold", PERCENT, first=50.0, lowest=5.0, highest=95.0, step=5.0,
            explain="High: the risk is above that of this share of the fold's training patients.",
        )  # fmt: skip
        return GroupChoice(PERCENTILE, cut)
    if choice.by_risk and choice.by == VALUE:
        reach = _reach(run)
        cut = amount(
            "Cut at risk", CUT, first=0.0, lowest=-reach, highest=reach, step=0.01,
            explain="Log relative hazard. The same in all folds, though risks of different folds come from different "
            "models.",
        )  # fmt: skip
        return GroupChoice(VALUE, cut)
    return choice


def _reach(run: Run) -> float:
    """No risk of the run is farther from 0, in whole numbers: the cosine lies between −1 and 1."""
    return 1.0 if run.config.model.bounded else float(max(1, math.ceil(data.predictions(run)["risk"].abs().max())))


def _choose_endpoint(run: Run, columns: pd.DataFrame | None) -> str:
    own = run.info.cohort.endpoint
    there = [] if columns is None else usable_endpoints(columns)
    endpoint = pick(
        "Endpoint", [own, *(name for name in there if name != own)], ENDPOINT, show=_name_endpoint,
        explain=f"By what the groups are judged. The model was trained on {plain(own)}, whatever is chosen here.",
    )  # fmt: skip
    if columns is None:
        st.caption("The cohort folder is gone: there is no other endpoint, and no clinical column, to choose.")
    return endpoint


def _name_endpoint(endpoint: str) -> str:
    name = describe_endpoint(endpoint).name
    return endpoint if name == endpoint else f"{endpoint}: {name}"


def _choose_fold(table: pd.DataFrame) -> int | None:
    by_label = {f"fold {int(fold) + 1}": int(fold) for fold in sorted(table["fold"].unique())}
    label = pick(
        "Patients", [POOLED, *by_label], FOLD,
        explain="All test patients, each with the risk by the model that was not trained on them; or those of one "
        "fold, whose risks come from one model.",
    )  # fmt: skip
    return by_label.get(label)
