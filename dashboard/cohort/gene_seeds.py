"""How far the chosen genes depend on the seed: runs that differ in nothing else, beside each other."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.charts.selection import stability_table
from dashboard.cohort.chosen_genes import chose_once, chosen_genes, selection_files
from dashboard.elements import plain, save_table
from dashboard.small_table import show_small_table
from dashboard.words import interval
from pomp.evaluation.stability import SelectionStability, selection_stability
from pomp.runs.repeats import repeats
from pomp.runs.run import Run
from pomp.wording import count


def show_seeds(run: Run, runs: Sequence[Run]) -> None:
    """Agreement over all folds of all seeds; nothing where there is but one.

    Args:
        run: that the page is about.
        runs: on its cohort.
    """
    alike = [other for other in repeats(run, runs, data.status) if selection_files(other)]
    if len(alike) < 2:
        return
    st.markdown("**Across seeds**")
    found = seed_stability(alike)
    if found is None:
        st.caption("One of these runs has not recorded how many genes it tested: prepare the cohort again to see more.")
        return
    table = stability_table(found).drop(columns="chosen")
    shown = pd.DataFrame(
        {
            "Type": table["omics"],
            "Always": table["always"],
            "Shared": 100 * table["shared"],
            "By chance": 100 * table["by_chance"],
            "Stability": [interval(*row) for row in table[["stability", "lower", "upper"]].to_numpy()],
        }
    )
    show_small_table(
        shown,
        formats={"Always": "{:,}", "Shared": "{:.0f} %", "By chance": "{:.0f} %"},
        explain={
            "Always": "genes chosen in every fold of every seed.",
            "Shared": "of the genes of one choice, how many another has; mean over all pairs.",
            "By chance": "what two choices would share if their genes were drawn at random.",
            "Stability": "Nogueira's index with its 95 % interval, from 0, no better than chance, to 1.",
        },
    )
    seeds = ", ".join(str(other.info.seed) for other in alike)
    why = (
        "only the luck of the ranking" if chose_once(run) else "which patients train together, and the ranking's luck,"
    )
    st.caption(
        f"{count(len(alike), 'finished run')} that differ in nothing but the seed ({plain(seeds)}), "
        f"{count(found[0].sets, 'choice')} in all: {why} differs between them."
    )
    save_table(table, f"agreement-of-seeds-{run.id}")


def seed_stability(runs: Sequence[Run]) -> tuple[SelectionStability, ...] | None:
    """Agreement of the genes over every fold of every run; None if one has not recorded how many it tested.

    Raises:
        RunError: a table is damaged.
    """
    files = [file for run in runs for file in selection_files(run)]
    return _seed_stability([str(run.folder) for run in runs], data.stamp(files), runs)


@st.cache_resource(max_entries=8, show_spinner="Comparing the genes of several seeds…")
def _seed_stability(folders: list[str], of: data.Stamp, _runs: Sequence[Run]) -> tuple[SelectionStability, ...] | None:
    tables = [chosen_genes(run).selections for run in _runs]
    if any("tested" not in table for table in tables):
        return None
    named = [table.assign(fold=[f"{number}-{fold}" for fold in table["fold"]]) for number, table in enumerate(tables)]
    return tuple(selection_stability(pd.concat(named, ignore_index=True)))
