"""Runs that end before their end: on request, by a signal, or because a loss is no number."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from safetensors.torch import load_file

from pomp.data.cohort import read_cohort
from tests.faults import faulty
from tests.faults.conftest import MakeRun, Whole
from tests.faults.faulty import STEPS_AN_EPOCH, Fault, said, start, steps, work
from tests.runs.fakes import eventually
from tests.runs.feature_cohort import write_feature_cohort

TERMINATED = {
    "preparation": (Fault("open", "status.json.part", 5, "terminate"), "prepare"),
    "selection": (Fault("open", "status.json.part", 36, "terminate"), "select"),
    "pre-training": (Fault("step", count=5, action="terminate"), "pretrain"),
    "fine-tuning": (Fault("step", count=32, action="terminate"), "finetune"),
    "maps": (Fault("open", "status.json.part", 58, "terminate"), "explain"),
}
QUICK = {"preparation", "selection"}


@pytest.mark.parametrize("where", [pytest.param(at, marks=[pytest.mark.slow] * (at not in QUICK)) for at in TERMINATED])
def test_sigterm_stops_with_the_state_saved(where: str, whole: Whole, tmp_path: Path) -> None:
    fault, stage = TERMINATED[where]
    (tmp_path / "cache").mkdir()  # of its own, so that genes are chosen
    run = faulty.new_run(tmp_path / "home", whole.cohort, tmp_path / "cache")
    assert work(run, fault) == 143
    status = run.status()
    assert (status.state, status.stage) == ("STOPPED", stage)
    assert "Stopped on request" in status.message
    if fault.event == "step":
        assert steps(run) == fault.count  # not one more after the signal
    assert work(run) == 0, said(run)
    whole.same(run)


@pytest.mark.parametrize("where", ["selection", pytest.param("fine-tuning", marks=pytest.mark.slow)])
def test_ctrl_c_stops_at_the_last_checkpoint_and_says_how_to_go_on(where: str, whole: Whole, tmp_path: Path) -> None:
    fault, stage = TERMINATED[where]
    (tmp_path / "cache").mkdir()
    run = faulty.new_run(tmp_path / "home", whole.cohort, tmp_path / "cache")
    assert work(run, replace(fault, action="interrupt")) == 130
    status = run.status()
    assert (status.state, status.stage) == ("STOPPED", stage)
    assert said(run) == f"Stopped. To go on from the last checkpoint: pomp run --run {run.folder}"
    assert work(run) == 0, said(run)
    whole.same(run)


def test_sigterm_from_outside(whole: Whole, make_run: MakeRun) -> None:
    run = make_run()
    process = start(run)
    eventually(lambda: steps(run) > STEPS_AN_EPOCH)
    process.terminate()
    process.join()
    assert process.exitcode == 143
    assert run.status().state == "STOPPED"
    assert work(run) == 0, said(run)
    whole.same(run)


@pytest.mark.parametrize("stage", [pytest.param("pretrain", marks=pytest.mark.slow), "finetune"])
def test_a_learning_rate_that_explodes(stage: str, make_run: MakeRun) -> None:
    run = make_run(**{f"{stage}__learning_rate": 1e30})
    for _ in range(2):  # and again when it is resumed
        assert work(run) == 1
        status = run.status()
        assert (status.state, status.resumable) == ("FAILED", True)
        assert status.error is not None
        assert re.search(rf"{stage}.*Lower the learning rate", status.error)
        assert "P0" in status.error
        assert status.error in run.log_tail()
    assert "Traceback" not in said(run) + run.log_tail()
    for file in run.folder.glob("checkpoints/*/*.safetensors"):
        assert all(tensor.isfinite().all() for tensor in load_file(file).values())


def test_a_patient_whose_features_explode(tmp_path: Path) -> None:
    folder = write_feature_cohort(tmp_path / "cohort", faulty.PATIENTS, kind=np.float32)
    with h5py.File(folder / "features" / "P007.h5", "a") as file:
        file["features"][4, :] = 3e38
    (tmp_path / "cache").mkdir()
    run = faulty.new_run(tmp_path / "home", read_cohort(folder), tmp_path / "cache")
    assert work(run) == 1
    status = run.status()
    assert status.state == "FAILED"
    assert status.error is not None
    assert re.search(r"P007", status.error)
    assert "Traceback" not in said(run) + run.log_tail()
