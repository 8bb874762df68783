"""Who is in: the funnel from loaded to kept, the paper's number beside it, and everybody who was left out."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.charts.cohort import KEPT_IN_PAPER, funnel_figure
from dashboard.cohort.open_patient import show_patient_table
from dashboard.cohort.paper import beside_paper
from dashboard.elements import plain, save_table, show_figure
from dashboard.once import once
from pomp.data.cohort import Cohort
from pomp.data.exclusion import ExclusionLog
from pomp.data.paper_cohorts import PAPER_PATIENTS, find_paper_cohort
from pomp.wording import count


def show_funnel(log: ExclusionLog, cohort: Cohort, has: Mapping[str, frozenset[str]]) -> None:
    """The funnel of a cohort of the workspace, which no filter changes, and the paper's number beside it."""
    st.header(f"Who is in: {log.kept} of {count(log.steps[0].count, 'patient')}")
    project = None if cohort.synthetic else find_paper_cohort(cohort.name, cohort.title)
    command = f"pomp cohort check {quote(data.cohort_argument(cohort.folder))} --all"
    _show_figure(log, None if project is None else PAPER_PATIENTS[project], command)
    if log.left_out:
        st.caption(f"{len(log.left_out):,} left out: who and why is in the part Patients.")
    if project is not None:
        sentences = "\n".join(f"- {plain(sentence)}" for sentence in beside_paper(project, cohort, has))
        with st.expander(f"Beside the paper's {project} cohort", icon=":material/menu_book:"):
            st.markdown(sentences)


def show_trial(log: ExclusionLog) -> None:
    """Of a cohort that is only tried out: the funnel, and beside it everybody who was left out, with the reason."""
    left, right = st.columns([3, 2])
    with left:
        _show_figure(log, None, "")
    with right:
        st.markdown(f"**{len(log.left_out):,} left out**")
        if log.left_out:
            _list_left_out(log.left_out, None)
        else:
            st.caption("Everybody who was loaded is kept.")


def show_left_out(left_out: Mapping[str, str], cohort: Cohort) -> None:
    """Everybody of a cohort of the workspace who was left out, with the reason; no filter changes them."""
    if left_out:
        st.header(f"Left out: {count(len(left_out), 'patient')}")
        _list_left_out(left_out, cohort)


def _show_figure(log: ExclusionLog, paper: int | None, command: str) -> None:
    """The funnel. `paper`: patients that the paper kept of this cohort; None if it is none of the paper's."""
    rows = [(one.label, one.count) for one in log.steps]
    if paper is not None:
        rows.append((KEPT_IN_PAPER, paper))
    show_figure(
        once(funnel_figure, log.steps, paper), "funnel", pd.DataFrame(rows, columns=["step", "patients"]),
        "Patients left after each step, from loaded to kept", command=command,
    )  # fmt: skip
    if log.steps[2:-1]:  # between those with follow-up and those kept
        stay = any(step.masked for step in log.steps)
        st.caption(
            "Grey bars: patients who have that type of data."
            + (" Those who lack it stay in, and the model is told that it is missing." if stay else "")
        )


def _list_left_out(left_out: Mapping[str, str], cohort: Cohort | None) -> None:
    """`cohort`: None while it is only tried out, and no run can have its patients."""
    reasons = pd.DataFrame({"patient": left_out.keys(), "reason": left_out.values()})
    show_patient_table(
        reasons, "left-out", cohort, alt="Patients left out, with the reason", height=240,
        config={"patient": "Patient", "reason": "Why"},
    )  # fmt: skip
    save_table(reasons, "left-out")
