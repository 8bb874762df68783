"""A step of pre-training and the reading of regions, ours beside the paper's way of doing them."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pomp.bench.measurement import Measurement, Rival, Scale, Taken, apart, in_turns, in_turns_apart, peak_memory
from pomp.bench.paper_loop import Arrays, PaperLoop
from pomp.config import PRESETS, PresetName, RunConfig, override
from pomp.model import Pomp
from pomp.model.flops import PASSES, region_flops
from pomp.slides.store import SlideRegions, write_regions
from pomp.training.bank import RegionBank
from pomp.training.batches import Batch
from pomp.training.device import Compute, free_device_bytes, part_size, pick_device, plan_compute
from pomp.training.embedding import PartwiseEmbedding
from pomp.training.loop import backpropagate, losses_seed
from pomp.training.made_up import made_up_batch
from pomp.training.pretrain import pretrain_losses
from pomp.training.system import POMP

TYPES, GENES = 3, 300
SEED = (0,)
_LEAST = {"cpu": 3, "mps": 3, "cuda": 15}  # times faster than the paper's loop
_THEIRS = "the paper's loop: patient by patient, all graphs kept, float32"
_AT_ONCE = {"cpu": 1, "mps": 1, "cuda": 4}  # steps before the device is waited for, as in training
_PRODUCTS = 10  # matrices multiplied before the device is waited for
_ALL = 2**50  # bytes: whatever all activations take
_CALLS = 1000  # of what takes less than a microsecond

COHORT = 374
"""Patients whose training the step is part of: it decides whether to compile."""

MEAN_REGIONS = 144
QUANTILES = {0.0: 1, 0.05: 21, 0.5: 125, 0.95: 292, 1.0: 370}
"""Regions of a patient of TCGA-COAD: what 5 % have fewer and more of, the most, and a middle that fits the mean."""

WORST_REGIONS, WORST_BYTES = 50 * 300, 12 * 2**30
"""A batch of 50 large patients, and the memory it is to have."""

_KEPT = 18_000_000
"""Bytes a region of 256² at most, with all activations kept in float32, and what else the paper's loop holds."""


@dataclass(frozen=True)
class _Sizes:
    preset: PresetName
    patients: int
    share: float  # of the regions that the patients of TCGA-COAD have
    reading: int  # regions of the patient that is read
    repeats: int
    regions: int  # of each patient of the batch that is timed with little memory
    most: int  # of each patient of the batch whose memory alone is measured


SIZES: dict[Scale, _Sizes] = {
    "full": _Sizes("paper", patients=50, share=1 / 36, reading=MEAN_REGIONS, repeats=5, regions=4, most=300),
    "small": _Sizes("demo", patients=4, share=1 / 36, reading=4, repeats=1, regions=2, most=4),
}


def measure(scale: Scale) -> list[Measurement]:
    """The step, the memory it takes, and reading. On a GPU all regions of real patients, on the CPU a share of them."""
    sizes = _sizes(scale, pick_device())
    config = override(PRESETS[sizes.preset], {"model.modalities": "both", "model.dropout": 0.0})
    return [_step(config, sizes), _memory(config, sizes), _reading(config, sizes)]


def _sizes(scale: Scale, device: torch.device) -> _Sizes:
    """On a GPU as many regions as patients have, as far as its memory holds them the paper's way."""
    sizes = SIZES[scale]
    if device.type != "cuda" or scale == "small":
        return sizes
    holds = free_device_bytes(device) / _KEPT
    return replace(
        sizes,
        share=min(1.0, holds / (sizes.patients * MEAN_REGIONS)),
        repeats=3,  # of several steps each
        regions=min(sizes.most, int(2 * holds / sizes.patients)),  # in bfloat16
    )


def region_counts(patients: int, share: float) -> list[int]:
    """Regions of each patient, 1 at least: evenly over the quantiles of TCGA-COAD, times `share`, in some order."""
    places = (np.random.default_rng(0).permutation(patients) + 0.5) / patients
    counts = np.interp(places, list(QUANTILES), list(QUANTILES.values()))
    return [max(1, round(count * share)) for count in counts]


