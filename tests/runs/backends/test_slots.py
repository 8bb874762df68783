from __future__ import annotations

import os
import subprocess

import pytest

from pomp.runs.backends.slots import find_slots, slot_environment


@pytest.mark.parametrize(
    ("visible", "counted", "slots"),
    [
        (None, 0, ("cpu",)),
        (None, 2, ("0", "1")),
        ("3, 5", 2, ("3", "5")),
        ("3,9", 1, ("3",)),  # CUDA stops at the first that is not there
        ("7", 0, ("cpu",)),
        ("", 4, ("cpu",)),
    ],
)
def test_one_slot_a_gpu(monkeypatch: pytest.MonkeyPatch, visible: str | None, counted: int, slots: tuple[str]) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, f"{counted}\n"))
    assert find_slots() == slots


def test_a_slot_sees_its_gpu_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    assert slot_environment("5") == dict(os.environ) | {"CUDA_VISIBLE_DEVICES": "5"}
    assert slot_environment("cpu") == dict(os.environ)
