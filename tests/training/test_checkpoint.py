"""Checkpoints: what is saved comes back, and damage is found."""

from __future__ import annotations

import hashlib
import json
import pickle
from pathlib import Path

import pytest
import torch

from pomp.errors import CheckpointError, RunError, TrainingError
from pomp.sealed import seal
from pomp.training.checkpoint import CheckpointStore


def tensors(value: float) -> dict[str, torch.Tensor]:
    return {"a": torch.full((3, 2), float(value)), "b": torch.tensor(float(value))}


def test_round_trip_and_two_generations(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path / "new" / "folder")
    assert store.load() is None
    for epoch in (1, 2, 3, 12):
        store.save(epoch, tensors(epoch), {"c_index": epoch / 100})
    found = store.load()
    assert found is not None
    assert (found.epoch, found.facts, found.skipped) == (12, {"c_index": 0.12}, ())
    torch.testing.assert_close(found.tensors["a"], torch.full((3, 2), 12.0))
    assert sorted(path.name for path in store.folder.iterdir()) == [
        "000003.json", "000003.safetensors", "000012.json", "000012.safetensors",
    ]  # fmt: skip


def flip_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def edit_manifest(path: Path) -> None:
    """Another epoch, and every digest of tensors fits."""
    path.write_text(path.read_text().replace('"epoch": 2', '"epoch": 3'))


def put_a_pickle(path: Path) -> None:
    content = pickle.dumps({"a": [1.0]})
    path.write_bytes(content)
    manifest = {"epoch": 2, "sha256": hashlib.sha256(content).hexdigest(), "facts": {}}
    path.with_suffix(".json").write_text(json.dumps(seal(manifest)))


DAMAGE = {
    "a flipped bit": ("000002.safetensors", flip_bit, "SHA-256"),
    "a truncated file": ("000002.safetensors", truncate, "SHA-256"),
    "a missing file": ("000002.safetensors", Path.unlink, "No such file"),
    "a torn manifest": ("000002.json", truncate, "000002"),
    "an edited manifest": ("000002.json", edit_manifest, "its content does not match its seal"),
    "a manifest of something else": ("000002.json", lambda path: path.write_text("{}"), "sha256"),
    "a manifest that is a list": ("000002.json", lambda path: path.write_text("[]"), "it should be an object"),
    "a pickle that its manifest fits": ("000002.safetensors", put_a_pickle, "000002: "),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_damage_falls_back_to_the_generation_before(case: str, tmp_path: Path) -> None:
    name, damage, said = DAMAGE[case]
    store = CheckpointStore(tmp_path)
    store.save(1, tensors(1))
    store.save(2, tensors(2))
    damage(tmp_path / name)
    found = store.load()
    assert found is not None
    assert found.epoch == 1
    assert said in found.skipped[0]


def test_what_was_half_removed_is_removed_at_the_next_save(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    for epoch in (1, 2, 3):
        store.save(epoch, tensors(epoch))
    (tmp_path / "000001.json").write_text("{}")  # a process died before the manifest was removed
    store.save(4, tensors(4))
    assert {path.stem for path in tmp_path.iterdir()} == {"000003", "000004"}


def test_damage_takes_no_place_from_what_is_saved_after_it(tmp_path: Path) -> None:
    """Gone back behind a damaged generation, there are again two to fall back on."""
    store = CheckpointStore(tmp_path)
    store.save(10, tensors(10))
    store.save(40, tensors(40))
    flip_bit(tmp_path / "000040.safetensors")
    store.save(20, tensors(20))
    assert {path.stem for path in tmp_path.iterdir()} == {"000010", "000020"}
    store.save(30, tensors(30))
    flip_bit(tmp_path / "000030.safetensors")
    found = store.load()
    assert found is not None
    assert (found.epoch, len(found.skipped)) == (20, 1)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_finite_is_not_saved(value: float, tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path / "fold-0-pretrain")
    store.save(1, tensors(1))
    with pytest.raises(TrainingError, match="After 2 epochs a of fold-0-pretrain is not finite. The last good state"):
        store.save(2, tensors(value))
    found = store.load()
    assert found is not None
    assert (found.epoch, found.skipped) == (1, ())


def test_when_all_are_damaged_it_says_what_to_do(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    store.save(1, tensors(1))
    flip_bit(tmp_path / "000001.safetensors")
    with pytest.raises(CheckpointError, match="Delete that folder to start this stage afresh"):
        store.load()


def test_what_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = CheckpointStore(tmp_path)
    store.save(1, tensors(1))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RunError, match="could not be written: No space left on device. Free disk space"):
        store.save(2, tensors(2))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000001.json", "000001.safetensors"]
    found = store.load()
    assert found is not None
    assert found.epoch == 1
