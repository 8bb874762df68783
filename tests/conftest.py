"""Where tests find real data. It lies beside the repository and is not part of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

# The tests' models are tiny: threads that wait for each other cost more than they compute.
torch.set_num_threads(1)

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared" / "data"


LONGEST = ("faults", "cli", "runs", "dashboard")
"""Folders of tests that start processes, train or open a browser."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first: a process that began one at the end would work on while the others have no work."""
    order = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.relative_to(REPOSITORY / "tests").parts[0], len(order)))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real TCGA tables and slides; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"no real data at {SHARED}")
    return SHARED


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(11)
