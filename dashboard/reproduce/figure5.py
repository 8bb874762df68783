"""Figures 5a and 5b: pre-training losses of the rows of Table 2, each the mean over the folds of its run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import data
from dashboard.elements import plain, show_figure
from dashboard.reproduce.places import Places, folder_of
from dashboard.reproduce.show_table import show_no_cohort
from dashboard.runs.curves import curve_figure, mean_curves
from dashboard.runs.opening import run_of
from pomp.config import ProtocolName
from pomp.runs.run import Run

FIGURE_A = (("POMP", "total"), ("POMP-B1", "poc"), ("POMP-B2", "pom"), ("POMP-B3", "mom"))
FIGURE_B = (("POMP-B3", "mom"), ("POMP-B5", "mom"), ("POMP-B6", "mom"), ("POMP", "mom"))
"""Row of Table 2 and measure of each line."""

_WORDS = {"total": "total loss", "poc": "POC loss", "pom": "POM loss", "mom": "MOM loss"}


@dataclass(frozen=True, eq=False)
class Losses:
    """The lines of one figure, and the rows that have no run yet."""

    figure: go.Figure
    table: pd.DataFrame
    lacking: tuple[str, ...]


def show_figure_5(places: Places, cohort: str, protocol: ProtocolName) -> None:
    """Both figures of a cohort under a protocol.

    Args:
        places: Table 2.
        cohort: whose losses are drawn.
        protocol: of the runs.
    """
    if folder_of(cohort) is None:
        st.header("Figure 5: losses of pre-training")
        show_no_cohort(cohort)
        return
    runs = {
        entry.variant: run
        for entry in places.of(cohort)
        if entry.protocol == protocol and not entry.alias and entry.scores and (run := run_of(entry)) is not None
    }
    parts = (
        ("a", "Figure 5a: losses of pre-training under different tasks", FIGURE_A),
        ("b", "Figure 5b: the loss of masked omics under different tasks", FIGURE_B),
    )
    for column, (letter, title, lines) in zip(st.columns(2, gap="large"), parts, strict=True):
        with column:
            st.header(title)
            _show(draw(runs, lines), f"figure5{letter}-{cohort}-{protocol}", title)
    st.caption(
        "Mean over folds; the band is one standard deviation. The rows are those of Table 2: B1 has the POC task "
        "alone, B2 POM, B3 MOM, B5 POC and MOM, B6 POM and MOM. The paper says that MOM alone does not converge, and "
        "that it does beside another task. Cross-entropy of a target that is no class has a floor above zero: look at "
        "whether a line falls, not at where it ends."
    )


def _show(losses: Losses, name: str, title: str) -> None:
    if losses.table.empty:
        st.info("No finished run here has such a loss yet.")
    else:
        show_figure(losses.figure, name, losses.table, title)
    if losses.lacking:
        st.caption(f"No run yet, or no such loss in it: {plain(', '.join(losses.lacking))}. Launch them from Table 2.")


def draw(runs: Mapping[str, Run], lines: tuple[tuple[str, str], ...]) -> Losses:
    """The lines of a figure, drawn once until the losses of one of its runs change.

    Args:
        runs: by the row of Table 2 that they fill.
        lines: row and measure of each.
    """
    chosen = tuple((row, measure, str(runs[row].folder)) for row, measure in lines if row in runs)
    of = data.stamp(runs[row].folder / "metrics.jsonl" for row, _ in lines if row in runs)
    return _draw(chosen, lines, of, runs)


@st.cache_resource(max_entries=32, show_spinner=False)
def _draw(
    chosen: tuple[tuple[str, str, str], ...], lines: tuple[tuple[str, str], ...], of: data.Stamp,
    _runs: Mapping[str, Run],
) -> Losses:  # fmt: skip
    parts, lacking = [], []
    for row, measure in lines:
        name = f"{row}: {_WORDS[measure]}"
        found = mean_curves({name: data.metrics(_runs[row])} if row in _runs else {}, measure)
        if found.empty:
            lacking.append(name)
        else:
            parts.append(found)
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["run", "epoch", "mean", "sd"])
    return Losses(curve_figure(table, "Loss", log=False), table, tuple(lacking))
