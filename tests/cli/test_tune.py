"""`pomp tune`: both tables, what is kept, and that the test folds are read only when they are to be."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from pomp.cli.commands import make_app
from pomp.cli.tune import outer_rows
from pomp.errors import ConfigError
from pomp.runs.grid.score import RunScore, score_run
from pomp.runs.tuning import tested
from pomp.runs.workspace import Workspace
from tests.runs.grids import write_grid
from tests.runs.omics_cohort import write_omics_cohort

GRID = """
name = "tiny"
preset = "demo"
changes = { folds = 2, pretrain.epochs = 0, omics = { genes = 5, selector = "cox_score" }, finetune.epochs = 2 }
cohorts = ["anything"]

[[variant]]
name = "narrow"
changes = { model = { width = 8, heads = 1 } }

[[variant]]
name = "wide"
changes = { model = { width = 16, heads = 2 } }
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write_omics_cohort(tmp_path / "cohorts" / "liver", "L", seed=1, patients=80)
    write_grid(tmp_path / "grids", GRID, "tiny")
    return tmp_path


def tune(home: Path, *words: str) -> str:
    done = CliRunner().invoke(
        make_app(), ["tune", "tiny", "liver", "--inner", "2", "--home", str(home), *words], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.output


def test_the_test_folds_are_read_by_the_chosen_variants_alone(home: Path) -> None:
    out = home / "table.md"
    assert "C-index on the test folds" not in tune(home, "--no-test")
    workspace = Workspace(home)
    assert workspace.runs.list() == []
    assert len(list((home / "cache" / "tuning").iterdir())) == 2 * 2 * 2  # variants, folds, inner folds
    tune(home, "--out", str(out))
    written = out.read_text()
    runs = workspace.runs.list()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in written.splitlines() if line.startswith("|")]
    inner = {row[0]: row[1:3] for row in rows[2:4]}
    assert inner.keys() == {"narrow", "wide"}
    picked = [next(name for name, cells in inner.items() if cells[fold].endswith("*")) for fold in (0, 1)]
    assert sorted(run.info.title for run in runs) == sorted({f"tiny: {name}" for name in picked})
    chosen = next(row for row in rows if row[0] == "chosen")
    by_title = {run.info.title: score_run(run).folds for run in runs}
    assert chosen[1:3] == [f"{by_title[f'tiny: {name}'][fold]:.3f}" for fold, name in enumerate(picked)]
    assert any(row[0].startswith("ridge Cox") for row in rows)
    tune(home, "--out", str(out))  # nothing is made again
    assert (out.read_text(), len(workspace.runs.list())) == (written, len(runs))


def test_the_cohort_may_be_called_as_tcga_calls_it(home: Path) -> None:
    (home / "cohorts" / "liver").rename(home / "cohorts" / "TCGA-LIVER")
    assert "C-index inside the training folds" in tune(home, "--no-test")


def test_the_table_is_markdown(home: Path) -> None:
    with pytest.raises(ConfigError, match="'scores.csv' does not end in .md"):
        tune(home, "--out", "scores.csv")


def test_a_score_stands_below_its_fold_where_a_plain_model_lacks_another() -> None:
    table = pd.DataFrame(
        [(f"P{n}", fold, 100 + n, True, -n * sign) for fold, sign in enumerate((1, -1, 1)) for n in range(3)],
        columns=["patient", "fold", "time_days", "event", "risk"],
    )
    head, own, forest = outer_rows(tested.Tested(RunScore(table), {"forest": RunScore(table[table["fold"] > 0])}))
    assert head[1:4] == ["fold 1", "fold 2", "fold 3"]
    assert own[1:4] == ["1.000", "0.000", "1.000"]
    assert forest[1:4] == ["–", "0.000", "1.000"]
