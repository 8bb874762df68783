"""`pomp null`: worked off here or queued, gone on with, and its table."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from pomp.cli import grid_view
from pomp.cli.commands import make_app
from pomp.config import override
from pomp.data.cohort import read_cohort
from pomp.errors import CohortError, ConfigError
from pomp.runs.backends.local import LocalBackend
from pomp.runs.run import Run
from pomp.runs.status import Status
from pomp.runs.workspace import Workspace
from tests.runs.grids import finish
from tests.runs.omics_cohort import write_omics_cohort

BASE = ("liver", "--preset", "demo", "--set", "folds=2", "--permutations", "3")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("POMP_HOME", str(tmp_path))
    workspace = Workspace(tmp_path)
    write_omics_cohort(workspace.cohorts / "liver", "L", seed=3)
    return workspace


@pytest.fixture
def worked_on(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int | None]]:
    """Protocol and permutation of the runs that would be worked on here; a paper-released one finds a signal."""
    done: list[tuple[str, int | None]] = []

    def execute(run: Run, *_: object) -> Status:
        done.append((run.info.protocol, run.config.cohort.permutation))
        return finish(run, signal=3.0 if run.info.protocol == "paper-released" else 0.0).status()

    monkeypatch.setattr(grid_view, "execute", execute)
    return done


def invoke(*words: str) -> Result:
    return CliRunner().invoke(make_app(), ["null", *words], catch_exceptions=False)


def test_every_protocol_on_the_same_permutations(workspace: Workspace, worked_on: list[tuple[str, int | None]]) -> None:
    result = invoke(*BASE, "--seed", "5")
    assert result.exit_code == 0
    protocols = ("honest", "paper", "paper-released")
    assert worked_on == [(protocol, number) for protocol in protocols for number in (5, 6, 7)]
    assert "9 of 9 runs are done." in result.output
    assert "paper-released: the protocol finds signal where there is none." in result.output
    assert "Run " in result.output


def test_nothing_is_done_twice(workspace: Workspace, worked_on: list[tuple[str, int | None]]) -> None:
    invoke(*BASE, "--protocol", "honest")
    invoke(*BASE, "--protocol", "honest")
    assert worked_on == [("honest", 0), ("honest", 1), ("honest", 2)]
    invoke(*BASE[:-1], "4", "--protocol", "honest", "--protocol", "paper-released")
    assert worked_on[3:] == [("honest", 3), *(("paper-released", number) for number in range(4))]
    assert "2 of 2 runs are done." in invoke(*BASE[:-1], "2", "--protocol", "honest", "--show").output


def test_a_stop_leaves_what_is_done(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def execute(run: Run, *_: object) -> Status:
        return finish(run).status() if run.config.cohort.permutation == 0 else run.write_status(state="STOPPED")

    with monkeypatch.context() as patched:
        patched.setattr(grid_view, "execute", execute)
        result = invoke(*BASE, "--protocol", "honest")
    assert result.exit_code == 130
    assert "1 of 3 runs are done." in result.output
    assert "honest: too few permutations to tell." in result.output
    began = {run.id for run in workspace.runs.list()}
    monkeypatch.setattr(grid_view, "execute", lambda run, *_: finish(run).status())
    assert "3 of 3 runs are done." in invoke(*BASE, "--protocol", "honest").output
    assert len(workspace.runs.list()) == 3
    assert began < {run.id for run in workspace.runs.list()}


def test_show_launches_nothing(workspace: Workspace, worked_on: list[tuple[str, int | None]]) -> None:
    assert "0 of 9 runs are done." in invoke(*BASE, "--show").output
    assert worked_on == []
    assert workspace.runs.list() == []


def test_the_table_is_saved_beside_the_own_run(
    workspace: Workspace, worked_on: list[tuple[str, int | None]], tmp_path: Path
) -> None:
    invoke(*BASE, "--protocol", "honest", "--set", "omics.genes=9")
    config = override(workspace.runs.list()[0].config, {"cohort.permutation": None})
    finish(workspace.runs.create(read_cohort(workspace.cohorts / "liver"), config), signal=9.0)
    file = tmp_path / "null.md"
    invoke(*BASE, "--protocol", "honest", "--set", "omics.genes=9", "--out", str(file))
    text = file.read_text()
    assert text.startswith("# Outcomes dealt anew: liver\n\n40 patients.")
    command = (
        "pomp null liver --preset demo --permutations 3 --seed 0 --protocol honest --set folds=2 --set omics.genes=9"
    )
    assert f"```sh\n{command}\n```" in text
    (row,) = [line for line in text.splitlines() if line.startswith("| honest | 3 |")]
    assert row.endswith(" 0.250 |")  # none of three reaches the own one
    assert [line for line in text.splitlines() if line.startswith("| 2 | 0.")]


def test_the_queue_works_them_off(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid_view, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(grid_view, "WAKE_SECONDS", 0.0)
    submit = LocalBackend.submit

    def wake(self: LocalBackend) -> None:
        for run_id in self.waiting():
            run = self.workspace.runs.get(run_id)
            self.workspace.queue.cancel(run)
            finish(run)

    def submit_only(self: LocalBackend, run: Run, until: str = "end", device: str = "auto") -> int:
        with pytest.MonkeyPatch.context() as quiet:
            quiet.setattr(LocalBackend, "wake", lambda self: None)
            return submit(self, run)

    monkeypatch.setattr(LocalBackend, "wake", wake)
    monkeypatch.setattr(LocalBackend, "submit", submit_only)
    result = invoke(*BASE, "--protocol", "paper", "--backend", "local")
    assert result.exit_code == 0
    assert "3 of 3 runs are done." in result.output


@pytest.mark.parametrize(("words", "error", "said"), [
    (["--set", "cohort.permutation=1"], ConfigError, "is what a null experiment varies"),
    (["--set", "pretrain.poq=1"], ConfigError, "There is no setting 'pretrain.poq'"),
    (["--out", "table.html"], ConfigError, "'table.html' does not end in .md"),
    (["--backend", "local", "--show"], ConfigError, "leave --device out, and --show too"),
    (["--set", "folds=40"], CohortError, "32 events among 40 patients cannot fill 40 folds"),
])  # fmt: skip
def test_what_is_refused_leaves_no_run(
    workspace: Workspace, words: list[str], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        invoke(*BASE, *words)
    assert workspace.runs.list() == []


def test_the_table_says_once_why_there_can_be_no_run(workspace: Workspace) -> None:
    result = invoke(*BASE, "--set", "folds=40", "--show")
    assert " ".join(result.output.split()).count("32 events among 40 patients cannot fill 40 folds") == 1


def test_a_cohort_that_is_not_there(workspace: Workspace) -> None:
    with pytest.raises(CohortError, match="There is no cohort 'kidney'"):
        invoke("kidney", *BASE[1:])
