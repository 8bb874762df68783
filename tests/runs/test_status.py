from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from pomp.runs.status import State, Status, read_status

# written, lock held, stop requested, what it means
OBSERVED: list[tuple[State, bool, bool, State]] = [
    ("RUNNING", True, False, "RUNNING"),
    ("RUNNING", True, True, "STOPPING"),
    ("RUNNING", False, False, "INTERRUPTED"),
    ("RUNNING", False, True, "INTERRUPTED"),
    ("STOPPING", True, True, "STOPPING"),
    ("STOPPING", False, True, "INTERRUPTED"),
    ("QUEUED", False, False, "QUEUED"),
    ("QUEUED", True, False, "QUEUED"),
    ("QUEUED", False, True, "QUEUED"),
    ("STOPPED", False, True, "STOPPED"),
    ("FAILED", False, False, "FAILED"),
    ("DONE", True, True, "DONE"),
    ("INTERRUPTED", False, False, "INTERRUPTED"),
]


@pytest.mark.parametrize(("written", "held", "stop", "meant"), OBSERVED)
def test_running_means_that_the_lock_is_held(written: State, held: bool, stop: bool, meant: State) -> None:
    assert Status(state=written, eta_seconds=3).observed(held=held, stop_requested=stop).state == meant


def test_an_interrupted_run_has_no_time_left() -> None:
    seen = Status(state="RUNNING", fold=2, eta_seconds=30).observed(held=False, stop_requested=False)
    assert (seen.eta_seconds, seen.fold) == (None, 2)
    assert "Resume" in seen.message


@pytest.mark.parametrize(
    ("state", "active", "resumable"),
    [
        ("QUEUED", True, False),
        ("RUNNING", True, False),
        ("STOPPING", True, False),
        ("STOPPED", False, True),
        ("FAILED", False, True),
        ("INTERRUPTED", False, True),
        ("DONE", False, False),
    ],
)
def test_what_can_be_done_with_it(state: State, active: bool, resumable: bool) -> None:
    status = Status(state=state)
    assert (status.active, status.resumable) == (active, resumable)


@pytest.mark.parametrize(("content", "state", "said"), [
    (None, "STOPPED", "Not started yet"),
    (b"", "INTERRUPTED", "status.json cannot be read. Resume"),
    (b'{"state": "RUN', "INTERRUPTED", "status.json cannot be read. Resume"),
    (b'{"state": "GONE"}', "INTERRUPTED", "status.json cannot be read. Resume"),
    (b"\xff\xfe\x00", "INTERRUPTED", "status.json cannot be read. Resume"),
])  # fmt: skip
def test_files_that_say_nothing(tmp_path: Path, content: bytes | None, state: State, said: str) -> None:
    if content is not None:
        (tmp_path / "status.json").write_bytes(content)
    status = read_status(tmp_path / "status.json")
    assert status.state == state
    assert said in status.message + (status.error or "")


def test_a_change_is_validated() -> None:
    with pytest.raises(ValidationError, match="progress"):
        Status(state="RUNNING").changed(progress=1.5)
    with pytest.raises(ValidationError, match="stagge"):
        Status(state="RUNNING").changed(stagge="finetune")
