from __future__ import annotations

import os
from pathlib import Path

import pytest

from pomp.config import PRESETS
from pomp.errors import CohortError, RunError
from pomp.runs.workspace import Workspace
from tests.runs.fakes import new_run, tiny_cohort


def cohort_folder(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "cohort.toml").touch()
    return folder


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("POMP_HOME", raising=False)
    assert Workspace.default().root == tmp_path / "pomp"
    monkeypatch.setenv("POMP_HOME", "")
    assert Workspace.default().root == tmp_path / "pomp"
    monkeypatch.setenv("POMP_HOME", "~/other")
    assert Workspace.default().root == tmp_path / "other"
    assert not (tmp_path / "other").exists()  # looking makes nothing


def test_cohorts_inside_and_elsewhere(workspace: Workspace, tmp_path: Path) -> None:
    assert workspace.cohort_folders() == []
    inside = [cohort_folder(workspace.cohorts / name) for name in ("b", "a")]
    (workspace.cohorts / ".new-1").mkdir()
    (workspace.cohorts / "notes.txt").touch()
    elsewhere = cohort_folder(tmp_path / "data" / "liver")
    for folder in (elsewhere, elsewhere / ".." / "liver", inside[0]):
        workspace.register(folder)
    assert workspace.cohort_folders() == [inside[1], inside[0], elsewhere]


@pytest.mark.parametrize("name", ["TCGA-LIHC", "LIHC", "lihc"])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_cohort_is_found_as_tcga_calls_it(workspace: Workspace, tmp_path: Path, name: str, elsewhere: bool) -> None:
    folder = cohort_folder((tmp_path / "data" if elsewhere else workspace.cohorts) / "TCGA-LIHC")
    workspace.register(folder)
    assert workspace.find_cohort(name) == folder
    assert workspace.find_cohort(str(folder)) == folder


@pytest.mark.parametrize("name", ["LGG", "somewhere/else"])
def test_a_cohort_that_is_not_there(workspace: Workspace, name: str) -> None:
    cohort_folder(workspace.cohorts / "TCGA-LIHC")
    said = f"no cohort '{name}': it is no folder, and the workspace {workspace.root} has none .*There are: TCGA-LIHC\\."
    with pytest.raises(CohortError, match=said):
        workspace.find_cohort(name)


def test_no_name_is_not_the_folder_here(workspace: Workspace) -> None:
    with pytest.raises(CohortError, match="No cohort is named: give its folder, or its name in the workspace"):
        workspace.find_cohort("")


def test_a_name_that_two_cohorts_have_is_that_of_the_one_inside(workspace: Workspace, tmp_path: Path) -> None:
    inside = cohort_folder(workspace.cohorts / "liver")
    workspace.register(cohort_folder(tmp_path / "data" / "liver"))
    assert workspace.find_cohort("liver") == inside


@pytest.mark.parametrize(("name", "found"), [
    ("TCGA-LIHC", "home/cohorts/TCGA-LIHC"),  # the folder here has the downloads that it was made from
    ("LIHC", "home/cohorts/TCGA-LIHC"),
    ("liver", "home/cohorts/liver"),
    ("./liver", "here/liver"),
    ("../here/TCGA-LIHC", "here/TCGA-LIHC"),
    ("lung", "here/lung"),  # a cohort, and called so; the workspace's is only called like it
    ("TCGA-LUNG", "home/cohorts/TCGA-LUNG"),
    ("downloads", "here/downloads"),
])  # fmt: skip
def test_a_bare_name_is_the_workspaces_before_a_folder_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, found: str
) -> None:
    workspace = Workspace(tmp_path / "home")
    for cohort in ("TCGA-LIHC", "liver", "TCGA-LUNG"):
        cohort_folder(workspace.cohorts / cohort)
    for downloads in ("TCGA-LIHC", "LIHC", "downloads"):
        (tmp_path / "here" / downloads).mkdir(parents=True)
    for cohort in ("liver", "lung"):
        cohort_folder(tmp_path / "here" / cohort)
    monkeypatch.chdir(tmp_path / "here")
    assert workspace.find_cohort(name).resolve() == (tmp_path / found).resolve()


@pytest.fixture
def titled(workspace: Workspace) -> Workspace:
    """Three runs, of which two have one title."""
    cohort = tiny_cohort(workspace.cohorts / "tiny")
    for title in ("first", "same", "same", "what/if"):
        workspace.runs.create(cohort, PRESETS["demo"].model_copy(update={"folds": 2}), title)
    return workspace


