"""The command under torchrun: one run folder, whose numbers are those of one process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pomp.data.bundle import assets_folder
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace

SETTINGS = ("folds=2", "pretrain.epochs=2", "finetune.epochs=2", "omics.selector=cox_score", "omics.genes=20")
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


def evaluate(home: Path, launcher: tuple[str, ...]) -> Run:
    cohort = str(assets_folder() / "cohorts" / "demo")
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    pomp = ["-m", "pomp", "run", cohort, "--preset", "demo", "--home", str(home), *settings]
    environment = dict(os.environ) | {"OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, *launcher, *pomp], check=True, env=environment, timeout=240, capture_output=True)
    (run,) = Workspace(home).runs.list()
    return run


@pytest.mark.slow
def test_two_processes_make_one_run_with_the_numbers_of_one(tmp_path: Path) -> None:
    alone, together = evaluate(tmp_path / "one", ()), evaluate(tmp_path / "two", TORCHRUN)
    assert together.status().state == "DONE"
    rows = [run.metrics() for run in (alone, together)]
    assert rows[1]["total"].to_numpy() == pytest.approx(rows[0]["total"].to_numpy(), rel=1e-4)
    risks = [run.require_predictions().set_index("patient")["risk"] for run in (alone, together)]
    assert risks[1].to_numpy() == pytest.approx(risks[0].to_numpy(), abs=1e-3)
