"""The C-index when nothing but the seed changes."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.charts.concordance import concordance_figure, concordance_table
from dashboard.elements import save_table, show_figure
from dashboard.once import once
from dashboard.words import count, number
from pomp.config import override
from pomp.evaluation.pooled import COLUMNS, PooledScore, pool
from pomp.evaluation.report import EvaluationReport
from pomp.runs.command import command_line
from pomp.runs.repeats import repeats
from pomp.runs.run import Run

SHOWN = 12
"""So many seeds are drawn at most; the table is of all."""


def show_seeds(run: Run, runs: Sequence[Run]) -> None:
    """A column of folds a seed, with each model over all seeds; or how to get more seeds."""
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
    reports = [data.report(one) for one in alike]
    scores = {f"seed {one.info.seed}": report.score for one, report in zip(alike[:SHOWN], reports, strict=False)}
    show_figure(
        once(concordance_figure, scores), f"seeds-{run.id}", concordance_table(scores), "C-index of each fold, by seed",
        command=run.info.command,
    )  # fmt: skip
    found = once(pool, repeat_scores(reports))
    st.dataframe(
        pooled_table(found), hide_index=True, alt="C-index of each model over all folds of all seeds",
        column_config={
            "SD over folds": st.column_config.TextColumn(help="Of the C-indices of all folds of all seeds."),
            "SD between seeds": st.column_config.TextColumn(
                help="Of the seeds' means: how far the C-index moves by nothing but other folds, starting weights and "
                "batches."
            ),
            "95 % interval": st.column_config.TextColumn(
                help="Of the mean, for other training and test patients: the corrected resampled t-interval of Nadeau "
                "and Bengio. Folds share most of their training patients, so that more seeds narrow it only so far."
            ),
        },
    )  # fmt: skip
    save_table(pooled_numbers(found), f"pooled-{run.id}")
    st.caption(
        f"{count(len(alike), 'seed')}: each deals other folds, starting weights and batches to the same patients. "
        "Models are there that all of these runs have."
    )


def repeat_scores(reports: Sequence[EvaluationReport]) -> pd.DataFrame:
    """Harrell's C of every fold of the models that all reports have: model, repeat, fold, patients, score."""
    rows = [
        (one.model, repeat, fold.fold, fold.patients, fold.harrell)
        for repeat, report in enumerate(reports)
        for one in (report.score, *report.comparators)
        for fold in one.folds
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    everywhere = table.groupby("model")["repeat"].transform("nunique") == len(reports)
    return table[everywhere].reset_index(drop=True)


def pooled_table(found: Sequence[PooledScore]) -> pd.DataFrame:
    """A row a model, as text."""
    rows = [
        (one.model, number(one.mean), number(one.sd), number(one.sd_between_repeats),
         f"{number(one.interval.lower)} to {number(one.interval.upper)}", one.folds)
        for one in found
    ]  # fmt: skip
    return pd.DataFrame(
        rows, columns=["Model", "Mean C-index", "SD over folds", "SD between seeds", "95 % interval", "Folds"]
    )


def pooled_numbers(found: Sequence[PooledScore]) -> pd.DataFrame:
    """A row a model with every number: what is saved as CSV."""
    rows = [
        (one.model, one.mean, one.sd, one.sd_between_repeats, one.interval.lower, one.interval.upper, one.repeats,
         one.folds, one.left_out)
        for one in found
    ]  # fmt: skip
    columns = ["model", "mean", "sd", "sd_between_seeds", "lower", "upper", "seeds", "folds", "left_out"]
    return pd.DataFrame(rows, columns=columns)
