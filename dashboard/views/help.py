"""Help: the words, how to read each figure, and what the method cannot do."""

from __future__ import annotations

import streamlit as st

from dashboard import data
from dashboard.elements import code
from dashboard.help.entry import find_entries
from dashboard.help.figures import FIGURES
from dashboard.help.glossary import GLOSSARY
from dashboard.help.limits import LIMITS
from dashboard.help.practice import COMMANDS, KEYS, places
from dashboard.state import switch

PARTS = {
    "Words": GLOSSARY,
    "Figures": FIGURES,
    "Limits": LIMITS,
    "Keys of the slide viewer": KEYS,
    "Commands": COMMANDS,
    "Where things lie": places(code(data.workspace().root)),
}

search = st.text_input(
    "Search", key="help-search", max_chars=80, bind="query-params", icon=":material/search:",
    placeholder="for example: hazard ratio, attention, disk space", help="In all parts of this page at once.",
)  # fmt: skip
part = switch("Part of the page", list(PARTS), "help-part", hidden=True)
shown = {name: find_entries(entries, search) for name, entries in PARTS.items() if search or name == part}
if not any(shown.values()):
    st.info("Nothing is said about this here. Try one word, or another one for the same thing.")
for name, entries in shown.items():
    if not entries:
        continue
    st.header(name)
    half = -(-len(entries) // 2)
    # An element a column: the browser draws two of them sooner than a card for each entry.
    for place, own in zip(st.columns(2, gap="large"), (entries[:half], entries[half:]), strict=True):
        if own:
            place.markdown("\n\n---\n\n".join(f"**{entry.title}**\n\n{entry.text}" for entry in own))
st.caption(
    "The method: Wang and others, POMP: Pathology-omics multimodal pre-training framework for cancer survival "
    "prediction, IJCAI 2025. The address of this page holds the search, so it can be passed on."
)
