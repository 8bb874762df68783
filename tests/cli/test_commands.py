"""The commands, as a user types them: what they print, and how they fail."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from pomp.cli import main
from pomp.cli.commands import COMMANDS, make_app
from pomp.cli.prepare import print_genes, print_slides
from pomp.config import PRESETS, RunConfig
from pomp.data.demo.build import DESIGN, draw_demo, write_tables
from pomp.data.demo.slides import make_slide
from pomp.runs.workspace import Workspace
from pomp.slides.prepare import SlideResult

SMALL = [
    "folds=2", "omics.genes=12", "omics.trees=10", "model.width=16", "model.heads=2", "pretrain.epochs=2",
    "finetune.epochs=2", "pretrain.batch_size=30", "finetune.batch_size=30",
]  # fmt: skip


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty synthetic patients, of whom two have their slide."""
    folder = tmp_path_factory.mktemp("cohorts") / "small"
    design = replace(DESIGN, patients=60)
    demo = draw_demo(7, design)
    write_tables(demo, folder)
    (folder / "slides").mkdir()
    plans = demo.slides[:2]
    for plan in plans:
        make_slide(plan, folder, design)
    rows = "".join(f"{plan.patient},{plan.file}\n" for plan in plans)
    (folder / "slides.csv").write_text(f"patient,file\n{rows}")
    return folder


