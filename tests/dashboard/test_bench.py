"""The dashboard's measurements are made, and what they compare is equal; times are not asserted."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from dashboard.bench import __main__ as bench
from dashboard.bench import browser, figures, load, pages, tiles
from dashboard.bench.finding import Finding, cells, markdown
from dashboard.bench.protocol import Client
from dashboard.bench.server import Server, dashboard_of
from dashboard.bench.workspace import EXTENTS, make_workspace
from pomp.bench.measurement import Scale
from pomp.errors import PompError
from tests.dashboard.conftest import CHROMIUM
from tests.dashboard.pages import open_page

SMALL: Scale = "small"

CHANGING = """<div data-testid="stMain"><canvas><i></i></canvas><p></p><button>Go</button></div><script>
document.querySelector("button").onclick = () => {
  document.querySelector("p").textContent = window.pompFinished = performance.now() + 1
  const hidden = setInterval(() => { document.querySelector("i").textContent = performance.now() }, 20)
  setTimeout(() => clearInterval(hidden), 10_000)
}</script>"""
"""A page whose text changes once with a click, and whose canvas goes on."""


def quiet(_: str) -> None:
    """No progress."""


class TestFinding:
    @pytest.mark.parametrize(
        ("found", "ratio", "reached"),
        [
            (Finding("a", 3.0, "ms"), None, None),
            (Finding("a", 3.0, "ms", most=3.0), None, True),
            (Finding("a", 3.1, "ms", most=3.0), None, False),
            (Finding("a", 3.0, "ms", against=2.0), 1.5, None),
            (Finding("a", 3.0, "ms", against=2.0, most=1.5), 1.5, True),
            (Finding("a", 3.2, "ms", against=2.0, most=1.5), 1.6, False),
        ],
    )
    def test_ratio_and_limit(self, found: Finding, ratio: float | None, reached: bool | None) -> None:
        assert found.ratio == ratio
        assert found.reached is reached

    def test_table(self) -> None:
        found = Finding("a | b", 1234.5, "ms", 617.25, 2.5, "said")
        assert cells(found) == ["a | b", "1,234 ms", "617 ms", "2×", "≤ 2.5", "yes", "said"]
        text = markdown([found], "pomp bench dashboard")
        assert text.startswith("# `pomp bench dashboard`\n")
        assert "| a ¦ b | 1,234 ms | 617 ms | 2× | ≤ 2.5 | yes | said |" in text
        assert "streamlit" in text


def test_tiles() -> None:
    passed, median, high = tiles.measure(SMALL, quiet)
    assert re.search(r"pixels differ from OpenSlide's by [01] at most", passed.note)
    assert passed.against is not None
    assert high.value >= median.value
    assert high.most == 50


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_workspace(tmp_path_factory.mktemp("made"), SMALL, quiet).root


def test_only_pages_that_there_are_have_buttons_to_click() -> None:
    assert set(pages.CLICKS) <= set(pages.page_names())


class TestWorkspace:
    @pytest.mark.slow
    @pytest.mark.parametrize("page", pages.page_names())
    def test_every_page_opens_on_it(self, made: Path, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("POMP_HOME", str(made))
        assert not open_page(page).error

    def test_sizes(self, made: Path) -> None:
        runs = sorted((made / "runs").iterdir())
        assert len(runs) == EXTENTS[SMALL].runs
        lines = (runs[0] / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
        assert len(lines) == 5 * 2 * EXTENTS[SMALL].epochs  # folds, stages
        assert len(list((made / "cohorts" / "large" / "slides").iterdir())) == EXTENTS[SMALL].slides


@pytest.mark.slow
class TestProtocol:
    def test_pages_and_errors(self, made: Path) -> None:
        with dashboard_of(made) as server, Client(server.url) as client:
            client.run("")
            client.run("help")
            assert (client.errors, client.reruns) == ([], 2)
            client.run("no such page")
            assert client.errors == ["no such page: not found"]

    def test_a_server_that_is_gone(self, made: Path) -> None:
        with dashboard_of(made) as server, Client(server.url) as client:
            server.process.kill()
            server.process.wait()
            client.run("")
            assert re.match(r"first page: Connection\w+: ", client.errors[0])


@pytest.fixture(scope="module")
def served(made: Path) -> Iterator[Server]:
    with dashboard_of(made) as server:
        yield server


@pytest.mark.slow
class TestInBrowser:
    @pytest.fixture(autouse=True)
    def _browser(self) -> None:
        if not CHROMIUM.is_file():
            pytest.skip(f"no browser at {CHROMIUM}")

    @pytest.mark.parametrize("page", pages.page_names())
    def test_the_buttons_of_a_page_can_be_clicked_in_turn(self, served: Server, page: str) -> None:
        with browser.chromium() as chromium:
            watched = browser.WatchedPage(chromium.new_page(viewport={"width": 1400, "height": 1000}))
            watched.open(f"{served.url}/{pages.path_of(page)}")
            turns = pages.CLICKS.get(page, pages.FORMATS)
            assert all(watched.click(*turns) > 0 for _ in turns)
            watched.page.set_default_timeout(200)
            with pytest.raises(PompError, match="has no button nothing or never to click: see CLICKS"):
                watched.click("nothing", "never")
            assert watched.problems == []

    def test_what_a_canvas_keeps_is_not_waited_for(self) -> None:
        """It goes on changing for ten seconds, and the page is still long before."""
        with browser.chromium() as chromium:
            watched = browser.WatchedPage(chromium.new_page())
            watched.page.set_content(CHANGING)
            assert watched.click("Go") < 5000

    def test_pages(self) -> None:
        found = pages.measure(SMALL, quiet)
        names = pages.page_names()[:2]
        assert [finding.what.split(":")[0] for finding in found] == [
            f"made, {name}" for name in names for _ in range(4)
        ]
        assert all(finding.value > 0 and finding.note == "" for finding in found)

    def test_figures(self) -> None:
        changed, replaced = figures.measure(SMALL, quiet)
        for found in (changed, replaced):
            assert found.value > 0
            assert found.against is not None
            assert found.against > 0
            assert found.note == ""

    def test_load(self) -> None:
        reruns, clicks, errors, memory = load.measure(SMALL, quiet, 0.1)
        assert reruns.value > 0
        assert clicks.value > 0
        assert (errors.value, errors.note) == (0, "")
        assert memory.against is not None


class TestCommand:
    def test_saves_the_table(self, tmp_path: Path) -> None:
        app = typer.Typer()
        app.command()(bench.main)
        file = tmp_path / "a.md"
        result = CliRunner().invoke(app, ["--only", "tiles", "--scale", "small", "--out", str(file)])
        assert result.exit_code == 0, result.output
        assert file.read_text(encoding="utf-8").startswith(
            "# `pomp bench dashboard --only tiles --scale small`\n"
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("only", "scale", "message"),
        [
            ("speed", "small", "'speed' cannot be measured. Choose from tiles, figures, pages, load."),
            ("tiles", "huge", "'huge' is no scale. Choose full or small."),
        ],
    )
    def test_what_it_does_not_know(self, only: str, scale: str, message: str) -> None:
        with pytest.raises(PompError, match=message):
            bench.measure(only, scale, 1.0)

    def test_without_a_browser(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(browser.shutil, "which", lambda _: None)
        with pytest.raises(PompError, match=r"no browser on the PATH .* Install Chromium"), browser.chromium():
            pass

    def test_without_playwright(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
        with pytest.raises(PompError, match=r"pip install 'pomp\[dev\]'"), browser.chromium():
            pass
