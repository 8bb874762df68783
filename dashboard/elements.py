"""The elements that pages are made of: errors as text, figures with their numbers, badges, empty states."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.figure.component import draw_figure
from dashboard.state import RUN, pick
from dashboard.words import time_left
from pomp.data.problems import Problem
from pomp.errors import CohortError, PompError
from pomp.markdown import LINKS, WORD_JOINER
from pomp.progress import OnProgress
from pomp.runs.null import is_null
from pomp.runs.run import Run
from pomp.runs.system_name import is_pomp, system_name
from pomp.spreadsheet import to_csv
from pomp.wording import count

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~:$&@/])")
_UNASKED = re.compile(
    LINKS
    + r"|(?<=:)(?=streamlit:)|(?<=[-<>~])(?=[->=](?:\s|$))"  # Streamlit makes its logo of it, or an arrow, dash or sign
)
_TITLE = 40

LISTED = 30
"""Findings of a kind that are shown; a table has them all."""

COUNT = "%,d"
"""How a column of a table writes how many there are: 1,550, as texts do."""


def plain(text: object) -> str:
    """Text from data for a place that reads Markdown: shown letter by letter, so that it can be no image or link."""
    held_apart = _UNASKED.sub(WORD_JOINER, " ".join(str(text).split()))
    return _MARKDOWN.sub(r"\\\1", held_apart)


def code(text: object) -> str:
    """A path or the like as inline code, letter by letter. Escapes would show there: backticks are fenced instead."""
    shown = " ".join(str(text).split())
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    pad = " " if len(fence) > 1 else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


@contextmanager
def errors_as_text() -> Iterator[None]:
    """Whatever a user can act on is shown as the error's text, never as a traceback."""
    try:
        yield
    except PompError as error:
        show_error(error)


def show_error(error: PompError) -> None:
    """What the error says, line by line, and where there is more."""
    first, *others = str(error).splitlines() or ["Something went wrong."]
    st.error("\n".join([plain(first), *(f"- {plain(line.removeprefix('- '))}" for line in others if line.strip())]))
    if isinstance(error, CohortError) and error.problems:
        st.caption("`pomp cohort check FOLDER` lists every problem with file, row and value.")


def show_problems(problems: Sequence[Problem]) -> None:
    """Every finding in a sentence; errors first."""
    errors = [problem for problem in problems if problem.severity == "error"]
    warnings = [problem for problem in problems if problem.severity == "warning"]
    for found, show, title in ((errors, st.error, "must be repaired"), (warnings, st.warning, "worth a look")):
        if found:
            listed = "\n".join(f"- {plain(problem)}" for problem in found[:LISTED])
            show(listed, title=f"{count(len(found), 'problem')} {title}")


@contextmanager
def progress_bar(what: str) -> Iterator[OnProgress]:
    """A bar with the time left for work that the page itself does; it goes when the block ends.

    Args:
        what: said until the work reports for the first time.
    """
    bar, started = st.progress(0.0, text=what), time.monotonic()

    def on_progress(done: int, total: int, what: str) -> None:
        share = min(done / total, 1.0) if total else 0.0
        left = (time.monotonic() - started) * (1 - share) / share if share else None
        bar.progress(share, text=f"{plain(what)} · {time_left(left)}")

    try:
        yield on_progress
    finally:
        bar.empty()


def empty_state(title: str, way_out: str, page: str | None = None, link: str = "") -> None:
    """What there is not, what to do next, and the page on which to do it."""
    with st.container(border=True):
        st.markdown(f"**{title}**")
        st.markdown(way_out)
        if page is not None:
            st.page_link(page, label=link, icon=":material/arrow_forward:")


def show_figure(
    figure: go.Figure, name: str, table: pd.DataFrame, alt: str, *, command: str = "", select: bool = False
) -> list[Any]:
    """A figure; its picture in its own tool bar, and below it the numbers as CSV and the command that makes them.

    Args:
        name: of the files that are saved, and the element's key; unique on the page.
        table: exactly the numbers shown.
        alt: what a screen reader says.
        command: of a terminal, which makes what the figure shows; empty: none.
        select: whether points can be clicked.

    Returns:
        As `draw_figure` has it.
    """
    clicked = draw_figure(figure, key=f"figure-{name}", name=name, alt=alt, select=select)
    with st.container(horizontal=True, gap="small"):
        save_table(table, name)
        if command:
            show_command(command, name)
    return clicked


def folded(title: str, key: str, icon: str | None = None) -> DeltaGenerator | None:
    """A part of the page that is folded up, and drawn only once a reader opens it: None until then.

    Args:
        title: of the part.
        key: its name in the URL, which says that it is open.
        icon: before the title.
    """
    part = st.expander(title, icon=icon, key=key, on_change="rerun", bind="query-params")
    return part if part.open else None


def show_command(command: str, name: str) -> None:
    """A quiet button that shows how to make something from a terminal.

    Args:
        name: as in `show_figure`.
    """
    with st.popover("Command", type="tertiary", icon=":material/terminal:", key=f"command-{name}"):
        st.caption("From a terminal:")
        st.code(command, language="bash", wrap_lines=True)


def save_table(table: pd.DataFrame, name: str) -> None:
    """A quiet button that saves the numbers."""
    st.download_button(
        "Numbers (CSV)", lambda: to_csv(table), f"{name}.csv", "text/csv", key=f"save-{name}", on_click="ignore",
        type="tertiary", icon=":material/download:",
    )  # fmt: skip


def card_row() -> Callable[..., DeltaGenerator]:
    """What draws a metric as a card as wide as it needs beside the last and as high as it, or on a new line.

    It takes what `st.metric` takes. Columns would cut a number off in a narrow window.
    """
    return partial(st.container(horizontal=True).metric, border=True, width="content", height="stretch")


def no_cohort(title: str) -> None:
    """The empty state of what needs a cohort."""
    empty_state(
        title, "Import one on the Cohort page, or put the bundled ones here with `pomp demo`.",
        "views/cohort.py", "Go to Cohort",
    )  # fmt: skip


def need_runs(runs: Sequence[Run]) -> None:
    """Where there is no finished run, the page ends with what to do."""
    if not runs:
        empty_state(
            "There is no finished run yet.",
            "Train one, or put the bundled ones into the workspace with `pomp demo`.",
            "views/train.py", "Go to Train",
        )  # fmt: skip
        st.stop()


def pick_run(runs: Sequence[Run]) -> Run:
    """The run that the page is about, at first the first of them; where there is none, `need_runs` comes before."""
    by_id = {run.id: run for run in runs}
    return by_id[
        pick("Run", list(by_id), RUN, show=lambda key: run_label(by_id[key]), explain="Finished runs, newest first.")
    ]


def run_label(run: Run) -> str:
    """'TCGA breast cancer · honest · 2025-11-23 20:52:01 · 1a952b', with the run's own title in front if it has one.

    No two runs have the same label: what tells their ids apart stands at its end.
    """
    info = run.info
    own = run.id.partition(f"-{info.protocol}-")[2] or run.id
    dealt = f"outcomes dealt anew ({run.config.cohort.permutation})" if is_null(run) else ""
    system = "" if is_pomp(run.config) else system_name(run.config)
    parts = (info.title, info.cohort.title, system, dealt, info.protocol, info.created[:19].replace("T", " "), own)
    return " · ".join(part if len(part) <= _TITLE else part[: _TITLE - 1] + "…" for part in parts if part)
