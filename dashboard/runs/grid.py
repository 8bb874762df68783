"""An ablation grid: chosen, shown as it fills, and each of its cells opening its run."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.elements import no_cohort, plain, save_table, show_command, show_figure
from dashboard.once import once
from dashboard.runs.bars import bar_figure, bar_table
from dashboard.runs.launching import offer_launch, say_what_became_of_it
from dashboard.runs.opening import open_run, run_of
from dashboard.state import in_a_row, pick, pick_many, switch
from dashboard.words import PRESET_WORDS, duration
from pomp.config import PROTOCOLS
from pomp.errors import ConfigError
from pomp.runs.grid.cells import Cell, plan_cells, same_runs
from pomp.runs.grid.fill import FilledCell, distinct, fill, seconds_left
from pomp.runs.grid.shelf import find_grid, grid_files
from pomp.runs.grid.spec import Grid, choose
from pomp.runs.grid.table import (
    Entry,
    difference_text,
    explanations,
    make_entries,
    published_text,
    row_name,
    score_text,
    tidy,
)
from pomp.wording import count

GRID, PRESET, ON, RULES, SEEDS = "grid", "grid_preset", "grid_cohorts", "grid_protocols", "grid_seeds"
"""Names in the URL."""

SECONDS = 2
MOST = 6
"""Cohorts that are shown while none is chosen: each has to be read."""


def show_grid() -> None:
    """The grid that is chosen, live while one of its runs is waiting or worked on."""
    folders = data.cohort_folders()
    if not folders:
        no_cohort("There is no cohort to run a grid on.")
        return
    say_what_became_of_it()
    grid = ask_grid(list(folders))
    cells = planned(grid)
    busy = _busy(fill(cells, data.workspace().runs.list()))
    # The timer lives only as long as there is something to watch.
    st.fragment(_show, run_every=SECONDS if busy else None)(grid, cells, busy)


def ask_grid(cohorts: Sequence[str]) -> Grid:
    """The grid, with the sides that are chosen.

    Raises:
        ConfigError: the file cannot be used, or a seed is no whole number.
    """
    with in_a_row([1, 1, 1]) as (left, middle, right):
        with left:
            name = pick(
                "Grid", list(grid_files(data.workspace())), GRID,
                explain=f"Those of the paper come along; your own lie in {plain(data.workspace().root / 'grids')}.",
            )  # fmt: skip
        grid = find_grid(name, data.workspace())
        with middle:
            explained = "\n".join(f"- **{key}**: {text}" for key, text in PRESET_WORDS.items())
            preset = switch("Settings to start from", list(PRESET_WORDS), PRESET, explain=explained)
        with right.popover("Cohorts, protocols, seeds", icon=":material/tune:", key="grid-sides"):
            chosen = pick_many("Cohorts", cohorts, ON, empty=f"the first {MOST}" if len(cohorts) > MOST else "all")
            protocols = pick_many("Protocols", list(PROTOCOLS), RULES, empty=", ".join(grid.protocols))
            seeds = st.text_input(
                "Seeds", key=SEEDS, bind="query-params", placeholder=", ".join(map(str, grid.seeds)),
                help="Whole numbers with commas between them. Each seed is a run of its own, with other folds.",
            )  # fmt: skip
    return choose(
        grid, preset=preset, cohorts=chosen or cohorts[:MOST], protocols=protocols, seeds=read_seeds(seeds or "")
    )  # fmt: skip


def read_seeds(text: str) -> list[int]:
    """'0, 1' → [0, 1].

    Raises:
        ConfigError: one of them is no whole number.
    """
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise ConfigError(f"'{text}' are no seeds: write whole numbers with commas, such as 0, 1, 2.") from None


def planned(grid: Grid) -> list[Cell]:
    """The cells of a grid, planned once until a file of a cohort changes."""
    of = data.cohort_stamp(*data.workspace().cohort_folders())
    return _planned(grid.model_dump_json(by_alias=True), str(data.workspace().root), of)


@st.cache_resource(max_entries=16, show_spinner="Reading the cohorts…")
def _planned(grid: str, root: str, of: data.Stamp) -> list[Cell]:
    return plan_cells(Grid.model_validate_json(grid), data.workspace(), data.cohort)


def _busy(filled: Sequence[FilledCell]) -> bool:
    return any(one.status is not None and one.status.active for one in filled)


def _show(grid: Grid, cells: Sequence[Cell], busy: bool) -> None:
    """`busy`: whether something was under way when the page was drawn; when that changes, all of it is drawn again."""
    filled = fill(cells, data.workspace().runs.list())
    if _busy(filled) != busy:
        st.rerun()
    entries = make_entries(grid, filled)
    st.markdown(f"**{plain(grid.title or grid.name)}**")
    _show_progress(filled)
    show_cells(grid, entries)
    with st.container(horizontal=True):
        offer_launch(grid, cells, filled)
        save_table(tidy(grid, entries), f"grid-{grid.name}")
        show_command(grid_command(st.session_state[GRID], grid), f"grid-{grid.name}")
    scored = [entry for entry in entries if entry.scores]
    if scored:
        show_figure(
            once(bar_figure, grid, scored), f"bars-{grid.name}", bar_table(scored),
            "C-index of each variant, with its folds",
        )  # fmt: skip
    with st.expander("How to read this", expanded=not scored):
        st.markdown("\n".join(f"- {plain(line)}" for line in [*explanations(grid, entries), *same_runs(cells)]))


def _show_progress(filled: Sequence[FilledCell]) -> None:
    runs = [one for one in distinct(filled) if one.state != "IMPOSSIBLE"]
    done = [one for one in runs if one.state == "DONE"]
    under_way = [one for one in runs if one.status is not None and one.status.active]
    said = [f"{len(done)} of {count(len(runs), 'run')} done"]
    failed = sum(one.state == "FAILED" for one in runs)
    said += [f"{failed} failed"] if failed else []
    if under_way:
        seconds = seconds_left(filled, under_way)
        said += [f"{len(under_way)} waiting or running"]
        said += [] if seconds is None else [f"about {duration(seconds)} left"]
    share = sum(1.0 if one.state == "DONE" else one.status.progress if one.status else 0.0 for one in runs)
    st.progress(min(1.0, share / max(1, len(runs))), text=" · ".join(said))


def show_cells(grid: Grid, entries: Sequence[Entry]) -> None:
    """Variant × cohort and protocol; a click on a cell opens its run."""
    table, places = cell_table(grid, entries)
    event = st.dataframe(
        table, hide_index=True, key=f"cells-{grid.name}", on_select="rerun", selection_mode="single-cell",
        alt="C-index of every cell",
        column_config={"variant": st.column_config.TextColumn("Variant", pinned=True)},
    )  # fmt: skip
    st.caption("Click on a score to open its run. The newest finished run fills a cell, also if it was made by hand.")
    for row, column in event.selection.cells:
        entry = places.get((row, column))
        if entry is not None and (run := run_of(entry)) is not None:
            open_run(run)


def cell_table(grid: Grid, entries: Sequence[Entry]) -> tuple[pd.DataFrame, dict[tuple[int, str], Entry]]:
    """The texts, and which entry stands in which row and column.

    Columns: variant, then for each cohort and protocol the score, for each other than the reference the difference,
    and for each cohort what is published, if anything is.
    """
    rows: list[dict[str, str]] = [{"variant": row_name(variant)} for variant in grid.variants]
    numbers = {variant.name: number for number, variant in enumerate(grid.variants)}
    places: dict[tuple[int, str], Entry] = {}
    for entry in entries:
        row, name = numbers[entry.variant], f"{entry.cohort} · {entry.protocol}"
        for column, text in ((name, score_text(entry)), (f"{name} · difference", difference_text(entry))):
            rows[row][column] = text
            places[row, column] = entry
        if entry.published is not None:
            rows[row][f"{entry.cohort} · published"] = published_text(entry).removeprefix("published ")
    table = pd.DataFrame(rows).fillna("")
    return table.loc[:, (table != "").any()], places


def grid_command(file: str, grid: Grid) -> str:
    """`pomp ablate …` with the sides that are chosen. `file`: the grid's, without `.toml`."""
    words = ["pomp", "ablate", file, "--preset", grid.preset]
    for option, values in (("--cohort", grid.cohorts), ("--protocol", grid.protocols), ("--seed", grid.seeds)):
        for value in values:
            words += [option, str(value)]
    return shlex.join(words)
