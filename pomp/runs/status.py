"""Where a run stands: `status.json`."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from pomp.atomic import write_text
from pomp.config import DeviceName, Frozen
from pomp.sealed import seal, unseal

State = Literal["QUEUED", "RUNNING", "STOPPING", "STOPPED", "FAILED", "DONE", "INTERRUPTED"]
WORKED_ON: frozenset[State] = frozenset({"RUNNING", "STOPPING"})
ACTIVE: frozenset[State] = WORKED_ON | {"QUEUED"}
StageName = Literal["prepare", "select", "pretrain", "finetune", "explain", "report"]
Until = Literal["prepare", "pretrain", "end"]
"""How far a worker goes: until regions are cut and the genes of every fold chosen, until every fold is pre-trained, or
to the end."""

SUDDEN_END = "The worker ended without a word. Resume to go on from the last checkpoint."


class Status(Frozen):
    """One look at a run. Times are ISO 8601 in UTC.

    A run that was never started is STOPPED. INTERRUPTED: the worker died without a word; the run can go on.
    """

    state: State
    until: Until = "end"
    """What was asked for when the run was queued."""
    wanted: DeviceName = "auto"
    """The device that was asked for then; `device` is the one that is worked on."""
    stage: StageName | None = None
    fold: int | None = None
    """From 0; -1 is training on all patients."""
    epoch: int | None = None
    """Epochs done in this stage, of `epochs`."""
    epochs: int | None = None
    progress: float = Field(0.0, ge=0, le=1)
    eta_seconds: float | None = None
    message: str = ""
    device: str | None = None
    pid: int | None = None
    host: str | None = None
    started: str | None = None
    updated: str | None = None
    finished: str | None = None
    worked_seconds: float | None = Field(None, ge=0)
    """How long workers have worked on it, all of them together; None where an earlier version wrote this."""
    error: str | None = None

    @property
    def active(self) -> bool:
        """Something may still change by itself."""
        return self.state in ACTIVE

    @property
    def worked_on(self) -> bool:
        """A worker is at it, or was when this was written."""
        return self.state in WORKED_ON

    @property
    def resumable(self) -> bool:
        """It can be put on the queue and goes on from where it stands."""
        return self.state in {"STOPPED", "FAILED", "INTERRUPTED"}

    @property
    def seconds(self) -> float | None:
        """How long it was worked on, or None if it never was. Of a run of an earlier version: by its last worker."""
        if self.worked_seconds is not None:
            return self.worked_seconds
        last = self.finished or self.updated
        if self.started is None or last is None:
            return None
        return (datetime.fromisoformat(last) - datetime.fromisoformat(self.started)).total_seconds()

    def changed(self, **changes: Any) -> Status:
        """A validated copy."""
        return Status.model_validate(self.model_dump() | changes)

    def observed(self, *, held: bool, stop_requested: bool) -> Status:
        """What this means, given whether a worker holds the run: running means that the lock is held."""
        if not self.worked_on:
            return self
        if not held:
            return self.changed(state="INTERRUPTED", eta_seconds=None, message=SUDDEN_END)
        return self.changed(state="STOPPING" if stop_requested else "RUNNING")


def read_status(path: Path) -> Status:
    """The status as it was written. A file that is missing or cannot be read says so in its `error`."""
    try:
        return Status.model_validate(unseal(path.read_bytes()))
    except FileNotFoundError:
        return Status(state="STOPPED", message="Not started yet.")
    except (OSError, ValueError):
        return Status(
            state="INTERRUPTED", error=f"{path} cannot be read. Resume the run to go on from its last checkpoint."
        )


def write_status(path: Path, status: Status) -> None:
    """Replace the status.

    Raises:
        RunError: it could not be written.
    """
    write_text(path, json.dumps(seal(status.model_dump(mode="json")), indent=1))
