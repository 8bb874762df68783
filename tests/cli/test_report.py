"""`pomp report`: files of a run and of a grid, and how it refuses."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from pomp.cli import terminal
from pomp.cli.commands import make_app
from pomp.cli.scores import run_evaluation
from pomp.config import override
from pomp.data.cohort import read_cohort
from pomp.errors import ConfigError, RunError
from pomp.evaluation.pooled import compare_pooled, report_scores
from pomp.runs.grid.spec import Grid
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from pomp.wording import number
from tests.dashboard.fake import CONFIG, finish, make_cohort


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One finished run, and one that has failed."""
    workspace = Workspace(tmp_path_factory.mktemp("home"))
    cohort = make_cohort(workspace.cohorts / "tumours", slides=False)
    finish(workspace.runs.create(cohort, CONFIG, "done"), cohort, signal=1.0)
    workspace.runs.create(cohort, CONFIG, "failed").write_status(state="FAILED", error="The disk is full.")
    return workspace


def run_called(workspace: Workspace, title: str) -> Run:
    return next(run for run in workspace.runs.list() if run.info.title == title)


def invoke(*words: str | Path) -> str:
    return CliRunner().invoke(make_app(), ["report", *map(str, words)], catch_exceptions=False).output


def test_the_table_is_what_it_was(workspace: Workspace) -> None:
    said = invoke(run_called(workspace, "done").folder)
    assert "C-index by fold" in said
    assert "together" not in said


