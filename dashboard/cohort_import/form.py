"""The form of an import: what was recognised, and what a person says instead."""

from __future__ import annotations

import hashlib
from pathlib import Path

import streamlit as st

from dashboard.elements import code, plain, show_problems
from dashboard.endpoints import describe_endpoint
from dashboard.words import EXPLAIN_KINDS, KINDS, ORIGINS
from pomp.data.importing.plan import ImportPlan, PlannedTable
from pomp.wording import count

KIND_HELP = "\n".join(f"- **{KINDS[kind]}**: {text}" for kind, text in EXPLAIN_KINDS.items())


def edit_plan(plan: ImportPlan) -> ImportPlan:
    """Show a plan as a form and return it as it is filled in."""
    mark = hashlib.sha256(plan.model_dump_json().encode()).hexdigest()[:8]  # another plan brings its own values
    st.header("What was recognised")
    st.caption(ORIGINS[plan.origin])
    show_problems(plan.findings)
    with st.container(border=True):
        changes = _ask_names(plan, mark)
    with st.container(border=True):
        changes |= _ask_patients(plan, mark)
    asked = [_ask_table(table, f"{mark}-{place}") for place, table in enumerate(plan.omics)]
    changes["omics"] = tuple(table for table in asked if table is not None)
    if plan.slide_files and not _ask_slides(plan, mark):
        changes |= {"slides": None, "slide_files": ()}
    return plan.model_copy(update=changes)


def _ask_names(plan: ImportPlan, mark: str) -> dict[str, object]:
    left, right = st.columns(2)
    title = left.text_input("Title", plan.title, max_chars=120, key=f"title-{mark}", help="For people.")
    name = right.text_input(
        "Folder name", plan.name, max_chars=60, key=f"name-{mark}",
        help="Of the new cohort folder: letters, digits, - and _. Commands take the cohort by this name.",
    )  # fmt: skip
    source = left.text_input("Source", plan.source, key=f"source-{mark}", help="Where the data come from; to be cited.")
    licence = right.text_input("Licence", plan.licence, key=f"licence-{mark}", help="Under which the data may be used.")
    return {"title": title.strip(), "name": name.strip(), "source": source.strip(), "licence": licence.strip()}


def _ask_patients(plan: ImportPlan, mark: str) -> dict[str, object]:
    """The follow-up, its endpoint, and what is joined to it."""
    if plan.clinical is None:
        st.warning(
            "No file with follow-up was recognised. A survival analysis needs a table with the patients in its first "
            "column and two columns such as `OS` (1 = died) and `OS.time` (days). Put it beside the other files, then "
            "read the folder again.", title="Follow-up is missing",
        )  # fmt: skip
        return {}
    left, right = st.columns(2)
    left.markdown(f"**Follow-up** from {code(_inside(plan, plan.clinical))}")
    known = list(plan.endpoints) or [plan.endpoint]
    endpoint = right.selectbox(
        "Endpoint", known, known.index(plan.endpoint) if plan.endpoint in known else 0, key=f"endpoint-{mark}",
        format_func=lambda name: f"{name}: {describe_endpoint(name).name}",
        help="What is counted as the event. Overall survival is the least open to doubt.",
    )  # fmt: skip
    covariates = plan.covariates
    if covariates:
        joined = left.multiselect(
            "Further tables of patients", covariates, covariates, key=f"covariates-{mark}",
            format_func=lambda file: _inside(plan, file), help="Age, sex, stage and the like, joined by patient.",
        )  # fmt: skip
        covariates = tuple(joined)
    return {"endpoint": endpoint, "covariates": covariates}


def _ask_table(table: PlannedTable, mark: str) -> PlannedTable | None:
    """One omics type; None if it is not to be used."""
    with st.container(border=True):
        used, name_place, kind_place = st.columns([1, 3, 4], vertical_alignment="bottom")
        wanted = used.checkbox("Use it", value=True, key=f"use-{mark}")
        name = name_place.text_input(
            "Omics type", table.name, max_chars=40, key=f"type-{mark}", disabled=not wanted,
            help="What it is called on all pages: mrna, mirna, methylation, …",
        )  # fmt: skip
        kind = kind_place.selectbox(
            "Its numbers are", list(KINDS), list(KINDS).index(table.kind), key=f"kind-{mark}", disabled=not wanted,
            format_func=KINDS.__getitem__, help=f"They decide the test and the scaling.\n{KIND_HELP}",
        )  # fmt: skip
        many = f" · {count(len(table.samples), 'sample')}, each in a file of its own" if table.samples else ""
        st.markdown(f"{code(Path(table.file).name)}{many} · {plain(table.note)}")
    return table.model_copy(update={"name": name.strip(), "kind": kind}) if wanted else None


def _ask_slides(plan: ImportPlan, mark: str) -> bool:
    patients = len({slide.patient for slide in plan.slide_files})
    with st.container(border=True):
        used: bool = st.checkbox(
            f"Use {count(len(plan.slide_files), 'slide')} of {count(patients, 'patient')}", value=True,
            key=f"slides-{mark}", help="Slides stay where they are: only their paths are written down.",
        )  # fmt: skip
        st.markdown(f"Found in {code(plan.slides or plan.folder)}.")
    return used


def _inside(plan: ImportPlan, file: str) -> str:
    """A path as seen from the folder that was read."""
    path = Path(file)
    return path.relative_to(plan.folder).as_posix() if path.is_relative_to(plan.folder) else file
