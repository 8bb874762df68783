"""Scripts as the server hands them out: to be kept, and refused once they have changed."""

from __future__ import annotations

import gzip
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import plotly.graph_objects as go
import pytest
import streamlit as st

from dashboard import scripts
from dashboard.figure.component import draw_figure
from dashboard.scripts import FIGURE, PLOTLY, VIEWER, Script
from dashboard.viewer import component
from tests.dashboard.conftest import Serve


@pytest.fixture(scope="module")
def address(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> str:
    home = tmp_path_factory.mktemp("home")
    script = home / "page.py"
    script.write_text("import streamlit as st\nst.title('A page')\n")
    return serve(script, home)


@pytest.mark.parametrize("script", [FIGURE, PLOTLY, VIEWER], ids=lambda script: script.file.name)
def test_may_be_kept(address: str, script: Script) -> None:
    if script is VIEWER and not component.available():
        pytest.skip(component.explain_absence())
    with urllib.request.urlopen(address + script.url, timeout=30) as answer:  # noqa: S310
        body, headers = answer.read(), answer.headers
    assert (gzip.decompress(body) if headers["content-encoding"] == "gzip" else body) == script.file.read_bytes()
    assert "immutable" in headers["cache-control"]
    assert headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["/scripts/0123456789abcdef/figure.js", "/scripts/"])
def test_others_are_refused(address: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(address + path, timeout=30)  # noqa: S310
    with refused.value as answer:
        assert (answer.code, answer.read()) == (404, b"This script has changed: reload the page.")
        assert answer.headers["cache-control"] == "no-store"


def test_the_address_changes_with_the_content(tmp_path: Path) -> None:
    script = Script(tmp_path / "some.js")
    script.file.write_text("1")
    first = script.url
    assert first == script.url
    assert first.endswith("/some.js")
    assert first in script.loader
    script.file.write_text("22")
    assert script.url != first


def test_pages_ask_for_a_script_that_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They asked for the former one, which the server no longer has, until it was started again."""
    asked = []

    def component(name: str, js: str, **_: bool) -> Callable[..., None]:
        asked.append((name, js))
        return lambda **_: None

    own = Script(tmp_path / "figure.js")
    monkeypatch.setattr(scripts, "FIGURE", own)
    monkeypatch.setattr(st.components.v2, "component", component)
    loaders = []
    for content in ("1", "22"):
        own.file.write_text(content)
        loaders.append(own.loader)
        for _ in range(2):
            draw_figure(go.Figure(), key="one", name="one", alt="one", select=False)
    assert asked == [("pomp_figure", loader) for loader in loaders]
