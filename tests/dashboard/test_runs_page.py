"""The Runs page: all runs, what differs between some, their curves, and the ablation grids."""

from __future__ import annotations

import json
import re
from pathlib import Path
from threading import Event

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.runs.bars import bar_figure, bar_table
from dashboard.runs.curves import curve_figure, mean_curves
from dashboard.runs.differences import config_differences
from dashboard.runs.grid import cell_table, grid_command, read_seeds
from dashboard.runs.launching import how_long
from dashboard.runs.listing import Filters, label, names, run_table
from dashboard.runs.opening import run_of
from dashboard.training import forecast
from pomp.errors import ConfigError, RunError
from pomp.runs.grid.cells import plan_cells
from pomp.runs.grid.fill import fill
from pomp.runs.grid.spec import Grid, read_grid
from pomp.runs.grid.table import Entry, make_entries
from pomp.runs.queue import Queue
from pomp.runs.workspace import Workspace
from tests.dashboard.fake import FakeWorkspace, make_workspace
from tests.dashboard.pages import figures, open_page, words
from tests.runs.grids import cell_of, finish, make_run, write_grid

GRID = """
name = "own"
title = "Own grid"
published_in = "Table 9"
cohorts = ["tumours"]
changes = { folds = 3, slides = { region_px = 64, downsample = 1 }, omics.genes = 5 }

[[variant]]
name = "none"
changes = { pretrain.epochs = 0 }
published = { TUMOURS = [0.7, 0.03] }

[[variant]]
name = "all"
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeWorkspace:
    """A workspace with a grid, whose cell `all` at seed 0 the run `honest` fills."""
    monkeypatch.setenv("POMP_HOME", str(tmp_path))
    write_grid(tmp_path / "grids", GRID, "own")
    return make_workspace(tmp_path)


@pytest.fixture
def queue_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody works on what is queued."""
    monkeypatch.setattr("pomp.runs.backends.local.LocalBackend.wake", lambda self: None)


def filled_entries(fake: FakeWorkspace) -> tuple[Grid, list[Entry]]:
    workspace = Workspace(fake.root)
    grid = read_grid(fake.root / "grids" / "own.toml")
    return grid, make_entries(grid, fill(plan_cells(grid, workspace), workspace.runs.list()))


