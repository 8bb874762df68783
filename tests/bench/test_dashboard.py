"""`pomp bench dashboard` starts the dashboard's own bench: the core does not import it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pomp.cli.bench import app


@pytest.mark.parametrize("status", [0, 1])
def test_options_are_handed_on_and_the_status_back(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], *, check: bool) -> subprocess.CompletedProcess[bytes]:
        commands.append(command)
        return subprocess.CompletedProcess(command, status)

    monkeypatch.setattr(subprocess, "run", run)
    given = ["dashboard", "--only", "tiles", "--scale", "small", "--minutes", "0.5", "--out", "a.md"]
    assert CliRunner().invoke(app, given).exit_code == status
    assert commands == [[
        sys.executable, "-m", "dashboard.bench", "--only", "tiles", "--scale", "small", "--minutes", "0.5",
        "--out", str(Path("a.md")),
    ]]  # fmt: skip
