"""The folds of a small run side by side, beside the same folds one after another with all threads."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from pomp.bench.measurement import Measurement, Rival, Scale, in_turns
from pomp.config import PRESETS, override
from pomp.data.bundle import assets_folder
from pomp.data.cohort import read_cohort
from pomp.runs.fold_division import limited_threads
from pomp.runs.run import Run
from pomp.runs.worker import execute
from pomp.runs.workspace import Workspace

AT_A_TIME = 2

SIZES: dict[Scale, dict[str, Any]] = {
    "full": {},
    "small": {
        "folds": 2, "model.modalities": "omics", "omics.selector": "cox_score", "omics.genes": 8, "model.width": 16,
        "model.heads": 2, "pretrain.epochs": 1, "finetune.epochs": 1,
    },
}  # fmt: skip
REPEATS: dict[Scale, int] = {"full": 3, "small": 1}


def measure(scale: Scale) -> list[Measurement]:
    """A run of the preset `demo` on the bundled demo cohort, from the second on, which finds genes and regions made."""
    threads = torch.get_num_threads()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        workspace.install_bundle(assets_folder())
        made: dict[str, Run] = {}

        def way(name: str, folds: int, threads: int) -> Callable[[], None]:
            def work() -> None:
                config = override(PRESETS["demo"], SIZES[scale])
                made[name] = workspace.runs.create(read_cohort(workspace.cohorts / "demo", config.cohort), config, name)
                with limited_threads(threads):
                    execute(made[name], "cpu", folds=folds)

            return work

        share = max(1, threads // AT_A_TIME)
        ways = {"ours": way("ours", AT_A_TIME, threads), "theirs": way("theirs", 1, threads)}
        seconds = in_turns(ways, REPEATS[scale])
        way("same threads", 1, share)()
        differences = {name: _difference(made["ours"], made[name]) for name in ("same threads", "theirs")}
        sizes = f"{len(made['ours'].require_predictions())} patients, {made['ours'].config.folds} folds"
    return [
        Measurement(
            work=f"demo run, {sizes}: {AT_A_TIME} at a time, threads of each: {share}",
            seconds=seconds["ours"],
            rivals=[Rival(f"one after another, {threads} threads", seconds["theirs"])],
            checks=[
                f"risks, one after another with as many threads a fold: largest difference "
                f"{differences['same threads']:g}",
                f"risks, one after another with all threads: largest difference {differences['theirs']:.2g}",
            ],
        )
    ]


def _difference(run: Run, other: Run) -> float:
    """Largest difference of out-of-fold risks."""
    risks = [one.require_predictions().set_index("patient")["risk"] for one in (run, other)]
    return float((risks[0] - risks[1]).abs().max())
