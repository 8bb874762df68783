"""Eq. 15: the negative log partial likelihood over the number of events."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from lifelines import CoxPHFitter
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.util import Surv

from pomp.objectives.cox import cox_loss, partial_likelihood

# Times with ties among events, among censored, and between both.
TIME = torch.tensor([1.0, 2.0, 2.0, 2.0, 3.0, 3.0, 4.0, 5.0, 5.0, 6.0])
EVENT = torch.tensor([True, True, True, False, True, False, True, True, True, False])
RISK = torch.tensor([0.3, -0.2, 0.9, 0.0, 0.4, -1.1, 0.2, -0.5, 0.7, 0.1])


def written_out(ties: str) -> float:
    """The textbook double sum, in plain Python."""
    total, events = 0.0, 0
    for when in sorted(set(TIME.tolist())):
        dead = [i for i in range(len(TIME)) if TIME[i] == when and EVENT[i]]
        risk_set = sum(math.exp(RISK[j]) for j in range(len(TIME)) if TIME[j] >= when)
        tied = sum(math.exp(RISK[i]) for i in dead)
        for k, i in enumerate(dead):
            share = k / len(dead) * tied if ties == "efron" else 0.0
            total += math.log(risk_set - share) - float(RISK[i])
            events += 1
    return total / events


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_written_out_with_ties(ties: str) -> None:
    assert cox_loss(RISK, TIME, EVENT, ties).item() == pytest.approx(written_out(ties), rel=1e-6)


def test_efron_agrees_with_lifelines() -> None:
    """lifelines reports the log likelihood at its fit; the loss at those coefficients must be the same number."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=80)
    frame = pd.DataFrame({"x": x, "time": rng.integers(1, 12, 80), "event": rng.random(80) < 0.6})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = CoxPHFitter().fit(frame, "time", "event")
    risk = torch.tensor(x * fit.params_["x"])
    loss = cox_loss(risk, torch.tensor(frame["time"].to_numpy(float)), torch.tensor(frame["event"].to_numpy()))
    assert loss.item() * frame["event"].sum() == pytest.approx(-fit.log_likelihood_, rel=1e-5)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_is_least_where_scikit_survival_puts_its_coefficient(ties: str) -> None:
    rng = np.random.default_rng(6)
    x, time, event = rng.normal(size=120), rng.integers(1, 15, 120).astype(float), rng.random(120) < 0.5
    fit = CoxPHSurvivalAnalysis(ties=ties, tol=1e-12).fit(x[:, None], Surv.from_arrays(event, time))
    beta = torch.tensor(fit.coef_[0], requires_grad=True)
    cox_loss(beta * torch.tensor(x), torch.tensor(time), torch.tensor(event), ties).backward()
    assert beta.grad is not None
    assert abs(beta.grad.item()) < 1e-6


def test_strict_is_minus_the_log_of_eq14_over_the_events() -> None:
    expected = -partial_likelihood(RISK, TIME, EVENT).log() / EVENT.sum()
    assert cox_loss(RISK, TIME, EVENT, "strict").item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("ties", ["efron", "breslow", "strict"])
def test_order_and_a_constant_change_nothing(ties: str, generator: torch.Generator) -> None:
    order = torch.randperm(len(TIME), generator=generator)
    plain = cox_loss(RISK, TIME, EVENT, ties).item()
    assert cox_loss(RISK[order], TIME[order], EVENT[order], ties).item() == pytest.approx(plain, rel=1e-5)
    if ties != "strict":
        assert cox_loss(RISK + 7, TIME, EVENT, ties).item() == pytest.approx(plain, rel=1e-5)


@pytest.mark.parametrize("ties", ["efron", "breslow", "strict"])
@pytest.mark.parametrize(
    ("time", "event"),
    [
        ([1.0, 2.0, 3.0], [False, False, False]),  # nobody died
        ([4.0, 4.0, 4.0], [True, True, True]),  # all at once
        ([1.0], [True]),  # one patient
        ([1.0, 2.0, 3.0], [False, False, True]),  # only the last one died
    ],
)
def test_finite_and_connected(ties: str, time: list[float], event: list[bool]) -> None:
    for scale in (1.0, 1000.0):
        risk = (torch.linspace(-1, 1, len(time)) * scale).requires_grad_()
        loss = cox_loss(risk, torch.tensor(time), torch.tensor(event), ties)
        loss.backward()
        assert torch.isfinite(loss)
        assert risk.grad is not None
        assert torch.isfinite(risk.grad).all()