def test_a_run_is_found_by_id_folder_and_title(titled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    for run in titled.runs.list():
        assert titled.find_run(run.id) == run
        assert titled.find_run(str(run.folder)) == run
    assert titled.find_run(" first ").info.title == "first"
    assert titled.find_run("what/if").info.title == "what/if"
    monkeypatch.chdir(titled.root / "runs")
    run = titled.find_run("first")
    assert Workspace(titled.root / "elsewhere").find_run(run.id).id == run.id


@pytest.mark.parametrize(("name", "said"), [
    ("same", r"2 runs are called 'same': \S+, \S+\. Name one of them, or its folder"),
    ("third", r"There is no run 'third': it is no run's folder, and none in \S+/runs has that name or title"),
    ("", "No run is named"),
    ("./third", r"There is no run in third: run\.json: No such file"),
])  # fmt: skip
def test_a_run_that_is_not_there(titled: Workspace, name: str, said: str) -> None:
    with pytest.raises(RunError, match=said):
        titled.find_run(name)


def test_a_folder_without_a_cohort_is_not_registered(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=r"is no cohort folder: it has no cohort\.toml"):
        workspace.register(tmp_path)
    assert workspace.cohort_folders() == []


def test_a_damaged_register_says_so(workspace: Workspace) -> None:
    workspace.root.mkdir()
    (workspace.root / "cohorts.json").write_text("{")
    with pytest.raises(RunError, match=r"cohorts\.json is damaged .*repair or delete it"):
        workspace.cohort_folders()


def test_the_bundle_is_installed_once(workspace: Workspace, tmp_path: Path) -> None:
    assets = Workspace(tmp_path / "assets")
    (cohort_folder(assets.cohorts / "demo") / "slides").mkdir()
    (assets.cohorts / "demo" / "slides" / "S1.svs").write_bytes(b"pixels")
    bundled = new_run(assets)
    (assets.root / "icon.png").touch()
    (assets.cohorts / "demo" / "cohort.toml").chmod(0o444)
    workspace.install_bundle(assets.root)
    copied = workspace.cohorts / "demo"
    assert (copied / "slides" / "S1.svs").read_bytes() == b"pixels"
    assert (copied / "cohort.toml").stat().st_mode & 0o200
    [run] = workspace.runs.list()
    assert run.info == bundled.info
    assert run.cohort_folder == workspace.cohorts / "tiny"
    (copied / "cohort.toml").write_text("mine")
    workspace.install_bundle(assets.root)
    assert (copied / "cohort.toml").read_text() == "mine"
    assert sorted(path.name for path in workspace.root.iterdir()) == ["cohorts", "runs"]
    assert [path.name for path in workspace.cohorts.iterdir()] == ["demo"]


def test_copies_of_the_bundle_that_were_broken_off_are_removed_after_a_day(
    workspace: Workspace, tmp_path: Path
) -> None:
    cohort_folder(tmp_path / "assets" / "cohorts" / "demo")
    old, new = (workspace.cohorts / name for name in (".new-00000000", ".new-00000001"))
    for folder in (old, new):
        (folder / "slides").mkdir(parents=True)
    os.utime(old, (0, 0))
    workspace.install_bundle(tmp_path / "assets")
    assert sorted(path.name for path in workspace.cohorts.iterdir()) == [new.name, "demo"]


def test_the_bundle_tells_how_far_it_is(workspace: Workspace, tmp_path: Path) -> None:
    assets = Workspace(tmp_path / "assets")
    cohort_folder(assets.cohorts / "demo")
    run = new_run(assets)
    told: list[tuple[int, int, str]] = []
    workspace.install_bundle(assets.root, lambda *progress: told.append(progress))
    assert told == [(0, 2, "demo"), (1, 2, run.id)]


def test_a_workspace_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    workspace = Workspace(tmp_path / "home")
    cohort_folder(tmp_path / "assets" / "cohorts" / "demo")
    with pytest.raises(RunError, match=r"could not be written: .*--home or POMP_HOME"):
        workspace.install_bundle(tmp_path / "assets")
    with pytest.raises(RunError, match=r"Make the folder writable, or choose another workspace"):
        workspace.register(tmp_path / "assets" / "cohorts" / "demo")
    assert workspace.cohort_folders() == []
    assert workspace.queue.waiting() == []
