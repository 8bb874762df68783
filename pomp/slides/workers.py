"""How many slides can be read at a time with the memory that is free."""

from __future__ import annotations

import os

from pomp.memory import free_bytes

WORKER_BYTES = 512 * 2**20
"""What one reader holds at most, whatever the size of its slide: a third of it the libraries."""


def affordable_workers() -> int:
    """One a core, or as many as fit into free memory where it is known (Linux, also in a container); one at least."""
    cores, free = os.cpu_count() or 1, free_bytes()
    return cores if free is None else max(1, min(cores, free // WORKER_BYTES))
