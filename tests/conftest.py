"""What all tests share: Ctrl-C is heard, and where real data lie, which are no part of the repository."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
import torch

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared" / "data"


@pytest.fixture(scope="session", autouse=True)
def hear_ctrl_c() -> None:
    """A job that a shell has put into the background ignores Ctrl-C, and so would all that its tests start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real TCGA tables and slides; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"no real data at {SHARED}")
    return SHARED


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(11)
