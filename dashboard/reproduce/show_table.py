"""A table of the paper on the page: an overview, one cohort in detail, what deviates, and what can be launched."""

from __future__ import annotations

import shlex

import streamlit as st

from dashboard.charts.survival import capitalise
from dashboard.elements import empty_state, folded, plain, save_table, show_command
from dashboard.reproduce.places import Places, folder_of
from dashboard.reproduce.tables import DEVIATES, deviating_settings, every_number, impossible, in_detail, overview
from dashboard.runs.grid import grid_command
from dashboard.runs.launching import offer_launch
from dashboard.runs.opening import open_run, run_of
from pomp.config import ProtocolName
from pomp.runs.command import setting_text
from pomp.runs.grid.cells import same_runs
from pomp.runs.grid.table import Entry, explanations
from pomp.wording import count

SYSTEM_PX = 190
"""Of the pinned column: beside longer names a narrow window would have no room for the numbers."""


def show_table(places: Places, cohort: str, protocol: ProtocolName) -> None:
    """Both views of a table of the paper.

    Args:
        places: the table.
        cohort: of the detail and of what is launched.
        protocol: of the overview.
    """
    name = places.grid.name
    st.header(plain(places.grid.title))
    there = [own for own in places.grid.cohorts if folder_of(own) is not None]
    table, found = overview(places, protocol, there)
    event = st.dataframe(
        table, hide_index=True, key=f"overview-{name}", on_select="rerun", selection_mode="single-cell",
        alt=f"{places.grid.title}: the paper's C-indices beside ours, {protocol} protocol",
        column_config={"system": st.column_config.TextColumn("System", pinned=True, width=SYSTEM_PX)},
    )  # fmt: skip
    for row, column in event.selection.cells:
        _open(found.get((row, column)))
    save_table(every_number(places), f"reproduce-{name}")
    st.caption(
        f"C-index, mean ± standard deviation over folds; ours under the {plain(protocol)} protocol. Click on a score "
        f"to open its run. {DEVIATES}: the run has not exactly the settings that are asked for. Where a row "
        "cannot be run, choose the cohort to see why. The file has every number of every protocol."
    )
    _show_detail(places, cohort)
    with st.expander("How to read this", icon=":material/help:"):
        possible = in_detail(places, cohort)[1]  # why others cannot be is said above
        same = same_runs([cell for cell in places.cells if cell.cohort == cohort])
        said = [*explanations(places.grid, possible), *same, *places.problems]
        st.markdown("\n".join(f"- {plain(line)}" for line in said))


def _show_detail(places: Places, cohort: str) -> None:
    st.markdown(f"**{plain(cohort)} under each protocol**")
    if folder_of(cohort) is None:
        show_no_cohort(cohort)
        return
    _show_impossible(places, cohort)
    table, entries = in_detail(places, cohort)
    if not entries:
        return
    event = st.dataframe(
        table, hide_index=True, key=f"detail-{places.grid.name}-{cohort}", on_select="rerun",
        selection_mode="single-row", alt=f"{cohort}: every system under each protocol", height="content",
        column_config={
            **{str(name): capitalise(str(name)) for name in table},
            "system": st.column_config.TextColumn("System", pinned=True, width=SYSTEM_PX),
            "patients (events)": st.column_config.TextColumn("Patients (events)", help="Of our run."),
            "published": st.column_config.TextColumn(
                "Published", help="What the paper prints, on its own patients and folds."
            ),
            "best plain model": st.column_config.TextColumn(
                "Best plain model",
                help="The best of the models that are no deep networks, such as clinical Cox and ridge Cox, fitted on "
                "the same training patients as the run beside it. They never see the test patients, under any protocol."
            ),
            "ours − plain": st.column_config.TextColumn(
                "Ours − plain",
                help="With the 95 % interval of the choice of test patients. Told apart only where the test of the "
                "folds agrees, its p adjusted for all rows of the protocol; the best plain model is picked by these "
                "very folds, which speaks against ours."
            ),
        },
    )  # fmt: skip
    for row in event.selection.rows:
        _open(entries[row])
    st.caption("Tick a row to open its run.")
    _show_deviations(places, cohort)
    offer_runs(places, cohort)


def _show_impossible(places: Places, cohort: str) -> None:
    found = impossible(places, cohort)
    if found:
        with st.expander(f"{count(sum(map(len, found.values())), 'row')} cannot be run here", icon=":material/block:"):
            lines = (f"- **{plain(', '.join(names))}**: {plain(problem)}" for problem, names in found.items())
            st.markdown("\n".join(lines))


def _open(entry: Entry | None) -> None:
    run = None if entry is None else run_of(entry)
    if run is not None:
        open_run(run)


def _show_deviations(places: Places, cohort: str) -> None:
    table = deviating_settings(places, cohort)
    if table.empty:
        return
    name = f"deviations-{places.grid.name}-{cohort}"
    title = f"{DEVIATES} {table['setting'].nunique()} settings that are not as asked"
    if part := folded(title, f"{name}-part", ":material/tune:"):
        with part:
            st.dataframe(
                table, hide_index=True, key=name, alt="Settings in which runs differ from those that are asked for",
                column_config={
                    "setting": "Setting", "here": "In the run", "run": "Run",
                    "asked": st.column_config.TextColumn("Asked for", help="By the settings chosen above."),
                },
            )  # fmt: skip
            save_table(table, name)


def offer_runs(places: Places, cohort: str) -> None:
    """A button that launches what a cohort lacks of a grid, and the command for a terminal."""
    grid, cells, filled = places.launchable(cohort)
    with st.container(horizontal=True):
        offer_launch(grid, cells, filled)
        types = grid.changes.get("cohort.omics")
        words = ["--set", f"cohort.omics={setting_text(types)}"] if types else []
        show_command(shlex.join([*shlex.split(grid_command(grid.name, grid)), *words]), f"{grid.name}-{cohort}")


def show_no_cohort(cohort: str) -> None:
    """That a cohort of the paper is not here, and how it comes in."""
    empty_state(
        f"TCGA-{cohort} is not in this workspace.",
        f"Fetch its open data with `pomp cohort fetch TCGA-{cohort}`, or import what you have; then its runs are "
        "launched from here.",
        "views/cohort.py", "Go to Cohort",
    )  # fmt: skip