def make_batch(config: RunConfig, counts: list[int]) -> Batch:
    """Patients with so many regions each."""
    side = config.slides.side
    return made_up_batch(counts, (side, side, 3), TYPES, GENES)


def our_step(
    model: Pomp, batch: Batch, config: RunConfig, compute: Compute, steps: int = 1
) -> Callable[[], dict[str, float]]:
    """A step without its update of the weights, so that it can be compared and repeated; or several in a row."""
    embedding = PartwiseEmbedding(model.embedding, model.width, compute)
    losses = pretrain_losses(config.pretrain)

    def step() -> dict[str, float]:
        for _ in range(steps):
            model.zero_grad(set_to_none=True)
            terms = backpropagate(model, batch, losses, embedding, SEED)
        return {name: value.item() for name, value in terms.items() if name != "total"}

    return step


def _make(config: RunConfig, counts: list[int], device: torch.device) -> tuple[Pomp, Batch]:
    """A model and a batch on a device, the same at every call."""
    return POMP.build(config, TYPES, GENES, seed=0).to(device), make_batch(config, counts).to(device)


def _our_way(config: RunConfig, counts: list[int], compute: Compute) -> Callable[[], dict[str, float]]:
    """Our steps, as many as are done at once, on a model and a batch of their own."""
    model, batch = _make(config, counts, compute.device)
    if compute.device.type == "cuda":  # a GPU of the size that the plan is for: it gives no more than that
        whole = torch.cuda.get_device_properties(compute.device).total_memory
        planned = compute.memory + sum(own.nbytes for own in batch.regions)
        torch.cuda.set_per_process_memory_fraction(min(1.0, planned / whole), compute.device)
    return our_step(model, batch, config, compute, _AT_ONCE[compute.device.type])


def _their_way(
    config: RunConfig, counts: list[int], device: torch.device, folder: Path
) -> Callable[[], dict[str, float]]:
    """The paper's loop on a model of its own, and on arrays that are written into the folder."""
    model, batch = _make(config, counts, device)
    return _their_step(model, Arrays.write(batch, folder), config)


def _their_step(model: Pomp, arrays: Arrays, config: RunConfig) -> Callable[[], dict[str, float]]:
    paper = PaperLoop(model, config)

    def step() -> dict[str, float]:
        model.zero_grad(set_to_none=True)
        return paper.step(arrays, losses_seed(SEED))

    return step


def _time(
    ours: dict[str, Compute], config: RunConfig, counts: list[int], repeats: int, **others: Callable[[], Any]
) -> dict[str, Taken]:
    """A step, done by us in one way or another, and by others.

    A GPU's memory is filled by each of them, and nobody else makes a GPU busy: there one is done after the other.
    """
    makers = {name: partial(_our_way, config, counts, compute) for name, compute in ours.items()}
    [device] = {compute.device.type for compute in ours.values()}
    taken = in_turns_apart({**makers, **others}, repeats, together=device != "cuda")
    at_once = {name: _AT_ONCE[device] if name in ours else 1 for name in taken}
    return {name: Taken(seconds / at_once[name], memory) for name, (seconds, memory) in taken.items()}


