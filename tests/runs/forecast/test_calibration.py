"""The timing of this machine: it times what it says, and changes nothing around it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from pomp.runs.forecast import calibration
from pomp.runs.forecast.calibration import measure_pace
from pomp.runs.forecast.machine import measure_machine
from pomp.runs.forecast.workload import Workload
from pomp.training.device import Compute
from tests.small import small_config

CPU = torch.device("cpu")


@pytest.mark.parametrize(("changes", "types", "features"), [
    ({}, 3, None),
    ({"model__type_embedding": False}, 3, None),
    ({"pretrain__epochs": 0}, 3, None),
    ({}, 2, 64),
    ({"model__modalities": "pathology", "pretrain__epochs": 0}, 0, None),
    ({"model__modalities": "omics", "pretrain__poc": 0, "pretrain__pom": 0}, 3, None),
])  # fmt: skip
def test_every_kind_of_model_is_timed(
    changes: dict[str, Any], types: int, features: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration, "_REPEATS", 1)
    pace = measure_pace(small_config(**changes), Compute(CPU, part=8), types, features)
    assert min(pace.embedding, pace.rest, pace.pretrain_step, pace.finetune_step) > 0


def test_a_clock_of_known_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every timed piece takes a second, but the larger step three: its surplus of operations takes two."""
    answers = iter([1.0, 3.0, 1.0, 5.0, 7.0])
    monkeypatch.setattr(calibration, "_seconds", lambda work, compute: next(answers))
    config = small_config(pretrain__pom=0, pretrain__mom=0, omics__genes=8)
    pace = measure_pace(config, Compute(CPU, part=8), 3, None)
    # 32 px in patches of 16: 4 tokens of 16 numbers, one layer; a training pass is three of the forward pass.
    assert pace.embedding == 3 * 8 * 4 * (6 * 16**2 * 16 + 24 * 16**2 + 4 * 4 * 16)
    layers = [2 * tokens * (24 * 16**2 + 4 * tokens * 16) for tokens in (33, 2, 4)]
    omics = 2 * 3 * 8 * 16 + layers[2]
    assert pace.rest == 3 * (16 * (layers[0] + omics) - 2 * (layers[1] + omics)) / 2
    assert (pace.pretrain_step, pace.finetune_step) == (5.0, 7.0)


def test_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "_REPEATS", 1)
    machine = measure_machine(small_config(), Workload(patients=9, regions=4, uncut=0, genes=(8, 8)))
    assert machine.name.startswith("this machine (")
    assert 0 < machine.work < machine.memory
    assert "timed on this machine" in machine.notes[0]
