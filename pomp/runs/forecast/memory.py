"""Where the bytes of training go on a device, by the rules that training itself follows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pomp.config import RunConfig
from pomp.model.flops import PASSES
from pomp.runs.forecast.footprint import Footprint
from pomp.runs.forecast.machine import Machine
from pomp.runs.forecast.result import MemoryPlan
from pomp.runs.forecast.workload import Workload
from pomp.training.embedding import ROOM

SECOND_PASS = 0.72
"""A second pass that recalls the perceptron's products, against a forward pass."""

STATE_BYTES = 16
"""Of a parameter in training: itself, its gradient and Adam's two moments, each in float32."""

_LAYER_NUMBERS = 18  # times d: what a transformer layer keeps of a token
_KEY_NUMBERS = 1  # times d: a region token of a pair
_FLOAT32 = 4


@dataclass(frozen=True)
class Parts:
    """What becomes of the parts of one step on the device that has the most of them."""

    size: int  # regions
    total: int  # of all devices
    own: int
    kept: int
    noted: int

    @property
    def passes(self) -> float:
        """Work on a region against a forward pass: 3 where activations are kept."""
        twice = self.own - self.kept - self.noted
        return PASSES + (SECOND_PASS * self.noted + twice) / max(self.own, 1)


def split_step(regions: int, machine: Machine, footprint: Footprint, devices: int) -> Parts:
    """How a step on so many regions is divided into parts, and what there is room for."""
    size = min(machine.part, regions)
    total = math.ceil(regions / machine.part)
    own = math.ceil(total / devices)
    # As training does, by the costs of a part of the usual size, even where a step has too few regions for one.
    kept, noted = footprint.costs(machine.part, int(machine.work * ROOM)).afford(own)
    return Parts(size, total, own, kept, noted)


def plan_memory(
    config: RunConfig, workload: Workload, patients: int, machine: Machine, footprint: Footprint, devices: int
) -> MemoryPlan:
    """Of steps on so many patients; on several devices, that of the one that leads."""
    parts = split_step(math.ceil(patients * workload.regions), machine, footprint, devices)
    costs = footprint.costs(parts.size, 0)
    stored = round(workload.patients * workload.regions) * footprint.stored
    on_device = min(stored, machine.on_device)
    worked_on = 1 if parts.own else 0  # second passes come when what was kept is gone
    plan = MemoryPlan(
        available=machine.memory,
        states=STATE_BYTES * footprint.parameters,
        regions=stored,
        on_device=on_device,
        on_host=min(stored - on_device, machine.on_host),
        part=parts.size,
        parts=parts.own,
        kept=parts.kept,
        noted=parts.noted,
        activations=max(parts.kept, worked_on) * costs.keeping + parts.noted * costs.noting,
        rest=_rest_bytes(config, patients, workload),
    )
    return plan.model_copy(update={"problem": _problem(plan, costs.keeping, machine)})


def _rest_bytes(config: RunConfig, patients: int, workload: Workload) -> int:
    """Activations of Eq. 2–5 in float32: of the tokens in each transformer's layers, and the region tokens of Eq. 4.

    Pairs are three a patient for matching and one for masked modelling, which encodes the omics once more.
    """
    model, tasks, regions = config.model, config.pretrain, workload.regions
    matched, masked = (3 * bool(tasks.pom), int(bool(tasks.mom))) if tasks.epochs else (0, 0)
    omics = 1 + len(workload.genes)
    in_layers = (
        (1 + regions) * model.pathology_layers
        + (1 + masked) * omics * model.omics_layers
        + (matched + masked) * omics * model.multimodal_layers
    )
    numbers = _LAYER_NUMBERS * in_layers + _KEY_NUMBERS * (matched + masked) * regions
    return round(_FLOAT32 * model.width * patients * numbers)


def _problem(plan: MemoryPlan, keeping: int, machine: Machine) -> str:
    if plan.peak <= machine.memory:
        return ""
    fixed = plan.states + keeping + plan.rest
    least = (
        f"one part of {plan.part:,} regions keeps {keeping / 1e9:.2g} GB of activations, the losses "
        f"{plan.rest / 1e9:.2g} GB, and weights and optimiser take {plan.states / 1e9:.2g} GB"
    )
    if fixed > machine.memory:
        return (
            f"Training would run out of memory: {least}, {fixed / 1e9:.2g} GB in all, but {machine.name} has "
            f"{machine.memory / 1e9:.2g} GB. Choose a device with more memory, fewer regions (slides.max_regions), a "
            "smaller batch, or a smaller model."
        )
    return (
        f"Memory would be short: {plan.peak / 1e9:.2g} GB are wanted, and {machine.name} has "
        f"{machine.memory / 1e9:.2g} GB: {least}. Training would keep less and compute more twice, "
        "which takes longer than is said here. Choose a device with more memory, or fewer regions (slides.max_regions)."
    )
