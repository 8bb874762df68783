"""Workers that are killed: every run that is resumed ends with the numbers of one that nothing happened to."""

from __future__ import annotations

import random
import signal
from pathlib import Path
from typing import Any

import pytest

from pomp.runs.run import Run
from tests.faults.conftest import MakeRun, Whole
from tests.faults.faulty import EPOCHS, STEPS_AN_EPOCH, Event, Fault, said, start, steps, work

KILLED = {-signal.SIGKILL, -signal.SIGXFSZ}


def tuned(event: Event, name: str, **others: Any) -> list[Fault]:
    """One fault for each of three epochs of fine-tuning in the first fold. `name`: of a file, `{}` for the epoch."""
    return [Fault(event, f"checkpoints/fold-0-finetune/{name.format(epoch)}", **others) for epoch in (1, 2, 3)]


POINTS: dict[str, list[Fault]] = {
    "in the middle of an epoch": [Fault("step", count=count) for count in (2, 5, 5)],
    "in the middle of the tensors": tuned("open", "00000{}.safetensors.part", action="tear", size=50_000),
    "before the tensors are renamed": tuned("os.rename", "00000{}.safetensors"),
    "between tensors and manifest": tuned("open", "00000{}.json.part"),
    "in the middle of the manifest": tuned("open", "00000{}.json.part", action="tear", size=40),
    "before the manifest is renamed": tuned("os.rename", "00000{}.json"),
    "between manifest and the removal of the oldest": [Fault("os.remove", "checkpoints/*.safetensors")] * 3,
    "in the middle of the removal": [Fault("os.remove", "checkpoints/*.json")] * 3,
    "in the middle of a line of metrics": [Fault("open", "metrics.jsonl", n, "tear", 30) for n in (1, 2, 2)],
    "in the middle of the status": [Fault("open", "status.json.part", n, "tear", 90) for n in (4, 36, 38)],
    "before the status is renamed": [Fault("os.rename", "status.json", n) for n in (3, 36, 39)],
    "between table and selector of a fold": [Fault("open", f"selectors/fold-{n}.json.part") for n in (0, 1)],
    "between pre-training and fine-tuning": [
        Fault("step", count=EPOCHS * STEPS_AN_EPOCH + 1),
        Fault("step", count=2 * EPOCHS * STEPS_AN_EPOCH + 1),
    ],
    "in the middle of what pre-training has learnt": [
        Fault("open", f"folds/{n}/{name}.parquet.part", action="tear", size=500)
        for n, name in ((0, "embeddings"), (0, "reconstructions"), (1, "embeddings"))
    ],
    "in the middle of what the final model makes of it": [
        Fault("open", "folds/0/region_genes.parquet.part", action="tear", size=500),
        Fault("os.rename", "folds/0/gene_attributions.parquet"),
        Fault("open", "folds/1/tables.json.part", action="tear", size=20),
    ],
    "before the predictions of a fold": [Fault("open", f"folds/{n}/predictions.parquet.part") for n in (0, 1)],
    "after the last fold, while gathering": [
        Fault("open", "baseline.parquet.part"),
        Fault("open", "predictions.parquet.part"),
    ],
}
GAUNTLET = [
    Fault("open", "selectors/fold-0.json.part"),
    Fault("step", count=2),
    Fault("open", "checkpoints/fold-0-pretrain/000001.safetensors.part", action="tear", size=50_000),
    Fault("os.rename", "checkpoints/fold-0-pretrain/000002.safetensors"),
    Fault("open", "checkpoints/fold-0-pretrain/000003.json.part"),
    Fault("os.remove", "checkpoints/fold-0-pretrain/*.safetensors"),
    Fault("open", "folds/0/reconstructions.parquet.part", action="tear", size=500),
    Fault("step"),
    Fault("open", "metrics.jsonl", action="tear", size=30),
    Fault("open", "status.json.part", 8, "tear", 90),
    Fault("open", "folds/0/predictions.parquet.part"),
    Fault("os.rename", "folds/1/predictions.parquet"),
    Fault("open", "comparators.parquet.part"),
]
"""The points one after the other, on the way of a single run."""


def finished(run: Run) -> dict[Path, tuple[int, int]]:
    """The files of finished folds, with what changes when one is written again."""
    done = [file.parent.name for file in run.folder.glob("folds/*/predictions.parquet")]
    files = [file for fold in done for file in run.folder.glob(f"*/fold-{fold}*/*")]
    files += [file for fold in done for file in run.folder.glob(f"folds/{fold}/*")]
    return {file: (file.stat().st_ino, file.stat().st_mtime_ns) for file in files}


def resume_and_compare(run: Run, whole: Whole, kills: int) -> None:
    """It goes on from where it stands to the same numbers, and makes at most an epoch a kill again."""
    done = finished(run)
    assert run.status().state == "INTERRUPTED"
    assert work(run) == 0, said(run)
    assert finished(run).items() >= done.items()
    whole.same(run)
    assert steps(whole.run) <= steps(run) <= steps(whole.run) + kills * STEPS_AN_EPOCH
    assert list(run.folder.rglob("*.part")) == []
    assert "Traceback" not in said(run)


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_again_and_again(every: int, whole: Whole, make_run: MakeRun) -> None:
    run, faults = make_run(), GAUNTLET[::every]
    for fault in faults:
        assert work(run, fault) in KILLED, f"{fault} never came"
    resume_and_compare(run, whole, len(faults))


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_killed_at(point: str, whole: Whole, make_run: MakeRun) -> None:
    run = make_run()
    for fault in POINTS[point]:
        assert work(run, fault) in KILLED, f"{fault} never came"
    resume_and_compare(run, whole, len(POINTS[point]))


@pytest.mark.parametrize("seed", [pytest.param(n, marks=[pytest.mark.slow] * (n >= 1)) for n in range(25)])
def test_killed_at_any_moment(seed: int, whole: Whole, make_run: MakeRun) -> None:
    run = make_run()
    process = start(run)
    process.join(random.Random(seed).uniform(0, whole.seconds))
    process.kill()
    process.join()
    if run.status().state == "INTERRUPTED":
        resume_and_compare(run, whole, kills=1)
    else:  # before it had begun, or when it was done
        assert work(run) == 0, said(run)
        whole.same(run)
