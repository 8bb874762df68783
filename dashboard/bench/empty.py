"""The least that a Streamlit app can be, with the one control that every page of the dashboard has too."""

import streamlit as st

st.set_page_config(page_title="empty", layout="wide")
st.title("Empty")
with st.sidebar:
    chosen = st.segmented_control("Save pictures as", ["SVG", "PNG"], default="SVG", required=True)
st.text(chosen)
