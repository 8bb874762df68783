"""Checkpoints that survive crashes, full disks and flipped bits, and that cannot execute code.

A generation is two files, `<epoch>.safetensors` and `<epoch>.json`, which holds the SHA-256 of the first. The tensors
are replaced first (see `pomp.atomic`), so a manifest never names a file that is not complete. The two newest
generations are kept: that which was saved last, and the one before it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from pomp.atomic import replacing, write_text
from pomp.errors import CheckpointError, TrainingError
from pomp.sealed import seal, unseal

GENERATIONS = 2


@dataclass(frozen=True)
class Checkpoint:
    """What was saved after `epoch` epochs."""

    epoch: int
    tensors: dict[str, Tensor]
    facts: dict[str, Any]
    skipped: tuple[str, ...]  # newer generations that were damaged, in words


class CheckpointStore:
    """The generations of one stage of one fold."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, epoch: int, tensors: dict[str, Tensor], facts: dict[str, Any] | None = None) -> None:
        """Add a generation and drop the oldest, and any of later epochs, since who saves has gone back behind them.

        Nothing that was there is touched until the new one is complete.

        Raises:
            TrainingError: a tensor is not finite; nothing is saved.
            RunError: it could not be written, for example because the disk is full.
        """
        kept = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        _check_finite(kept, epoch, self.folder)
        content = save(kept)
        manifest = {"epoch": epoch, "sha256": hashlib.sha256(content).hexdigest(), "facts": facts or {}}
        with replacing(self.folder / f"{epoch:06d}.safetensors") as partial:
            partial.write_bytes(content)
        write_text(self.folder / f"{epoch:06d}.json", json.dumps(seal(manifest)))
        manifests = self._manifests()
        later = [file for file in manifests if file.stem > f"{epoch:06d}"]
        for manifest_file in (*later, *manifests[len(later) + GENERATIONS :]):
            # The manifest last: what is half removed is found, and removed, at the next save.
            manifest_file.with_suffix(".safetensors").unlink(missing_ok=True)
            manifest_file.unlink()

    def load(self) -> Checkpoint | None:
        """The newest intact generation, or None if there never was one.

        Raises:
            CheckpointError: there are generations, and every one is damaged.
        """
        damaged: list[str] = []
        for manifest_file in self._manifests():
            try:
                return _read(manifest_file, tuple(damaged))
            except (OSError, ValueError, KeyError, SafetensorError) as error:
                damaged.append(f"{manifest_file.stem}: {error}")
        if damaged:
            raise CheckpointError(
                f"No checkpoint in {self.folder} is intact ({'; '.join(damaged)}). Delete that folder to start this "
                "stage afresh, then resume the run."
            )
        return None

    def _manifests(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.json"), reverse=True)


def _read(manifest_file: Path, skipped: tuple[str, ...]) -> Checkpoint:
    manifest = unseal(manifest_file.read_bytes())
    content = manifest_file.with_suffix(".safetensors").read_bytes()
    if hashlib.sha256(content).hexdigest() != manifest["sha256"]:
        raise ValueError("its content does not match its SHA-256")
    return Checkpoint(manifest["epoch"], load(content), manifest["facts"], skipped)


def _check_finite(tensors: dict[str, Tensor], epoch: int, folder: Path) -> None:
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise TrainingError(
                f"After {epoch} epochs {name} of {folder.name} is not finite. The last good state is kept. Lower the "
                "learning rate or look at the values of the omics types."
            )
