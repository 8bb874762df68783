"""A cohort without files, runs on it, and workers that do nothing but what a test asks for."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from pomp.config import PRESETS, RunConfig
from pomp.data.cohort import Cohort, ExclusionLog, OmicsTable
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace

CONFIG: RunConfig = PRESETS["demo"].model_copy(update={"folds": 2})

# Works as the run's title says. Light imports only: tests start many.
_WORKER = """
import json, os, signal, sys, time
from pathlib import Path
from pomp.runs.lock import hold

def say(**status):
    (folder / "new.json").write_text(json.dumps(status))
    (folder / "new.json").replace(folder / "status.json")

folder = Path(sys.argv[1])
title = json.loads((folder / "run.json").read_text())["title"]
with (folder.parents[1] / "order.txt").open("a") as order:
    order.write(folder.name + "\\n")
if title == "refuse":
    sys.exit("no such setting")
with hold(folder / "lock", "Run"):
    say(state="RUNNING", stage="finetune", fold=0, epoch=1, epochs=2, progress=0.5)
    if title == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if title == "leave":
        sys.exit(0)
    if title == "deaf":
        time.sleep(600)
    while title == "wait" and not (folder / "stop").exists():
        time.sleep(0.02)
    say(state="STOPPED" if title == "wait" else "DONE", progress=1.0)
"""


def tiny_cohort(folder: Path, patients: int = 8) -> Cohort:
    """Patients P0, P1, …; every other one has the event."""
    names = tuple(f"P{index}" for index in range(patients))
    outcome = pd.DataFrame(
        {
            "time_days": [100.0 * (index + 1) for index in range(patients)],
            "event": [i % 2 == 0 for i in range(patients)],
        },
        index=pd.Index(names, name="patient"),
    )
    values = pd.DataFrame({"TP53": range(patients)}, index=outcome.index, dtype=float)
    return Cohort(
        folder=folder,
        name="tiny",
        title="Tiny cohort",
        endpoint="OS",
        source="made up",
        licence="CC0-1.0",
        synthetic=True,
        patients=names,
        outcome=outcome,
        clinical=pd.DataFrame(index=outcome.index),
        omics={"mrna": OmicsTable("mrna", "log", values, None)},
        slides=pd.DataFrame(columns=["patient", "slide", "file"]),
        log=ExclusionLog(),
        digest="0123456789abcdef",
    )


def new_run(workspace: Workspace, title: str = "", seed: int = 0) -> Run:
    config = CONFIG.model_copy(update={"seed": seed})
    return workspace.runs.create(tiny_cohort(workspace.cohorts / "tiny"), config, title)


def fake_worker(folder: Path) -> tuple[str, ...]:
    """The command of a worker that does what the run's title says: wait, deaf, die, leave, refuse; else it is done."""
    script = folder / "fake_worker.py"
    script.write_text(_WORKER)
    return (sys.executable, "-P", str(script))


def eventually(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until it holds. The limit only ends a test that would hang."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
