"""The Survival page's curves: groups beside each other, and every number that tells them apart."""

from __future__ import annotations

import re
from html import escape
from itertools import chain

import streamlit as st

from dashboard import data
from dashboard.charts.survival import ends_by_row, survival_figure, survival_table
from dashboard.elements import empty_state, plain, show_figure
from dashboard.endpoints import describe_endpoint
from dashboard.once import once
from dashboard.survival.choices import CurveChoice, choose_curves
from dashboard.survival.compared import Compared, compare
from dashboard.survival.comparison_table import describe_tests, show_numbers
from dashboard.survival.competing import Competing
from dashboard.survival.grouping import NEEDS_TRAINING_RISKS, describe_cut, group_colours, heading
from dashboard.survival.incidence import show_incidence, show_incidence_numbers
from dashboard.survival.open_patient import offer_patients
from dashboard.survival.results import TRAINING_RISKS, Judged
from dashboard.words import follow_up
from pomp.evaluation.group_comparison import AT_RISK
from pomp.runs.run import Run
from pomp.wording import count, percent


def show_curves(run: Run) -> None:
    """The boxes, the curves with the numbers at risk, and beside them the numbers."""
    choice, judged, competing = choose_curves(run)
    lacking = data.run_table(run, TRAINING_RISKS) is None
    if lacking and choice.groups.by_risk and choice.groups.by in NEEDS_TRAINING_RISKS:
        empty_state(
            "This run has not recorded the risks of its training patients.",
            "Older versions did not, so only the median of each training fold is known. Choose it under Groups, or "
            "make the run again.",
            "views/train.py", "Go to Train",
        )  # fmt: skip
        return
    compared = compare(run, choice)
    if compared.members.empty or (choice.incidence and not compared.incidence):
        empty_state("No patient is left.", "Choose other groups, another endpoint, or an earlier landmark.")
        return
    endpoint = describe_endpoint(choice.endpoint)
    st.header(plain(heading(choice.groups)))
    left, right = st.columns([3, 2], gap="large")
    with left:
        _show_figure(run, choice, compared, offers_incidence=competing.causes is not None)
    with right:
        specific = bool(endpoint.competing)
        st.markdown(describe_tests(compared.found, choice.groups.by_risk, cause_specific=specific))
        st.markdown("\n".join(f"- {remark}" for remark in _remarks(run, choice, judged, competing, compared)))
    if choice.incidence:
        show_incidence_numbers(compared, endpoint, f"incidence-groups-{_slug(run, choice)}")
    else:
        show_numbers(compared.found, endpoint, f"groups-{_slug(run, choice)}")


def _show_figure(run: Run, choice: CurveChoice, compared: Compared, *, offers_incidence: bool) -> None:
    curves, members = compared.found.curves, compared.members
    colours, endpoint = group_colours(compared.groups, choice.groups), describe_endpoint(choice.endpoint)
    if choice.incidence:
        show_incidence(choice, compared, endpoint, colours, f"incidence-{_slug(run, choice)}", run.info.command)
        return
    parts = {name: members[members["group"] == name] for name in curves}
    ends = {
        name: ends_by_row(curve.time, parts[name]["patient"].tolist(), parts[name]["time_days"].tolist())
        for name, curve in curves.items()
    }
    figure = once(
        survival_figure,
        {escape(name): curve for name, curve in curves.items()},
        {escape(name): colours[name] for name in curves},
        endpoint,
        since=choice.since,
        in_detail=choice.in_detail,
        patients={escape(name): rows for name, rows in ends.items()},
    )
    groups = "the groups " + ", ".join(curves)
    clicked = show_figure(
        figure, f"survival-{_slug(run, choice)}", once(survival_table, curves), f"Kaplan-Meier curves of {groups}",
        command=run.info.command, select=True,
    )  # fmt: skip
    other = "Cumulative incidence, above, does not." if offers_incidence else ""
    st.caption(
        "Bands: 95 %. Ticks: follow-up ended without the event (censored). Below: how many are still followed at the "
        f"start of each time. Click on a step or a tick to open the patient. {endpoint.competing} {other}".strip()
    )
    if clicked:
        offer_patients([*chain.from_iterable(ends.values())][clicked[0]])


def _remarks(run: Run, choice: CurveChoice, judged: Judged, competing: Competing, compared: Compared) -> list[str]:
    """What a reader must know of these curves, and who is not in them."""
    own = run.info.cohort.endpoint
    said = [plain(describe_cut(choice.groups))]
    if choice.endpoint != own:
        lost = f"; {count(len(judged.lost), 'patient')} without it left out" if judged.lost else ""
        said.append(
            f"Judged by {plain(describe_endpoint(choice.endpoint).name)}{lost}. The model was trained on "
            f"{plain(describe_endpoint(own).name)}."
        )
    if compared.without_group:
        said.append(f"{count(compared.without_group, 'patient')} left out: not recorded in that column.")
    if choice.landmark_days:
        said.append(
            f"Landmark: {count(compared.found.left_out, 'patient')} left out who "
            f"{describe_endpoint(choice.endpoint).ended} within {follow_up(choice.landmark_days)}; time counts from "
            "there."
        )
    said += map(plain, competing.said)
    if compared.found.tau_days is not None:
        said.append(_say_tau(choice.tau_days, compared.found.tau_days))
    return said


def _say_tau(asked: float | None, tau: float) -> str:
    """Until when means count, and why then."""
    said = f"τ is {follow_up(tau)}"
    if asked == tau:
        return f"{said}."
    missed = "" if asked is None else f": not every group is followed for {follow_up(asked)}. It is"
    return f"{said}{missed or ','} the last time at which {percent(AT_RISK)} of every group are still followed."


def _slug(run: Run, choice: CurveChoice) -> str:
    """The choices as the name of a file."""
    groups = choice.groups
    cut = groups.parts if not groups.by_risk else f"{groups.cut:g}"
    parts = [groups.by, cut, choice.endpoint, "all" if choice.fold is None else f"fold{choice.fold + 1}",
             f"from{choice.landmark_days:.0f}", run.id]  # fmt: skip
    return re.sub(r"[^A-Za-z0-9_.]+", "-", "-".join(map(str, parts)))
