"""What chance gives: the part of the Runs page, and that runs of null experiments are never shown as results."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard import data
from dashboard.charts.chance import chance_figure, chance_table
from dashboard.elements import run_label
from dashboard.runs.chance import null_command, summary_table
from dashboard.survival.comparison import comparable
from pomp.config import ProtocolName, override
from pomp.data.cohort import read_cohort
from pomp.runs.null import find_experiments, null_grid, summarise
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from tests.dashboard.fake import CONFIG, FakeWorkspace, finish, make_workspace
from tests.dashboard.pages import open_page, words

PART = "What chance gives"


def deal(fake: FakeWorkspace, protocol: ProtocolName, permutation: int, signal: float) -> Run:
    """A finished run on outcomes dealt anew. `signal`: how far it seems to know them all the same."""
    config = override(CONFIG, {"protocol": protocol, "cohort.permutation": permutation})
    cohort = read_cohort(fake.root / "cohorts" / "tumours", config.cohort)
    return finish(Workspace(fake.root).runs.create(cohort, config, f"null: permutation {permutation}"), cohort, signal)


@pytest.fixture(scope="module")
def dealt(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    """Three permutations under two protocols, beside the runs of the fake workspace."""
    fake = make_workspace(tmp_path_factory.mktemp("dealt"))
    for permutation in range(3):
        for protocol, signal in (("honest", 0.0), ("paper-released", 3.0)):
            fake.runs[f"{protocol}-{permutation}"] = deal(fake, protocol, permutation, signal)  # type: ignore[arg-type]
    return fake


@pytest.fixture
def dealt_home(dealt: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> FakeWorkspace:
    monkeypatch.setenv("POMP_HOME", str(dealt.root))
    return dealt


@pytest.mark.usefixtures("home")
def test_nothing_yet_says_how(fake: FakeWorkspace) -> None:
    app = open_page("runs", part=PART)
    assert "There is no finished null experiment yet." in words(app)
    assert [block.value for block in app.code] == ["pomp null omics_only --preset demo"]


def test_an_empty_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POMP_HOME", str(tmp_path))
    assert "pomp null COHORT --preset demo" in words(open_page("runs", part=PART))


def test_both_protocols_with_their_verdicts(dealt_home: FakeWorkspace) -> None:
    app = open_page("runs", part=PART)
    said = words(app)
    assert "**honest**: 0.5 lies within: no sign that the protocol finds signal where there is none." in said
    assert "**paper-released**: the protocol finds signal where there is none." in said
    assert [element.value.count("released") for element in app.error] == [1]
    assert len(app.success) == 1
    (table,) = [frame.value for frame in app.dataframe]
    assert table["protocol"].tolist() == ["honest", "paper-released"]
    assert table["permutations"].tolist() == [3, 3]
    released = summarise(find_experiments(Workspace(dealt_home.root).runs.list())[0])[1]
    assert released.own is not None
    assert table.loc[1, ["mean", "lower", "upper", "own", "p"]].tolist() == pytest.approx(
        [released.mean, released.lower, released.upper, released.own, released.p]
    )
    command = next(block.value for block in app.code)
    assert command.startswith(
        "pomp null tumours --preset honest --permutations 3 --seed 0 --protocol honest --protocol"
    )


def test_experiments_on_changed_files_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = make_workspace(tmp_path)
    monkeypatch.setenv("POMP_HOME", str(tmp_path))
    deal(fake, "honest", 0, 0.0)
    with (tmp_path / "cohorts" / "tumours" / "clinical.csv").open("a") as clinical:
        clinical.write("\n")
    deal(fake, "honest", 0, 0.0)
    (box,) = [box for box in open_page("runs", part=PART).selectbox if box.label == "Experiment"]
    assert len(set(box.options)) == 2


def test_the_command_makes_the_same_runs(dealt_home: FakeWorkspace) -> None:
    """Its settings give the grid whose cells those runs fill."""
    runs = Workspace(dealt_home.root).runs.list()
    (experiment,) = find_experiments(runs)
    parts = null_command(experiment).split()
    settings = dict(parts[k + 1].split("=") for k, part in enumerate(parts) if part == "--set")
    typed = {
        name: value if name in {"model.modalities", "slides.source"} else int(value) for name, value in settings.items()
    }
    grid = null_grid("tumours", "honest", typed, ("honest",), range(1))
    made = grid.configure(grid.variants[0], "honest", grid.seeds[0])
    assert made == experiment.runs["honest"][0].config


def test_figure_and_table_hold_every_run(dealt_home: FakeWorkspace) -> None:
    (experiment,) = find_experiments(Workspace(dealt_home.root).runs.list())
    summaries = summarise(experiment)
    table = chance_table(experiment, summaries)
    assert len(table) == 3 + 3 + 2
    assert table["outcomes"].value_counts().to_dict() == dict.fromkeys(
        ["permutation 0", "permutation 1", "permutation 2", "own outcomes"], 2
    )
    figure = chance_figure(experiment, summaries)
    points = {
        run_id: y
        for trace in figure.data
        if trace.customdata is not None
        for run_id, y in zip(trace.customdata, trace.y, strict=True)
    }
    assert points == pytest.approx(dict(zip(table["run"], table["c_index"], strict=True)))
    means = [trace for trace in figure.data if trace.marker.symbol == "diamond"]
    assert [trace.y[0] for trace in means] == pytest.approx([one.mean for one in summaries])
    assert [trace.error_y.array[0] for trace in means] == pytest.approx([one.upper - one.mean for one in summaries])
    assert list(summary_table(summaries)["own"]) == [one.own for one in summaries]


# Never a result


def test_they_come_after_all_results(dealt_home: FakeWorkspace) -> None:
    finished = data.finished_runs()
    assert [run.config.cohort.permutation is None for run in finished] == [True] * 3 + [False] * 6
    cohort = read_cohort(dealt_home.root / "cohorts" / "tumours")
    assert all(run.config.cohort.permutation is None for run in data.runs_of(cohort))


def test_start_shows_results_only(dealt_home: FakeWorkspace) -> None:
    assert "permutation" not in words(open_page("start"))


def test_a_run_says_that_its_outcomes_were_dealt(dealt_home: FakeWorkspace) -> None:
    run = dealt_home.runs["honest-1"]
    assert "outcomes dealt anew (1)" in run_label(run)
    assert "outcomes dealt anew" in words(open_page("survival", run=run))
    assert "outcomes dealt anew" not in words(open_page("survival", run=dealt_home.runs["honest"]))


def test_it_is_compared_with_the_same_outcomes_only(dealt_home: FakeWorkspace) -> None:
    runs = data.finished_runs()
    assert comparable(dealt_home.runs["honest-1"], runs) == [dealt_home.runs["paper-released-1"]]
    assert comparable(dealt_home.runs["honest"], runs) == [dealt_home.runs["released"]]


def test_the_table_of_runs_leaves_them_out_until_asked(dealt_home: FakeWorkspace) -> None:
    app = open_page("runs")
    assert not app.dataframe[0].value["title"].str.startswith("null").any()
    (box,) = [box for box in app.checkbox if box.label == "Null experiments too (6)"]
    box.check().run()
    assert app.dataframe[0].value["title"].str.startswith("null").sum() == 6
    assert open_page("runs", nulls="true").dataframe[0].value["title"].str.startswith("null").sum() == 6
