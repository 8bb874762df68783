"""Eq. 8: the contrastive loss."""

import math

import pytest
import torch

from pomp.objectives.contrastive import contrastive_loss
from tests.equations.test_eq06 import COSINES, V, W, written_out


def test_written_out_3_by_3() -> None:
    p2o = written_out(COSINES, 0.5)
    o2p = written_out([list(column) for column in zip(*COSINES, strict=True)], 0.5)
    expected = sum(-math.log(p2o[i][i]) - math.log(o2p[i][i]) for i in range(3)) / 3 / 2
    assert contrastive_loss(V, W, 0.5).item() == pytest.approx(expected, rel=1e-6)


def test_is_ln_n_when_nothing_is_known_and_0_when_all_is() -> None:
    same = torch.ones(7, 4)
    assert contrastive_loss(same, same, 0.07).item() == pytest.approx(math.log(7), rel=1e-6)
    apart = torch.eye(7)
    assert contrastive_loss(apart, apart, 0.01).item() == pytest.approx(0, abs=1e-6)


def test_scale_of_the_representations_does_not_matter() -> None:
    assert contrastive_loss(5 * V, 0.1 * W, 0.2).item() == pytest.approx(contrastive_loss(V, W, 0.2).item(), rel=1e-6)
