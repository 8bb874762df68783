"""A forecast against sums made by hand, and the rules it must keep."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
import torch

from pomp.config import PRESETS, RunConfig, override
from pomp.errors import ConfigError
from pomp.runs.forecast.accelerators import find_accelerator
from pomp.runs.forecast.calibration import Pace
from pomp.runs.forecast.footprint import Footprint
from pomp.runs.forecast.machine import Machine, expect_machine
from pomp.runs.forecast.plan import forecast, plan
from pomp.runs.forecast.result import Forecast
from pomp.runs.forecast.wording import activations_in_words, regions_in_words
from pomp.runs.forecast.workload import Workload, assume_workload

PAPER = override(PRESETS["paper"], {"model.modalities": "both"})
HONEST = override(PAPER, {"protocol": "honest"})
GB = 10**9
COUNTED = Footprint(
    parameters=15_269_298, embedding_parameters=3_943_296, stored=256 * 256 * 3, kept=8 * 10**6, noted=400_000, shared=0
)
"""Of the paper's model in bfloat16, rounded."""


def machine(**changes: Any) -> Machine:
    """A device with 200 GB, 96 of them for activations, that takes time for Eq. 1 alone: 10.3 µs a region."""
    plain = {
        "name": "a device",
        "bfloat16": True,
        "memory": 200 * GB,
        "work": 160 * GB,
        "on_device": 51 * GB,
        "on_host": 0,
        "part": 100,
        "cores": 0,
        "pace": Pace(embedding=3 * 2_164_260_864 / 10.3e-6, rest=1e30, pretrain_step=0, finetune_step=0),
        "notes": (),
    }
    return Machine(**(plain | changes))


def workload(patients: int = 374, regions: int = 144, **changes: Any) -> Workload:
    return Workload(patients=patients, regions=regions, uncut=0, genes=()).model_copy(update=changes)


def seconds(found: Forecast, stage: str) -> float:
    return next(one.seconds for one in found.stages if one.name == stage)


def test_pre_training_of_the_papers_cohort() -> None:
    """374 × 144 × 500 regions at 10.3 µs are 277.4 s: once for everybody, or for 299 of 374 in each of five folds.

    A step of 374 / 7 patients on average has 7,694 regions, a little more than a seventh.
    """
    everybody = seconds(plan(PAPER, workload(), machine(), COUNTED), "pretrain")
    assert everybody == pytest.approx(374 * 144 * 500 * 10.3e-6, rel=1e-3)
    assert everybody == pytest.approx(277.4, abs=0.2)
    folds = seconds(plan(HONEST, workload(), machine(), COUNTED), "pretrain")
    assert folds == pytest.approx(5 * 299 * 144 * 500 * 10.3e-6, rel=1e-3)


def test_fine_tuning_and_reading() -> None:
    found = plan(PAPER, workload(), machine(), COUNTED)
    assert seconds(found, "finetune") == pytest.approx(5 * 80 * 299 * 144 * 10.3e-6, rel=1e-3)
    # Five folds and the maps read every region without gradients, at a third of the work.
    assert seconds(found, "explain") == pytest.approx(6 * 374 * 144 * 10.3e-6 / 3, rel=1e-3)
    released = plan(override(PAPER, {"protocol": "paper-released"}), workload(), machine(), COUNTED)
    more = seconds(released, "finetune") - seconds(found, "finetune")
    assert more == pytest.approx(80 * 374 * 144 * 10.3e-6 / 3, rel=1e-3)


def test_members_are_fine_tuned_read_and_kept_each() -> None:
    one, three = (
        plan(override(HONEST, {"finetune.members": members}), workload(), machine(), COUNTED) for members in (1, 3)
    )
    assert seconds(three, "pretrain") == seconds(one, "pretrain")
    for stage in ("finetune", "explain"):
        assert seconds(three, stage) == pytest.approx(3 * seconds(one, stage))
    assert three.checkpoints == one.checkpoints * (5 + 3 * 5) / (5 + 5)  # pre-trained and fine-tuned, five folds