class Plan:
    """As far as launching reads one."""

    seconds = 90.0


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The words of every plan that is made."""
    found: list[tuple[str, ...]] = []

    def make_plan(words: tuple[str, ...]) -> Plan:
        found.append(words)
        return Plan()

    monkeypatch.setattr(forecast, "make_plan", make_plan)
    return found


def offer(app: AppTest) -> str:
    """What the button says that launches cells; empty if there is none."""
    labels = [block.proto.popover.label for block in app.get("popover")]
    return next((label for label in labels if label.startswith("Launch")), "")


# All runs


@pytest.mark.usefixtures("home")
def test_all_runs_are_listed(fake: FakeWorkspace) -> None:
    app = open_page("runs")
    table = app.dataframe[0].value.set_index("run")
    assert set(table.index) == {run.id for run in fake.runs.values()}
    honest, failed = table.loc[fake.runs["honest"].id], table.loc[fake.runs["failed"].id]
    assert (honest["state"], honest["protocol"], honest["seed"]) == ("finished", "honest", 0)
    assert 0.5 < honest["c_index"] < 1
    assert honest["sd"] > 0
    assert failed["state"] == "failed"
    assert pd.isna(failed["c_index"])
    assert "6 of 6 runs" in words(app)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(("address", "left"), [
    ({"under": "paper-released"}, ["released"]),
    ({"in_state": "failed"}, ["failed"]),
    ({"text": "SCRIPT"}, ["hostile"]),
    ({"in_cohort": "Tumours", "in_state": "finished"}, ["honest", "released"]),
    ({"text": "nobody"}, []),
])  # fmt: skip
def test_filters_stand_in_the_address(fake: FakeWorkspace, address: dict[str, str], left: list[str]) -> None:
    app = open_page("runs", **address)
    assert app.dataframe[0].value["run"].tolist() == [fake.runs[name].id for name in left]


@pytest.mark.parametrize(("filters", "kept"), [
    (Filters(), True),
    (Filters(cohorts=["A"], protocols=["honest"], states=["failed"]), True),
    (Filters(cohorts=["B"]), False),
    (Filters(protocols=["paper"]), False),
    (Filters(states=["finished"]), False),
    (Filters(text=" RUN-7 "), True),
    (Filters(text="title"), True),
    (Filters(text="else"), False),
])  # fmt: skip
def test_filters(filters: Filters, kept: bool) -> None:
    row = pd.Series(
        {"state": "failed", "title": "A title", "cohort": "A", "system": "POMP", "protocol": "honest", "run": "run-7"}
    )
    assert filters.keep(row) is kept


@pytest.mark.usefixtures("home")
def test_damaged_predictions_leave_a_gap_in_the_list(own: FakeWorkspace) -> None:
    (own.runs["honest"].folder / "predictions.parquet").write_bytes(b"PAR1 torn")
    table = run_table(list(own.runs.values())).set_index("run")
    assert pd.isna(table.loc[own.runs["honest"].id, "c_index"])
    assert table.loc[own.runs["released"].id, "c_index"] > 0


# Comparing


@pytest.mark.usefixtures("home")
def test_runs_in_the_address_are_compared(fake: FakeWorkspace) -> None:
    app = open_page("runs")
    app.multiselect(key="compare_runs").set_value([fake.runs[name].id for name in ("honest", "released")]).run()
    assert not app.exception
    assert "What differs" in words(app)
    (differences,) = (found for found in app.dataframe if found.proto.alt == "Settings that differ")
    labels = json.loads(differences.proto.columns)
    assert (labels["setting"]["label"], labels["what it is"]["label"]) == ("Setting", "What it is")
    assert [place.weight for place in app.columns][-3:] == [pytest.approx(1 / 3)] * 3  # 'Logarithmic axis' is whole
    assert app.dataframe[1].value["setting"].tolist() == ["protocol"]
    assert app.selectbox(key="measure").options[0] == "Total loss"
    app.selectbox(key="measure").select("cox").run()
    assert not app.exception
    assert len(figures(app)) == 1


@pytest.mark.usefixtures("home")
def test_one_run_has_curves_and_no_differences(fake: FakeWorkspace) -> None:
    app = open_page("runs")
    app.multiselect(key="compare_runs").set_value([fake.runs["empty"].id]).run()
    assert "What differs" not in words(app)
    assert "None of these runs has finished an epoch yet." in words(app)
    assert [button.label for button in app.button if button.key.startswith("open-")] == ["Tumours on Train"]


@pytest.mark.usefixtures("home")
def test_a_chosen_run_is_opened(fake: FakeWorkspace) -> None:
    app = open_page("runs")
    app.multiselect(key="compare_runs").set_value([fake.runs["released"].id]).run()
    app.button(key=f"open-{fake.runs['released'].id}").click().run()
    assert app.title[0].value == "Survival"
    assert app.selectbox(key="run").value == fake.runs["released"].id


def test_only_settings_that_differ_are_shown(fake: FakeWorkspace) -> None:
    table = config_differences([fake.runs["honest"], fake.runs["hostile"]]).set_index("setting")
    assert list(table.index)[:2] == ["cohort", "files of the cohort"]
    assert "model.modalities" in table.index
    assert "folds" not in table.index
    first, second = table.columns[:2]
    assert (table.loc["model.modalities", first], table.loc["model.modalities", second]) == ("both", "omics")
    assert table.loc["pretrain.poc", "what it is"] == "Weight of pathology–omics contrastive learning (Eq. 8)."
    assert config_differences([fake.runs["honest"], fake.runs["empty"]]).empty


def test_names_are_short_and_different(fake: FakeWorkspace) -> None:
    runs = [fake.runs[name] for name in ("honest", "empty", "hostile")]
    short = names(runs)
    assert short[runs[2].id] == runs[2].info.title
    assert short[runs[0].id] == f"Tumours · {runs[0].id}"
    assert len({label(run) for run in runs}) == 3


def test_curves_are_the_mean_over_folds() -> None:
    rows = [
        {"stage": "pretrain", "fold": fold, "epoch": epoch, "total": value}
        for fold, values in enumerate([[1.0, 2.0, 6.0], [3.0, 6.0]])
        for epoch, value in enumerate(values)
    ]
    metrics = {"run": pd.DataFrame(rows), "other": pd.DataFrame([{"stage": "finetune", "fold": 0, "epoch": 0}])}
    plain = mean_curves(metrics, "total")
    assert plain["epoch"].tolist() == [1, 2, 3]
    assert plain["mean"].tolist() == [2.0, 4.0, 6.0]
    assert plain["sd"].round(4).tolist()[:2] == [1.4142, 2.8284]
    assert pd.isna(plain["sd"].iloc[2])
    assert plain["folds"].tolist() == [2, 2, 1]
    smooth = mean_curves(metrics, "total", 0.5)
    # fold 1: 1, (2 + 1/2) / (1 + 1/2), (6 + 2/2 + 1/4) / (1 + 1/2 + 1/4); fold 2: 3, (6 + 3/2) / (1 + 1/2)
    assert smooth["mean"].tolist() == pytest.approx([2.0, (2.5 / 1.5 + 5.0) / 2, 7.25 / 1.75])
    figure = curve_figure(plain, "Total", log=True)
    assert [trace.fill for trace in figure.data] == ["toself", None]
    assert figure.layout.yaxis.type == "log"
    assert mean_curves({}, "total").empty


# Grids


def test_the_grid_shows_what_is_done_and_what_is_missing(own: FakeWorkspace) -> None:
    app = open_page("runs", part="Ablations", grid="own", grid_preset="honest", grid_cohorts="tumours")
    assert "Own grid" in words(app)
    table = app.dataframe[0].value.set_index("variant")
    assert table.loc["none", "tumours · honest"] == "missing"
    assert re.fullmatch(r"0\.\d{3} ± 0\.\d{3}", table.loc["all", "tumours · honest"])
    assert table.loc["none", "tumours · published"] == "0.700 ± 0.030"
    assert "tumours · honest · difference" not in table
    assert "pomp ablate own --preset honest --cohort tumours --protocol honest --seed 0" in words(app)
    assert "Differences are to all on the same patients" in words(app)
    assert len(figures(app)) == 1


def test_seeds_and_protocols_are_chosen(own: FakeWorkspace) -> None:
    app = open_page(
        "runs", part="Ablations", grid="own", grid_preset="honest", grid_cohorts="tumours", grid_seeds="0, 1",
        grid_protocols="paper-released",
    )  # fmt: skip
    table = app.dataframe[0].value.set_index("variant")
    assert table.loc["all", "tumours · paper-released"].endswith(" · 1 done, 1 missing")
    app.text_input(key="grid_seeds").set_value("one").run()
    assert "'one' are no seeds" in words(app)


def test_what_cannot_be_run_says_why(own: FakeWorkspace) -> None:
    app = open_page("runs", part="Ablations", grid="fig3a", grid_preset="honest", grid_cohorts="omics_only")
    table = app.dataframe[0].value.set_index("variant")
    assert table.loc["pathology: slides alone", "omics_only · honest"] == "cannot be run"
    assert "omics_only, pathology, both: Cohort 'omics_only' has no slides" in words(app).replace("\u2060", "")


def test_a_damaged_grid_is_told(own: FakeWorkspace) -> None:
    write_grid(own.root / "grids", 'name = "bad"', "bad")
    assert "variant: is required and missing" in words(open_page("runs", part="Ablations", grid="bad"))


@pytest.mark.usefixtures("queue_only")
def test_missing_cells_are_launched_once_that_is_confirmed(own: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(words: tuple[str, ...]) -> None:
        raise RunError("No plan.")

    monkeypatch.setattr(forecast, "make_plan", refuse)
    before = len(Workspace(own.root).runs.list())
    app = open_page("runs", part="Ablations", grid="own", grid_preset="honest", grid_cohorts="tumours")
    assert offer(app) == "Launch 1 missing run…"
    app.session_state["launch-grid"] = True
    app.run()
    forecast._pool.submit(int).result()  # the plan was asked for before
    app.run()
    assert "1 run on this machine." in words(app).replace("*", "")
    assert "How long they take cannot be said: No plan." in words(app)
    assert len(Workspace(own.root).runs.list()) == before
    app.button(key="launch-confirmed").click().run()
    assert not app.exception
    newest = Workspace(own.root).runs.list()[0]
    assert newest.info.title == "own: none"
    assert newest.status().state == "QUEUED"
    again = open_page("runs", part="Ablations", grid="own", grid_preset="honest", grid_cohorts="tumours")
    assert again.dataframe[0].value.set_index("variant").loc["none", "tumours · honest"] == "queued"
    assert offer(again) == ""


@pytest.mark.usefixtures("queue_only")
def test_the_page_goes_on_while_one_plan_is_made(own: FakeWorkspace, planned: list[tuple[str, ...]]) -> None:
    over = Event()
    forecast._pool.submit(over.wait, 60)
    app = open_page("runs", part="Ablations", grid="own", grid_preset="honest", grid_cohorts="tumours")
    app.session_state["launch-grid"] = True
    app.run()
    said = words(app)
    over.set()
    assert "The plan is being made" in said
    forecast._pool.submit(int).result()
    for _ in range(3):
        app.run()
    assert "About 1 min 30 s one after another on this machine, if all take as long as the first." in words(app)
    assert [plan[:2] for plan in planned] == [("plan", str(own.root / "cohorts" / "tumours"))]


@pytest.mark.usefixtures("queue_only", "planned")
def test_a_full_queue_says_how_many_wait(own: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Queue.__init__, "__defaults__", (0,))
    app = open_page("runs", part="Ablations", grid="own", grid_preset="honest", grid_cohorts="tumours")
    app.session_state["launch-grid"] = True
    app.run()
    app.button(key="launch-confirmed").click().run()
    assert "The queue has room for 0 runs. Launch the other 1 when it has more." in words(app)


def test_how_long_it_takes_is_known_from_what_is_done(own: FakeWorkspace) -> None:
    workspace, grid = Workspace(own.root), read_grid(own.root / "grids" / "own.toml")

    def estimate() -> str:
        filled = fill(plan_cells(grid, workspace), workspace.runs.list())
        return how_long(filled, [one for one in filled if one.state == "MISSING"])

    assert estimate() == ""
    own.runs["honest"].write_status(started="2025-01-01T00:00:00+00:00", finished="2025-01-01T00:10:00+00:00")
    assert estimate().startswith("About 10 min 0 s one after another, going by the runs of this grid")


def test_a_cell_opens_the_run_that_fills_it(own: FakeWorkspace) -> None:
    grid, entries = filled_entries(own)
    _, places = cell_table(grid, entries)
    assert run_of(places[1, "tumours · honest"]) == own.runs["honest"]
    assert run_of(places[0, "tumours · honest"]) is None
    assert (0, "variant") not in places


def test_bars_have_a_point_a_fold_and_what_is_published(own: FakeWorkspace) -> None:
    workspace = Workspace(own.root)
    grid = read_grid(own.root / "grids" / "own.toml")
    finish(make_run(cell_of(grid, workspace, "none"), workspace))
    _, entries = filled_entries(own)
    figure = bar_figure(grid, entries)
    bar, points, published = figure.data
    assert list(bar.x) == ["none", "all"]
    assert [height + 0.5 for height in bar.y] == pytest.approx([entry.mean_sd[0] for entry in entries])
    assert list(points.x) == ["none"] * 3 + ["all"] * 3
    assert (list(published.x), list(published.y)) == (["none"], [0.7])
    assert bar_table(entries)["fold"].tolist() == [1, 2, 3, 1, 2, 3]


@pytest.mark.parametrize(("text", "seeds"), [("", []), ("3", [3]), (" 0, 1,2 ,", [0, 1, 2])])
def test_seeds(text: str, seeds: list[int]) -> None:
    assert read_seeds(text) == seeds


@pytest.mark.parametrize("text", ["one", "1.5", "1;2"])
def test_no_seeds(text: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"'{text}' are no seeds")):
        read_seeds(text)


def test_the_command_quotes_what_a_shell_would_split(own: FakeWorkspace) -> None:
    grid = read_grid(own.root / "grids" / "own.toml").model_copy(update={"cohorts": ("my cohort",)})
    assert grid_command("own", grid) == (
        "pomp ablate own --preset honest --cohort 'my cohort' --protocol honest --seed 0"
    )


def test_a_workspace_without_cohorts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POMP_HOME", str(tmp_path))
    assert "There is no cohort to run a grid on." in words(open_page("runs", part="Ablations"))
    assert "There is no run yet." in words(open_page("runs"))


@pytest.mark.usefixtures("home")
def test_reruns_read_neither_cohorts_nor_metrics_again(fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page("runs")
    app.multiselect(key="compare_runs").set_value([fake.runs["honest"].id]).run()

    def never(*_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr("pomp.runs.run.metrics.read_rows", never)
    monkeypatch.setattr("pomp.runs.run.read_table", never)
    app.run()
    assert not app.exception
