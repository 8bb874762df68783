"""Two processes train as one does: the same losses to rounding, and everything written by the leader."""

from __future__ import annotations

import multiprocessing
import os
import socket
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from pomp.config import RunConfig
from pomp.errors import TrainingError
from pomp.model import RegionEmbedding
from pomp.omics.matrix import OmicsMatrix
from pomp.slides.store import SlideRegions, write_regions
from pomp.training.bank import RegionBank
from pomp.training.batches import PatientData
from pomp.training.checkpoint import CheckpointStore
from pomp.training.device import Compute
from pomp.training.embedding import PartwiseEmbedding, Share
from pomp.training.finetune import finetune_losses
from pomp.training.loop import Stage, backpropagate, train
from pomp.training.pretrain import pretrain_losses
from pomp.training.system import POMP
from pomp.training.team import LEADER, Team, TeamEmbedding, _prepare, _read_share, follow, joined, leading
from tests.small import GENES, SIDE, TYPES, small_config
from tests.timeless import EFFORT

CPU = torch.device("cpu")
PATIENCE = 100
"""Seconds: where much else runs, a process takes long to import everything."""
COUNTS = [3, 1, 0, 5, 2, 7]
CONFIG = small_config(model__dropout=0.2, pretrain__epochs=2, finetune__epochs=2, pretrain__batch_size=3,
                      finetune__batch_size=6, pretrain__negatives="multinomial")  # fmt: skip


def write_slides(folder: Path) -> dict[str, list[Path]]:
    rng = np.random.default_rng(0)
    files: dict[str, list[Path]] = {}
    for index, count in enumerate(COUNTS):
        if count:
            grid = np.stack([np.arange(count), np.arange(count) % 2], axis=1)
            regions = SlideRegions(
                slide=f"S{index}", coordinates=grid * 128, grid=grid, tissue=np.ones(count, np.float32), region_px=128,
                downsample=4, mpp=None, magnification=None, width=2000, height=2000,
                thumbnail=np.zeros((2, 2, 3), np.uint8), mask=np.ones((2, 2), bool),
            )  # fmt: skip
            files[f"P{index}"] = [folder / f"{index}.h5"]
            write_regions(files[f"P{index}"][0], regions, rng.integers(0, 256, (count, SIDE, SIDE, 3), np.uint8))
    return files


def patient_data(folder: Path) -> PatientData:
    rng = np.random.default_rng(1)
    patients = [f"P{index}" for index in range(len(COUNTS))]
    omics = OmicsMatrix.empty(patients)
    outcome = pd.DataFrame({"time_days": rng.permutation(6) + 1.0, "event": [True, False] * 3}, index=patients)
    data = PatientData(omics, RegionBank(write_slides(folder), SIDE), outcome)
    data._values = torch.from_numpy(rng.normal(size=(6, TYPES, GENES)).astype(np.float32))
    data._present = torch.ones(6, TYPES, dtype=torch.bool)
    data._genes = torch.ones(6, TYPES, GENES, dtype=torch.bool)
    return data


def train_both_stages(folder: Path, config: RunConfig, team: Team | None) -> list[dict[str, float]]:
    """The losses of every epoch."""
    data = patient_data(folder)
    model = POMP.build(config, TYPES, GENES, seed=3)
    compute = Compute(CPU, part=4)
    rows: list[dict[str, float]] = []
    if team is not None:
        team.begin(config, data.regions, compute)
    for name in ("pretrain", "finetune"):
        stage = Stage(
            name=name, fold=0, seed=7, config=getattr(config, name),
            losses=pretrain_losses(config.pretrain) if name == "pretrain" else finetune_losses(config.finetune),
            checkpoints=CheckpointStore(folder / name), on_resume=lambda done: None,
            on_epoch=lambda epoch, row, model: rows.append(dict(row)), should_stop=lambda: False,
        )  # fmt: skip
        train(model, data, [f"P{index}" for index in range(6)], stage, compute, team)
    return rows


