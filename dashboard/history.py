"""The browser's history has an entry a page: Back leads to the page before, however often the address has changed."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import streamlit as st

# Streamlit makes an entry for each choice that it writes into the address, several at a time. Other pages have another
# path, and get theirs.
_REPLACE: Final = """
history.pushState = (state, title, url) => {
  const same = !url || new URL(url, location.href).pathname === location.pathname
  const change = same ? History.prototype.replaceState : History.prototype.pushState
  change.call(history, state, title, url)
}
export default () => {}
"""


def keep_history_short() -> None:
    """To be called once on every page. It shows nothing."""
    _component()(key="history", height=1)


@cache
def _component() -> Any:
    return st.components.v2.component("pomp_history", js=_REPLACE)
