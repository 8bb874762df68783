"""Where an import comes from: a folder on the server, uploaded tables, or TCGA."""

from __future__ import annotations

import shlex
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.cohort_import import uploads
from dashboard.cohort_import.browse import MOST, Listing, find_folder, list_folder
from dashboard.cohort_import.projects import TCGA
from dashboard.elements import code
from dashboard.state import COHORT, FOLDER, SOURCE, VIEW, go, switch
from dashboard.words import size
from pomp.data.gdc.plan import DATA_TYPES
from pomp.data.manifest import CLINICAL, MANIFEST
from pomp.wording import count

DOWNLOADS, SLIDES = "downloads", "slides"
SERVER, UPLOAD, FETCH = "Folder on the server", "Upload tables", "TCGA"
READ = "read-folder"
"""In the session: the folder that the person asked to be read."""


def ask_source() -> Path | None:
    """The folder to import; None as long as none is chosen.

    Raises:
        CohortError: what was typed or uploaded cannot be used.
    """
    source = switch("Where the data are", [SERVER, UPLOAD, FETCH], SOURCE)
    if source == SERVER:
        return _ask_folder()
    if source == UPLOAD:
        _ask_upload()
    else:
        _show_fetch()
    return None


def _ask_folder() -> Path | None:
    text = st.text_input(
        "Folder", key=FOLDER, bind="query-params", placeholder="/data/TCGA-LIHC", icon=":material/folder:",
        help="A full path on the machine that runs this dashboard. Files are only read, and nothing is written there.",
    )  # fmt: skip
    folder = find_folder(text) if text else Path.home()
    if uploads.is_upload(folder, data.workspace().root):
        st.caption("The tables that you uploaded. They are kept for a day, or until they are imported.")
        return folder
    listing = list_folder(folder)
    chosen = st.session_state.get(READ) == str(folder)
    _show_listing(listing, brief=chosen)
    if listing.is_cohort:
        _ask_register(folder)
        return None
    if not text:
        st.caption("Type a folder, or tick one to go into it.")
        return None
    st.button(
        "Read this folder again" if chosen else "Read this folder", type="secondary" if chosen else "primary",
        icon=":material/search:", on_click=_remember, args=(folder,), key="read",
        help="Recognises tables, follow-up and slides by what stands in them. Large tables take a while.",
    )  # fmt: skip
    return folder if chosen else None


def _remember(folder: Path) -> None:
    st.session_state[READ] = str(folder)


def _show_listing(listing: Listing, *, brief: bool) -> None:
    """Names of what lies in a folder; ticking a folder goes into it. `brief`: only how many there are."""
    folders = sum(entry.kind == "folder" for entry in listing.entries)
    shown = "" if listing.total <= MOST else f", the first {MOST} of {listing.total:,} entries"
    files = len(listing.entries) - folders
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{code(listing.folder)}", width="content")
        st.caption(f"{count(folders, 'folder')}, {count(files, 'file')}{shown}", width="content")
        st.button(
            "One folder up", icon=":material/arrow_upward:", type="tertiary", on_click=_enter,
            args=(listing.folder.parent,), disabled=listing.folder.parent == listing.folder,
        )  # fmt: skip
    if brief or not listing.entries:
        return

    def choose() -> None:
        rows = st.session_state[f"listing-{listing.folder}"].selection.rows
        if rows and listing.entries[rows[0]].kind == "folder":
            _enter(listing.folder / listing.entries[rows[0]].name)

    rows = [(entry.name, entry.kind, size(entry.size_bytes)) for entry in listing.entries]
    st.dataframe(
        pd.DataFrame(rows, columns=["Name", "Kind", "Size"]), hide_index=True, key=f"listing-{listing.folder}",
        on_select=choose, selection_mode="single-row", alt="Entries of the folder",
        height=220 if len(rows) > 5 else "content",
    )  # fmt: skip


def _enter(folder: Path) -> None:
    st.session_state[FOLDER] = str(folder)


def _ask_register(folder: Path) -> None:
    """A cohort folder needs no import: it is used where it lies."""
    if folder in data.workspace().cohort_folders():
        st.info("This cohort is in the workspace already: choose it above.")
        return
    st.info(
        f"It holds a `{MANIFEST}`, so it is a cohort folder already and needs no import. Registered, it is used where "
        "it lies: nothing is copied, and changes in it count at once.", title="This is a cohort folder",
    )  # fmt: skip
    if st.button("Register this cohort", type="primary", icon=":material/bookmark_add:"):
        registered = data.workspace().register(folder)
        go(**{COHORT: data.cohort_argument(registered), VIEW: "Overview", FOLDER: ""})


def _ask_upload() -> None:
    """Keep uploaded tables in a folder of the workspace, which is read next like any other."""
    files = st.file_uploader(
        "Tables", accept_multiple_files=True, type=list(uploads.TYPES), max_upload_size=uploads.MAX_MB,
        help=f"Follow-up and omics tables, {uploads.MAX_MB} MB in all. Slides are too large for a browser: put them "
        "into a folder on the server.",
    )  # fmt: skip
    st.caption(
        "One table of patients with follow-up (days and event), and one table an omics type with patients or samples "
        f"in rows or columns. If yours are called `{CLINICAL}`, `mrna.csv` and the like, they are recognised best."
    )
    if st.button("Use these tables", type="primary", icon=":material/upload:", disabled=not files):
        folder = uploads.save_uploads(files, data.workspace().root)
        go(**{SOURCE: SERVER, FOLDER: str(folder)})


def _show_fetch() -> None:
    """Fetching takes hours and has to outlive the page: it is a command."""
    left, right = st.columns(2)
    project = left.selectbox("Project", list(TCGA), format_func=lambda name: f"{name}: {TCGA[name]}", key="project")
    types = right.pills(
        "What to fetch", list(DATA_TYPES), selection_mode="multi", key="types", wrap=True,
        default=[name for name in DATA_TYPES if name != SLIDES],
        help="Follow-up always comes along. Slides of a project take hundreds of gigabytes, methylation a few.",
    )  # fmt: skip
    if not types:
        st.caption("Choose at least one type.")
        return
    folder = data.workspace().root / DOWNLOADS / project
    st.markdown(
        "Run this in a terminal of the server. It fetches open-access files from the Genomic Data Commons; broken off, "
        "it goes on where it was when it is run again."
    )
    st.code(
        shlex.join(["pomp", "cohort", "fetch", project, "--types", ",".join(types), "--to", str(folder)]),
        language="bash", wrap_lines=True,
    )  # fmt: skip
    if folder.is_dir() and st.button("Import what was fetched", type="primary", icon=":material/arrow_forward:"):
        go(**{SOURCE: SERVER, FOLDER: str(folder)})
    elif not folder.is_dir():
        st.caption("When it is done, reload this page: the way to the import appears here.")
