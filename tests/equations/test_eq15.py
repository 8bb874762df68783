"""Eq. 15: the negative log partial likelihood over the number of events, and its gradient."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
import torch
from lifelines import CoxPHFitter
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.util import Surv
from torch import Tensor
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensorMode,
)

from pomp.objectives.cox import cox_loss, partial_likelihood

TIES = ["efron", "breslow", "strict"]

# Times with ties among events, among censored, and between both.
TIME = torch.tensor([1.0, 2.0, 2.0, 2.0, 3.0, 3.0, 4.0, 5.0, 5.0, 6.0])
EVENT = torch.tensor([True, True, True, False, True, False, True, True, True, False])
RISK = torch.tensor([0.3, -0.2, 0.9, 0.0, 0.4, -1.1, 0.2, -0.5, 0.7, 0.1], dtype=torch.float64)

# R 4.5, survival 3.8: coxph(Surv(TIME, EVENT) ~ RISK, ties = …, init = 1, control = coxph.control(iter.max = 0)).
R = {
    # ties: (loglik[1], residuals(type = "martingale"))
    "efron": (-11.070445944537, [
        0.89113818441278, 0.81637802969371, 0.44836911555574, -0.27740727989316, 0.36584934690854,
        -0.14149813678253, 0.23389655636447, 0.33119766792156, -1.22050194069930, -1.44742154348180,
    ]),
    "breslow": (-11.6643767586345, [
        0.89113818441278, 0.78578388995295, 0.35645924041469, -0.26164414765381, 0.38936517689540,
        -0.13625104587154, 0.25314968955886, 0.30351077676788, -1.31242565655659, -1.26908610792063,
    ]),
}  # fmt: skip


def written_out(risk: Sequence[float], time: Sequence[float], event: Sequence[bool], ties: str) -> float:
    """The textbook double sum, in plain Python; hazards are relative to the highest of the risk set."""
    total = 0.0
    for when in sorted(set(time)):
        dead = [i for i in range(len(time)) if time[i] == when and event[i]]
        within = [j for j in range(len(time)) if time[j] > when or (time[j] == when and ties != "strict")]
        if not within:
            continue
        highest = max(risk[j] for j in within)
        risk_set = math.fsum(math.exp(risk[j] - highest) for j in within)
        for k, i in enumerate(dead):
            share = k / len(dead) * math.fsum(math.exp(risk[j] - highest) for j in dead) if ties == "efron" else 0.0
            total += math.log(risk_set - share) + highest - risk[i]
    return total / max(sum(event), 1)


def loss_and_gradient(risk: Tensor, time: Tensor, event: Tensor, ties: str) -> tuple[Tensor, Tensor]:
    risk = risk.clone().requires_grad_()
    loss = cox_loss(risk, time, event, ties)
    loss.backward()
    assert risk.grad is not None
    return loss.detach(), risk.grad


def random_patients(seed: int, patients: int, times: int, spread: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    """float64 risks of deviation `spread`, whole times up to `times`, half of the patients with an event."""
    rng = np.random.default_rng(seed)
    risk, time = rng.normal(0, spread, patients), rng.integers(1, times + 1, patients).astype(float)
    return torch.tensor(risk), torch.tensor(time), torch.tensor(rng.random(patients) < 0.5)


@pytest.mark.parametrize("ties", TIES)
def test_written_out_with_ties(ties: str) -> None:
    for seed in range(150):
        risk, time, event = random_patients(seed, patients=1 + seed % 14, times=1 + seed % 9, spread=3)
        expected = written_out(risk.tolist(), time.tolist(), event.tolist(), ties)
        assert cox_loss(risk, time, event, ties).item() == pytest.approx(expected, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize(("patients", "times"), [(8, 3), (9, 1), (7, 50), (1, 1)])
def test_gradient_is_that_of_finite_differences(ties: str, patients: int, times: int) -> None:
    risk, time, event = random_patients(4, patients, times)
    assert torch.autograd.gradcheck(lambda c: -2 * cox_loss(c, time, event, ties), risk.requires_grad_())


@pytest.mark.parametrize("ties", R)
def test_likelihood_and_martingale_residuals_are_those_of_r(ties: str) -> None:
    """The gradient is minus the residuals, observed less expected events, over the number of events."""
    likelihood, residuals = R[ties]
    loss, gradient = loss_and_gradient(RISK, TIME, EVENT, ties)
    assert -loss.item() * 7 == pytest.approx(likelihood, rel=1e-12)
    np.testing.assert_allclose(-gradient.numpy() * 7, residuals, atol=1e-12)


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
    assert loss.item() * frame["event"].sum() == pytest.approx(-fit.log_likelihood_, rel=1e-10)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_is_least_where_scikit_survival_puts_its_coefficient(ties: str) -> None:
    rng = np.random.default_rng(6)
    x, time, event = rng.normal(size=120), rng.integers(1, 15, 120).astype(float), rng.random(120) < 0.5
    fit = CoxPHSurvivalAnalysis(ties=ties, tol=1e-12).fit(x[:, None], Surv.from_arrays(event, time))
    beta = torch.tensor(fit.coef_[0], requires_grad=True)
    cox_loss(beta * torch.tensor(x), torch.tensor(time), torch.tensor(event), ties).backward()
    assert beta.grad is not None
    assert abs(beta.grad.item()) < 1e-8


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_without_ties_is_that_of_pycox(ties: str) -> None:
    """pycox adds 1e-7 of the highest hazard to every risk set, for the logarithm."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its source has escapes that Python no longer likes
        loss = pytest.importorskip("pycox.models.loss", reason="pycox is not installed", exc_type=ImportError)
    risk, _, event = random_patients(7, 500, 1)
    time = torch.randperm(500, generator=torch.Generator().manual_seed(7)).double()
    expected = loss.cox_ph_loss(risk, time, event, eps=0.0).item()
    assert cox_loss(risk, time, event, ties).item() == pytest.approx(expected, rel=1e-12)


