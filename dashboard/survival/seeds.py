"""The C-index when nothing but the seed changes."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import data
from dashboard.charts.concordance import concordance_figure, concordance_table
from dashboard.elements import show_figure
from dashboard.once import once
from dashboard.words import count, number
from pomp.config import override
from pomp.evaluation.seed_spread import seed_spread
from pomp.runs.command import command_line
from pomp.runs.repeats import repeats
from pomp.runs.run import Run

SHOWN = 12
"""So many seeds are drawn at most; the mean is of all."""


def show_seeds(run: Run, runs: Sequence[Run]) -> None:
    """A column of folds a seed, with the mean over seeds; or how to get more seeds."""
    st.subheader("Other seeds")
    alike = repeats(run, runs)
    if len(alike) < 2:
        st.markdown(
            "There is one run with these settings. Another seed deals other folds, starting weights and batches: it "
            "shows how far the C-index moves by chance alone. Make a few, as with:"
        )
        config = override(run.config, {"seed": run.info.seed + 1})
        st.code(command_line(data.cohort_argument(run.cohort_folder), config), language="bash", wrap_lines=True)
        return
    scores = {f"seed {one.info.seed}": data.report(one).score for one in alike[:SHOWN]}
    found = seed_spread([data.report(one).score.mean for one in alike])
    show_figure(
        once(concordance_figure, scores), f"seeds-{run.id}", concordance_table(scores), "C-index of each fold, by seed",
        command=run.info.command,
    )  # fmt: skip
    st.markdown(
        f"**{count(len(alike), 'seed')}: mean C-index {number(found.mean)}**, standard deviation over seeds "
        f"{number(found.sd)}, 95 % interval {number(found.interval.lower)} to {number(found.interval.upper)}."
    )
    st.caption(
        "Another seed deals other folds, starting weights and batches to the same patients. The interval says how well "
        "the mean over seeds is known; it says nothing of other patients, which the interval on top of the page does."
    )
