"""What all tests share: Ctrl-C is heard, threads stay as they are, and where real data lie, outside the repository."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared" / "data"


@pytest.fixture(scope="session", autouse=True)
def hear_ctrl_c() -> None:
    """A job that a shell has put into the background ignores Ctrl-C, and so would all that its tests start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def same_threads() -> Iterator[None]:
    """Torch has as many threads after a test as before: the last digits of what later tests train depend on them."""
    before = torch.get_num_threads()
    yield
    after = torch.get_num_threads()
    torch.set_num_threads(before)
    assert after == before


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real TCGA tables and slides; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"no real data at {SHARED}")
    return SHARED


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(11)
