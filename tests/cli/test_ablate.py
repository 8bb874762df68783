"""`pomp ablate`: grids shown, worked off here, and queued."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

from pomp.cli import grid_view
from pomp.cli.commands import make_app
from pomp.data.bundle import assets_folder
from pomp.errors import CohortError, ConfigError, RunBusyError, RunError
from pomp.runs.backends.local import LocalBackend
from pomp.runs.queue import Queue
from pomp.runs.run import Run
from pomp.runs.status import Status
from pomp.runs.workspace import Workspace
from tests.runs.grids import cell_of, finish, make_run, small_grid
from tests.runs.omics_cohort import write_omics_cohort


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("POMP_HOME", str(tmp_path))
    monkeypatch.setattr(grid_view, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(grid_view, "WAKE_SECONDS", 0.0)
    workspace = Workspace(tmp_path)
    small_grid(workspace)
    return workspace


def invoke(*words: str) -> Result:
    return CliRunner().invoke(make_app(), ["ablate", *words], catch_exceptions=False)


@pytest.fixture
def worked_on(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Titles of the runs that would be worked on here; each is done at once, or as its title says."""
    titles: list[str] = []

    def execute(run: Run, device: str, on_status: object, until: str) -> Status:
        titles.append(run.info.title)
        assert (device, until) == ("cpu", "end")
        finish(run)
        return run.status()

    monkeypatch.setattr(grid_view, "execute", execute)
    return titles


def test_show_launches_nothing(workspace: Workspace) -> None:
    finish(make_run(cell_of(small_grid(workspace), workspace, "few"), workspace))
    said = invoke("small", "--show").output
    assert "Small grid · preset demo · protocol honest" in said
    assert "few: few genes" in said
    assert "published 0.700 ± 0.030" in said
    assert "1 of 3 runs are done. About 2 min 0 s for the rest." in said
    assert len(workspace.runs.list()) == 1


def test_no_formula_is_written(workspace: Workspace, tmp_path: Path) -> None:
    grid = workspace.root / "grids" / "small.toml"
    grid.write_text(grid.read_text().replace('"few genes"', '"=1+1"'))
    invoke("small", "--show", "--out", str(tmp_path / "table.csv"))
    assert "'=1+1" in pd.read_csv(tmp_path / "table.csv")["label"].tolist()


def test_cells_are_worked_off_here_and_not_twice(workspace: Workspace, worked_on: list[str], tmp_path: Path) -> None:
    finish(make_run(cell_of(small_grid(workspace), workspace, "few"), workspace))
    result = invoke("small", "--device", "cpu", "--out", str(tmp_path / "table.csv"))
    assert result.exit_code == 0
    assert worked_on == ["small: none", "small: all"]
    assert "3 of 3 runs are done." in result.output
    table = pd.read_csv(tmp_path / "table.csv")
    assert table["c_index"].notna().all()
    invoke("small", "--device", "cpu", "--out", str(tmp_path / "table.md"))
    assert len(worked_on) == 2
    assert (tmp_path / "table.md").read_text().startswith("# Small grid\n")


def test_sides_are_chosen_on_the_command_line(workspace: Workspace, worked_on: list[str]) -> None:
    write_omics_cohort(workspace.cohorts / "other", "O", seed=4)
    sides = ["--cohort", "other", "--seed", "1", "--seed", "2", "--protocol", "paper", "--set", "omics.trees=3"]
    invoke("small", *sides, "--preset", "paper", "--device", "cpu")
    infos = [run.info for run in workspace.runs.list()]
    assert len(infos) == 6
    assert {(info.cohort.name, info.protocol, info.config.omics.trees) for info in infos} == {("other", "paper", 3)}
    assert {info.seed for info in infos} == {1, 2}
    assert {info.config.model.width for info in infos} == {384}