def pomp(*words: str | Path, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pomp", *map(str, words)]
    if home is not None:
        command += ["--home", str(home)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


Here = Callable[..., tuple[int, str, str]]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """As `pomp`, in this process, which has imported everything: exit status, output and errors, each on one line."""

    def run(*words: str | Path, home: Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["pomp", *map(str, words), "--home", str(home)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, " ".join(printed.out.split()), " ".join(printed.err.split())

    return run


def test_cohort_check_prints_the_funnel_and_why(cohort: Path) -> None:
    done = pomp("cohort", "check", cohort)
    assert done.returncode == 0, done.stderr
    for words in ("loaded", "has follow-up", "has slides", "kept", "fewer than 30", "58 patients kept"):
        assert words in done.stdout


def test_prepare_works_once(cohort: Path, tmp_path: Path) -> None:
    settings = [word for setting in SMALL for word in ("--set", setting)]
    words = ("prepare", cohort, "--preset", "demo", *settings, "--export", tmp_path / "out")
    first, second = pomp(*words, home=tmp_path), pomp(*words, home=tmp_path)
    assert first.returncode == second.returncode == 0, first.stderr
    for word in ("DEMO-001-S1", "How far folds agree on genes", "mirna", "Train it: pomp run --run"):
        assert word in first.stdout
    assert "as before" not in first.stdout
    assert second.stdout.count("as before") == 2
    (run,) = Workspace(tmp_path).runs.list()
    assert run.status().message.startswith("Prepared")
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["fold-0.h5mu", "fold-1.h5mu"]


def test_a_slide_s_mpp_that_is_not_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    note = "a.tif says 1000 µm a pixel, which counts as not stated: above 100 it is a placeholder."
    results = [SlideResult("a", "P1", "a.tif", 9, note=note), SlideResult("b", "P2", "b.tif", 9, cached=True, mpp=0.5)]
    print_slides(pd.DataFrame(results))
    print_slides(pd.DataFrame(results).drop(columns="note"))  # as an earlier version wrote it
    told, before = " ".join(capsys.readouterr().out.replace("│", " ").split()).split("Slides")[1:]
    assert "not stated" in told
    assert "a placeholder" in told
    assert "as before" in told
    assert "a placeholder" not in before


def test_genes_differ_by_the_run_s_own_q_value(capsys: pytest.CaptureFixture[str]) -> None:
    genes = pd.DataFrame({"fold": 0, "omics": "mrna", "contrast": "tumour (9) vs normal (10)", "test": "wilcoxon",
                          "tested": 40, "q_value": [0.001, 0.03, 0.04, 0.2], "selected": True})  # fmt: skip
    print_genes(genes, 0.01)
    head, row = (re.split(r" *[┃│] *", line)[5:7] for line in capsys.readouterr().out.splitlines() if "tested" in line
                 or "mrna" in line)  # fmt: skip
    assert (head, row) == (["tested", "q < 0.01"], ["40", "1"])


def test_run_in_two_halves_then_report(cohort: Path, tmp_path: Path, here: Here) -> None:
    settings = [word for setting in [*SMALL, "model.modalities=omics"] for word in ("--set", setting)]
    first = pomp("pretrain", cohort, "--preset", "demo", *settings, home=tmp_path)
    assert first.returncode == 0, first.stderr
    assert "Pre-training is done" in first.stdout
    (run,) = Workspace(tmp_path).runs.list()
    code, _, refused = here("report", run.folder, home=tmp_path)
    assert code == 1
    assert "has no out-of-fold predictions" in refused
    second = pomp("finetune", "--run", run.id, home=tmp_path)
    assert second.returncode == 0, second.stderr
    assert "ridge Cox (30 components)" in second.stdout
    _, report, _ = here("report", run.folder, "--json", home=tmp_path)
    assert len(json.loads(report)["score"]["folds"]) == 2


def test_show_config_prints_settings_that_can_be_read_back(tmp_path: Path, here: Here) -> None:
    _, shown, _ = here("run", "--preset", "demo", "--show-config", "--set", "seed=3", home=tmp_path)
    assert RunConfig.model_validate_json(shown) == PRESETS["demo"].model_copy(update={"seed": 3})


FAILURES = {
    "no such folder": (["cohort", "check", "/nowhere/at/all"], "/nowhere/at/all"),
    "a folder that is no cohort": (["cohort", "check", "."], "cohort.toml"),
    "unknown setting": (["run", "demo", "--set", "model.depth=3"], "There is no setting 'model.depth'"),
    "setting out of range": (["run", "demo", "--set", "folds=1"], "folds: Input should be greater than or equal to 2"),
    "setting without a value": (["run", "demo", "--set", "folds"], "'folds' is no setting"),
    "settings that do not fit": (["run", "demo", "--set", "model.heads=5"], "width 384 is no multiple of heads 5"),
    "neither cohort nor run": (["run"], "Name either a cohort"),
    "no run there": (["run", "--run", "/nowhere"], "There is no run in /nowhere"),
    "an unknown cohort's name": (["run", "nobody"], "nobody"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_failures_are_one_paragraph(case: str, tmp_path: Path, here: Here) -> None:
    words, message = FAILURES[case]
    code, *said = here(*words, home=tmp_path)
    assert code == 1
    assert message in " ".join(said)


@pytest.mark.parametrize(("words", "choices"), [
    (["run", "demo", "--preset", "huge"], "'huge' is not one of 'demo', 'paper', 'honest'"),
    (["plan", "demo", "--protocol", "rosy"], "'rosy' is not one of 'honest', 'paper', 'paper-released'"),
    (["pretrain", "demo", "--device", "abacus"], "'abacus' is not one of 'auto', 'cuda', 'mps', 'cpu'"),
    (["null", "demo", "--preset", "fair"], "'fair' is not one of 'demo', 'paper', 'honest'"),
    (["ablate", "small", "--backend", "slurm"], "'slurm' is not one of 'local', 'ray'"),
    (["run", "demo", "--backend", "slurm"], "'slurm' is not one of 'local', 'ray'"),
    (["ablate", "small", "--protocol", "honest", "--protocol", "fair"], "'fair' is not one of 'honest', 'paper', "),
    (["null", "demo", "--protocol", "fair"], "'fair' is not one of 'honest', 'paper', 'paper-released'"),
    (["report", "--grid", "small", "--protocol", "fair"], "'fair' is not one of 'honest', 'paper', 'paper-released'"),
    (["ablate", "small", "--seed", "-1"], "'--seed': "),
    (["bench", "train", "--scale", "huge"], "'huge' is not one of 'full', 'small'"),
])  # fmt: skip
def test_a_wrong_choice_is_a_mistake_of_usage(words: list[str], choices: str) -> None:
    done = CliRunner().invoke(make_app(), words, env={"COLUMNS": "200"})
    assert done.exit_code == 2
    assert choices in done.output


@pytest.mark.parametrize("words", [
    ["cohort", "fetch", "TCGA-LIHC", "--to", ""], ["cohort", "import", ""], ["cohort", "export", "demo", ""],
    ["cohort", "check", "demo", "--home", ""], ["prepare", "demo", "--export", ""], ["report", "x", "--html", ""],
    ["report", "x", "--sheet", ""], ["ablate", "table2", "--out", ""], ["null", "demo", "--out", ""],
    ["tune", "table2", "demo", "--out", ""], ["demo", "--source", ""], ["bench", "train", "--out", ""],
    ["bench", "pancancer", ""],
])  # fmt: skip
def test_no_path_is_not_the_folder_here(words: list[str]) -> None:
    """As a script gives it, in place of a variable that was never set."""
    done = CliRunner().invoke(make_app(), words, env={"COLUMNS": "200"})
    assert done.exit_code == 2
    assert "a path is needed, and this is an empty text" in done.output


def test_a_failure_ends_the_process_with_its_text_alone(tmp_path: Path) -> None:
    """Said once, and a path is in one piece, however long."""
    home = tmp_path / "_".join(["home"] * 20)
    done = pomp("run", "nobody", home=home)
    assert done.returncode == 1
    assert done.stderr.count(f"There is no cohort 'nobody': it is no folder, and the workspace {home} has none") == 1
    assert "•" not in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_the_help_names_every_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["pomp", "--help"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    named = re.findall(r"^│ (\w+) ", capsys.readouterr().out, re.MULTILINE)
    assert named == list(COMMANDS)


def test_opening_the_dashboard_imports_no_torch() -> None:
    code = "import sys; from pomp.cli.commands import make_app; make_app('demo'); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0


INTERRUPT_AT_IMPORT = """
import os, runpy, signal, sys
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), signal.SIGINT)
_, program, module, *sys.argv[1:] = sys.argv
sys.meta_path.insert(0, Watch())
runpy.run_module(program, run_name="__main__")
"""


@pytest.mark.parametrize(
    ("program", "arguments", "module"),
    [
        ("pomp", ["run"], "typer"),
        ("pomp", ["run"], "torch"),
        ("dashboard", [], "starlette"),
        ("dashboard", [], "pandas"),
    ],
)
def test_ctrl_c_while_modules_are_imported_is_one_line(program: str, arguments: list[str], module: str) -> None:
    command = [sys.executable, "-c", INTERRUPT_AT_IMPORT, program, module, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.strip() == "Stopped. To go on, give the same command again."


def test_ctrl_c_in_any_command_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pomp.cli.cohort.check_cohort", interrupted)
    done = CliRunner().invoke(make_app(), ["cohort", "check", "."])
    assert done.exit_code == 130
    assert done.output.strip() == "Stopped. To go on, give the same command again."
