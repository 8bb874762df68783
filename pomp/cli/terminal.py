"""What the commands share: the console, errors and warnings as text, the workspace, and a progress bar."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.measure import Measurement
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.segment import Segment
from rich.table import Column, Table
from rich.text import Text

from pomp.errors import PompError
from pomp.runs.status import Status
from pomp.runs.workspace import Workspace, holds_cohort
from pomp.training.fold_names import fold_words

WIDE = 120
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1, without tab and line feed
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"  # the direction of writing
)


class SafeConsole(Console):
    """Text from data gives the terminal no orders: its control characters are shown as '\ufffd', ':smile:' as it is."""

    def __init__(self, *, stderr: bool = False, width: int | None = None) -> None:
        super().__init__(stderr=stderr, width=width, emoji=False)

    def render_str(self, text: str, **how: Any) -> Text:
        """Before a column's width is measured: a control character has none."""
        return super().render_str(_CONTROLS.sub("\ufffd", text), **how)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """What was text before it came here."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(_CONTROLS.sub("\ufffd", segment.text), segment.style)


NARROWEST_NAMES, BESIDE_A_CELL = 12, 3
"""Of a table: the least width of its names, and what padding and rule take beside each cell."""
console = SafeConsole(width=None if sys.stdout.isatty() else WIDE)  # tables in a file need no narrow window


def open_workspace(home: Path | None) -> Workspace:
    return Workspace(home) if home is not None else Workspace.default()


def find_cohort(workspace: Workspace, name: str) -> Path:
    """As `Workspace.find_cohort`; where a cohort here has the same name, it is said which of them is meant.

    Raises:
        CohortError: there is none.
        RunError: the workspace cannot be read.
    """
    found, here = workspace.find_cohort(name), Path(name).absolute()
    if here.name == name and holds_cohort(here) and here.resolve() != found.resolve():
        said = f"'{name}' is the workspace's cohort in {found}. For the folder here, say ./{name}"
        SafeConsole(stderr=True).print(said, highlight=False, markup=False, soft_wrap=True)
    return found


@contextmanager
def errors_as_text() -> Iterator[None]:
    """A `PompError` ends the process with its text, never with a traceback."""
    try:
        yield
    except PompError as error:
        # Not wrapped here: a path that is cut in two can be neither copied nor searched for.
        SafeConsole(stderr=True).print(f"[bold red]{escape(str(error))}[/]", highlight=False, soft_wrap=True)
        sys.exit(1)


def split_table(table: Table) -> list[Table]:
    """The table or, where the terminal is too narrow for it, several that have its first column and some of the others.

    No number is cut: only headings and the names in the first column are broken into lines.
    """
    if _width(table) <= console.width:
        return [table]
    names, *others = table.columns
    own = min(max(map(_width, names.cells), default=0), max(NARROWEST_NAMES, console.width // 3))
    parts: list[list[Column]] = []
    left = 0
    for column in others:
        column.width = max(_width(text) for text in (*column.cells, *str(column.header).split()))
        if not parts or left < column.width + BESIDE_A_CELL:
            parts.append([replace(names, width=own)])
            left = console.width - 1 - own - BESIDE_A_CELL
        parts[-1].append(column)
        left -= column.width + BESIDE_A_CELL
    return [_part(table, columns) for columns in parts] or [table]


def _width(what: RenderableType) -> int:
    """Columns of the terminal that something takes where there is no lack of them."""
    return Measurement.get(console, console.options.update(max_width=sys.maxsize), what).maximum


def _part(table: Table, columns: Sequence[Column]) -> Table:
    part = Table(title=table.title, show_lines=table.show_lines)
    for column in columns:
        part.add_column(column.header, justify=column.justify, width=column.width, overflow="fold")
    for cells in zip(*(column.cells for column in columns), strict=True):
        part.add_row(*cells)
    return part


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