def test_a_score_stands_below_its_fold_where_a_plain_model_lacks_another(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    cohort = make_cohort(workspace.cohorts / "tumours", slides=False)
    run = finish(workspace.runs.create(cohort, override(CONFIG, {"folds": 3})), cohort, signal=1.0)
    plain = run.comparators()
    assert plain is not None
    run.write_table("comparators", plain[(plain["fold"] != 0) | (plain["model"] != "clinical Cox")])
    said = invoke(run.folder)
    (row,) = (line for line in said.splitlines() if "clinical Cox" in line and "│" in line)
    first, *others = (cell.strip() for cell in row.split("│")[2:5])
    clinical = next(one for one in run_evaluation(run).comparators if one.model == "clinical Cox")
    assert (first, others) == ("–", [number(fold.harrell) for fold in clinical.folds])


def test_a_run_is_named_by_its_folder_its_id_or_its_title(workspace: Workspace) -> None:
    run = run_called(workspace, "done")
    said = invoke(run.folder)
    for name in (run.id, "done"):
        assert invoke(name, "--home", workspace.root) == said


def test_brackets_in_a_title_are_no_mark_up(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    folder = workspace.cohorts / "tumours"
    make_cohort(folder, slides=False)
    manifest = folder / "cohort.toml"
    manifest.write_text(re.sub('title = ".*"', 'title = "Liver [/] [pilot]"', manifest.read_text()))
    cohort = read_cohort(folder)
    run = finish(workspace.runs.create(cohort, CONFIG), cohort, signal=1.0)
    assert "C-index by fold · Liver [/] [pilot] · protocol" in invoke(run.folder)


@pytest.mark.parametrize("columns", [120, 80, 40])
def test_no_number_is_cut_in_a_narrow_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    workspace = Workspace(tmp_path)
    cohort = make_cohort(workspace.cohorts / "tumours", slides=False)
    configs = [override(CONFIG, {"folds": 5, "seed": seed}) for seed in (1, 4)]
    runs = [finish(workspace.runs.create(cohort, config), cohort, signal=1.0) for config in configs]
    monkeypatch.setattr(terminal.console, "width", columns)
    said = invoke(runs[0].folder)
    assert all(cell_len(line) <= columns for line in said.splitlines())
    assert not any("…" in line for line in said.splitlines() if "│" in line)
    evaluation = run_evaluation(runs[0])
    for one in (evaluation.score, *evaluation.comparators):
        for wanted in (f"{one.mean:.3f} ± {one.sd:.3f}", f"{one.lower:.3f} to {one.upper:.3f}"):
            assert f" {wanted} │" in said
        assert all(f" {fold.harrell:.3f} │" in said for fold in one.folds)
    for pooled in compare_pooled(report_scores([run_evaluation(run) for run in runs])):
        assert f" {pooled.score.mean:.3f} ± {pooled.score.sd:.3f} │" in said


def test_what_is_not_defined_is_a_dash(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    cohort = make_cohort(workspace.cohorts / "tumours", slides=False)
    run = finish(workspace.runs.create(cohort, CONFIG), cohort, signal=1.0)
    predictions = run.require_predictions()
    run.write_table("predictions", predictions.assign(event=predictions["event"] & (predictions["fold"] != 0)))
    said = invoke(run.folder)
    assert "nan" not in said
    assert "│      – │" in said
    assert "fold 1 (" in said


def test_other_seeds_follow_together(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    cohort = make_cohort(workspace.cohorts / "tumours", slides=False)
    runs = [
        finish(workspace.runs.create(cohort, override(CONFIG, {"seed": seed})), cohort, signal=1.0) for seed in (4, 1)
    ]
    found = compare_pooled(report_scores([run_evaluation(run) for run in runs]))
    said = invoke(runs[0].folder)
    assert "Seeds 1, 4 together" in said
    for one in found:
        assert f"{one.score.mean:.3f} ± {one.score.sd:.3f}" in said
    assert found[1].ahead is not None
    assert f"{found[1].ahead.mean:+.3f} (" in said


def test_a_damaged_seed_is_left_out_and_named(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    cohort = make_cohort(workspace.cohorts / "tumours", slides=False)
    run, other, lost = (
        finish(workspace.runs.create(cohort, override(CONFIG, {"seed": seed})), cohort, signal=1.0)
        for seed in (1, 2, 4)
    )
    (lost.folder / "predictions.parquet").write_bytes(b"PAR1, and no more")
    said = " ".join(invoke(run.folder).split())
    assert f"Left out, because the predictions are damaged: {lost.id}." in said
    assert "Delete it, then resume the run" in said
    assert "Seeds 1, 2 together" in said
    (other.folder / "predictions.parquet").write_bytes(b"PAR1, and no more")
    said = " ".join(invoke(run.folder).split())
    assert "C-index by fold" in said
    assert f"{lost.id}" in said
    assert "together" not in said


def test_a_run_becomes_a_sheet(workspace: Workspace, tmp_path: Path) -> None:
    said = invoke(run_called(workspace, "done").folder, "--sheet", tmp_path / "sheets" / "sheet.md")
    assert "C-index by fold" not in said  # a file was asked for
    assert "sheet.md" in said
    assert "L1.3 Feature selection" in (tmp_path / "sheets" / "sheet.md").read_text(encoding="utf-8")


def test_html_is_drawn_by_the_dashboard(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process of its own, whose failure is the command's."""
    asked: list[tuple[list[str], str | None]] = []

    def run(words: list[str], input: str | None = None, **_: object) -> subprocess.CompletedProcess[str]:
        asked.append((words[1:], input))
        return subprocess.CompletedProcess(words, returncode=len(asked) - 1)

    monkeypatch.setattr(subprocess, "run", run)
    folder, file = run_called(workspace, "done").folder, tmp_path / "x.html"
    assert "Written to" in invoke(folder, "--html", file)
    sides = ("--preset", "demo", "--cohort", "tumours", "--seed", "3", "--set", "omics.genes=7")
    words = ["report", "--grid", "fig3a", *sides, "--home", str(workspace.root), "--html", "x.html"]
    refused = CliRunner().invoke(make_app(), words)
    assert (refused.exit_code, "Written to" in refused.output) == (1, False)
    assert asked[0] == (["-m", "dashboard.report", "run", str(folder), str(file)], None)
    words, grid = asked[1]
    assert words[-1] == "pomp ablate fig3a --preset demo --cohort tumours --seed 3 --set omics.genes=7"
    assert grid is not None
    chosen = Grid.model_validate_json(grid)
    assert (chosen.cohorts, chosen.seeds, chosen.changes) == (("tumours",), (3,), {"omics.genes": 7})


@pytest.mark.slow
def test_a_run_and_a_grid_become_html(workspace: Workspace, tmp_path: Path) -> None:
    """As a user types it: the drawing is a process of its own, which says nothing of its own."""
    words = ["report", str(run_called(workspace, "done").folder), "--html", str(tmp_path / "run.html")]
    done = subprocess.run([sys.executable, "-m", "pomp", *words], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    sides = ["--preset", "demo", "--cohort", "tumours", "--protocol", "honest", "--seed", "3", "--set", "omics.genes=7"]
    where = ["--home", str(workspace.root), "--html", str(tmp_path / "grid.html")]
    grid = ["report", "--grid", "fig3a", *sides, *where]
    done = subprocess.run([sys.executable, "-m", "pomp", *grid], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "<h1>done</h1>" in (tmp_path / "run.html").read_text(encoding="utf-8")
    text = (tmp_path / "grid.html").read_text(encoding="utf-8")
    command = "pomp ablate fig3a --preset demo --cohort tumours --protocol honest --seed 3 --set omics.genes=7"
    assert f"<code>{command}</code>" in text


REFUSED = {
    "neither": ([], "Name either a run, or a grid"),
    "both": (["RUN", "--grid", "fig3a", "--html", "x.html"], "Name either a run, or a grid"),
    "a grid as a table": (["--grid", "fig3a"], "name its file with --html"),
    "a grid as a sheet": (["--grid", "fig3a", "--html", "x.html", "--sheet", "x.md"], "and nothing else"),
    "an unknown grid": (["--grid", "fig9", "--html", "x.html"], "There is no grid 'fig9'"),
    "sides of a run": (["RUN", "--seed", "1", "--html", "x.html"], "A run is reported as it was made"),
    "no HTML": (["RUN", "--html", "x.pdf"], "'x.pdf' does not end in .html or .htm"),
    "no Markdown": (["RUN", "--sheet", "x.txt"], "'x.txt' does not end in .md"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_writes_nothing(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    words, message = REFUSED[case]
    monkeypatch.chdir(tmp_path)
    folder = run_called(workspace, "done").folder
    with pytest.raises(ConfigError, match=message):
        invoke(*(folder if word == "RUN" else word for word in words))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--html", "--sheet"])
def test_a_run_that_failed_says_why(workspace: Workspace, tmp_path: Path, option: str) -> None:
    file = tmp_path / ("x.html" if option == "--html" else "x.md")
    with pytest.raises(RunError, match=r"it is failed \(The disk is full\)\. Go on with it: pomp run --run"):
        invoke(run_called(workspace, "failed").folder, option, file)
    assert not file.exists()


@pytest.mark.slow
def test_a_file_that_cannot_be_written(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    words = ["report", str(run_called(workspace, "done").folder), "--html", str(tmp_path / "taken" / "run.html")]
    done = subprocess.run([sys.executable, "-m", "pomp", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "could not be written" in done.stderr
    assert "Traceback" not in done.stderr
