"""All runs as one table, filtered, of which some are chosen to be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.elements import empty_state, save_table
from dashboard.missed import misses_said_in
from dashboard.state import pick_many, tick
from dashboard.words import STATES, duration
from pomp.errors import PompError
from pomp.runs.grid.score import mean_sd, score_run
from pomp.runs.null import is_null
from pomp.runs.run import Run
from pomp.runs.system_name import is_pomp, system_name

CHOSEN, IN_COHORT, UNDER, IN_STATE, TEXT, NULLS = "compare_runs", "in_cohort", "under", "in_state", "text", "nulls"
"""Names in the URL."""

TABLE = "all-runs"
HEIGHT = 320


@dataclass(frozen=True)
class Filters:
    """What the table is narrowed to; empty: everything."""

    cohorts: Sequence[str] = ()
    protocols: Sequence[str] = ()
    states: Sequence[str] = ()
    text: str = ""

    def keep(self, row: pd.Series) -> bool:
        """Whether a row of `run_table` is shown. Text is looked for in title, cohort, system and id, in any case."""
        said = f"{row['title']} {row['cohort']} {row['system']} {row['run']}".casefold()
        return (
            (not self.cohorts or row["cohort"] in self.cohorts)
            and (not self.protocols or row["protocol"] in self.protocols)
            and (not self.states or row["state"] in self.states)
            and self.text.casefold().strip() in said
        )


def choose_runs(runs: Sequence[Run]) -> list[Run]:
    """The table with its filters; the runs that are chosen in it, in the order in which they were."""
    if not runs:
        empty_state("There is no run yet.", "Train one, or launch a grid.", "views/train.py", "Go to Train")
        return []
    runs = [run for run in runs if not is_null(run)] if _without_nulls(runs) else runs
    table = run_table(runs)
    filters = ask_filters(table)
    kept = table[[filters.keep(row) for _, row in table.iterrows()]]
    place = st.container()
    by_id = {run.id: run for run in runs}
    chosen = pick_many(
        "Compare", list(by_id), CHOSEN, show=lambda key: label(by_id[key]), empty="rows ticked above",
        explain="Two or more: what differs between their settings, and their curves over each other.",
    )  # fmt: skip
    with place:
        show_table(kept, len(table))
    return [by_id[key] for key in chosen]


def run_table(runs: Sequence[Run]) -> pd.DataFrame:
    """A row a run: state, title, c_index, sd, cohort, protocol, system, seed, took, made (UTC), run.

    What a run is and what came of it stands first: a narrow window shows no more.
    """
    rows = []
    for run in runs:
        info, status = run.info, data.status(run)
        mean, sd = concordance_of(run)
        took = status.seconds if status.state == "DONE" else None
        rows.append(
            (STATES[status.state][0], info.title, mean, sd, info.cohort.title, info.protocol, system_name(run.config),
             info.seed, "" if took is None else duration(took), info.created[:16].replace("T", " "), run.id)
        )  # fmt: skip
    columns = ["state", "title", "c_index", "sd", "cohort", "protocol", "system", "seed", "took", "made", "run"]
    return pd.DataFrame(rows, columns=columns)


def _without_nulls(runs: Sequence[Run]) -> bool:
    """Whether runs of null experiments, of which there are many and none is a result, are left out."""
    count = sum(map(is_null, runs))
    return count > 0 and not tick(
        f"Null experiments too ({count})", NULLS,
        explain="Runs whose outcomes were dealt anew to the patients. None of their numbers is a result; What chance "
        "gives shows them together.",
    )  # fmt: skip


def ask_filters(table: pd.DataFrame) -> Filters:
    """Boxes for cohort, protocol, state and text behind one button; their choices stand in the URL."""
    popover = st.popover("Filter the runs", icon=":material/filter_alt:", key="runs-filters")
    with misses_said_in(st.container()), popover:
        cohorts, protocols, states = (
            pick_many(name.capitalize(), sorted(table[name].unique()), key)
            for name, key in {"cohort": IN_COHORT, "protocol": UNDER, "state": IN_STATE}.items()
        )
        text = st.text_input("Text", key=TEXT, bind="query-params", placeholder="title, cohort, system or run")
    return Filters(cohorts, protocols, states, text or "")


def show_table(kept: pd.DataFrame, of: int) -> None:
    """The rows that the filters leave; ticking one chooses that run."""
    shown = kept["run"].tolist()
    chosen = st.session_state[CHOSEN]

    def choose() -> None:
        ticked = [shown[row] for row in st.session_state[TABLE].selection.rows]
        before = [run for run in chosen if run in ticked or run not in shown]
        st.session_state[CHOSEN] = before + [run for run in ticked if run not in before]

    # What is chosen in the box below is ticked here too.
    st.session_state[TABLE] = {"selection": {"rows": [row for row, run in enumerate(shown) if run in chosen]}}
    st.dataframe(
        kept, hide_index=True, key=TABLE, on_select=choose, selection_mode="multi-row", height=HEIGHT, alt="All runs",
        placeholder="–",
        column_config={name: name.capitalize() for name in map(str, kept)}
        | {
            "c_index": st.column_config.NumberColumn("C-index", format="%.3f", help="Mean over folds, out of fold."),
            "sd": st.column_config.NumberColumn("SD", format="%.3f", help="Standard deviation over folds."),
            "took": st.column_config.TextColumn("Worked on for", help="By all its workers."),
            "made": "Made (UTC)",
        },
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{len(kept):,} of {of:,} runs", width="content")
        save_table(kept, "runs")


def label(run: Run) -> str:
    """'POMP-B1 · 20250101-101500-honest-36078d': different for every run."""
    return f"{_title(run)} · {run.id}"


def names(runs: Sequence[Run]) -> dict[str, str]:
    """Run id → a short name for columns and legends: the title, with the end of the id where several have the same."""
    titles = [_title(run) for run in runs]
    return {
        run.id: title if titles.count(title) == 1 else f"{title} · {run.id}"
        for run, title in zip(runs, titles, strict=True)
    }


def _title(run: Run) -> str:
    """The run's own, else its cohort's with the system where that is not POMP."""
    system = "" if is_pomp(run.config) else f" · {system_name(run.config)}"
    return run.info.title or run.info.cohort.title + system


def concordance_of(run: Run) -> tuple[float, float] | tuple[None, None]:
    """Mean and deviation of the C-index over folds; nothing for a run that has none or whose tables are damaged."""
    try:
        return mean_sd([score_run(run)]) if data.is_finished(run) else (None, None)
    except PompError:
        return None, None
