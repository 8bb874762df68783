"""Import: from downloads or a hospital's tables to a cohort of the workspace, in three steps on one page."""

from __future__ import annotations

import re
from pathlib import Path

import streamlit as st

from dashboard import data
from dashboard.cohort.funnel import show_trial
from dashboard.cohort_import import uploads
from dashboard.cohort_import.form import edit_plan
from dashboard.cohort_import.sources import ask_source
from dashboard.cohort_import.trial import Trial, try_plan
from dashboard.elements import plain, progress_bar, show_problems
from dashboard.endpoints import describe_endpoint
from dashboard.state import COHORT, FOLDER, VIEW, go
from pomp.data.importing.plan import ImportPlan
from pomp.data.importing.write import import_cohort
from pomp.data.manifest import TAKEN_NAMES
from pomp.wording import count

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_TRIAL = "trial"
"""In the session: the plan that was tried last, with the state of its files, and what came of it."""


def show_import() -> None:
    """The whole of an import; what cannot be used is said in the place where it can be put right."""
    st.header("Import a cohort")
    st.markdown(
        "Tables and slides as TCGA, Xena, the GDC or a hospital give them become a cohort folder of the workspace. "
        "The originals are only read."
    )
    folder = ask_source()
    if folder is None:
        return
    plan = edit_plan(data.scan_folder(folder))
    st.header("Try it, then import")
    wrong = find_mistakes(plan)
    if wrong:
        st.warning("\n".join(f"- {plain(sentence)}" for sentence in wrong), title="Before it can be tried")
        return
    key = (plan.model_dump_json(), data.tree_stamp(folder))
    tried = st.session_state.get(_TRIAL)
    if tried and tried[0] == key:
        _show_trial(tried[1], plan)
    else:
        _ask_trial(plan, key)


def find_mistakes(plan: ImportPlan) -> list[str]:
    """What a person has to change in the form before the plan can be carried out."""
    wrong = []
    if not _NAME.fullmatch(plan.name):
        wrong.append(f"The folder name '{plan.name}' may hold letters, digits, - and _ only, and not be empty.")
    elif (data.workspace().cohorts / plan.name).exists():
        wrong.append(f"There is a cohort '{plan.name}' in the workspace already: choose another folder name.")
    names = [table.name for table in plan.omics]
    wrong += [f"Two tables are called '{name}'." for name in sorted({name for name in names if names.count(name) > 1})]
    wrong += [f"'{name}' cannot be the name of an omics type." for name in names if name.strip() in TAKEN_NAMES]
    if plan.clinical is None:
        wrong.append("There is no follow-up: without it nobody can be kept.")
    if not plan.omics and not plan.slide_files:
        wrong.append("No table and no slide is to be used: tick at least one.")
    return wrong


def _ask_trial(plan: ImportPlan, key: tuple[str, object]) -> None:
    st.markdown(
        "A trial converts and checks everything as the import will, and shows who would be in. It adds no cohort. "
        "Tables of gigabytes take minutes: stay on this page until it is done."
    )
    if not st.button("Try it", type="primary", icon=":material/science:"):
        return
    with progress_bar("Trying") as on_progress:
        trial = try_plan(plan, data.workspace().root, on_progress)
    st.session_state[_TRIAL] = (key, trial)
    st.rerun()


def _show_trial(trial: Trial, plan: ImportPlan) -> None:
    """What the trial found, in sentences and as a funnel, and the way on."""
    if trial.usable:
        endpoint = describe_endpoint(trial.endpoint)
        st.success(
            f"{count(trial.patients, 'patient')} would be in, with {plain(endpoint.count(trial.events))} "
            f"({plain(trial.endpoint)}).", title="This can be imported",
        )  # fmt: skip
    else:
        st.error(
            "Change the form above, or repair the files and read the folder again. Nothing was written.",
            title="This cannot be imported yet",
        )  # fmt: skip
    show_problems(trial.problems)
    if trial.usable:
        _ask_import(plan)
    if trial.log.steps:
        show_trial(trial.log)


def _ask_import(plan: ImportPlan) -> None:
    st.caption(
        "The import runs in this page. If the page is closed or reloaded before the end, nothing of it is left behind: "
        "begin again."
    )
    if not st.button("Import", type="primary", icon=":material/download_done:"):
        return
    workspace = data.workspace()
    with progress_bar("Importing") as on_progress:
        folder = import_cohort(plan, workspace.cohorts, on_progress)
    uploads.discard(Path(plan.folder), workspace.root)
    st.session_state.pop(_TRIAL, None)
    st.toast(f"Imported as {plain(folder.name)}.")
    go(**{COHORT: data.cohort_argument(folder), VIEW: "Overview", FOLDER: ""})