def test_strict_is_minus_the_log_of_eq14_over_the_events() -> None:
    expected = -partial_likelihood(RISK, TIME, EVENT).log() / EVENT.sum()
    assert cox_loss(RISK, TIME, EVENT, "strict").item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("ties", TIES)
def test_order_and_a_constant_change_nothing(ties: str, generator: torch.Generator) -> None:
    order = torch.randperm(len(TIME), generator=generator)
    plain, gradient = loss_and_gradient(RISK, TIME, EVENT, ties)
    shuffled, its_gradient = loss_and_gradient(RISK[order], TIME[order], EVENT[order], ties)
    assert shuffled.item() == pytest.approx(plain.item(), rel=1e-6)
    torch.testing.assert_close(its_gradient, gradient[order])
    assert cox_loss(RISK + 7, TIME, EVENT, ties).item() == pytest.approx(plain.item(), rel=1e-6)


WRITTEN_TIMES = [
    ("float32", [3.0, 1.0, 2.0, 2.0]),
    ("float64", [3.0, 1.0, 2.0, 2.0]),
    ("bfloat16", [3.0, 1.0, 2.0, 2.0]),
    ("int64", [3, 1, 2, 2]),
    ("int32", [30000, -7, 12, 12]),
    ("float32", [-1.0, -3.5, -2.0, -2.0]),
    ("float32", [1e-3, -1e-3, 0.0, -0.0]),
    ("float32", [math.inf, 1.0, 2.0, 2.0]),
    ("float64", [1 + 2e-15, 1.0, 1 + 1e-15, 1 + 1e-15]),
    ("int64", [2**60 + 2, 2**60, 2**60 + 1, 2**60 + 1]),
]


