"""What suits a device and a model."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from pomp.config import PRESETS, override
from pomp.errors import ConfigError
from pomp.model import RegionEmbedding
from pomp.model.flops import region_flops
from pomp.training import device as device_module
from pomp.training.device import Compute, free_device_bytes, pick_device, plan_compute, room_for_regions

CPU, CUDA, MPS = (torch.device(name) for name in ("cpu", "cuda", "mps"))
GB = 2**30


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """20 GB free on every device, and hardware that multiplies bfloat16 on the CPU and CUDA."""
    monkeypatch.setattr(device_module, "free_device_bytes", lambda device: 20 * GB)
    monkeypatch.setattr(device_module, "total_cuda_bytes", lambda device: 24 * GB)
    monkeypatch.setattr(device_module, "_multiplies_bfloat16", lambda device: device.type != "mps")


@pytest.mark.parametrize(
    ("preset", "precision", "device", "features", "expected"),
    [
        ("paper", "auto", CPU, None, torch.bfloat16),
        ("paper", "auto", CUDA, None, torch.bfloat16),
        ("paper", "auto", MPS, None, torch.float32),
        ("paper", "auto", CPU, 1024, torch.float32),  # one layer: nothing to gain
        ("demo", "auto", CPU, None, torch.float32),
        ("demo", "bf16", CPU, None, torch.bfloat16),
        ("paper", "fp32", CUDA, None, torch.float32),
    ],
)
def test_precision(preset: Any, precision: str, device: torch.device, features: int | None, expected: Any) -> None:
    config = override(PRESETS[preset], {"precision": precision})
    assert plan_compute(device, config, features).dtype == expected


def test_a_device_without_bfloat16_is_refused() -> None:
    with pytest.raises(ConfigError, match="This mps device has no bfloat16. Choose the precision fp32, or auto"):
        plan_compute(MPS, override(PRESETS["paper"], {"precision": "bf16"}))


def test_memory_is_a_share_of_what_is_free_or_what_is_asked_for() -> None:
    assert plan_compute(CUDA, PRESETS["paper"]).memory == 10 * GB
    assert plan_compute(CPU, PRESETS["paper"], memory_gb=1.5).memory == 1.5 * GB


@pytest.mark.parametrize(
    ("preset", "regions", "expected"),
    [("paper", 374 * 300, True), ("paper", 60, False), ("demo", 374 * 300, False), ("paper", 0, False)],
)
def test_long_training_is_worth_compiling(preset: Any, regions: int, expected: bool) -> None:
    assert plan_compute(CUDA, PRESETS[preset], regions=regions).compiled == expected
    assert not any(plan_compute(device, PRESETS[preset], regions=regions).compiled for device in (CPU, MPS))


@pytest.mark.parametrize("device", [CPU, CUDA, MPS])
def test_a_pass_is_as_much_work_whatever_the_size_of_a_region(device: torch.device) -> None:
    parts = [plan_compute(device, PRESETS[preset]).part for preset in ("paper", "demo")]
    work = [part * region_flops(PRESETS[preset]) for part, preset in zip(parts, ("paper", "demo"), strict=True)]
    assert parts[0] < parts[1]
    assert 0.4 < work[0] / work[1] < 2.5 or parts[1] == 2**14
    assert plan_compute(device, PRESETS["paper"], features=1024).part == 2**14


def test_regions_stay_on_the_device_first_and_on_the_cpu_for_the_rest() -> None:
    assert list(room_for_regions(CUDA)) == [CUDA, CPU]
    assert room_for_regions(CPU) == {CPU: 6 * GB}


def test_processes_on_one_machine_share_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_module, "free_bytes", lambda: 20 * GB)
    monkeypatch.setattr(device_module, "free_device_bytes", free_device_bytes)  # the one that is not made up
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    alone = room_for_regions(CPU)[CPU], plan_compute(CPU, PRESETS["paper"]).memory
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "8")
    each = room_for_regions(CPU)[CPU], plan_compute(CPU, PRESETS["paper"]).memory
    assert alone == (6 * GB, 6 * GB)
    assert each == (6 * GB // 8, 6 * GB // 8)


def test_autocast_is_for_bfloat16_only() -> None:
    for dtype in (torch.float32, torch.bfloat16):
        with Compute(CPU, dtype).autocast():
            assert torch.is_autocast_enabled("cpu") == (dtype == torch.bfloat16)


@pytest.mark.parametrize(
    ("device", "dtype", "expected"),
    [(CUDA, torch.bfloat16, "high"), (CUDA, torch.float32, "highest"), (CPU, torch.bfloat16, "highest")],
)
def test_products_beside_bfloat16_are_tf32_during_a_step_on_cuda(
    device: torch.device, dtype: torch.dtype, expected: str
) -> None:
    with pytest.raises(ZeroDivisionError), Compute(device, dtype).step():
        assert torch.get_float32_matmul_precision() == expected
        raise ZeroDivisionError
    assert torch.get_float32_matmul_precision() == "highest"


def test_passes_on_cuda_fit_into_the_memory() -> None:
    flops = region_flops(PRESETS["paper"])
    roomy, tight = (plan_compute(CUDA, PRESETS["paper"], memory_gb=gigabytes) for gigabytes in (80, 4))
    assert (roomy.part, tight.part) == (2**41 // flops, 84 * 4 * GB // flops)
    assert plan_compute(CPU, PRESETS["paper"], memory_gb=0.1).part == plan_compute(CPU, PRESETS["paper"]).part


def test_dropout_does_not_depend_on_what_others_use(monkeypatch: pytest.MonkeyPatch) -> None:
    part = plan_compute(CUDA, PRESETS["paper"]).part
    monkeypatch.setattr(device_module, "free_device_bytes", lambda device: GB)
    assert plan_compute(CUDA, PRESETS["paper"]).part == part


@pytest.mark.parametrize("device", [CPU, CUDA, MPS])
def test_what_is_free_is_looked_up_once(device: torch.device, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two looks it may change."""
    asked: list[torch.device] = []
    monkeypatch.setattr(device_module, "free_device_bytes", lambda device: asked.append(device) or 20 * GB)
    plan_compute(device, PRESETS["paper"])
    assert asked == [device]


@pytest.mark.parametrize("preset", ["paper", "demo"])
def test_flops_are_those_that_torch_counts(preset: Any) -> None:
    config = PRESETS[preset]
    embedding = RegionEmbedding(config.model, config.slides.side).eval()
    side = config.slides.side
    bfloat16 = torch.autocast("cpu", torch.bfloat16)  # the fused kernel that float32 takes is not counted
    with FlopCounterMode(display=False) as counter, torch.inference_mode(), bfloat16:
        embedding(torch.zeros(1, side, side, 3, dtype=torch.uint8))
    assert counter.get_total_flops() == region_flops(config)


def test_a_device_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match="Device 'mps' is not available here; found: .*cpu"):
        pick_device("mps")