@pytest.mark.parametrize(("work", "kept", "noted", "passes"), [
    (160, 77, 0, 3.0),  # 96 GB hold all 77 parts of 0.8 GB
    # 77 parts note 0.04 GB each, 3.08 GB; what is left of 24 GB, 0.6 of 40, pays 0.76 GB more for each that is kept
    (40, 27, 50, (27 * 3 + 50 * 3.72) / 77),
    (2.5, 0, 37, (37 * 3.72 + 40 * 4) / 77),  # 1.5 GB hold the products of 37 parts, and the others are computed twice
    (0, 0, 0, 4.0),
])  # fmt: skip
def test_memory_decides_what_is_computed_twice(work: float, kept: int, noted: int, passes: float) -> None:
    """A step of 374 / 7 patients, 7,694 regions in 77 parts of 100."""
    found = plan(PAPER, workload(), machine(work=int(work * GB)), COUNTED)
    assert seconds(found, "pretrain") == pytest.approx(374 * 144 * 500 * 10.3e-6 * passes / 3, rel=2e-3)
    # The largest step is one of 54 patients: 7,776 regions in 78 parts.
    assert (found.memory.parts, found.memory.part) == (78, 100)
    assert found.memory.kept == pytest.approx(kept, abs=1)
    assert found.memory.noted == pytest.approx(noted, abs=1)


def test_fifty_patients_with_three_hundred_regions_on_12_gb() -> None:
    """12 GB: 7.5 for activations and what comes with them, of which they use 4.5; 4.5 for regions.

    15,000 regions of a step in 150 parts. Products of all, 6 GB, do not fit: those of 112 do, and 38 parts are computed
    twice. One part is worked on: 0.8 GB.
    """
    config = override(PAPER, {"finetune.batch_size": 50})
    small = machine(memory=12 * GB, work=int(7.5 * GB), on_device=int(4.5 * GB))
    memory = plan(config, workload(patients=50, regions=300), small, COUNTED).memory
    assert (memory.parts, memory.kept, memory.noted) == (150, 0, 112)
    assert memory.activations == 800_000_000 + 112 * 40_000_000
    assert memory.states == 16 * 15_269_298
    assert memory.regions == memory.on_device == 50 * 300 * 196_608
    # Two layers keep 16 d numbers a token: 301 of Eq. 2, [CLS-O] twice and that of four pairs, which have a copy, a key
    # and a value a region.
    assert memory.rest == 4 * 384 * 50 * (36 * (301 + 2 + 4) + 4 * 300)
    assert memory.peak == memory.states + memory.on_device + memory.activations + memory.rest
    assert memory.problem == ""
    assert activations_in_words(memory) == (
        "A step goes through the ViT in 150 parts of 100 regions: products for a cheaper second pass of 112, nothing, "
        "so that all is computed twice, of 38."
    )
    assert regions_in_words(memory) == "Of 2.95 GB of regions, 2.95 GB stay on the device."


@pytest.mark.parametrize(("gigabytes", "said"), [
    (1.0, r"would run out of memory: one part of 100 regions keeps 0\.8 GB .* has 1 GB.*slides\.max_regions"),
    (5.0, r"Memory would be short: 5\.9 GB are wanted, and a device has 5 GB"),
])  # fmt: skip
def test_too_little_memory_is_said(gigabytes: float, said: str) -> None:
    bytes_free = int(gigabytes * GB)
    short = machine(memory=bytes_free, work=int(0.8 * bytes_free), on_device=int(0.4 * bytes_free))
    assert re.search(said, plan(PAPER, workload(), short, COUNTED).memory.problem)


def test_regions_that_nothing_keeps_are_read_in_every_epoch() -> None:
    """10.59 GB of regions, 2 stay: 8.59 GB at 1 GB a second take longer than 0.55 s of work."""
    found = plan(PAPER, workload(), machine(on_device=GB, on_host=GB), COUNTED)
    assert found.memory.from_files == 374 * 144 * 196_608 - 2 * GB
    assert seconds(found, "pretrain") == pytest.approx(500 * found.memory.from_files / 1e9)
    assert any("come from their files at 1 GB a second (assumed)" in line for line in found.assumptions)


def test_devices_share_the_vit_and_one_does_the_rest() -> None:
    """Seven steps of 77 parts: on four devices the slowest has 20, and a step of 0.01 s is nobody else's."""
    pace = machine().pace.model_copy(update={"pretrain_step": 0.01})
    one, four = (plan(PAPER, workload(), machine(pace=pace), COUNTED, devices) for devices in (1, 4))
    vit, steps = 374 * 144 * 500 * 10.3e-6, 500 * 7 * 0.01
    exchanged = 500 * 7 * 2 * 4 * (3_943_296 + 7_694 * 384) / 1e10
    assert seconds(one, "pretrain") == pytest.approx(vit + steps, rel=1e-3)
    assert seconds(four, "pretrain") == pytest.approx(vit * 20 / 77 + steps + exchanged, rel=1e-3)
    assert four.device_hours == pytest.approx(4 * four.seconds / 3600)
    assert any("one of them does all the rest" in line for line in four.assumptions)


