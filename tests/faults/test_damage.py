"""Files of a run that were damaged on the disk: found, healed or refused by name, never read."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import torch

from pomp.errors import CheckpointError, RunError
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from pomp.sealed import seal
from pomp.training.checkpoint import CheckpointStore
from tests.faults.conftest import Whole
from tests.faults.faulty import Fault, new_run, said, work

Damage = Callable[[Path], None]


def flip(path: Path) -> None:
    """One bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 2
    path.write_bytes(content)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def blank(path: Path) -> None:
    """A block of zeros, as after a power failure."""
    path.write_bytes(bytes(path.stat().st_size))


def remove(path: Path) -> None:
    path.unlink()


@pytest.fixture(scope="module")
def killed(whole: Whole, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with every kind of file: killed in the fine-tuning of its second fold, before the last checkpoint."""
    run = new_run(tmp_path_factory.mktemp("killed") / "home", whole.cohort, whole.cache)
    assert work(run, Fault("os.rename", "checkpoints/fold-1-finetune/000003.safetensors")) < 0
    return run


@pytest.fixture
def run(killed: Run, tmp_path: Path) -> Run:
    """A copy of it, to be damaged."""
    home = tmp_path / "home"
    shutil.copytree(killed.folder.parents[1], home, symlinks=True)
    return Workspace(home).runs.get(killed.id)


PASSED_OVER = "A damaged checkpoint was passed over for the one before, "
LAST = "checkpoints/fold-1-finetune/000002"
HEALED: dict[str, tuple[str, Damage, str]] = {
    "tensors, a bit": (f"{LAST}.safetensors", flip, f"{PASSED_OVER}000002: its content does not match its SHA-256"),
    "tensors, torn": (f"{LAST}.safetensors", truncate, f"{PASSED_OVER}000002: its content does not match its SHA-256"),
    "tensors, gone": (f"{LAST}.safetensors", remove, f"{PASSED_OVER}000002: [Errno 2] No such file"),
    "manifest, a bit": (f"{LAST}.json", flip, f"{PASSED_OVER}000002: its content does not match its seal"),
    "manifest, blank": (f"{LAST}.json", blank, f"{PASSED_OVER}000002: "),
    "manifest, gone": (f"{LAST}.json", remove, ""),
    "pre-training, blank": ("checkpoints/fold-1-pretrain/000003.safetensors", blank, f"{PASSED_OVER}000003"),
    "status, a bit": ("status.json", flip, ""),
    "status, torn": ("status.json", truncate, ""),
    "status, gone": ("status.json", remove, ""),
    "metrics, last line torn": ("metrics.jsonl", truncate, "1 line of metrics.jsonl is torn or damaged"),
    "slides, a bit": ("slides.parquet", flip, ""),
    "a fold's baseline, gone": ("folds/0/baseline.parquet", remove, ""),
    "what pre-training has learnt, gone": ("folds/0/embeddings.parquet", remove, ""),
    "genes, table gone": ("selectors/fold-1.parquet", remove, ""),
    "genes, gone": ("selectors/fold-1.json", remove, ""),
    "lock, of somebody else": ("lock", lambda path: path.write_text('{"pid": 1, "host": "h", "started": "s"}'), ""),
}
QUICK = {"tensors, a bit", "status, a bit", "a fold's baseline, gone"}


@pytest.mark.parametrize(
    "case", [pytest.param(name, marks=[pytest.mark.slow] * (name not in QUICK)) for name in HEALED]
)
def test_what_heals_by_itself(case: str, run: Run, whole: Whole) -> None:
    name, damage, logged = HEALED[case]
    damage(run.folder / name)
    assert work(run) == 0, said(run)
    assert logged in run.log_tail()
    whole.same(run)


REFUSED: dict[str, tuple[str, Damage, str]] = {
    "genes, a bit": ("selectors/fold-1.json", flip, r"selectors/fold-1\.json is damaged .*its seal"),
    "genes, torn": ("selectors/fold-1.json", truncate, r"selectors/fold-1\.json is damaged .*"),
    "genes, table": ("selectors/fold-1.parquet", flip, r"selectors/fold-1\.parquet is damaged .*SHA-256"),
    "predictions, a bit": ("folds/0/predictions.parquet", flip, r"0/predictions\.parquet is damaged .*SHA-256"),
    "predictions, blank": ("folds/0/predictions.parquet", blank, r"0/predictions\.parquet is damaged "),
    "maps, torn": ("folds/0/regions.parquet", truncate, r"0/regions\.parquet is damaged "),
    "attributions, a bit": ("folds/0/gene_attributions.parquet", flip, r"0/gene_attributions\.parquet is damaged "),
    "list of tables, a bit": ("folds/0/tables.json", flip, r"0/tables\.json is damaged .*its seal"),
}


@pytest.mark.parametrize(
    "case", [pytest.param(name, marks=[pytest.mark.slow] * (name != "predictions, a bit")) for name in REFUSED]
)
def test_what_is_refused_by_name_and_made_again_once_deleted(case: str, run: Run, whole: Whole) -> None:
    name, damage, message = REFUSED[case]
    damage(run.folder / name)
    assert work(run) == 1
    assert run.status().state == "FAILED"
    assert re.search(message + ".*Delete it, then resume the run", str(run.status().error))
    assert "Traceback" not in said(run) + run.log_tail()
    (run.folder / name).unlink()
    assert work(run) == 0, said(run)
    whole.same(run)


@pytest.mark.slow
def test_when_no_generation_is_intact(run: Run, whole: Whole) -> None:
    folder = run.folder / "checkpoints" / "fold-1-finetune"
    for file in folder.glob("*.safetensors"):
        flip(file)
    assert work(run) == 1
    error = run.status().error
    assert error is not None
    assert error.startswith(f"No checkpoint in {folder} is intact (000002: its content does not match")
    assert "Delete that folder to start this stage afresh, then resume the run." in error
    shutil.rmtree(folder)
    assert work(run) == 0, said(run)
    whole.same(run)


@pytest.mark.parametrize(
    ("name", "message"), [("run.json", r"run\.json is damaged"), ("splits.json", r"splits\.json .*changed|damaged")]
)
@pytest.mark.parametrize("damage", [flip, truncate, blank])
def test_what_cannot_be_made_again(name: str, message: str, damage: Damage, run: Run) -> None:
    damage(run.folder / name)
    with pytest.raises(RunError, match=message):
        Run.open(run.folder).splits()


KEY = ["stage", "fold", "epoch"]


def test_a_damaged_line_of_metrics_is_missing_and_never_another_number(run: Run, killed: Run) -> None:
    file, before = run.folder / "metrics.jsonl", killed.metrics()
    lines = file.read_bytes().splitlines(keepends=True)
    for bit in range(0, 8 * len(lines[4]), 7):
        line = bytearray(lines[4])
        line[bit // 8] ^= 1 << bit % 8
        file.write_bytes(b"".join([*lines[:4], bytes(line), *lines[5:]]))
        found = run.metrics()[before.columns]
        assert len(found) >= len(before) - (2 if line[-1:] != b"\n" else 1)  # without its end it spoils the next, too
        pd.testing.assert_frame_equal(found, before.merge(found[KEY]), check_exact=True)


@pytest.mark.parametrize("stride", [97, pytest.param(1, marks=pytest.mark.slow)])
def test_a_damaged_status_is_never_another_one(stride: int, run: Run) -> None:
    file = run.folder / "status.json"
    content, before = file.read_bytes(), run.status()
    for bit in range(0, 8 * len(content), stride):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        file.write_bytes(damaged)
        found = run.status()
        assert found == before or (found.state == "INTERRUPTED" and "cannot be read" in str(found.error))


def test_four_hundred_flipped_bits_of_a_checkpoint(killed: Run, tmp_path: Path) -> None:
    """None is read: the generation before is, and it is said."""
    shutil.copytree(killed.folder / "checkpoints" / "fold-1-finetune", tmp_path / "stage")
    store, chance = CheckpointStore(tmp_path / "stage"), random.Random(3)
    before = CheckpointStore(killed.folder / "checkpoints" / "fold-1-finetune").load()
    assert before is not None
    for _ in range(400):
        file = store.folder / ("000002.json" if chance.random() < 0.25 else "000002.safetensors")
        content = file.read_bytes()
        damaged = bytearray(content)
        damaged[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        file.write_bytes(damaged)
        found = store.load()
        assert found is not None
        if found.epoch == before.epoch:  # the name of the seal was hit: what it seals is whole
            assert found.facts == before.facts
            assert all(torch.equal(found.tensors[name], before.tensors[name]) for name in before.tensors)
            assert file.suffix == ".json"
        else:
            assert (found.epoch, len(found.skipped)) == (1, 1)
        file.write_bytes(content)


class Malicious:
    """Unpickling it makes a file."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.proof}",)


