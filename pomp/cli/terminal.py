"""What the commands share: the console, errors and warnings as text, the workspace option, and a progress bar."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from pomp.errors import PompError
from pomp.runs.status import Status
from pomp.runs.workspace import Workspace
from pomp.training.fold_names import fold_words

WIDE = 120
console = Console(width=None if sys.stdout.isatty() else WIDE)  # tables in a file need no narrow window

Home = Annotated[
    Path | None,
    typer.Option(
        "--home", envvar="POMP_HOME", help="Workspace with cohorts and runs. Default: ~/pomp.", show_default=False
    ),
]


def open_workspace(home: Path | None) -> Workspace:
    return Workspace(home) if home is not None else Workspace.default()


@contextmanager
def errors_as_text() -> Iterator[None]:
    """A `PompError` ends the process with its text, never with a traceback."""
    try:
        yield
    except PompError as error:
        # Not wrapped here: a path that is cut in two can be neither copied nor searched for.
        Console(stderr=True).print(f"[bold red]{escape(str(error))}[/]", highlight=False, soft_wrap=True)
        sys.exit(1)


class _Warnings(logging.Handler):
    """Warnings alone: errors end the command with their text."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno == logging.WARNING:
            console.print(f"[yellow]warning[/] {escape(record.getMessage())}", highlight=False, soft_wrap=True)


@contextmanager
def warnings_as_text() -> Iterator[None]:
    """While a run is worked on: what its log has of slides that are left out, and the like, a line each."""
    logger, handler = logging.getLogger("pomp"), _Warnings()
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def duration(seconds: float | None) -> str:
    """90 → '1 min 30 s'."""
    if seconds is None:
        return "…"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


class TerminalProgress:
    """Shows done and total, or a run's status, as one bar with the time left."""

    def __init__(self) -> None:
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}", style="cyan"),
            console=console,
            disable=not console.is_terminal,
        )
        self._task: TaskID = self._bar.add_task("", total=1.0, left="")

    def __enter__(self) -> TerminalProgress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def count(self, done: int, total: int, what: str) -> None:
        """An `OnProgress`."""
        task = self._bar.tasks[0]
        left = (task.elapsed or 0.0) * (total - done) / done if done else None
        self._bar.update(self._task, description=what, completed=done / max(total, 1), left=f"{duration(left)} left")

    def status(self, status: Status) -> None:
        """A run's status as it is written."""
        self._bar.update(
            self._task,
            description=describe(status),
            completed=status.progress,
            left="" if status.eta_seconds is None else f"{duration(status.eta_seconds)} left",
        )


STAGES = {
    "prepare": "Preparing",
    "select": "Choosing genes",
    "pretrain": "Pre-training",
    "finetune": "Fine-tuning",
    "explain": "Explaining",
    "report": "Comparing",
}


def describe(status: Status) -> str:
    """'Fine-tuning, fold 2, epoch 7 of 20'."""
    parts = [STAGES.get(status.stage or "", status.state.capitalize())]
    if status.fold is not None:
        parts.append(fold_words(status.fold))
    if status.epoch is not None:
        parts.append(f"epoch {status.epoch} of {status.epochs}")
    elif status.message:
        parts.append(status.message)
    return ", ".join(parts)
