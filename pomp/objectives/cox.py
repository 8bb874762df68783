"""The Cox model with a network inside (Eq. 11-15). N patients; risk, time and event are (N,)."""

from __future__ import annotations

from typing import Any, Literal, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

Ties = Literal["efron", "breslow", "strict"]


def hazard(baseline: Tensor, covariates: Tensor, coefficients: Tensor) -> Tensor:
    """Eq. (11): h(t|X) = h₀(t)·exp(x·β). Baseline (K,) over time, covariates (N, p), coefficients (p,) → (N, K)."""
    return (covariates @ coefficients).exp()[:, None] * baseline


def cosine_risk(v: Tensor, w: Tensor) -> Tensor:
    """Eq. (12): (N, d) pathology as covariates and (N, d) omics as coefficients → (N,) cosine, the log relative hazard.

    It lies in [-1, 1], so no two patients' hazards differ by more than e² = 7.39.
    """
    return functional.cosine_similarity(v, w, dim=-1)


def cosine_hazard(baseline: Tensor, risk: Tensor) -> Tensor:
    """Eq. (13): h(t|v, w) = h₀(t)·exp(c(v, w)). Shapes: baseline (K,), risk (N,) → (N, K)."""
    return risk.exp()[:, None] * baseline


def partial_likelihood(risk: Tensor, time_days: Tensor, event: Tensor) -> Tensor:
    """Eq. (14) to the letter: Π over events of exp(c_i) / Σ_{t_j > t_i} exp(c_j).

    The risk set is empty for an event after which nobody is followed; such an event is left out of the product. Use
    `cox_loss` for training: this product underflows beyond a few dozen events.
    """
    later = time_days[None, :] > time_days[:, None]  # (N, N) j is followed longer than i
    counted = event & later.any(dim=1)
    denominators = (risk.exp()[None, :] * later).sum(dim=1)
    return (risk.exp()[counted] / denominators[counted]).prod()


def cox_loss(risk: Tensor, time_days: Tensor, event: Tensor, ties: Ties = "efron") -> Tensor:
    """Eq. (15): negative log partial likelihood over the number of events, exact with ties, by one sort.

    `efron` and `breslow` have t_j ≥ t_i in the risk set, as Cox's likelihood does, and differ in how tied events share
    it; `strict` is Eq. 14 (t_j > t_i), from which an event with an empty risk set is left out. Without an event the
    loss is 0 and still connected to `risk`.

    Nothing here waits for the device. It is differentiable once: the gradient is written out in `_loss_and_gradient`.

    Args:
        risk: log relative hazards, finite. Half precision is computed in float32.
        time_days: follow-up times, none of them nan.
        event: bool, True where the patient died.
        ties: treatment of tied times.

    Returns:
        A scalar, float64 where `risk` is, otherwise float32.

    Source: Breslow, Biometrics 1974;30:89-99; Efron, JASA 1977;72:557-565.
    """
    wide = risk if risk.dtype == torch.float64 else risk.float()
    return cast("Tensor", _CoxLoss.apply(wide, time_days, event, ties))  # type: ignore[no-untyped-call]


class _CoxLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, risk: Tensor, time_days: Tensor, event: Tensor, ties: Ties) -> Tensor:
        loss, gradient = _loss_and_gradient(risk, time_days, event, ties)
        ctx.save_for_backward(gradient)
        return loss

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_loss: Tensor) -> tuple[Tensor, None, None, None]:
        (gradient,) = ctx.saved_tensors
        return of_loss * gradient, None, None, None