def test_folds_of_a_small_model_go_side_by_side() -> None:
    """Five folds, two at a time, are three rounds; one pre-training on everybody is one. Short runs are not divided."""
    for config, pretrainings in ((HONEST, 3 / 5), (PAPER, 1)):
        one, two = (plan(config, workload(), machine(cores=cores), COUNTED) for cores in (0, 2))
        assert seconds(two, "pretrain") == pytest.approx(pretrainings * seconds(one, "pretrain"))
        for stage in ("finetune", "explain"):
            assert seconds(two, stage) == pytest.approx(3 / 5 * seconds(one, stage))
        assert any("2 folds go side by side on 2 cores" in line for line in two.assumptions)
    short = override(HONEST, {"pretrain.epochs": 0, "finetune.epochs": 1})
    one, two = (plan(short, workload(), machine(cores=cores), COUNTED) for cores in (0, 2))
    assert two.seconds == one.seconds


def test_cost_is_price_times_hours_of_all_devices() -> None:
    found = plan(PAPER, workload(), machine(), COUNTED, devices=2, price=2.5)
    assert found.cost == pytest.approx(2.5 * 2 * found.seconds / 3600)
    assert plan(PAPER, workload(), machine(), COUNTED).cost is None


def test_stages_before_training() -> None:
    """Regions to be cut, and genes of each fold; counts go through DESeq2 as well."""
    cohort = workload(uncut=1000, genes=(20_000, 500), counts=(500,))
    found = plan(HONEST, cohort, machine(), COUNTED)
    assert seconds(found, "prepare") == pytest.approx(1.1)
    assert seconds(found, "select") == pytest.approx(5 * 299 * (20_500 * 4.1e-7 + 500 * 1.3e-5))
    assert [(stage.name, stage.times) for stage in found.stages] == [
        ("prepare", 1), ("select", 5), ("pretrain", 5), ("finetune", 5), ("explain", 5),
    ]  # fmt: skip
    once = {stage.name: stage.times for stage in plan(PAPER, cohort, machine(), COUNTED).stages}
    assert (once["select"], once["pretrain"], once["finetune"]) == (1, 1, 5)


def test_disk() -> None:
    """Region files are the pixels; two generations of 12 bytes a parameter, one pre-training and five fine-tunings."""
    found = plan(PAPER, workload(), machine(), COUNTED)
    assert found.region_files == 374 * 144 * 256 * 256 * 3
    assert found.checkpoints == 2 * 12 * 15_269_298 * 6
    assert plan(HONEST, workload(), machine(), COUNTED).checkpoints == 2 * 12 * 15_269_298 * 10
    assert plan(PAPER, workload(features=1024), machine(), COUNTED).region_files == 0


@pytest.mark.parametrize("what", ["patients", "regions"])
def test_nothing_shrinks_as_a_cohort_grows(what: str) -> None:
    found = plan(PAPER, workload(genes=(20_000,), uncut=100), machine(work=4 * GB), COUNTED)
    rows = [row for row in found.growth if row.what == what]
    assert [row.factor for row in rows] == [0.5, 1, 2, 4]
    for before, after in pairwise(rows):
        assert getattr(after, what) == 2 * getattr(before, what)
        assert before.seconds < after.seconds
        assert before.peak <= after.peak
        assert before.disk < after.disk
    same = rows[1]
    assert (same.seconds, same.peak, same.disk) == (found.seconds, found.memory.peak, found.disk)


def test_attention_over_regions_grows_with_their_square() -> None:
    """Where Eq. 2 alone takes time: 2 layers of L (24 d² + 4 L d) operations with L = 1 + M, three times over."""
    config = override(PAPER, {"pretrain.pom": 0, "pretrain.mom": 0})
    slow = Pace(embedding=1e30, rest=1e12, pretrain_step=0, finetune_step=0)
    roomy = machine(pace=slow, on_device=10**15)
    times = [seconds(plan(config, workload(regions=regions), roomy, COUNTED), "pretrain") for regions in (1999, 3999)]
    expected = [3 * 374 * 500 * 2 * tokens * (24 * 384**2 + 4 * tokens * 384) / 1e12 for tokens in (2000, 4000)]
    omics = 3 * 374 * 500 * 2 * (24 * 384**2 + 4 * 384) / 1e12  # [CLS-O] alone
    assert times == pytest.approx([one + omics for one in expected], rel=1e-6)


