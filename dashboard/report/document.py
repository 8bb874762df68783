"""What a report is made of: sections of blocks, in plain data. `render` alone makes HTML of them and escapes text."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import plotly.io

from dashboard.theme import TEMPLATE
from pomp.spreadsheet import to_csv

WIDTH_PX = 700
"""Of a figure: what A4 and US Letter have between their margins."""

Tone = Literal["plain", "good", "warn", "bad"]


@dataclass(frozen=True)
class Badge:
    """A word in a frame."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Text:
    """A paragraph, or with several a list; `tone` sets a warning apart."""

    lines: tuple[str, ...]
    tone: Tone = "plain"
    kind: Literal["text"] = "text"


@dataclass(frozen=True)
class Card:
    """A number that is read first."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Cards:
    cards: tuple[Card, ...]
    kind: Literal["cards"] = "cards"


@dataclass(frozen=True)
class Code:
    """Commands, as they are typed."""

    text: str
    kind: Literal["code"] = "code"


@dataclass(frozen=True, eq=False)
class Table:
    """A table, its cells already in words."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    name: str = ""
    """Of the CSV file that is offered; empty: none."""
    csv: str = ""
    folded: str = ""
    """What is clicked to unfold it; empty: it stands open."""
    kind: Literal["table"] = "table"


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure, with its numbers below it."""

    name: str
    """Of the files that are saved, and the element's id; unique in the document."""
    figure: dict[str, Any]
    alt: str
    caption: str
    numbers: Table
    kind: Literal["figure"] = "figure"

    @property
    def height(self) -> int:
        """In pixels."""
        return int(self.figure["layout"]["height"])


@dataclass(frozen=True)
class Points:
    """Numbered points, each with answers and what is left open."""

    items: tuple[tuple[str, tuple[str, ...], str, str], ...]
    """Heading, answers, what the authors are to fill in, command."""
    kind: Literal["points"] = "points"


Block = Text | Cards | Code | Table | Figure | Points


@dataclass(frozen=True, eq=False)
class Section:
    anchor: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, eq=False)
class Document:
    """One report."""

    title: str
    subtitle: str
    badges: tuple[Badge, ...]
    lead: tuple[str, ...]
    """What is said before the first section."""
    made: str
    """With what, from what."""
    sections: tuple[Section, ...]


def text(*lines: str, tone: Tone = "plain") -> Text:
    """A paragraph, or a list of several."""
    return Text(tuple(line for line in lines if line), tone)


def table(frame: pd.DataFrame, caption: str = "", *, name: str = "", folded: str = "") -> Table:
    """A table of a frame, without its index; numbers in four digits, and in full as CSV.

    Args:
        frame: what is shown.
        caption: below it.
        name: of the CSV file; empty: none is offered.
        folded: what is clicked to unfold it; empty: it stands open.
    """
    rows = tuple(tuple(map(cell, row)) for row in frame.itertuples(index=False, name=None))
    csv = to_csv(frame) if name else ""
    return Table(tuple(map(str, frame.columns)), rows, caption, name, csv, folded)


def cell(value: object) -> str:
    """A value in a table: '0.654', '1,204', 'yes', an en dash for what is not there."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        return f"{float(value):.4g}" if math.isfinite(value) else "–"
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    return "–" if value is None or value is pd.NA else str(value)


def figure(name: str, drawn: go.Figure, numbers: pd.DataFrame, alt: str, caption: str = "") -> Figure:
    """A figure as the pages draw it, in colours for paper.

    Args:
        name: of the files that are saved, and the element's id.
        drawn: by one of `dashboard.charts`.
        numbers: exactly those shown.
        alt: what a screen reader says.
        caption: what a reader must know.
    """
    drawn.update_layout(template=_ON_PAPER, width=WIDTH_PX, autosize=False)
    drawn.update_layout(legend={"itemclick": False, "itemdoubleclick": False})
    return Figure(
        name, json.loads(drawn.to_json()), alt, caption, table(numbers, name=name, folded="The numbers of this figure")
    )


def section(anchor: str, title: str, blocks: Sequence[Block | None]) -> Section:
    """A section of the blocks that there are."""
    return Section(anchor, title, tuple(block for block in blocks if block is not None))


_ON_PAPER = plotly.io.templates.merge_templates(plotly.io.templates["plotly_white"], TEMPLATE)
"""White ground and dark letters under the pages' template, which leaves both to the page."""
