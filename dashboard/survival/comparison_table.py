"""The numbers beside the curves: medians, mean survival times, hazard ratios and tests."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from dashboard.charts.survival import TimeAxis, capitalise
from dashboard.elements import plain, save_table
from dashboard.endpoints import Endpoint
from dashboard.small_table import show_small_table
from pomp.evaluation.group_comparison import GroupComparison
from pomp.evaluation.uncertainty import Interval, signed, signed_words
from pomp.wording import count, number, p_value

NOT_REACHED = "not reached"


def comparison_numbers(found: GroupComparison) -> pd.DataFrame:
    """A row a group: group, patients, events, the median and the mean within τ with their limits, the difference of the
    mean and the hazard ratio against the first group with limits and p. Times in days; empty where not defined.
    """
    rows = []
    for name, curve in found.curves.items():
        mean, difference, ratio = found.means.get(name), found.differences.get(name), found.ratios.get(name)
        rows.append(
            {
                "group": name, "patients": curve.patients, "events": int(curve.events.sum()),
                "median_days": curve.median, "median_lower": curve.median_lower, "median_upper": curve.median_upper,
                "tau_days": found.tau_days,
                **{f"mean_{part}": getattr(mean, part, None) for part in ("days", "lower", "upper")},
                **{f"difference_{part}": getattr(difference, part, None) for part in ("days", "lower", "upper")},
                "difference_p": getattr(difference, "p_value", None),
                **{f"hazard_{part}": getattr(ratio, part, None) for part in ("ratio", "lower", "upper", "p_value")},
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def describe_tests(found: GroupComparison, stratified: bool, *, cause_specific: bool = False) -> str:
    """The p-values in one line.

    Args:
        found: the groups.
        stratified: whether the tests are, by fold.
        cause_specific: whether some deaths are no events, so that the hazards compared are those of the event alone.
    """
    if found.logrank is None:
        return "**Log-rank test:** there are no two groups that an event could tell apart."
    how = "stratified by fold" if stratified else "not stratified"
    how += "; of cause-specific hazards" if cause_specific else ""
    if found.logrank.degrees_of_freedom < len(found.curves) - 1:
        how += "; not all of them were followed side by side when an event came, and those are not compared"
    said = [
        f"**Log-rank p {plain(p_value(found.logrank.p_value))}** ({count(len(found.curves), 'group')}, {how})",
        f"permutation p {plain(p_value(found.permutation_p))}",
    ]
    if found.trend is not None:
        said.append(f"p for trend {plain(p_value(found.trend.p_value))}")
    return " · ".join(said)


def show_numbers(found: GroupComparison, endpoint: Endpoint, name: str) -> None:
    """The table, a row a group.

    Args:
        found: the groups.
        endpoint: what is counted.
        name: of the file that is saved, and the element's key.
    """
    last = max(float(curve.time[-1]) for curve in found.curves.values())
    axis = TimeAxis.up_to(last)
    table = comparison_numbers(found)
    first = capitalise(next(iter(found.curves)))
    tau = "–" if found.tau_days is None else f"{found.tau_days / axis.days:.1f} {axis.unit}"
    shown = pd.DataFrame(
        {
            "Group": [capitalise(group) for group in table["group"]],
            "Patients": table["patients"],
            endpoint.events.capitalize(): table["events"],
            "Hazard ratio": _cells(table, "hazard", "ratio", 1.0),
            "p": [p_value(value) for value in table["hazard_p_value"].astype(float)],
            f"Median ({axis.unit})": _cells(table, "median", "days", axis.days),
            f"Mean within τ ({axis.unit})": _cells(table, "mean", "days", axis.days),
            f"Difference ({axis.unit})": _cells(table, "difference", "days", axis.days, change=True),
        }
    )  # fmt: skip
    show_small_table(shown, formats=dict.fromkeys(("Patients", endpoint.events.capitalize()), "{:,}"))
    save_table(table, name)
    st.caption(
        f"In brackets: 95 % intervals. Median: when half of the group have had the event. Mean within τ: "
        f"{axis.unit} {endpoint.free} on average within the first {tau}; where nobody had the event by then, nobody "
        f"knows how sure that is. Difference and hazard ratio are against the group “{plain(first)}”; p is that of the "
        f"hazard ratio. A hazard ratio of 2 means twice as many {endpoint.events} a day among those still at risk."
    )


def _cells(table: pd.DataFrame, kind: str, value: str, unit: float, *, change: bool = False) -> list[str]:
    """'2.3 (1.9–3.0)' of each row."""
    columns = [table[f"{kind}_{part}"].astype(float) / unit for part in (value, "lower", "upper")]
    return [_cell(value, lower, upper, kind, change) for value, lower, upper in zip(*columns, strict=True)]


def _cell(value: float, lower: float, upper: float, kind: str, change: bool) -> str:
    if not math.isfinite(value):
        return NOT_REACHED if kind == "median" else "–"
    if kind == "median" and not math.isfinite(upper):
        return f"{value:.1f} (from {number(lower, 1)})"
    digits = 2 if kind == "hazard" else 1
    if not math.isfinite(lower):
        return signed(value, digits) if change else number(value, digits)
    if change:
        return signed_words(value, Interval(lower, upper), digits)
    return f"{value:.{digits}f} ({lower:.{digits}f}–{upper:.{digits}f})"