def test_an_omics_only_run_reads_no_region() -> None:
    config = override(HONEST, {"model.modalities": "omics", "pretrain.poc": 0, "pretrain.pom": 0})
    found = plan(config, assume_workload(374, 0, config), machine(), COUNTED)
    assert (found.memory.parts, found.memory.regions, found.region_files) == (0, 0, 0)
    assert [stage.name for stage in found.stages] == ["select", "pretrain", "finetune", "explain"]
    assert {row.what for row in found.growth} == {"patients"}
    assert activations_in_words(found.memory) == "No region is read, and so no activations of the ViT are kept."


def test_json_in_and_out() -> None:
    found = plan(PAPER, workload(), machine(), COUNTED, price=1.0)
    assert Forecast.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize(("device", "devices", "price", "said"), [
    ("abacus", 1, None, "Nothing is known of a device 'abacus'. Choose one of h100, .*'this'"),
    ("h100", 0, None, "1 device or more, not 0"),
    ("h100", 1, -1.0, "0 an hour or more, not -1"),
    ("h100", 1, float("nan"), "0 an hour or more, not nan"),
])  # fmt: skip
def test_what_cannot_be_planned(device: str, devices: int, price: float | None, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        forecast(PAPER, workload(), device, devices, price)


@pytest.mark.parametrize(("name", "changes", "dtype", "said"), [
    ("h200", {}, torch.bfloat16, r"33 % of the 989 TFLOP/s in bfloat16 .* trial on an H200 .* about 20 µs"),
    ("h100", {}, torch.bfloat16, r"28 % of the 989 TFLOP/s in bfloat16 .* trial on an H200 .* wait for memory"),
    ("h100", {"precision": "fp32"}, torch.float32, r"45 % of the 67 TFLOP/s in float32 .*\(assumed, not measured\)"),
    ("a100-40", {}, torch.bfloat16, r"45 % of the 312 TFLOP/s in bfloat16 .*\(assumed, not measured\)"),
    ("t4", {}, torch.float32, r"45 % of the 8\.1 TFLOP/s in float32 .*\(assumed, not measured\)"),
    ("l4", {"slides.region_px": 256}, torch.float32, r"45 % of the 30\.3 TFLOP/s in float32"),  # regions of 16²
])  # fmt: skip
def test_where_a_speed_comes_from_is_said(name: str, changes: dict[str, Any], dtype: torch.dtype, said: str) -> None:
    expected = expect_machine(find_accelerator(name), override(PAPER, changes), None)
    assert expected.dtype == dtype
    assert re.search(said, expected.notes[0])


def test_an_h200_takes_what_was_measured_and_an_h100_waits_longer_for_its_memory() -> None:
    expected = [expect_machine(find_accelerator(name), PAPER, None) for name in ("h200", "h100")]
    seconds = [3 * 2_164_260_864 / machine.pace.embedding for machine in expected]
    assert seconds == pytest.approx([20e-6, 20e-6 * (0.6 + 0.4 * 1.4)], rel=2e-2)
    assert (expected[1].memory, expected[1].work, expected[1].on_device) == (80 * GB, 40 * GB, 32 * GB)
    assert expected[1].part == 2**41 // 2_164_260_864


def test_a_small_device_takes_fewer_regions_in_a_pass() -> None:
    small = expect_machine(find_accelerator("t4"), PAPER, None)
    assert small.part == 84 * small.work // 2_164_260_864 < 2**41 // 2_164_260_864


def test_a_device_without_bfloat16() -> None:
    with pytest.raises(ConfigError, match=r"T4, 16 GB has no bfloat16\. Choose the precision fp32"):
        expect_machine(find_accelerator("t4"), override(PAPER, {"precision": "bf16"}), None)


@pytest.mark.parametrize(("patients", "regions", "changes", "said"), [
    (4, 10, {}, "4 patients cannot be split into 5 folds"),
    (40, 0, {}, "0 regions has none"),
    (40, -1, {"model.modalities": "omics"}, "-1 regions has none"),
    (40, 10, {"slides.source": "features"}, "name the cohort"),
])  # fmt: skip
def test_what_cannot_be_assumed(patients: int, regions: int, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        assume_workload(patients, regions, override(PAPER, changes))


@pytest.mark.parametrize(("changes", "regions", "types"), [
    ({}, 144, 3),
    ({"slides.max_regions": 100}, 100, 3),
    ({"cohort.omics": ["mrna", "mirna"]}, 144, 2),
    ({"model.modalities": "pathology", "pretrain.epochs": 0}, 144, 0),
    ({"model.modalities": "omics"}, 0, 3),
])  # fmt: skip
def test_what_is_assumed(changes: dict[str, Any], regions: int, types: int) -> None:
    config: RunConfig = override(PAPER, changes)
    found = assume_workload(374, 144, config)
    assert (found.regions, found.uncut, len(found.genes)) == (regions, 374 * regions, types)
