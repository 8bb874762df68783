"""The step of pre-training is the paper's: the same losses and gradients, in far fewer calls."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from pomp.bench.paper_loop import Arrays, PaperLoop
from pomp.bench.training import GENES, SEED, TYPES, make_batch, measure, our_step, region_counts
from pomp.config import PRESETS, override
from pomp.training.device import Compute
from pomp.training.loop import losses_seed
from pomp.training.system import POMP

CONFIG = override(PRESETS["demo"], {"model.modalities": "both", "model.dropout": 0.0, "model.width": 24})


@pytest.mark.parametrize("part", [2, 100])
def test_losses_and_gradients_are_those_of_the_papers_loop(part: int, tmp_path: Path) -> None:
    model, batch = POMP.build(CONFIG, TYPES, GENES, seed=0), make_batch(CONFIG, [3, 1, 4, 2])
    loop = PaperLoop(model, CONFIG)
    theirs = loop.step(Arrays.write(batch, tmp_path), losses_seed(SEED))
    expected = {name: one.grad.clone() for name, one in model.named_parameters() if one.grad is not None}
    ours = our_step(model, batch, CONFIG, Compute(torch.device("cpu"), memory=0, part=part))()
    assert ours == pytest.approx(theirs, rel=1e-5)
    found = {name: one.grad for name, one in model.named_parameters() if one.grad is not None}
    assert set(found) == set(expected)
    for name, gradient in found.items():
        torch.testing.assert_close(gradient, expected[name], atol=1e-5, rtol=1e-3, msg=name)


def test_counts_are_those_of_real_patients() -> None:
    counts = np.array(region_counts(20_000, 1.0))
    assert counts.mean() == pytest.approx(144, rel=0.01)
    assert np.quantile(counts, [0.05, 0.95]) == pytest.approx([21, 292], abs=1)
    assert counts.max() == 370
    assert min(region_counts(50, 1 / 1000)) == 1


@pytest.mark.slow
def test_what_is_measured() -> None:
    step, memory, reading = measure("small")
    assert step.seconds > 0
    assert step.rivals[0].least == 3
    assert any(
        re.fullmatch(r"ours in float32: losses differ by \de-0[5-9] at most, .*", check) for check in step.checks
    )
    assert memory.checks[0] == "losses differ by 0 at most, gradients by 0 of the largest"
    assert "equal: True" in reading.checks[0]
