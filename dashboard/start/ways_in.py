"""What an empty workspace offers: the demo, or data of one's own."""

from __future__ import annotations

import streamlit as st

from dashboard import data
from dashboard.elements import code, errors_as_text, progress_bar
from pomp.data.bundle import assets_folder

WAY_PX = 240
"""Of a card; in a narrow window they are below each other."""


def show_two_ways_in() -> None:
    """An empty workspace: the demo, or data of one's own."""
    beside = st.container(horizontal=True)
    with beside.container(border=True, width=WAY_PX, height="stretch"):
        st.markdown("**See how it works**")
        st.markdown(
            "The bundle holds a made-up cohort with slides, real breast cancer data of TCGA without slides, and "
            f"finished runs on both. It is copied into {code(data.workspace().root)}: some 20 MB, a few seconds."
        )
        if st.button("Install the demo", type="primary", icon=":material/download:", key="start-demo"):
            with errors_as_text(), progress_bar("Copying the bundle") as on_progress:
                data.workspace().install_bundle(assets_folder(), on_progress)
                st.rerun()
    with beside.container(border=True, width=WAY_PX, height="stretch"):
        st.markdown("**Bring your own data**")
        st.markdown(
            "A folder with a clinical table, omics tables and slides, or an export of UCSC Xena or of the Genomic Data "
            "Commons. What is in it is recognised and shown before anything is written."
        )
        st.page_link("views/cohort.py", label="Import a cohort", icon=":material/arrow_forward:")
