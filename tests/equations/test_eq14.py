"""Eq. 14: the partial likelihood, with t_j > t_i in the risk set."""

import math

import pytest
import torch

from pomp.objectives.cox import partial_likelihood


def test_by_hand() -> None:
    """Deaths at 1 and 2, censored at 3 and 4: the set of the first is {2, 3, 4}, of the second {3, 4}."""
    risk = torch.tensor([math.log(2), math.log(3), math.log(5), 0.0])
    event = torch.tensor([True, True, False, False])
    found = partial_likelihood(risk, torch.tensor([1.0, 2.0, 3.0, 4.0]), event)
    assert found.item() == pytest.approx(2 / (3 + 5 + 1) * 3 / (5 + 1), rel=1e-6)


def test_an_event_after_which_nobody_is_followed_is_left_out() -> None:
    risk, time = torch.tensor([0.0, 0.0]), torch.tensor([1.0, 2.0])
    assert partial_likelihood(risk, time, torch.tensor([True, True])).item() == pytest.approx(1.0)
