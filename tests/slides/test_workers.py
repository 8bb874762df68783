from __future__ import annotations

from pathlib import Path

import pytest

from pomp import memory
from pomp.slides import workers
from pomp.slides.workers import WORKER_BYTES, affordable_workers

PLENTY = 100 * WORKER_BYTES


@pytest.mark.parametrize(
    ("machine", "limit", "used", "files", "expected"),
    [
        (PLENTY, "max", PLENTY, 0, 8),
        (3 * WORKER_BYTES + 1024, "max", 0, 0, 3),
        (PLENTY, str(5 * WORKER_BYTES), 3 * WORKER_BYTES, 0, 2),
        (PLENTY, str(5 * WORKER_BYTES), 3 * WORKER_BYTES, 2 * WORKER_BYTES, 4),  # cached files make room
        (0, "max", 0, 0, 1),
        (PLENTY, str(WORKER_BYTES), 2 * WORKER_BYTES, 0, 1),
        (None, None, 0, 0, 8),  # neither is told, as on macOS
    ],
)
def test_workers_fit_into_memory(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    machine: int | None,
    limit: str | None,
    used: int,
    files: int,
    expected: int,
) -> None:
    if machine is not None:
        (tmp_path / "meminfo").write_text(f"MemTotal: 9 kB\nMemAvailable: {machine // 1024} kB\n")
    if limit is not None:
        (tmp_path / "memory.max").write_text(limit + "\n")
        (tmp_path / "memory.current").write_text(f"{used}\n")
        (tmp_path / "memory.stat").write_text(f"anon 5\ninactive_file {files}\n")
    monkeypatch.setattr(memory, "_MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "_GROUP", tmp_path)
    monkeypatch.setattr(workers.os, "cpu_count", lambda: 8)
    assert affordable_workers() == expected
