from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pomp.slides import prepare
from tests.slides.painting import paint, write_slide


@pytest.fixture(scope="session")
def tissue_pixels() -> np.ndarray:
    """2048 × 2048: tissue at x 512–1536 and y 256–1024."""
    return paint((2048, 2048), [(512, 256, 1536, 1024)])


@pytest.fixture(scope="session")
def slide_file(tissue_pixels: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`tissue_pixels` as a slide with levels 1, 4 and 16."""
    return write_slide(tmp_path_factory.mktemp("slides") / "painted.svs", tissue_pixels)


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """Wait for a condition; fails after a minute."""

    def wait(holds: Callable[[], bool]) -> None:
        for _ in range(600):
            if holds():
                return
            time.sleep(0.1)
        pytest.fail("nothing happened within a minute")

    return wait


def run_here(
    function: Callable[[Any, Callable[[], None]], Any],
    tasks: Sequence[Any],
    workers: int,
    on_wait: Callable[[], None],
    silence_seconds: float,
) -> Iterator[tuple[int, Any]]:
    """What `run_isolated` does, without its children, which take a second to start."""
    for place, task in enumerate(tasks):
        yield place, function(task, lambda: None)
        on_wait()


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "run_isolated", run_here)