def test_a_pickle_is_never_executed(tmp_path: Path) -> None:
    """Neither under the name of a checkpoint, with a manifest that fits, nor beside one."""
    store, proof = CheckpointStore(tmp_path / "stage"), tmp_path / "proof"
    store.save(1, {"a": torch.ones(2)})
    pickled = pickle.dumps(Malicious(proof))
    torch.save({"a": Malicious(proof)}, store.folder / "000003.pt")
    (store.folder / "000002.safetensors").write_bytes(pickled)
    manifest = {"epoch": 2, "sha256": hashlib.sha256(pickled).hexdigest(), "facts": {}}
    (store.folder / "000002.json").write_text(json.dumps(seal(manifest)))
    found = store.load()
    assert found is not None
    assert found.epoch == 1
    assert found.skipped[0].startswith("000002: ")
    for file in store.folder.glob("000001.*"):
        file.unlink()
    with pytest.raises(CheckpointError, match=r"No checkpoint in .* is intact"):
        store.load()
    assert not proof.exists()
    pickle.loads(pickled)  # noqa: S301
    assert proof.exists()  # it would have


@pytest.mark.slow
def test_a_finished_run_whose_results_were_damaged(whole: Whole, run: Run) -> None:
    assert work(run) == 0
    flip(run.folder / "predictions.parquet")
    with pytest.raises(RunError, match=r"predictions\.parquet is damaged .*Delete it, then resume .* pomp run --run "):
        run.require_predictions()
    (run.folder / "predictions.parquet").unlink()
    assert work(run) == 0
    whole.same(run)
