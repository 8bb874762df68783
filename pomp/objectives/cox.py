"""The Cox model with a network inside (Eq. 11-15). N patients; risk, time and event are (N,)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
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
    """Eq. (15): negative log partial likelihood over the number of events, by one sort and one scan.

    `efron` and `breslow` have t_j ≥ t_i in the risk set, as Cox's likelihood does, and differ in how tied events share
    it; `strict` is Eq. 14 (t_j > t_i), from which an event with an empty risk set is left out. Without an event the
    loss is 0 and still connected to `risk`.

    Args:
        risk: log relative hazards, finite.
        time_days: follow-up times.
        event: bool, True where the patient died.
        ties: treatment of tied times.
    """
    order = torch.argsort(time_days, descending=True)
    risk, time_days, event = risk[order].float(), time_days[order], event[order]
    events = int(event.sum())
    if events == 0:
        return risk.sum() * 0
    group = torch.unique_consecutive(time_days, return_inverse=True)[1]  # (N,) 0 for the longest follow-up
    sizes = torch.bincount(group)
    last = sizes.cumsum(0) - 1  # index of each time's last patient
    at_risk = torch.logcumsumexp(risk, dim=0)[last]  # (times,) log Σ_{t_j ≥ t} exp(c_j)
    if ties == "strict":
        counted = event & (group > 0)
        return (at_risk[group[counted] - 1] - risk[counted]).sum() / events
    denominators = at_risk[group[event]]
    if ties == "efron":
        denominators = denominators + _efron_share(risk[event], group[event], at_risk)
    return (denominators - risk[event]).sum() / events


def _efron_share(risk: Tensor, group: Tensor, at_risk: Tensor) -> Tensor:
    """log(1 - (k/d)·D/S) for the k-th of d events at one time: D sums the tied events, S the risk set (Efron 1977)."""
    tied = torch.bincount(group, minlength=len(at_risk))  # d
    first = tied.cumsum(0) - tied
    rank = torch.arange(len(group), device=group.device) - first[group]  # k = 0 … d-1
    share = torch.zeros_like(at_risk).index_add(0, group, (risk - at_risk[group]).exp())  # D/S ≤ 1
    fraction = rank / tied[group]
    return torch.log1p(-fraction * share[group])
