"""Every hostile text, wherever Streamlit reads Markdown."""

from __future__ import annotations

import streamlit as st

from dashboard.elements import plain
from tests.dashboard.test_hostile import PAYLOADS

for number, payload in enumerate(PAYLOADS):
    with st.container(key=f"body-{number}"):
        st.markdown(plain(payload))
    with st.container(key=f"list-{number}"):
        st.markdown(f"- {plain(payload)}")
    with st.container(key=f"button-{number}"):
        st.button(plain(payload), key=f"label-{number}")