@pytest.mark.parametrize(("dtype", "time"), WRITTEN_TIMES)
def test_only_the_order_of_times_counts(dtype: str, time: list[float]) -> None:
    """The last, the first, and two at once, in whatever numbers."""
    event, risk = torch.tensor([True, True, True, True]), torch.tensor([0.5, -0.2, 1.0, 0.1])
    expected = loss_and_gradient(risk, torch.tensor([3.0, 1.0, 2.0, 2.0]), event, "efron")
    found = loss_and_gradient(risk, torch.tensor(time, dtype=getattr(torch, dtype)), event, "efron")
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize(
    ("time", "event"),
    [
        ([1.0, 2.0, 3.0], [False, False, False]),  # nobody died
        ([4.0, 4.0, 4.0], [True, True, True]),  # all at once
        ([1.0], [True]),  # one patient
        ([1.0, 2.0, 3.0], [False, False, True]),  # only the last one died
        ([], []),  # nobody
    ],
)
def test_finite_and_connected(ties: str, time: list[float], event: list[bool]) -> None:
    for scale in (1.0, 1000.0):
        risk, died = torch.linspace(-1, 1, len(time)) * scale, torch.tensor(event, dtype=torch.bool)
        loss, gradient = loss_and_gradient(risk, torch.tensor(time), died, ties)
        assert torch.isfinite(loss)
        assert torch.isfinite(gradient).all()
        if not any(event):
            assert loss == 0
            assert not gradient.any()


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_risks_of_a_thousand(ties: str, dtype: torch.dtype) -> None:
    """Hazards of e^±1000 and between have no float: their logarithms do."""
    for seed in range(40):
        _, time, event = random_patients(seed, patients=30, times=12)
        risk = torch.randint(-4, 5, (30,), generator=torch.Generator().manual_seed(seed)).to(dtype) * 250
        loss, gradient = loss_and_gradient(risk, time, event, ties)
        expected = written_out(risk.tolist(), time.tolist(), event.tolist(), ties)
        assert loss.item() == pytest.approx(expected, rel=1e-6, abs=1e-4)
        exact = loss_and_gradient(risk.double(), time, event, ties)[1]
        torch.testing.assert_close(gradient.double(), exact, rtol=0, atol=1e-4)
        assert gradient.abs().max() <= 1.0


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("times", [1, 40, 5000, 10**9])
def test_float32_is_as_good_as_float64_for_100_000_patients(ties: str, times: int) -> None:
    """From all patients at one time to no ties at all."""
    risk, time, event = random_patients(8, 100_000, times)
    loss, gradient = loss_and_gradient(risk.float(), time, event, ties)
    exact, exact_gradient = loss_and_gradient(risk.float().double(), time, event, ties)
    assert loss.item() == pytest.approx(exact.item(), rel=1e-6)
    assert (gradient - exact_gradient).abs().max() <= 5e-6 * exact_gradient.abs().max()
    again = loss_and_gradient(risk.float(), time, event, ties)
    assert (again[0], again[1].tolist()) == (loss, gradient.tolist())


@pytest.mark.parametrize("ties", TIES)
def test_waits_for_no_device(ties: str) -> None:
    """Under FakeTensorMode tensors have shapes and no values: it raises wherever values are asked for.

    Such a question (a number as Python's, a mask as an index, the distinct values) makes the CPU wait until a GPU has
    done all that was queued, once a batch. A loss that passes here only ever queues work.
    """
    with FakeTensorMode():
        risk, time = torch.randn(50, requires_grad=True), torch.rand(50)
        cox_loss(risk, time, torch.rand(50) < 0.5, ties).backward()
        assert risk.grad is not None
        assert risk.grad.shape == (50,)


@pytest.mark.parametrize(
    "question", [lambda x: int(x.sum()), lambda x: x[x > 0], torch.unique_consecutive, lambda x: torch.bincount(x > 0)]
)
def test_a_question_to_the_device_would_be_seen(question) -> None:
    with FakeTensorMode(), pytest.raises((DataDependentOutputException, DynamicOutputShapeException)):
        question(torch.randn(5))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_precision(dtype: torch.dtype) -> None:
    """Half precision is computed, and its loss given, in float32; under autocast nothing is narrowed."""
    risk = RISK.to(dtype, copy=True).requires_grad_()
    expected = loss_and_gradient(risk.detach().double(), TIME, EVENT, "efron")
    with torch.autocast("cpu", torch.bfloat16):
        loss = cox_loss(risk, TIME, EVENT)
    loss.backward()
    assert loss.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    assert loss.item() == pytest.approx(expected[0].item(), rel=1e-6)
    assert risk.grad is not None
    assert risk.grad.dtype == dtype
    torch.testing.assert_close(risk.grad, expected[1].to(dtype))


def test_a_second_derivative_is_refused() -> None:
    risk = RISK.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(cox_loss(risk, TIME, EVENT).square(), risk, create_graph=True)
    with pytest.raises(RuntimeError, match="differentiate twice"):
        gradient.sum().backward()