def member(rank: int, world: int, port: int, folder: Path, config: RunConfig, results: Any) -> None:
    torch.set_num_threads(1)
    os.environ.update(RANK=str(rank), WORLD_SIZE=str(world), MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    with joined(CPU) as team:
        assert team is not None
        if rank != LEADER:
            follow(team)
            return
        results.put(train_both_stages(folder, config, team))
        team.dismiss()


def deserter(rank: int, port: int, folder: Path, results: Any) -> None:
    """The other member is gone after its first order."""
    torch.set_num_threads(1)
    os.environ.update(RANK=str(rank), WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    with joined(CPU) as team:
        assert team is not None
        if rank != LEADER:
            team.order()
            os._exit(3)
        try:
            train_both_stages(folder, CONFIG, team)
        except TrainingError as error:
            results.put(str(error))
            results.close()
            results.join_thread()
            os._exit(0)


def short_of_memory(rank: int, port: int, folder: Path, results: Any) -> None:
    """The leader fails in the second step, while the other member waits for it to take what was embedded."""
    torch.set_num_threads(1)
    os.environ.update(RANK=str(rank), WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    try:
        if rank != LEADER:
            with joined(CPU) as team:
                assert team is not None
                follow(team)
            return
        with leading(CPU) as team, pytest.MonkeyPatch.context() as patch:
            embed, left = PartwiseEmbedding.embed, iter([True])

            def once(own: PartwiseEmbedding, *what: Any) -> torch.Tensor:
                if not next(left, False):
                    raise torch.OutOfMemoryError
                return embed(own, *what)

            patch.setattr(PartwiseEmbedding, "embed", once)
            train_both_stages(folder, CONFIG, team)
    except TrainingError as error:
        results.put((rank, str(error)))


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def on_members(world: int, folder: Path, config: RunConfig) -> list[dict[str, float]]:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    shared = (world, free_port(), folder, config, results)
    processes = [context.Process(target=member, args=(rank, *shared)) for rank in range(world)]
    for process in processes:
        process.start()
    rows: list[dict[str, float]] = results.get(timeout=PATIENCE)
    for process in processes:
        process.join(PATIENCE)
    assert [process.exitcode for process in processes] == [0] * world
    return rows


def losses_of(rows: Sequence[dict[str, float]]) -> list[float]:
    return [value for row in rows for name, value in row.items() if name not in EFFORT]


def test_two_processes_give_the_losses_of_one(tmp_path: Path) -> None:
    for name in ("alone", "two"):
        (tmp_path / name).mkdir()
    alone = train_both_stages(tmp_path / "alone", CONFIG, None)
    together = on_members(2, tmp_path / "two", CONFIG)
    assert len(together) == 4
    assert losses_of(together) == pytest.approx(losses_of(alone), rel=2e-4)


def test_a_member_that_is_gone_is_said_so(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    results, port = context.Queue(), free_port()
    processes = [context.Process(target=deserter, args=(rank, port, tmp_path, results)) for rank in range(2)]
    for process in processes:
        process.start()
    assert "Another process that worked on this run is gone" in results.get(timeout=PATIENCE)
    for process in processes:
        process.join(PATIENCE)


@pytest.mark.slow
def test_a_leader_that_fails_within_a_step_keeps_nobody_waiting(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    results, port = context.Queue(), free_port()
    processes = [context.Process(target=short_of_memory, args=(rank, port, tmp_path, results)) for rank in range(2)]
    for process in processes:
        process.start()
    try:
        said = dict(results.get(timeout=PATIENCE) for _ in processes)
        for process in processes:
            process.join(PATIENCE)
        assert [process.exitcode for process in processes] == [0, 0]
    finally:
        for process in processes:
            process.kill()
    assert "The memory of the device does not hold a batch of 3 patients" in said[LEADER]
    assert "Another process that worked on this run is gone" in said[1]


def test_a_member_reads_only_whom_it_embeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five parts of four of 18 regions, the last three of which are its share: regions 8 to 17."""
    bank, patients = RegionBank(write_slides(tmp_path), SIDE), [f"P{index}" for index in range(len(COUNTS))]
    whole, embedding = [bank.read(patient) for patient in patients], RegionEmbedding(CONFIG.model, SIDE)
    own = PartwiseEmbedding(embedding, CONFIG.model.width, Compute(CPU, part=4), Share(1, 2))
    seen: list[str] = []
    monkeypatch.setattr(bank, "read", lambda patient: (seen.append(patient), whole[int(patient[1])])[1])
    found = own.embed(_read_share(own, bank, patients), (0,))
    assert seen == ["P3", "P4", "P5"]
    assert torch.equal(found, own.embed(whole, (0,)))


def test_a_member_works_the_way_the_leader_has_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", lambda module, dynamic: module)
    team = SimpleNamespace(device=CPU, share=Share(1, 2))
    chosen = Compute(CPU, torch.bfloat16, memory=7, part=3, compiled=True)
    embedding, _ = _prepare(team, CONFIG, RegionBank({}, SIDE), chosen)  # type: ignore[arg-type]
    assert replace(embedding.compute, memory=7) == chosen
    assert embedding.compute.memory != 7  # its own


class Silent:
    """A team whose other members are always there."""

    def order(self, *what: Any) -> tuple[Any, ...]:
        return what

    def spread(self, tensors: Sequence[torch.Tensor]) -> None:
        pass

    add_up = spread


class Short:
    """A process that is short of memory."""

    compute = Compute(CPU)

    def embed(self, regions: Sequence[torch.Tensor], seed: tuple[int, ...]) -> torch.Tensor:
        raise torch.OutOfMemoryError


def test_a_leader_that_is_short_of_memory_does_not_say_that_others_are_gone(tmp_path: Path) -> None:
    batch = patient_data(tmp_path).batch(["P0", "P1"])
    embedding = TeamEmbedding(Silent(), Short(), torch.nn.Linear(1, 1))  # type: ignore[arg-type]
    model = POMP.build(CONFIG, TYPES, GENES, seed=3)
    with pytest.raises(TrainingError, match="does not hold a batch of 2 patients with 4 regions"):
        backpropagate(model, batch, finetune_losses(CONFIG.finetune), embedding, (0,))


def test_a_process_alone_has_no_team(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with joined(CPU) as team:
        assert team is None
