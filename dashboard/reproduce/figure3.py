"""Figures 3a and 3b: modalities, and ways to compute the risk, as bars with intervals beside what is published."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import wrap

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.elements import plain, show_figure
from dashboard.reproduce.places import BY_KEY, Places, folder_of
from dashboard.reproduce.show_table import offer_runs, show_no_cohort
from dashboard.reproduce.tables import DEVIATES, deviates, impossible
from dashboard.theme import GREY, SERIES, TEMPLATE, with_alpha
from dashboard.words import CHANCE
from pomp.config import PROTOCOLS
from pomp.runs.grid.score import mean_interval
from pomp.runs.grid.table import Entry, describe, difference_text

ROOM = 0.03
LINE = 24  # letters
COLOURS = dict(zip(PROTOCOLS, SERIES, strict=False))


def show_figure_3(places: Places, cohort: str) -> None:
    """One of the two figures for a cohort.

    Args:
        places: of its grid.
        cohort: whose bars are drawn.
    """
    st.header(plain(places.grid.title))
    if folder_of(cohort) is None:
        show_no_cohort(cohort)
        return
    entries = places.of(cohort)
    if any(entry.scores for entry in entries):
        figure, table = draw(places, cohort)
        title = f"{places.grid.title}, {cohort}: C-index by variant"
        show_figure(figure, f"{places.grid.name}-{cohort}", table, title)
        st.caption(
            "Bars: mean C-index over folds; lines: its 95 % interval by the choice of test patients. Diamond: what the "
            f"paper prints for POMP, ± its standard deviation. {_deviation_note(entries)}"
        )
    st.markdown("\n".join(f"- {plain(line)}" for line in _remarks(places, entries)))
    offer_runs(places, cohort)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_KEY)
def draw(places: Places, cohort: str) -> tuple[go.Figure, pd.DataFrame]:
    """The bars of a cohort and their numbers."""
    table = bar_table(places.of(cohort))
    return bar_figure(places, table), table


def _deviation_note(entries: Sequence[Entry]) -> str:
    deviating = any(entry.scores and deviates(entry) for entry in entries)
    return f"{DEVIATES} Runs deviate from the settings that are asked for: see Table 1." if deviating else ""


def _remarks(places: Places, entries: Sequence[Entry]) -> list[str]:
    """What is not there and why, and which differences can be told."""
    reference = places.grid.reference.name
    said = [
        f"{entry.variant}, {entry.protocol}, against {reference}: {difference_text(entry)}"
        for entry in entries
        if entry.difference is not None
    ]
    problems = [f"{', '.join(names)}: {why}" for why, names in impossible(places, entries[0].cohort).items()]
    states = [f"{entry.variant} ({entry.protocol}): {describe(entry)}" for entry in entries if _open(entry)]
    return [*said, *problems, *([f"Not there yet: {'; '.join(states)}."] if states else [])]


def _open(entry: Entry) -> bool:
    return not entry.scores and not any(one.cell.problem for one in entry.cells)


def bar_table(entries: Sequence[Entry]) -> pd.DataFrame:
    """A row a variant and protocol: cohort, protocol, variant, c_index, sd, lower, upper, published, published_sd."""
    rows = []
    for entry in entries:
        mean, sd = entry.mean_sd
        limits, published = mean_interval(list(entry.scores.values())), entry.published or (None, None)
        rows.append((entry.cohort, entry.protocol, entry.variant, mean, sd, limits.lower, limits.upper, *published))
    columns = ["cohort", "protocol", "variant", "c_index", "sd", "lower", "upper", "published", "published_sd"]
    return pd.DataFrame(rows, columns=columns)


def bar_figure(places: Places, table: pd.DataFrame) -> go.Figure:
    """A bar from chance a variant and protocol, with its interval, and the published score where there is one.

    Args:
        places: give the order of the variants.
        table: of `bar_table`.
    """
    figure = go.Figure()
    for protocol, part in table.dropna(subset=["c_index"]).groupby("protocol", sort=False):
        colour = COLOURS[str(protocol)]  # type: ignore[index]  # pandas knows no names of protocols
        figure.add_trace(
            go.Bar(
                x=part["variant"].tolist(), y=(part["c_index"] - CHANCE).tolist(), base=CHANCE, name=str(protocol),
                marker={"color": with_alpha(colour, 0.55), "line": {"color": colour, "width": 1}},
                error_y={
                    "type": "data", "symmetric": False, "array": (part["upper"] - part["c_index"]).tolist(),
                    "arrayminus": (part["c_index"] - part["lower"]).tolist(), "color": colour, "thickness": 2,
                },
                customdata=part[["c_index", "lower", "upper"]].to_numpy().tolist(),
                hovertemplate="%{x}: %{customdata[0]:.3f} (%{customdata[1]:.3f}–%{customdata[2]:.3f})",
            )
        )  # fmt: skip
    published = table.dropna(subset=["published"]).drop_duplicates("variant")
    if len(published):
        figure.add_trace(
            go.Scatter(
                x=published["variant"].tolist(), y=published["published"].tolist(), mode="markers", name="published",
                marker={"symbol": "diamond", "color": GREY, "size": 12},
                error_y={"type": "data", "array": published["published_sd"].tolist(), "color": GREY, "thickness": 2},
                hovertemplate="%{x}, published: %{y:.3f}",
            )
        )  # fmt: skip
    figure.add_hline(y=CHANCE, line={"color": GREY, "dash": "dot"})
    shown = pd.concat([table[name].dropna().astype(float) for name in ("lower", "upper", "c_index", "published")])
    order = [variant.name for variant in places.grid.variants]
    names = {variant.name: variant.label or variant.name for variant in places.grid.variants}
    figure.update_xaxes(
        categoryorder="array", categoryarray=order, range=[-0.5, len(order) - 0.5], showgrid=False, tickvals=order,
        ticktext=[_broken(names[name]) for name in order],
    )  # fmt: skip
    limits = [min(CHANCE, *shown) - ROOM, max(CHANCE, *shown) + ROOM]
    figure.update_yaxes(title_text="C-index (0.5 = guessing)", range=limits, tickformat=".2f")
    figure.update_layout(template=TEMPLATE, height=380, barmode="group", showlegend=True)
    return figure


def _broken(label: str) -> str:
    """In lines: a long label would be turned on its side. A workspace's own grid may say anything."""
    return "<br>".join(escape(line) for line in wrap(label, LINE))
