"""The Survival page's cumulative incidence: groups beside each other, the event above deaths without it."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.charts.incidence import incidence_figure, incidence_table
from dashboard.charts.survival import capitalise, ends_by_row
from dashboard.elements import COUNT, plain, save_table, show_figure
from dashboard.endpoints import Endpoint
from dashboard.once import once
from dashboard.survival.choices import CurveChoice
from dashboard.survival.compared import Compared
from dashboard.survival.open_patient import offer_patients
from dashboard.words import follow_up
from pomp.data.outcome_causes import CENSORED, COMPETING, EVENT
from pomp.evaluation.cumulative_incidence import CumulativeIncidence, ShareAt, cumulative_incidence, share_by


def show_incidence(
    choice: CurveChoice, compared: Compared, endpoint: Endpoint, colours: Mapping[str, str], name: str, command: str
) -> None:
    """The figure.

    Args:
        choice: what is shown.
        compared: with incidences.
        endpoint: what the event is.
        colours: of each group.
        name: of the files that are saved.
        command: that made the run.
    """
    curves, causes = compared.incidence, compared.causes
    ends = {
        name: [
            _whom(curve, causes[(causes["group"] == name) & (causes["cause"] == cause)]) for cause in (EVENT, COMPETING)
        ]
        for name, curve in curves.items()
    }
    figure = once(
        incidence_figure,
        {escape(group): curve for group, curve in curves.items()},
        {escape(group): colours[group] for group in curves},
        endpoint,
        since=choice.since,
        in_detail=choice.in_detail,
        patients={escape(name): rows for name, rows in ends.items()},
    )
    clicked = show_figure(
        figure, name, once(incidence_table, curves),
        f"Cumulative incidence of {endpoint.event} and of {endpoint.other_death}, of the groups {', '.join(curves)}",
        command=command, select=True,
    )  # fmt: skip
    st.caption(
        f"Aalen–Johansen estimates: the share of patients whose follow-up has ended with {endpoint.event} by each time "
        f"(above), and with {endpoint.other_death} (below); the others have had neither. Bands: 95 % at each time "
        "(log-log). At the bottom: how many are still followed at the start of each time. Click on a step to open the "
        "patient."
    )
    if clicked:
        rows = [whom for panel in (0, 1) for both in ends.values() for whom in both[panel]]
        offer_patients(rows[clicked[0]])


def _whom(curve: CumulativeIncidence, ended: pd.DataFrame) -> list[list[str]]:
    return ends_by_row(curve.time, ended.index.tolist(), ended["time_days"].tolist())


def incidence_numbers(compared: Compared) -> pd.DataFrame:
    """A row a group: group, patients, events, competing, days, and by that day the incidence of event and competing and
    one minus Kaplan-Meier, each with lower and upper; shares, empty where nobody is followed so long."""
    day, causes = compared.found.tau_days, compared.causes
    rows: list[dict[str, object]] = []
    for group, curve in compared.incidence.items():
        row: dict[str, object] = {
            "group": group, "patients": curve.patients, "events": int(curve.event.counts.sum()),
            "competing": int(curve.competing.counts.sum()), "days": day,
        }  # fmt: skip
        for name, found in _shares(curve, causes[causes["group"] == group], day).items():
            row |= {name: found.share, f"{name}_lower": found.lower, f"{name}_upper": found.upper}
        rows.append(row)
    return pd.DataFrame(rows)


def _shares(curve: CumulativeIncidence, patients: pd.DataFrame, day: float | None) -> dict[str, ShareAt]:
    """All of the same patients, though curves of survival may have more: those whose cause is known."""
    if day is None:
        return {}
    # Where the event is the only cause, the estimate is one minus Kaplan-Meier.
    alone = cumulative_incidence(patients["time_days"], patients["cause"].where(patients["cause"] == EVENT, CENSORED))
    return {
        "event_incidence": share_by(curve, curve.event, day),
        "competing_incidence": share_by(curve, curve.competing, day),
        "one_minus_km": share_by(alone, alone.event, day),
    }


def show_incidence_numbers(compared: Compared, endpoint: Endpoint, name: str) -> None:
    """The table, for each group a row an end of follow-up.

    Args:
        compared: with incidences.
        endpoint: what the event is.
        name: of the file that is saved.
    """
    table, day = incidence_numbers(compared), compared.found.tau_days
    ends = {"events": (endpoint.events, "event_incidence"), "competing": (endpoint.other_deaths, "competing_incidence")}
    shown = []
    for row in table.to_dict("records"):
        for column, (said, share) in ends.items():
            one: dict[str, object] = {
                "Group": capitalise(row["group"]), "Patients": row["patients"], "Ended by": said,
                "How many": row[column],
            }  # fmt: skip
            if day is not None:
                one[f"Cumulative incidence within {follow_up(day)}"] = _cell(row, share)
                one["1 − Kaplan–Meier"] = _cell(row, "one_minus_km") if column == "events" else ""
            shown.append(one)
    counts = {column: st.column_config.NumberColumn(format=COUNT) for column in ("Patients", "How many")}
    st.dataframe(
        pd.DataFrame(shown), hide_index=True, alt="Cumulative incidence of each group", height="content",
        column_config=counts,
    )  # fmt: skip
    save_table(table, name)
    st.caption(
        f"In brackets: 95 % intervals. 1 − Kaplan–Meier: the share with {plain(endpoint.event)} by then if nobody died "
        "otherwise, which overstates the cumulative incidence. The time is τ, under More choices. The log-rank test "
        "compares cause-specific hazards: how fast the event takes those who are still at risk. It is no test of "
        "cumulative incidences, such as Gray's, which deaths without the event change too."
    )


def _cell(row: Mapping[Hashable, Any], name: str) -> str:
    """'12.3 % (9.8–15.1)', '0.0 %' where there is no interval."""
    share, lower, upper = (100 * row[f"{name}{part}"] for part in ("", "_lower", "_upper"))
    if math.isnan(share):
        return "–"
    return f"{share:.1f} % ({lower:.1f}–{upper:.1f})" if math.isfinite(lower) else f"{share:.1f} %"
