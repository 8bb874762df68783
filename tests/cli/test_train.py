"""`pomp run`: runs that others work on, and what is told of those that are worked on here."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from typer.testing import CliRunner

from pomp.cli.commands import make_app
from pomp.cli.one_run import carry
from pomp.cli.options import configuration
from pomp.config import PRESETS, override
from pomp.data.cohort import read_cohort
from pomp.errors import ConfigError, RunError
from pomp.runs.backends.job import Job, write_job
from pomp.runs.backends.local import LocalBackend
from pomp.runs.backends.ray import RayBackend
from pomp.runs.backends.ray_jobs import RayJobs
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from tests.dashboard.fake import CONFIG, finish, make_cohort
from tests.runs.feature_cohort import write_feature_cohort
from tests.runs.ray_head import free_ports

SETTINGS = ["--preset", "demo", "--set", "model.modalities=omics"]


devices: list[str] = []
"""What is asked of a backend: the device of each run."""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("POMP_HOME", str(tmp_path))
    monkeypatch.delenv("POMP_RAY_ADDRESS", raising=False)
    workspace = Workspace(tmp_path)
    make_cohort(workspace.cohorts / "tumours", slides=False)
    return workspace


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Path, str, str]]:
    """What reaches a backend: where, workspace, run, how far."""
    found: list[tuple[str, Path, str, str]] = []
    devices.clear()

    def submit(self: LocalBackend | RayBackend, run: Run, until: str = "end", device: str = "auto") -> int:
        devices.append(device)
        found.append((self.where, self.workspace.root, run.id, until))
        return len(found)

    for backend in (LocalBackend, RayBackend):
        monkeypatch.setattr(backend, "submit", submit)
    monkeypatch.setattr(RayBackend, "waiting", lambda self: [])
    return found


def invoke(*words: str, command: str = "run") -> str:
    return CliRunner().invoke(make_app(), [command, *words], catch_exceptions=False).output


@pytest.mark.parametrize(("options", "environment", "where"), [
    (["--backend", "local"], None, "this machine"),
    (["--backend", "ray"], None, "the Ray cluster at http://127.0.0.1:8265"),
    (["--backend", "ray"], "http://head:1", "the Ray cluster at http://head:1"),
    (["--backend", "ray", "--ray-address", "http://head:2"], "http://head:1", "the Ray cluster at http://head:2"),
])  # fmt: skip
def test_a_run_is_queued(
    workspace: Workspace, asked: list[tuple[str, Path, str, str]], monkeypatch: pytest.MonkeyPatch,
    options: list[str], environment: str | None, where: str,
) -> None:  # fmt: skip
    if environment:
        monkeypatch.setenv("POMP_RAY_ADDRESS", environment)
    said = invoke("tumours", *SETTINGS, *options)
    (run,) = workspace.runs.list()
    assert f"Queued on {where}, place 1." in said
    assert asked == [(where, workspace.root, run.id, "end")]


def test_the_device_is_queued_with_the_run(workspace: Workspace, asked: list[tuple[str, Path, str, str]]) -> None:
    invoke("tumours", *SETTINGS, "--backend", "local", "--device", "cpu")
    assert devices == ["cpu"]


@pytest.mark.parametrize("command", ["run", "pretrain"])
def test_no_run_is_made_for_a_device_that_is_not_there(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ConfigError, match="Device 'cuda' is not available here"):
        invoke("tumours", *SETTINGS, "--device", "cuda", command=command)
    assert workspace.runs.list() == []


def test_preparation_is_queued_too(workspace: Workspace, asked: list[tuple[str, Path, str, str]]) -> None:
    invoke("tumours", *SETTINGS, "--backend", "ray", command="prepare")
    assert [until for *_, until in asked] == ["prepare"]
    with pytest.raises(ConfigError, match="leave --export out"):
        invoke("tumours", *SETTINGS, "--backend", "ray", "--export", "here", command="prepare")


def test_a_grid_is_a_loop(workspace: Workspace, asked: list[tuple[str, Path, str, str]]) -> None:
    for epochs in ("5", "6"):
        for seed in ("1", "2"):
            settings = ["--set", f"seed={seed}", "--set", f"finetune.epochs={epochs}"]
            invoke("tumours", *SETTINGS, *settings, "--backend", "ray")
    assert len({run_id for _, _, run_id, _ in asked}) == len(workspace.runs.list()) == 4


def test_a_run_folder_goes_on_in_its_own_workspace(
    workspace: Workspace, asked: list[tuple[str, Path, str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    invoke("tumours", *SETTINGS, "--backend", "ray")
    (run,) = workspace.runs.list()
    monkeypatch.setenv("POMP_HOME", str(tmp_path / "another"))
    invoke("--run", str(run.folder), "--backend", "ray")
    assert asked[1] == asked[0]


@pytest.mark.parametrize("command", ["run", "pretrain", "prepare"])
@pytest.mark.parametrize("options", [
    ["--set", "pretrain.epochs=99"], ["--protocol", "honest"], ["--preset", "honest"], ["--title", "Another"],
])  # fmt: skip
def test_a_run_to_go_on_with_is_no_other(workspace: Workspace, command: str, options: list[str]) -> None:
    if (command, options[0]) == ("prepare", "--title"):
        return  # it has no such option
    run = workspace.runs.create(make_cohort(workspace.cohorts / "others", slides=False), CONFIG)
    before = run.status()
    with pytest.raises(ConfigError, match="leave --set, --protocol, --preset and --title out"):
        invoke("--run", str(run.folder), *options, command=command)
    assert run.status() == before


@pytest.mark.parametrize("name", ["TCGA-LIHC", "lihc"])
def test_a_cohort_that_lies_elsewhere_is_called_by_its_name(
    workspace: Workspace, asked: list[tuple[str, Path, str, str]], tmp_path: Path, name: str
) -> None:
    make_cohort(tmp_path / "data" / "TCGA-LIHC", slides=False)
    workspace.register(tmp_path / "data" / "TCGA-LIHC")
    invoke(name, *SETTINGS, "--backend", "local")
    (run,) = workspace.runs.list()
    assert run.cohort_folder == tmp_path / "data" / "TCGA-LIHC"


@pytest.mark.parametrize(("options", "said"), [
    (["--backend", "ray", "--ray-address", "head:1"], "'head:1' is no address of a Ray cluster"),
    (["--backend", "local", "--as-queued"], "leave --as-queued and --folds-at-a-time out"),
    (["--backend", "local", "--folds-at-a-time", "2"], "leave --as-queued and --folds-at-a-time out"),
])  # fmt: skip
def test_what_is_refused_leaves_no_run(workspace: Workspace, options: list[str], said: str) -> None:
    with pytest.raises((ConfigError, RunError), match=said):
        invoke("tumours", *SETTINGS, *options)
    assert workspace.runs.list() == []


def test_report_looks_what_became_of_a_job(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    run = workspace.runs.create(make_cohort(workspace.cohorts / "others", slides=False), CONFIG)
    run.write_status(state="QUEUED")
    write_job(run, Job(id="pomp-x", address="http://head:1"))
    monkeypatch.setattr(RayJobs, "all", lambda self: {})
    monkeypatch.setattr(RayJobs, "find", lambda self, job_id: None)
    with pytest.raises(RunError, match="it is interrupted"):
        CliRunner().invoke(make_app(), ["report", str(run.folder)], catch_exceptions=False)
    assert "does not know this job" in run.status().message


def test_a_cluster_that_is_down(workspace: Workspace) -> None:
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}"
    for command in ("run", "prepare"):
        with pytest.raises(RunError, match=f"No Ray cluster answers at {address}"):
            invoke("tumours", *SETTINGS, "--backend", "ray", "--ray-address", address, command=command)
    assert workspace.runs.list() == []


@pytest.mark.parametrize("command", ["run", "prepare"])
@pytest.mark.parametrize("backend", ["local", "ray"])
def test_a_run_folder_that_is_not_there_is_not_queued(workspace: Workspace, command: str, backend: str) -> None:
    with pytest.raises(RunError, match="There is no run in /nope"):
        invoke("--run", "/nope", "--backend", backend, command=command)


@pytest.mark.parametrize(("ended", "status"), [(KeyboardInterrupt(), 130), (SystemExit(143), 143)])
@pytest.mark.parametrize("command", ["run", "pretrain"])
def test_who_is_stopped_is_told_how_to_go_on(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, ended: BaseException, status: int, command: str
) -> None:
    """Ctrl-C, and SIGTERM, which `execute` answers with SystemExit."""

    def execute(*_: object) -> None:
        raise ended

    monkeypatch.setattr("pomp.cli.one_run.execute", execute)
    done = CliRunner().invoke(make_app(), [command, "tumours", *SETTINGS])
    (run,) = workspace.runs.list()
    said = f"Stopped. To go on from the last checkpoint: pomp {command} --run {run.folder}"
    assert (done.exit_code, said in done.output) == (status, True)


def test_a_run_that_is_done_is_not_to_be_trained(workspace: Workspace) -> None:
    cohort = make_cohort(workspace.cohorts / "others", slides=False)
    made, done = workspace.runs.create(cohort, CONFIG), workspace.runs.create(cohort, CONFIG)
    finish(done, cohort, signal=1.0)
    assert f"Train it: pomp run --run {made.folder}" in invoke("--run", str(made.folder), command="prepare")
    assert "Train it" not in invoke("--run", str(done.folder), command="prepare")


def test_a_name_is_that_of_the_workspace_before_a_folder_here(
    workspace: Workspace, asked: list[tuple[str, Path, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_cohort(tmp_path / "here" / "tumours", slides=False)
    monkeypatch.chdir(tmp_path / "here")
    theirs = workspace.cohorts / "tumours"
    meant = f"'tumours' is the workspace's cohort in {theirs}. For the folder here, say ./tumours"
    assert meant in invoke("tumours", *SETTINGS, "--backend", "local")
    assert meant not in invoke("./tumours", *SETTINGS, "--backend", "local")
    assert [run.cohort_folder for run in workspace.runs.list()] == [Path.cwd() / "tumours", theirs]


@pytest.mark.parametrize(("text", "expected"), [
    ("pretrain.with_cohorts=STAD, BRCA,", ("BRCA", "STAD")),
    ("pretrain.with_cohorts=", ()),
])  # fmt: skip
def test_cohorts_that_join_are_written_with_commas(text: str, expected: tuple[str, ...]) -> None:
    assert configuration("demo", None, [text]).pretrain.with_cohorts == expected


def test_features_that_cannot_be_read_are_told_in_one_line_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_feature_cohort(tmp_path / "cohort", 12, kind=np.float32)
    (folder / "features" / "P003.h5").write_bytes(b"no features")
    with h5py.File(folder / "features" / "P005.h5", "a") as file:
        file["features"][2, 0] = np.nan
    config = override(PRESETS["demo"], {"folds": 2, "model.modalities": "pathology"})
    run = Workspace(tmp_path).runs.create(read_cohort(folder), config)
    carry(run, "cpu", "prepare")
    lost, spoilt = [line for line in capsys.readouterr().out.splitlines() if line.startswith("warning")]
    assert lost.startswith("warning Slide P003 of patient P003 is left out: P003.h5 is damaged, or no HDF5 file")
    assert lost.endswith("Copy or extract it again.")
    assert spoilt.startswith("warning Slide P005 of patient P005 is left out: P005.h5 has the value nan in feature 1")
    run.write_status(until="prepare")
    carry(run, None, None)  # as the queue's worker, whose log has them already
    assert "warning" not in capsys.readouterr().out
