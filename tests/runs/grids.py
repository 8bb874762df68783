"""Small grids, a cohort to fill them on, and runs that are done without a step of training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from pomp.data.cohort import Cohort, read_cohort
from pomp.runs.grid.cells import Cell, plan_cells
from pomp.runs.grid.spec import Grid, read_grid
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from tests.runs.omics_cohort import write_omics_cohort

GRID = """
name = "small"
title = "Small grid"
published_in = "Table 9"
preset = "demo"
changes = { folds = 2, finetune.epochs = 1 }
cohorts = ["TCGA-LIHC"]

[[variant]]
name = "none"
changes = { pretrain.epochs = 0 }
published = { LIHC = [0.7, 0.03] }

[[variant]]
name = "few"
label = "few genes"
changes = { omics = { genes = 5 } }

[[variant]]
name = "all"
reference = true
"""


def write_grid(folder: Path, text: str = GRID, name: str = "small") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder / f"{name}.toml"


def small_grid(workspace: Workspace, text: str = GRID) -> Grid:
    """The grid, on a cohort `TCGA-LIHC` in the workspace."""
    if not (workspace.cohorts / "TCGA-LIHC").is_dir():
        write_omics_cohort(workspace.cohorts / "TCGA-LIHC", "L", seed=3)
    return read_grid(write_grid(workspace.root / "grids", text))


def cell_of(grid: Grid, workspace: Workspace, variant: str, seed: int = 0) -> Cell:
    return next(cell for cell in plan_cells(grid, workspace) if (cell.variant, cell.seed) == (variant, seed))


def read_wanted(cell: Cell) -> Cohort:
    assert cell.wanted is not None, cell.problem
    return read_cohort(cell.wanted.folder, cell.wanted.config.cohort)


def make_run(cell: Cell, workspace: Workspace, title: str = "") -> Run:
    """A run that fills the cell, made by hand: not started."""
    cohort = read_wanted(cell)
    assert cell.wanted is not None
    return workspace.runs.create(cohort, cell.wanted.config, title)


def finish(run: Run, signal: float = 1.0) -> Run:
    """Give it predictions. `signal`: how closely the risk follows the time of death; the noise is the same for all."""
    outcome = read_cohort(run.cohort_folder, run.config.cohort).outcome.rename_axis("patient").reset_index()
    fold_of: Mapping[str, int] = {name: fold.index for fold in run.splits().folds for name in fold.test}
    noise = np.random.default_rng(9).normal(size=len(outcome))
    risk = noise - signal * outcome["time_days"] / 900
    table = outcome.assign(fold=outcome["patient"].map(fold_of), risk=risk, cutoff=0.0, high_risk=risk > 0, epoch=0)
    run.write_table("predictions", table)
    run.write_status(
        state="DONE", progress=1.0, started="2025-01-01T00:00:00+00:00", finished="2025-01-01T00:01:00+00:00"
    )
    return run