def _step(config: RunConfig, sizes: _Sizes) -> Measurement:
    compute = plan_compute(pick_device(), config, regions=COHORT * MEAN_REGIONS)
    counts = region_counts(sizes.patients, sizes.share)
    total = sum(counts)
    ways = {kind: replace(compute, compiled=kind == "compiled") for kind in ("plain", "compiled")}
    if sizes.preset == "demo":  # of which nobody compiles anything
        del ways["compiled"]
    with tempfile.TemporaryDirectory() as folder:
        theirs = partial(_their_way, config, counts, compute.device, Path(folder))
        taken = _time(ways, config, counts, sizes.repeats, theirs=theirs)
    ours, theirs_took = taken["compiled" if compute.compiled else "plain"].seconds, taken["theirs"].seconds
    compiled = [what.seconds / taken["plain"].seconds for name, what in taken.items() if name == "compiled"]
    checks = [
        f"{total / ours:,.0f} regions a second, {ours / total * 1e6:,.1f} µs each; theirs {total / theirs_took:,.0f}",
        *(f"compiled, the step takes {ratio:.2f} times the time" for ratio in compiled),
        *apart(_same_as_theirs, config, counts, compute),
        _share_of_machine(config, compute, total / ours),
    ]
    return Measurement(
        work=f"step of pre-training, three tasks, {sizes.patients} patients with {total} regions of "
        f"{config.slides.side}², {_name(compute.dtype)}{', compiled' * compute.compiled} on {compute.device.type}",
        seconds=ours,
        rivals=[Rival(_THEIRS, theirs_took, least=_LEAST[compute.device.type])],
        checks=checks,
    )


def _same_as_theirs(config: RunConfig, counts: list[int], compute: Compute) -> list[str]:
    """How far losses and gradients are from the paper's loop's, in float32 and in the precision that is timed."""
    model, batch = _make(config, counts, compute.device)
    kinds = dict.fromkeys([torch.float32, compute.dtype])
    with tempfile.TemporaryDirectory() as folder:
        theirs = _outcome(model, _their_step(model, Arrays.write(batch, Path(folder)), config))
    plans = {kind: replace(compute, dtype=kind, compiled=compute.compiled and kind == compute.dtype) for kind in kinds}
    steps = {kind: our_step(model, batch, config, plan) for kind, plan in plans.items()}
    return [f"ours in {_name(kind)}: {_differences(_outcome(model, step), theirs)}" for kind, step in steps.items()]


_Outcome = tuple[dict[str, float], dict[str, torch.Tensor]]
"""Losses and gradients."""


def _outcome(model: Pomp, step: Callable[[], dict[str, float]]) -> _Outcome:
    losses = step()
    gradients = {name: one.grad.clone() for name, one in model.named_parameters() if one.grad is not None}
    return losses, gradients


def _differences(ours: _Outcome, others: _Outcome) -> str:
    """Largest differences of losses and, over the largest of all, of gradients."""
    (losses, gradients), (other_losses, other_gradients) = ours, others
    loss = max(abs(value - other_losses[name]) for name, value in losses.items())
    scale = max(float(value.abs().max()) for value in other_gradients.values())
    gradient = max(float((value - other_gradients[name]).abs().max()) for name, value in gradients.items()) / scale
    return f"losses differ by {loss:.1g} at most, gradients by {gradient:.1g} of the largest"