def _loss_and_gradient(risk: Tensor, time_days: Tensor, event: Tensor, ties: Ties) -> tuple[Tensor, Tensor]:
    """The loss, a scalar, and its gradient (N,).

    Each counted event i has a denominator d_i, the sum of w_ij exp(c_j) over its risk set, where w_ij = 1 but for
    Efron's tied events, and the loss is Σ_i (log d_i - c_i) / E. Hence its derivative by c_j is
    (exp(c_j) Σ_i w_ij / d_i - δ_j) / E, δ_j = 1 for a counted event: expected less seen deaths, minus the martingale
    residual. The sum over i runs over the events up to t_j, as that over j runs over the patients from t_i on: two
    scans of logarithms, so that risks of ±1,000 neither overflow nor vanish.
    """
    order = _by_time(time_days)
    risk, event = risk.index_select(0, order), event.index_select(0, order)
    first, after = _ties(time_days.index_select(0, order))
    at_risk = _log_sums(risk.flip(0)).flip(0)  # (N + 1,) log Σ exp(c_j) over the patients from each place on
    whole, later = at_risk.index_select(0, first), at_risk.index_select(0, after)
    counted, reach = event, after  # reach: a patient is in the risk sets of the events before that place
    tied: Tensor | float = 0.0  # what Efron's tied events expect of each other
    if ties == "strict":
        counted, reach, log_d = event & (after < len(risk)), first, later
    elif ties == "breslow":
        log_d = whole
    else:
        log_d, tied = _efron(risk, event, first, whole, later)
        reach = torch.where(event, first, after)
    events = event.sum().clamp_min(1)
    log_inverse = _log_sums(torch.where(counted, -log_d, -torch.inf))  # (N + 1,) log Σ 1/d_i before each place
    expected = (risk + log_inverse.index_select(0, reach)).exp() + tied
    loss = torch.where(counted, log_d - risk, 0.0).sum() / events
    return loss, torch.empty_like(risk).scatter_(0, order, (expected - counted.to(risk.dtype)) / events)


def _efron(risk: Tensor, event: Tensor, first: Tensor, whole: Tensor, later: Tensor) -> tuple[Tensor, Tensor]:
    """Of patients sorted by time: log d_i (N,) of the events, and (N,) exp(c_j) Σ_i w_ij / d_i over those tied with j.

    The k-th of m events at one time (k = 0 … m - 1) has w = 1 - k/m for each of the m. With S the sum over the risk set
    and R the part of it that is not these m, d = w (S - R) + R = S (w + (1 - w) R/S): nothing is subtracted.
    """
    died = event.to(risk.dtype)
    share = (risk - whole).exp()  # exp(c_j)/S
    others = _sum_ties(share * (1 - died), first) + (later - whole).exp()  # R/S
    before = event.cumsum(0) - event.long()  # events before each place
    weight = 1 - died * (before - before.index_select(0, first)) / _sum_ties(event.long(), first).clamp_min(1)
    part = weight + (1 - weight) * others  # d/S
    return whole + part.log(), died * share * _sum_ties(died * weight / part, first)


def _by_time(time_days: Tensor) -> Tensor:
    """(N,) indices of the patients by rising time.

    A whole number is sorted several times faster than a float on the CPU, and the bits of floats, read as whole
    numbers, have the order of the floats; those of negative floats have the reverse order.
    """
    if not time_days.is_floating_point():
        return time_days.argsort()
    wide = time_days if time_days.dtype == torch.float64 else time_days.float()
    bits = (wide + 0.0).view(torch.int64 if wide.dtype == torch.float64 else torch.int32)  # + 0.0: -0.0 is 0.0
    return torch.where(bits < 0, bits ^ torch.iinfo(bits.dtype).max, bits).argsort()


def _ties(time_days: Tensor) -> tuple[Tensor, Tensor]:
    """Of sorted times, (N,) each: the place of the first patient with this time, and the place after the last."""
    place = torch.arange(len(time_days), device=time_days.device)
    new = time_days != time_days.roll(1)
    first = (place * new).cummax(0).values
    return first, first + _sum_ties(torch.ones_like(place), first)


def _sum_ties(values: Tensor, first: Tensor) -> Tensor:
    """(N,) each patient's sum of the values of all with the same time."""
    return torch.zeros_like(values).index_add_(0, first, values).index_select(0, first)


def _log_sums(values: Tensor) -> Tensor:
    """(N + 1,) log Σ exp of the values before each place; -∞ before the first."""
    return functional.pad(values.logcumsumexp(0), (1, 0), value=-torch.inf)
