"""The C-index when nothing but the seed changes."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.charts.concordance import concordance_figure, concordance_table
from dashboard.elements import plain, save_table, show_figure
from dashboard.once import once
from pomp.config import override
from pomp.evaluation.corrected_t import CorrectedT
from pomp.evaluation.pooled import PooledComparison, compare_pooled, report_scores
from pomp.evaluation.uncertainty import signed_words
from pomp.runs.command import command_line
from pomp.runs.readable import read_runs
from pomp.runs.repeats import repeats
from pomp.runs.run import Run
from pomp.wording import count, number, p_value

SHOWN = 12
"""So many seeds are drawn at most; the table is of all."""


def show_seeds(run: Run, runs: Sequence[Run]) -> None:
    """A column of folds a seed, with each model over all seeds; or how to get more seeds."""
    st.header("Other seeds")
    readings = read_runs(repeats(run, runs, data.status), data.report)
    reports = {one.info.seed: report for one, report in readings.found}
    if readings.damaged:
        st.caption(plain(readings.left_out))
    if len(reports) < 2:
        st.markdown(
            "There is one run with these settings. Another seed deals other folds, starting weights and batches: it "
            "shows how far the C-index moves by chance alone. Make a few, as with:"
        )
        config = override(run.config, {"seed": run.info.seed + 1})
        st.code(command_line(data.cohort_argument(run.cohort_folder), config), language="bash", wrap_lines=True)
        return
    scores = {f"seed {seed}": report.score for seed, report in list(reports.items())[:SHOWN]}
    show_figure(
        once(concordance_figure, scores), f"seeds-{run.id}", concordance_table(scores), "C-index of each fold, by seed",
        command=run.info.command,
    )  # fmt: skip
    found = once(compare_pooled, report_scores(list(reports.values())))
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
            "p": st.column_config.TextColumn(
                help="How often a difference at least this large would be seen if the two were equally good: the "
                "corrected resampled t-test of their folds, after Holm for all models of the table."
            ),
        },
    )  # fmt: skip
    save_table(pooled_numbers(found), f"pooled-{run.id}")
    st.caption(
        f"{count(len(reports), 'seed')}: each deals other folds, starting weights and batches to the same patients. "
        "Models are there that all of these runs have."
    )


def pooled_table(found: Sequence[PooledComparison]) -> pd.DataFrame:
    """A row a model, as text."""
    rows = [
        (score.model, number(score.mean), f"{number(score.interval.lower)} to {number(score.interval.upper)}",
         _lead(one.ahead), "" if one.ahead is None else p_value(one.p_adjusted), number(score.sd),
         number(score.sd_between_repeats), score.folds)
        for one in found for score in [one.score]
    ]  # fmt: skip
    lead = f"{found[0].score.model} ahead by"
    columns = ["Model", "Mean C-index", "95 % interval", lead, "p", "SD over folds", "SD between seeds", "Folds"]
    return pd.DataFrame(rows, columns=columns)


def _lead(ahead: CorrectedT | None) -> str:
    if ahead is None:
        return ""
    return signed_words(ahead.mean, ahead.interval)


def pooled_numbers(found: Sequence[PooledComparison]) -> pd.DataFrame:
    """A row a model with every number: what is saved as CSV."""
    rows = [
        (score.model, score.mean, score.sd, score.sd_between_repeats, score.interval.lower, score.interval.upper,
         score.repeats, score.folds, score.left_out, *_numbers(one.ahead), one.p_adjusted)
        for one in found for score in [one.score]
    ]  # fmt: skip
    columns = ["model", "mean", "sd", "sd_between_seeds", "lower", "upper", "seeds", "folds", "left_out",
               "ahead", "ahead_lower", "ahead_upper", "p", "p_holm"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _numbers(ahead: CorrectedT | None) -> tuple[float | None, ...]:
    if ahead is None:
        return None, None, None, None
    return ahead.mean, ahead.interval.lower, ahead.interval.upper, ahead.p_value