def _share_of_machine(config: RunConfig, compute: Compute, regions_a_second: float) -> str:
    """What the ViT's products make of the rate at which this machine multiplies matrices of their size."""
    rows = (config.slides.side // config.model.patch_px) ** 2 * compute.part
    width = config.model.width
    left, right = (torch.randn(size).to(compute.device, compute.dtype) for size in ((rows, width), (width, 4 * width)))
    times = []
    for _ in range(20):
        started = time.perf_counter()
        for _ in range(_PRODUCTS):
            product = left @ right
        product[0, 0].item()  # waits for the device
        times.append(time.perf_counter() - started)
    rate = 2 * rows * width * 4 * width * _PRODUCTS / statistics.median(times)
    share = PASSES * region_flops(config) * regions_a_second / rate
    return f"{share:.0%} of the rate at which {rows} × {width} × {4 * width} is multiplied, {rate / 1e9:,.0f} GFLOP/s"


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _memory(config: RunConfig, sizes: _Sizes) -> Measurement:
    """A batch in its share of 12 GiB, beside all activations kept; and what the batch that is to fit really takes."""
    counts, most = ([number] * sizes.patients for number in (sizes.regions, sizes.most))
    total = sum(counts)
    compute = plan_compute(pick_device(), config, regions=COHORT * MEAN_REGIONS)
    room = _room(config, total)
    little = replace(compute, memory=room, part=part_size(config, None, compute.device.type, room))
    taken = _time({"ours": little, "all": replace(compute, memory=_ALL)}, config, counts, sizes.repeats)
    worst = replace(little, memory=_room(config, sum(most)))
    largest = taken["ours"].memory if counts == most else peak_memory(_one_step, config, most, worst)
    return Measurement(
        work=f"the same with {total} regions, in {taken['ours'].memory / 1e9:.2f} GB",
        seconds=taken["ours"].seconds,
        rivals=[Rival(f"all activations kept, in {taken['all'].memory / 1e9:.2f} GB", taken["all"].seconds, least=0.8)],
        checks=[
            apart(_same_as_all_kept, config, counts, little),
            f"a step of {sizes.patients} patients with {sizes.most} regions each, measured: {largest / 2**30:.1f} GiB",
        ],
    )


def _same_as_all_kept(config: RunConfig, counts: list[int], compute: Compute) -> str:
    """How far losses and gradients in so much memory are from those with all activations kept."""
    model, batch = _make(config, counts, compute.device)
    little, everything = (
        _outcome(model, our_step(model, batch, config, plan)) for plan in (compute, replace(compute, memory=_ALL))
    )
    return _differences(little, everything)


def _room(config: RunConfig, regions: int) -> int:
    """Bytes of the batch's share, without the regions themselves."""
    return int(WORST_BYTES * regions / WORST_REGIONS) - regions * 3 * config.slides.side**2


def _one_step(config: RunConfig, counts: list[int], compute: Compute) -> None:
    _our_way(config, counts, compute)()


def _reading(config: RunConfig, sizes: _Sizes) -> Measurement:
    """A patient's regions as they are read in every epoch but the first, beside float32 arrays on disk."""
    side, count = config.slides.side, sizes.reading
    pixels = np.random.default_rng(0).integers(0, 256, (count, side, side, 3), np.uint8)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = _write_regions(folder, pixels, config)
        bank = RegionBank({"P": [path]}, side)
        np.save(folder / "P.npy", (pixels.transpose(0, 3, 1, 2) / np.float32(127.5) - 1).astype(np.float32))
        forgetful = RegionBank({"P": [path]}, side)
        bank.keep({torch.device("cpu"): 2**40})
        equal = np.array_equal(bank.read("P").numpy(), pixels)

        def ours() -> None:
            for _ in range(_CALLS):
                bank.read("P")

        ways = {
            "kept": ours,
            "file": lambda: forgetful.read("P"),
            "float32": lambda: np.load(folder / "P.npy"),
        }
        taken = in_turns(ways, max(3, sizes.repeats))
    return Measurement(
        work=f"reading {count} regions of {side}², from the second time on",
        seconds=taken["kept"] / _CALLS,
        rivals=[
            Rival("float32 arrays from disk (in the system's cache)", taken["float32"], least=50),
            Rival("ours the first time, from HDF5, checksums verified", taken["file"]),
        ],
        checks=[f"{pixels.nbytes / 1e6:.0f} MB as uint8, {4 * pixels.nbytes / 1e6:.0f} MB as float32; equal: {equal}"],
    )


def _write_regions(folder: Path, pixels: np.ndarray, config: RunConfig) -> Path:
    count, region_px = len(pixels), config.slides.region_px
    grid = np.stack([np.arange(count) // 12, np.arange(count) % 12], axis=1)
    regions = SlideRegions(
        slide="P", coordinates=grid * region_px, grid=grid, tissue=np.ones(count, np.float32), region_px=region_px,
        downsample=config.slides.downsample, mpp=None, magnification=None, width=12 * region_px,
        height=12 * region_px, thumbnail=np.zeros((2, 2, 3), np.uint8), mask=np.ones((2, 2), bool),
    )  # fmt: skip
    path = folder / "P.h5"
    write_regions(path, regions, pixels)
    return path
