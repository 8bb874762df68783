"""What is to be said about a cohort's files: a sentence a finding, and all of them as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.elements import LISTED, save_table, show_problems
from dashboard.state import switch
from pomp.data.problems import Problem
from pomp.wording import count

SEVERITY = "cohort-findings"
"""Name in the URL."""

ALL, ERRORS, WARNINGS = "All", "To be repaired", "Worth a look"


def show_findings(problems: Sequence[Problem]) -> None:
    """The findings behind one line; nothing where there are none."""
    if problems:
        with st.expander(f"{count(len(problems), 'finding')} in the files", icon=":material/fact_check:"):
            list_findings(problems)


def list_findings(problems: Sequence[Problem]) -> None:
    """Every finding in a sentence: file, row, column, value, and what to do."""
    shown = problems
    if len({problem.severity for problem in problems}) > 1:
        wanted = {ERRORS: "error", WARNINGS: "warning"}.get(switch("Findings", [ALL, ERRORS, WARNINGS], SEVERITY))
        shown = [problem for problem in problems if wanted in {None, problem.severity}]
    show_problems(shown)
    if len(shown) > LISTED:
        st.caption(f"At most {LISTED} of each kind are listed; the table has all {len(problems):,}.")
    save_table(findings_table(problems), "findings")


def findings_table(problems: Sequence[Problem]) -> pd.DataFrame:
    """severity, file, row, column, value, message; a row a finding. Rows are counted as a spreadsheet does."""
    names = ["severity", "file", "row", "column", "value", "message"]
    return pd.DataFrame([[getattr(one, name) for name in names] for one in problems], columns=names).astype(
        {"row": "Int64"}
    )
