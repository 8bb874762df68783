"""The report of a grid: the Runs page's numbers, every cell, and the losses of its runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.report.grid_report import grid_html, score_tables
from dashboard.runs.bars import bar_figure, bar_table
from dashboard.runs.curves import curve_figure, mean_curves
from pomp.config import override
from pomp.data.cohort import read_cohort
from pomp.runs.grid.cells import plan_cells
from pomp.runs.grid.fill import fill
from pomp.runs.grid.spec import Grid, choose
from pomp.runs.grid.table import difference_text, explanations, make_entries, score_text
from pomp.runs.workspace import Workspace
from tests.dashboard.fake import CONFIG, finish, make_cohort
from tests.dashboard.report_page import ReportPage

COMMAND = "pomp ablate ours --cohort tumours"
HOSTILE = "<img src=x onerror=alert(1)>"
SETTINGS = {"folds": 3, "slides.region_px": 64, "slides.downsample": 1, "omics.genes": 5}
GRID = {
    "name": "ours", "title": HOSTILE, "preset": "honest", "changes": SETTINGS, "cohorts": ["tumours"],
    "variant": [
        {"name": HOSTILE, "changes": {"model.width": 192}, "published": {"TUMOURS": (0.7, 0.02)}},
        {"name": "failed", "changes": {"model.width": 96}},
        {"name": "missing", "label": "not there", "changes": {"model.dropout": 0.1}},
        {"name": "impossible", "changes": {"cohort.omics": ["protein"]}},
        {"name": "whole", "reference": True},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two cells are done, one has failed, one is missing, and one cannot be."""
    workspace = Workspace(tmp_path_factory.mktemp("grid"))
    cohort = make_cohort(workspace.cohorts / "tumours", slides=True)
    for changes, signal in (({"model.width": 192}, 0.1), ({}, 3.0)):
        run = workspace.runs.create(cohort, override(CONFIG, changes))
        finish(run, cohort, signal=signal)
    failed = workspace.runs.create(cohort, override(CONFIG, {"model.width": 96}))
    failed.write_status(state="FAILED", error="The loss is not finite.")
    return workspace


@pytest.fixture(scope="module")
def grid() -> Grid:
    return Grid.model_validate(GRID)


@pytest.fixture(scope="module")
def page(workspace: Workspace, grid: Grid) -> ReportPage:
    return ReportPage(grid_html(grid, workspace, COMMAND))


def test_numbers_are_those_of_the_runs_page(workspace: Workspace, grid: Grid, page: ReportPage) -> None:
    entries = make_entries(grid, fill(plan_cells(grid, workspace), workspace.runs.list()))
    first = entries[0]
    assert first.scores
    for text in (score_text(first), difference_text(first), score_text(entries[-1]), *explanations(grid, entries)):
        assert " ".join(text.split()) in page.words
    (table,) = score_tables(grid, entries).values()
    assert table["published"].tolist() == ["0.700 ± 0.020", "", "", "", ""]
    assert table["state"].tolist() == ["done", "failed", "missing", "cannot be run", "done"]


def test_every_cell_says_where_it_stands(page: ReportPage) -> None:
    for said in ("The loss is not finite.", "no omics type of this cohort", "2 of 4 runs done", COMMAND):
        assert said.casefold() in page.words.casefold()


def test_losses_of_the_runs_that_are_done(page: ReportPage) -> None:
    assert [*page.figures] == ["bars", "curve-0-total", "curve-1-cox"]
    lines = {trace["name"] for trace in page.figures["curve-1-cox"]["data"]}
    assert lines == {"&lt;img src=x onerror=alert(1)&gt;", "whole"}


def test_nothing_from_outside_and_nothing_alive(page: ReportPage) -> None:
    addresses = [*page.values("src"), *page.values("href")]
    assert not [where for where in addresses if not where.startswith(("#", "data:"))]
    assert "img" not in {tag for tag, _ in page.elements}
    assert HOSTILE in page.words
    assert not [name for name in map(str, page.figures["bars"]["data"]) if "<img" in name]


def test_figures_escape_what_they_name(workspace: Workspace, grid: Grid) -> None:
    """Wherever they are drawn: the numbers beside them keep the names."""
    entries = make_entries(grid, fill(plan_cells(grid, workspace), workspace.runs.list()))
    scored = [replace(entry, cohort=HOSTILE) for entry in entries if entry.scores]
    curves = mean_curves({HOSTILE: scored[0].cells[0].run.metrics()}, "total")
    bars = bar_figure(grid, scored)
    for drawn in (bars, curve_figure(curves, "Total", log=False)):
        shown = str(drawn.to_plotly_json())
        assert HOSTILE not in shown
        assert "&lt;img src=x onerror=alert(1)&gt;" in shown
    assert set(bar_table(scored)["cohort"]) == set(curves["run"]) == {HOSTILE}
    assert set(bars.data[0].x) <= set(bars.layout.xaxis.categoryarray)


def test_a_grid_without_a_run_says_so(workspace: Workspace, grid: Grid) -> None:
    page = ReportPage(grid_html(choose(grid, seeds=[7]), workspace, COMMAND))
    assert "No run of this grid is done yet" in page.words
    assert "No run has recorded a loss yet." in page.words
    assert page.figures == {}
    assert len(read_cohort(workspace.cohorts / "tumours").patients) == 58
