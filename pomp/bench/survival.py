"""The Cox loss of one large batch beside pycox's, and Harrell's C beside scikit-survival's."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module, metadata
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from sksurv.metrics import concordance_index_censored
from torch import Tensor

from pomp.bench.measurement import Measurement, Rival, Scale, in_turns
from pomp.evaluation.concordance import concordance_index
from pomp.objectives.cox import cox_loss

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


class _Sizes(NamedTuple):
    patients: int
    calls: int  # in a row, a turn: one is too short for the clock
    turns: int
    least: float


LOSS = {"full": _Sizes(100_000, 1, 21, 0.5), "small": _Sizes(400, 1, 1, 0.5)}
CONCORDANCE = {
    "full": [_Sizes(724, 50, 9, 50), _Sizes(100_000, 1, 3, 200)],
    "small": [_Sizes(60, 2, 1, 50), _Sizes(500, 1, 1, 200)],
}


class Patients(NamedTuple):
    time: Floats  # (N,) whole days, so that many tie
    event: Bools  # (N,) about 40% with an event
    risk: Floats  # (N,) in steps of 1e-5


def measure(scale: Scale) -> list[Measurement]:
    """The loss of one batch, and the C-index of a cohort and of a registry's number of patients."""
    return [_loss(LOSS[scale]), *(_concordance(sizes) for sizes in CONCORDANCE[scale])]


def simulated(patients: int, seed: int) -> Patients:
    """Exponential survival, each unit of risk e times the hazard, under independent exponential censoring."""
    random = np.random.default_rng(seed)
    risk = np.round(random.normal(size=patients), 5)
    death, censored = random.exponential(1500 * np.exp(-risk)), random.exponential(1000, patients)
    return Patients(np.ceil(np.minimum(death, censored)), death < censored, risk)


def _concordance(sizes: _Sizes) -> Measurement:
    time, event, risk = simulated(sizes.patients, seed=1)
    found = {}

    def ours() -> None:
        for _ in range(sizes.calls):
            found["ours"] = concordance_index(time, event, risk)

    def theirs() -> None:
        for _ in range(sizes.calls):
            found["theirs"] = concordance_index_censored(event, time, risk)[0]

    seconds = in_turns({"ours": ours, "theirs": theirs}, sizes.turns)
    difference = abs(found["ours"] - found["theirs"])
    rival = "scikit-survival's concordance_index_censored"
    return Measurement(
        work=f"Harrell's C, {sizes.patients:,} patients, {event.sum():,} events",
        seconds=seconds["ours"] / sizes.calls,
        rivals=[Rival(rival, seconds["theirs"] / sizes.calls, least=sizes.least)],
        checks=[f"C is {found['ours']:.6f}, and differs from scikit-survival's by {difference:.1g}"],
    )


def _loss(sizes: _Sizes) -> Measurement:
    """Forward and backward in float32. pycox looks at the order of its sort and knows no ties."""
    theirs, name = _pycox()
    tied = simulated(sizes.patients, seed=0)
    untied = tied._replace(time=np.argsort(np.argsort(tied.time, kind="stable")).astype(float))
    risk, time, event = _tensors(tied)
    with _one_thread():
        seconds = in_turns(
            {
                "ours": lambda: _gradient(cox_loss, risk, time, event),
                "theirs": lambda: _gradient(theirs, risk, time, event),
            },
            sizes.turns,
        )
        checks = [_accuracy("tied", tied, theirs), _accuracy("untied", untied, theirs)]
    counts = f"{sizes.patients:,} patients, {tied.event.sum():,} events"
    return Measurement(
        work=f"Cox loss and gradient, {counts}, Efron's ties, float32, 1 thread",
        seconds=seconds["ours"],
        rivals=[Rival(name, seconds["theirs"], "passes over ties", sizes.least)],
        checks=checks,
    )


def _pycox() -> tuple[Loss, str]:
    """Its loss and what to call it: pycox's own where it is installed, its formula otherwise."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its source has escapes that Python no longer likes
            return import_module("pycox.models.loss").cox_ph_loss, f"pycox {metadata.version('pycox')}"
    except ImportError:
        return pycox_formula, "pycox's formula, written again: pycox is not installed"


def pycox_formula(risk: Tensor, time: Tensor, event: Tensor) -> Tensor:
    """The loss that pycox computes: hazards relative to the highest, summed down a sort by time, plus 1e-7."""
    order = time.argsort(descending=True)
    risk, event = risk[order], event[order].float()
    highest = risk.max()
    at_risk = (risk - highest).exp().cumsum(0)
    return (((at_risk + 1e-7).log() + highest - risk) * event).sum() / event.sum()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Neither loss is long enough for threads to gain more than they wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _tensors(patients: Patients) -> tuple[Tensor, Tensor, Tensor]:
    risk, time = (torch.tensor(values, dtype=torch.float32) for values in (patients.risk, patients.time))
    return risk, time, torch.tensor(patients.event)


def _gradient(loss: Loss, risk: Tensor, time: Tensor, event: Tensor) -> tuple[float, NDArray[Any]]:
    risk = risk.clone().requires_grad_()
    value = loss(risk, time, event)
    [gradient] = torch.autograd.grad(value, risk)
    return value.item(), gradient.numpy()


def _accuracy(times: str, patients: Patients, theirs: Loss) -> str:
    """How far both are from Efron's likelihood in float64: loss, and largest difference of the gradient."""
    risk, time, event = _tensors(patients)
    exact, exact_gradient = efron_by_the_book(Patients(patients.time, patients.event, risk.double().numpy()))
    off = []
    for loss in (cox_loss, theirs):
        value, gradient = _gradient(loss, risk, time, event)
        largest = np.abs(gradient - exact_gradient).max() / np.abs(exact_gradient).max()
        off.append(f"loss by a share of {abs(value / exact - 1):.1g}, gradient by {largest:.1g} of its largest")
    return f"{times} times, off Efron's likelihood in float64: ours {off[0]}; pycox {off[1]}"


def efron_by_the_book(patients: Patients) -> tuple[float, Floats]:
    """Efron's loss and its gradient (N,), one distinct time after the other."""
    order = np.argsort(patients.time, kind="stable")
    time, event, risk = (values[order] for values in patients)
    hazard = np.exp(risk)
    at_risk = hazard[::-1].cumsum()[::-1]
    starts = np.flatnonzero(np.diff(time, prepend=-np.inf))
    loss, cumulative, expected = -risk[event].sum(), 0.0, np.empty(len(time))
    for start, stop in zip(starts, [*starts[1:], len(time)], strict=True):
        died, tie = event[start:stop], hazard[start:stop]
        done = np.arange(died.sum()) / max(died.sum(), 1)
        denominators = at_risk[start] - done * tie[died].sum()
        own = cumulative + ((1 - done) / denominators).sum()
        cumulative += (1 / denominators).sum()
        loss += np.log(denominators).sum()
        expected[start:stop] = tie * np.where(died, own, cumulative)
    gradient = np.empty(len(time))
    gradient[order] = (expected - event) / event.sum()
    return float(loss / event.sum()), gradient
