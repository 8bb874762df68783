"""What differs between the paper's data and the cohorts of the workspace, worked out from their files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboard.cohort.filters import owners
from dashboard.cohort.paper import TYPES, beside_paper
from dashboard.data import Stamp, cohort_check, cohort_stamp
from dashboard.elements import plain, save_table
from dashboard.endpoints import describe_endpoint
from dashboard.reproduce.places import folder_of
from dashboard.reproduce.show_table import show_no_cohort
from dashboard.words import follow_up
from pomp.data.paper_cohorts import PAPER_PATIENTS
from pomp.evaluation.follow_up import median_follow_up
from pomp.wording import count

_COUNTS = ["paper_patients", "patients", "events", "complete", "complete_events", "slides"]


@dataclass(frozen=True)
class Facts:
    """What the files of one cohort say."""

    patients: int
    events: int
    complete: tuple[int, int]
    """Patients and events among those who have all of the paper's types of data that the cohort has."""
    endpoint: str
    slides: int
    genes: dict[str, int]
    """By type of omics, in the table as it is."""
    lacking: tuple[str, ...]
    """The paper's types of data that nobody has."""
    others: tuple[str, ...]
    """Types of omics that the paper has not."""
    followed_days: float
    """Median follow-up by the reverse Kaplan-Meier method; nan where it is not reached."""
    remarks: tuple[str, ...]
    """On patients, of a cohort of the paper."""


def facts_of(cohort: str) -> Facts | None:
    """The facts, read once until a file of the cohort changes; None if it is not here or cannot be read."""
    folder = folder_of(cohort)
    return None if folder is None else _facts(cohort, str(folder), cohort_stamp(folder))


@st.cache_resource(max_entries=16, show_spinner="Reading the cohort…")
def _facts(cohort: str, folder: str, of: Stamp) -> Facts | None:
    found = cohort_check(Path(folder)).cohort
    if found is None:
        return None
    has = owners(found)
    days = median_follow_up(found.outcome["time_days"], found.outcome["event"]).days
    shared = [own for own in has if any(pattern.search(own) for pattern in TYPES.values())]
    complete = sorted(frozenset.intersection(*(has[own] for own in shared))) if shared else []
    remarks = beside_paper(cohort, found, has) if cohort in PAPER_PATIENTS else []
    return Facts(
        patients=len(found.patients),
        events=int(found.outcome["event"].sum()),
        complete=(len(complete), int(found.outcome.loc[complete, "event"].sum())),
        endpoint=found.endpoint,
        slides=len(found.slides),
        genes={name: table.values.shape[1] for name, table in found.omics.items()},
        lacking=tuple(kind for kind, pattern in TYPES.items() if not any(pattern.search(own) for own in has)),
        others=tuple(own for own in found.omics if not any(pattern.search(own) for pattern in TYPES.values())),
        followed_days=days,
        remarks=tuple(remarks),
    )


def sentence(cohort: str, facts: Facts) -> str:
    """What a reader must know before comparing the numbers of a cohort with the paper's."""
    endpoint = describe_endpoint(facts.endpoint)
    paper = f"; the paper has {PAPER_PATIENTS[cohort]} patients" if cohort in PAPER_PATIENTS else ""
    genes = ", ".join(f"{number:,} {name}" for name, number in facts.genes.items())
    said = f"{count(facts.patients, 'patient')} and {endpoint.count(facts.events)}"
    patients, events = facts.complete
    if patients != facts.patients:
        said += f" ({patients:,} and {events:,} with all of the paper's types of data that there are)"
    said += f"{paper}. Features: {genes or 'none'}"
    said += f"; {count(facts.slides, 'slide')}." if facts.slides else "."
    if facts.lacking:
        said += f" Not here: {', '.join(facts.lacking)}."
    if facts.others:
        said += f" Not in the paper, and left out of its tables here: {', '.join(facts.others)}."
    if not math.isnan(facts.followed_days):
        said += f" Median follow-up {follow_up(facts.followed_days)}."
    return said


def facts_table(cohorts: Sequence[str]) -> pd.DataFrame:
    """A row a cohort: cohort, paper_patients, patients, events, complete, complete_events (of those who have all of the
    paper's types that there are), endpoint, slides, genes, lacking, median_follow_up_days."""
    rows = []
    for cohort in cohorts:
        facts = facts_of(cohort)
        row: dict[str, object] = {"cohort": cohort, "paper_patients": PAPER_PATIENTS.get(cohort)}
        if facts is not None:
            row |= {
                "patients": facts.patients, "events": facts.events, "complete": facts.complete[0],
                "complete_events": facts.complete[1], "endpoint": facts.endpoint, "slides": facts.slides,
                "genes": ", ".join(f"{name} {number:,}" for name, number in facts.genes.items()),
                "lacking": ", ".join(facts.lacking), "median_follow_up_days": facts.followed_days,
            }  # fmt: skip
        rows.append(row)
    columns = ["cohort", *_COUNTS[:-1], "endpoint", "slides", "genes", "lacking", "median_follow_up_days"]
    table = pd.DataFrame(rows, columns=columns)
    return table.astype(dict.fromkeys(_COUNTS, "Int64"))


def show_sentence(cohort: str) -> None:
    """What differs in the data of a cohort, in one line."""
    facts = facts_of(cohort)
    if facts is not None:
        st.caption(f"**What differs in the data of {plain(cohort)}:** {plain(sentence(cohort, facts))}")


def show_data(cohorts: Sequence[str], cohort: str) -> None:
    """All cohorts in a table, and more about one."""
    st.header("What differs in the data")
    table = facts_table(cohorts)
    days = table["median_follow_up_days"].round().astype("Int64")
    shown = table.assign(median_follow_up_days=days)
    counts = [*_COUNTS, "median_follow_up_days"]
    shown[counts] = shown[counts].astype(object).map("{:,}".format, na_action="ignore")
    st.dataframe(
        shown.astype("string").fillna("–"), hide_index=True,
        alt="Patients, events, slides and genes of each cohort beside the paper's",
        column_config={
            "cohort": "Cohort", "paper_patients": "Patients in the paper", "patients": "Patients here",
            "events": "Events here",
            "complete": st.column_config.TextColumn(
                "Complete", help="Patients who have all of the paper's types of data that the cohort has."
            ),
            "complete_events": "Their events", "endpoint": "Endpoint", "slides": "Slides here",
            "genes": st.column_config.TextColumn("Features here", help="Genes, microRNAs or sites in each table."),
            "lacking": st.column_config.TextColumn("Not here", help="Types of data that the paper asks for."),
            "median_follow_up_days": st.column_config.TextColumn(
                "Median follow-up (days)", help="By the reverse Kaplan–Meier method."
            ),
        },
    )  # fmt: skip
    save_table(table, "reproduce-data")
    st.caption(
        "The paper states neither events nor follow-up of its cohorts. A dash: the cohort is not in this workspace, or "
        "its files cannot be read."
    )
    facts = facts_of(cohort)
    if facts is not None:
        st.markdown(f"**{plain(cohort)}**: {plain(sentence(cohort, facts))}")
        st.markdown("\n".join(f"- {plain(remark)}" for remark in facts.remarks))
    elif folder_of(cohort) is None:
        show_no_cohort(cohort)
