"""A `Forecast` from settings, a workload and a machine: sums, and no measuring."""

from __future__ import annotations

from pomp.config import RunConfig
from pomp.errors import ConfigError
from pomp.runs.forecast.footprint import Footprint, count_footprint
from pomp.runs.forecast.machine import Machine, find_machine
from pomp.runs.forecast.memory import SECOND_PASS, plan_memory
from pomp.runs.forecast.result import Forecast, Growth, MemoryPlan
from pomp.runs.forecast.stages import (
    COUNT_SECONDS,
    CUT_SECONDS,
    FLAT_SECONDS,
    LINK_RATE,
    READ_RATE,
    VALUE_SECONDS,
    Situation,
    stage_times,
)
from pomp.runs.forecast.workload import Workload
from pomp.training.checkpoint import GENERATIONS

FACTORS = (0.5, 1.0, 2.0, 4.0)
"""Of patients, and of regions, in the table of growth."""

_SAVED = 12  # bytes of a parameter in a checkpoint: itself and Adam's two moments


def forecast(
    config: RunConfig, workload: Workload, device: str, devices: int = 1, price: float | None = None
) -> Forecast:
    """The forecast for the device of that name (see `find_machine`).

    Args:
        config: its `model.modalities` is decided.
        devices: that share one run.
        price: of a device for an hour.

    Raises:
        ConfigError: nothing is known of the device, or a number is out of range.
    """
    if devices < 1:
        raise ConfigError(f"A run needs 1 device or more, not {devices}.")
    if price is not None and not price >= 0:
        raise ConfigError(f"A device costs 0 an hour or more, not {price:g}.")
    machine = find_machine(device, config, workload)
    footprint = count_footprint(config, len(workload.genes), workload.features, machine.dtype)
    return plan(config, workload, machine, footprint, devices, price)


def plan(
    config: RunConfig,
    workload: Workload,
    machine: Machine,
    footprint: Footprint,
    devices: int = 1,
    price: float | None = None,
) -> Forecast:
    """The same for a machine and a footprint that are known. The same numbers give the same forecast."""
    now = Situation(config, workload, machine, footprint, devices)
    return Forecast(
        patients=workload.patients,
        regions=workload.regions,
        machine=machine.name,
        devices=devices,
        stages=tuple(stage_times(now)),
        memory=_memory(now),
        region_files=_region_bytes(now),
        checkpoints=_checkpoint_bytes(now),
        price=price,
        growth=_growth(now),
        assumptions=(*machine.notes, *_assumptions(now)),
    )


def _growth(now: Situation) -> tuple[Growth, ...]:
    rows = []
    axes = ("patients", "regions") if now.workload.regions else ("patients",)
    for what in axes:
        for factor in FACTORS:
            workload = now.workload.times(**{what: factor})
            other = Situation(now.config, workload, now.machine, now.footprint, now.devices)
            memory = _memory(other)
            rows.append(
                Growth(
                    what=what,
                    factor=factor,
                    patients=workload.patients,
                    regions=workload.regions,
                    seconds=sum(stage.seconds for stage in stage_times(other)),
                    peak=memory.peak,
                    disk=_region_bytes(other) + _checkpoint_bytes(other),
                )
            )
    return tuple(rows)


def _memory(now: Situation) -> MemoryPlan:
    """Of the largest step."""
    return plan_memory(now.config, now.workload, now.largest_step(), now.machine, now.footprint, now.devices)


def _region_bytes(now: Situation) -> int:
    """Of region files; features are there already."""
    workload = now.workload
    return 0 if workload.features is not None else round(workload.patients * workload.regions) * now.footprint.stored


def _checkpoint_bytes(now: Situation) -> int:
    """Of all generations of all stages and folds."""
    config = now.config
    pretrained = 0 if not config.pretrain.epochs else 1 if config.rules.pretraining == "all" else config.folds
    return GENERATIONS * _SAVED * now.footprint.parameters * (pretrained + config.folds * config.finetune.members)


def _assumptions(now: Situation) -> list[str]:
    workload, said = now.workload, []
    if workload.regions:
        said.append(
            f"Every patient has {workload.regions:,.3g} regions. A second pass over a region whose products were noted "
            f"costs {SECOND_PASS:g} of a forward pass."
        )
    if workload.uncut:
        said.append(
            f"Slides: {1000 * CUT_SECONDS:g} ms a region on one core, of slides with a JPEG pyramid; where a slide has "
            f"one level alone, {1000 * FLAT_SECONDS:g} ms."
        )
    if workload.genes:
        said.append(
            f"Genes: {1e6 * VALUE_SECONDS:.2g} µs a value for the default forest, and {1e6 * COUNT_SECONDS:.2g} µs "
            "more a count for DESeq2, as two cores took; nothing in the cache."
        )
    if now.at_a_time > 1:
        said.append(
            f"{now.at_a_time} folds go side by side on {now.machine.cores} cores, each in a process of its own."
        )
    if now.devices > 1:
        said.append(
            f"{now.devices} devices share the ViT's parts, one of them does all the rest, and they exchange "
            f"{LINK_RATE / 1e9:g} GB a second (assumed). As many runs side by side take as long each as one run on one "
            "device."
        )
    if _memory(now).from_files:
        said.append(f"Regions that nothing keeps come from their files at {READ_RATE / 1e9:g} GB a second (assumed).")
    if now.config.pretrain.with_cohorts:
        others = ", ".join(now.config.pretrain.with_cohorts)
        said.append(f"Pre-training without {others}, whose patients would join it.")
    said.append("Not counted: reading the cohort, the plain models beside it, the report, and waiting in a queue.")
    return said