def test_one_failure_does_not_stop_the_others(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def execute(run: Run, *_: object) -> Status:
        if run.info.title == "small: few":
            run.write_status(state="FAILED", error="The disk is full.")
            raise RunError("The disk is full.")
        if run.info.title == "small: none":
            raise RunBusyError("Another works on it.")
        return finish(run).status()

    monkeypatch.setattr(grid_view, "execute", execute)
    result = invoke("small")
    assert result.exit_code == 1
    assert "1 of 3 runs are done; 1 failed." in result.output
    (failed,) = [run for run in workspace.runs.list() if run.info.title == "small: few"]
    said = " ".join(result.output.split())
    assert f"run {failed.id} failed: The disk is full. When that is seen to: pomp run --run " in said


@pytest.mark.parametrize("how", ["stopped", "key"])
def test_ctrl_c_stops_and_the_same_command_goes_on(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    def execute(run: Run, *_: object) -> Status:
        if how == "key":
            raise KeyboardInterrupt
        return run.write_status(state="STOPPED")

    with monkeypatch.context() as patched:
        patched.setattr(grid_view, "execute", execute)
        result = invoke("small")
    assert result.exit_code == 130
    assert "Stopped. The same command goes on from here." in result.output
    (first,) = workspace.runs.list()
    monkeypatch.setattr(grid_view, "execute", lambda run, *_: finish(run).status())
    assert "3 of 3 runs are done." in invoke("small").output
    assert first.status().state == "DONE"


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Titles of the runs that the local queue is given; each is done when the queue is woken next."""
    titles: list[str] = []

    def wake(self: LocalBackend) -> None:
        for run_id in self.waiting():
            run = self.workspace.runs.get(run_id)
            titles.append(run.info.title)
            self.workspace.queue.cancel(run)
            finish(run)

    submit = LocalBackend.submit

    def submit_only(self: LocalBackend, run: Run, until: str = "end", device: str = "auto") -> int:
        with pytest.MonkeyPatch.context() as quiet:
            quiet.setattr(LocalBackend, "wake", lambda self: None)
            return submit(self, run)

    monkeypatch.setattr(LocalBackend, "wake", wake)
    monkeypatch.setattr(LocalBackend, "submit", submit_only)
    return titles


def test_the_queue_works_cells_off_and_is_fed(
    workspace: Workspace, queued: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Queue.__init__, "__defaults__", (2,))
    result = invoke("small", "--backend", "local")
    assert result.exit_code == 0
    assert result.output.count("Queued on this machine: run ") == 3
    assert queued == ["small: none", "small: few", "small: all"]
    assert "3 of 3 runs are done." in result.output


def test_ctrl_c_leaves_the_queue_alone(
    workspace: Workspace, queued: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(grid_view, "WAKE_SECONDS", 100.0)
    monkeypatch.setattr("pomp.cli.grid_view.time.sleep", sleep)
    monkeypatch.setattr(Queue.__init__, "__defaults__", (2,))
    result = invoke("small", "--backend", "local")
    assert result.exit_code == 130
    assert "What is queued goes on. Not queued yet: 1; the same command queues them." in result.output
    assert [run.status().state for run in workspace.runs.list()].count("QUEUED") == 2


def test_a_run_that_cannot_be_made_is_a_failure(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise CohortError("The cohort has changed meanwhile.")

    monkeypatch.setattr(grid_view, "begin", refuse)
    result = invoke("small", "--device", "cpu")
    assert "The cohort has changed meanwhile." in result.output
    assert result.exit_code == 1


@pytest.mark.parametrize(("words", "error", "said"), [
    (["none"], ConfigError, "There is no grid 'none'. Choose one of fig3a, fig3b, .*table2, small"),
    (["small", "--out", "table.html"], ConfigError, "'table.html' ends in neither .md nor .csv"),
    (["small", "--backend", "local", "--device", "cpu"], ConfigError, "leave --device out, and --show too"),
    (["small", "--backend", "local", "--show"], ConfigError, "leave --device out, and --show too"),
    (["small", "--set", "pretrain.poq=1"], ConfigError, "^There is no setting 'pretrain.poq'"),
    (["small", "--set", "pretrain.poc=-1"], ConfigError, "^These settings cannot be used:\n- pretrain.poc: "),
    (["small", "--set", "seed=1"], ConfigError, "'seed' is not changed here: .* and a command has --seed"),
    (["small", "--set", "folds=40"], CohortError, "No cell .* can be run. 32 events among 40 patients cannot fill 40 "),
    (["small", "--set", "pretrain.poc"], ConfigError, "'pretrain.poc' is no setting"),
    (["small", "--cohort", "LGG"], CohortError, "No cell of the grid 'small' can be run. There is no cohort 'LGG'"),
])  # fmt: skip
def test_what_is_refused_leaves_no_run(
    workspace: Workspace, words: list[str], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        invoke(*words)
    assert workspace.runs.list() == []


def test_the_bundled_runs_fill_figure_3a(workspace: Workspace) -> None:
    workspace.install_bundle(assets_folder())
    said = invoke("fig3a", "--preset", "demo", "--cohort", "demo", "--protocol", "honest", "--show").output
    assert "3 of 3 runs are done." in said


@pytest.mark.slow
def test_figure_3a_from_end_to_end(workspace: Workspace) -> None:
    """Real runs on the demo cohort; a second call has nothing to do."""
    workspace.install_bundle(assets_folder())
    small = ["--set", "folds=2", "--set", "pretrain.epochs=1", "--set", "finetune.epochs=1", "--set", "omics.trees=20"]
    words = ["fig3a", "--preset", "demo", "--cohort", "demo", "--protocol", "honest", *small, "--device", "cpu"]
    before = len(workspace.runs.list())
    result = invoke(*words)
    assert result.exit_code == 0, result.output
    assert "3 of 3 runs are done." in result.output
    assert len(workspace.runs.list()) == before + 3
    assert "Run 2" not in invoke(*words).output
    assert len(workspace.runs.list()) == before + 3
