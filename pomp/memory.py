"""How much memory is free, and how much this process has taken."""

from __future__ import annotations

from pathlib import Path

_MEMORY = Path("/proc/meminfo")
_PROCESS = Path("/proc/self/status")
_GROUP = Path("/sys/fs/cgroup")


def free_bytes() -> int | None:
    """What this process can still take of the machine's memory and its container's; None where neither is told."""
    known = [found for found in (_free_of_machine(), _free_of_group()) if found is not None]
    return min(known, default=None)


def peak_bytes() -> int | None:
    """The most that this process has held in memory at once; None where nobody tells (Linux does).

    `getrusage` would say as much, but of a process that a larger one has started it may tell the parent's.
    """
    return _stated(_PROCESS, "VmHWM:")


def _free_of_machine() -> int | None:
    return _stated(_MEMORY, "MemAvailable:")


def _stated(path: Path, name: str) -> int | None:
    """What a file of the kernel's states in kB, in bytes."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return None
    kilobytes = [line.split()[1] for line in lines if line.startswith(name)]
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
