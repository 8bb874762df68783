"""How many slides can be read at a time with the memory that is free."""

from __future__ import annotations

import os
from pathlib import Path

WORKER_BYTES = 512 * 2**20
"""What one reader holds at most, whatever the size of its slide: a third of it the libraries."""

_MEMORY = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")


def affordable_workers() -> int:
    """One a core, or as many as fit into free memory where it is known (Linux, also in a container); one at least."""
    cores = os.cpu_count() or 1
    free = [found for found in (_free_of_machine(), _free_of_group()) if found is not None]
    return max(1, min([cores, *(found // WORKER_BYTES for found in free)]))


def _free_of_machine() -> int | None:
    try:
        lines = _MEMORY.read_text().splitlines()
    except OSError:
        return None
    kilobytes = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(kilobytes[0]) * 1024 if kilobytes else None


def _free_of_group() -> int | None:
    """What the limit of a container (cgroup v2) leaves; its cache of files is free at need."""
    try:
        limit = (_GROUP / "memory.max").read_text().strip()
        used = int((_GROUP / "memory.current").read_text())
        facts = dict(line.split() for line in (_GROUP / "memory.stat").read_text().splitlines())
    except OSError:
        return None
    return None if limit == "max" else int(limit) - used + int(facts.get("inactive_file", 0))
