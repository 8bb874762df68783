"""The Train page's curves of one run: losses, and speed and memory, live or finished."""

from __future__ import annotations

from collections.abc import Set

import streamlit as st

from dashboard import data
from dashboard.charts.training import LOSSES, SPEED, View, loss_figure, loss_lines
from dashboard.elements import show_figure
from dashboard.once import once
from dashboard.state import amount, switch, tick
from pomp.runs.run import Run

STAGE_NAMES = {"Pre-training": "pretrain", "Fine-tuning": "finetune"}
LOSS, SPEEDS = "Losses", "Speed"
_SPEED = (
    "A region is a square of tissue that the model reads. Memory is the most that was held at once so far; on "
    "the CPU, of the whole process."
)
_TASKS = {
    1: "The only task of this pre-training; the total is its loss times its weight.",
    2: "The two tasks of this pre-training and their weighted sum.",
    3: "The three tasks of pre-training and their weighted sum.",
}
"""Number of tasks that a run was pre-trained on → what is shown of them."""

_LOSSES = {
    "pretrain": "Lower is better; a line that no longer falls has learnt what it can. How far losses fall says nothing "
    "about patients who were not trained on.",
    "finetune": "The Cox loss falls while the order of the training patients' risks comes right. Their C-index is no "
    "result: a model that knows its patients by heart reaches 1. What counts is on the Survival page. Where a fold has "
    "several models, their epochs follow one another, and the line starts anew with each.",
}
"""Stage → how its losses are read."""

BY_FOLD, MEAN = "By fold", "Mean over folds"


def show_curves(run: Run) -> None:
    """The part that is chosen, of every epoch so far."""
    metrics = data.metrics(run)
    if metrics.empty:
        st.caption("Curves appear here when the first epoch of training is done.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        name = switch("Stage", list(STAGE_NAMES), "train-stage")
        shown = switch("Curves", [LOSS, SPEEDS], "train-curves")
        view = _ask_view()
    stage = STAGE_NAMES[name]
    titles = SPEED if shown == SPEEDS else LOSSES[stage]
    figure = once(loss_figure, metrics, stage, view, titles)
    if figure is None:
        st.caption(f"Nothing has been measured of {name.lower()} yet.")
        return
    st.markdown(f"**{name}**")
    table = once(loss_lines, metrics, stage, view, titles)
    show_figure(
        figure, f"{stage}-{shown.lower()}-{run.id}", table,
        f"{name} by epoch: {', '.join(titles[measure] for measure in table['measure'].unique())}",
        command=run.info.command,
    )  # fmt: skip
    explained = _SPEED if shown == SPEEDS else explain_losses(stage, set(table["measure"]))
    st.caption(explained + (" The mean is over the folds that have reached the epoch." if view.mean else ""))


def explain_losses(stage: str, measures: Set[str]) -> str:
    """How the losses of a stage are read, of which these are shown."""
    tasks = _TASKS.get(len(measures - {"total"}), "") if stage == "pretrain" else ""
    return f"{tasks} {_LOSSES[stage]}".strip()


def _ask_view() -> View:
    mean = switch("Lines", [BY_FOLD, MEAN], "train-lines") == MEAN
    smoothing = ask_smoothing("train-smoothing", "What was measured then stands faintly behind.")
    log = tick("Logarithmic axis", "train-log", explain="Equal distances are equal factors: late progress shows.")
    return View(smoothing=smoothing, log=log, mean=mean)


def ask_smoothing(key: str, more: str = "") -> float:
    """The weight of what came before in a moving average over epochs: see `dashboard.charts.training.smooth`.

    Args:
        key: its name in the URL.
        more: to explain.
    """
    explained = "0: as measured. Towards 1, each point is more of an average over the epochs before it."
    return amount(
        "Smoothing", key, first=0.0, lowest=0.0, highest=0.95, step=0.05, explain=f"{explained} {more}".strip()
    )
