"""What a browser is told once for all pages: how its history goes, and what it may fetch before it is asked for."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import streamlit as st

from dashboard import scripts

ELEMENTS: Final = (
    "DataFrame", "DownloadButton", "Metric", "Multiselect", "NumberInput", "Progress", "Selectbox",
    "StreamlitSyntaxHighlighter", "TextInput",
)  # fmt: skip
"""Those that pages show at the second click rather than the first, by the names of Streamlit's scripts."""

# Back leads to the page before, however often the address has changed: Streamlit makes an entry for each choice that it
# writes into the address, several at a time. Other pages have another path, and get their entry.
#
# And once the first page stands, what figures and other pages need is made ready: plotly alone takes longer than a
# click may. What cannot be had now is asked for again where it is needed.
_TELL: Final = """
history.pushState = (state, title, url) => {
  const same = !url || new URL(url, location.href).pathname === location.pathname
  const change = same ? History.prototype.replaceState : History.prototype.pushState
  change.call(history, state, title, url)
}
let told = false
const idle = () => new Promise((resolve) => (window.requestIdleCallback ?? setTimeout)(resolve))
const load = (url) => idle().then(() => import(new URL(url, document.baseURI)))
async function makeReady({ figure, plotly, elements }) {
  try {
    await Promise.all(elements.map(load))
    await (await load(figure)).makeReady(plotly)
  } catch (error) {
    console.info(error)
  }
}
export default ({ data }) => {
  if (!told) makeReady(data)
  told = true
}
"""


def tell_browser() -> None:
    """To be called once on every page. It shows nothing."""
    data = {"figure": scripts.FIGURE.url, "plotly": scripts.PLOTLY.url, "elements": element_scripts()}
    _component()(key="browser", data=data, height=1)


@cache
def _component() -> Any:
    return st.components.v2.component("pomp_browser", js=_TELL)


@cache
def element_scripts() -> list[str]:
    """Where Streamlit's server offers them; of another version, those that it still has."""
    folder = Path(st.__file__).parent / "static"
    found = (file for name in ELEMENTS for file in folder.glob(f"static/js/{name}.*.js"))
    return [file.relative_to(folder).as_posix() for file in found]
