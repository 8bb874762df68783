"""What is written in colours of the theme: captions, keys, chosen and primary buttons, links."""

from __future__ import annotations

import streamlit as st

st.title("A page")
for place, container in {"page": st.container(key="page"), "sidebar": st.sidebar.container(key="sidebar")}.items():
    with container:
        st.caption("A caption")
        st.segmented_control("One of two", ["Chosen", "Other"], default="Chosen", key=f"one-{place}")
        st.button(
            "With a key", shortcut="Shift+ArrowLeft" if place == "page" else "Shift+ArrowRight", key=f"key-{place}"
        )
        st.button("Primary", type="primary", key=f"primary-{place}")
        st.popover("Primary that opens", type="primary", key=f"popover-{place}").text("Opened")
        st.markdown("[A link](#here)")
