"""What differs between the settings of several runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.elements import plain, save_table
from dashboard.runs.listing import names
from dashboard.training.fields import find_field
from dashboard.words import setting_words
from pomp.runs.command import flatten
from pomp.runs.run import Run

COHORT, FILES = "cohort", "files of the cohort"
_EXPLAINED = {
    COHORT: "The patients: runs on different ones cannot be compared number by number.",
    FILES: "A fingerprint of the cohort's tables and slides as they were when the run was made.",
}


def config_differences(runs: Sequence[Run]) -> pd.DataFrame:
    """A row a setting in which they are not all alike: setting, a column a run, what it is. Values as text."""
    columns = names(runs)
    facts = [_facts(run) for run in runs]
    rows = [
        {"setting": path}
        | {columns[run.id]: setting_words(own[path]) for run, own in zip(runs, facts, strict=True)}
        | {"what it is": _EXPLAINED.get(path) or find_field(path).description or ""}
        for path in facts[0]
        if any(own[path] != facts[0][path] for own in facts[1:])
    ]
    return pd.DataFrame(rows, columns=["setting", *columns.values(), "what it is"])


def show_differences(runs: Sequence[Run]) -> None:
    """The table, or that there is no difference."""
    st.header("What differs")
    table = config_differences(runs)
    if table.empty:
        st.info("These runs have the same settings on the same files.")
        return
    st.dataframe(
        table, hide_index=True, alt="Settings that differ", key="differences",
        column_config={"setting": "Setting", "what it is": "What it is"},
    )  # fmt: skip
    save_table(table, "differences")
    if (table["setting"] == COHORT).any():
        st.caption(plain(_EXPLAINED[COHORT]))


def _facts(run: Run) -> dict[str, Any]:
    """What decides the numbers of a run, by dotted field."""
    return {COHORT: run.info.cohort.title, FILES: run.info.cohort.digest} | flatten(run.config.model_dump(mode="json"))
