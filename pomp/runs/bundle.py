"""The finished runs that come with pomp: what they are, and how they are made."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pomp.config import PRESETS, RunConfig, override
from pomp.data.cohort import read_cohort
from pomp.runs.info import write_info
from pomp.runs.run import Run
from pomp.runs.status import Status, write_status
from pomp.runs.worker import THREADS, execute
from pomp.runs.workspace import Workspace

LEFT_OUT = ("checkpoints", "folds", "lock", "log.txt", "fold-*.json", "all.json")
"""Weights and fitted selectors are large and only needed to go on with a run, the folds' own tables are gathered in the
run's, and a log tells of the machine it came from."""

_BRCA = {"omics.genes": 300, "finetune.epochs": 20}
_BY_GENE = ("gene_attributions.parquet", "reconstructions.parquet")  # a row a patient and gene


@dataclass(frozen=True)
class BundledRun:
    """One run of the bundle, made from a bundled cohort."""

    id: str
    cohort: str
    title: str
    changes: dict[str, Any]  # to the preset `demo`
    left_out: tuple[str, ...] = ()  # tables that are too large for what they show here

    @property
    def config(self) -> RunConfig:
        return override(PRESETS["demo"], self.changes)


BUNDLED = (
    BundledRun("demo-pathology", "demo", "Slides alone", {"model.modalities": "pathology"}),
    BundledRun("demo-omics", "demo", "Omics alone", {"model.modalities": "omics"}),
    BundledRun("demo-seed-2", "demo", "Slides and omics, seed 2", {"seed": 2}),
    BundledRun("demo-seed-1", "demo", "Slides and omics, seed 1", {"seed": 1}),
    BundledRun("demo-both", "demo", "Slides and omics", {}),
    BundledRun(
        "brca-paper-released", "brca", "Paper's protocol as released", {"protocol": "paper-released", **_BRCA}, _BY_GENE
    ),
    BundledRun("brca-paper", "brca", "Paper's protocol", {"protocol": "paper", **_BRCA}, _BY_GENE),
    BundledRun("brca-honest", "brca", "Honest protocol", {"protocol": "honest", **_BRCA}, _BY_GENE[1:]),
)
"""In the order in which they are made: a list of runs shows the last one first, and that is of real patients."""


def rebuild_runs(assets: Path, on_status: Callable[[str, Status], None] | None = None) -> None:
    """Make the bundled runs again from the bundled cohorts, each one replaced only once it is done.

    Args:
        assets: the folder that holds `cohorts` and `runs`.
        on_status: told the run's id and how it goes.
    """
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        workspace.install_bundle(assets)
        for bundled in BUNDLED:
            run = make_run(bundled, workspace, on_status)
            publish(run, bundled, assets / "runs" / bundled.id)


def make_run(bundled: BundledRun, workspace: Workspace, on_status: Callable[[str, Status], None] | None = None) -> Run:
    """Work it off in a workspace that has the bundled cohorts.

    It always computes on the CPU, with one thread a fold, for the same numbers whatever the machine.
    """
    config = bundled.config
    run = workspace.runs.create(read_cohort(workspace.cohorts / bundled.cohort, config.cohort), config, bundled.title)
    run.write_json(THREADS, {"threads": 1})
    execute(run, "cpu", (lambda status: on_status(bundled.id, status)) if on_status else None)
    return run


def publish(run: Run, bundled: BundledRun, target: Path) -> None:
    """Copy a finished run without what is left out, under an id that stays when it is made again."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(run.folder, target, ignore=shutil.ignore_patterns(*LEFT_OUT, *bundled.left_out))
    write_info(target / "run.json", run.info.model_copy(update={"id": bundled.id}))
    final = run.status().changed(pid=None, host=None)
    write_status(target / "status.json", final)
