"""Runs of which one is damaged."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pomp.errors import RunError
from pomp.runs.readable import read_runs


def test_a_damaged_run_costs_nobody_the_others() -> None:
    runs: list[Any] = [SimpleNamespace(folder=Path(name)) for name in ("one", "two", "three")]

    def read(run: Any) -> str:
        if run.folder.name == "two":
            raise RunError("two is damaged.")
        return str(run.folder)

    readings = read_runs(runs, read)
    assert readings.found == ((runs[0], "one"), (runs[2], "three"))
    assert [(run, str(error)) for run, error in readings.damaged] == [(runs[1], "two is damaged.")]
