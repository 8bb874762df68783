"""A grid in a terminal: drawn, worked on here or watched, and summed up."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pomp.atomic import write_text
from pomp.cli.terminal import console, duration, split_table, warnings_as_text
from pomp.config import DeviceName
from pomp.errors import CohortError, PompError, RunBusyError, RunError
from pomp.interrupts import INTERRUPTED
from pomp.runs.backends.base import Backend
from pomp.runs.backends.choice import clusters
from pomp.runs.grid.cells import Cell, same_runs
from pomp.runs.grid.fill import FilledCell, distinct, fill, seconds_left, to_do
from pomp.runs.grid.launch import begin, launch
from pomp.runs.grid.spec import Grid
from pomp.runs.grid.table import explanations, make_entries, markdown, row_name, texts, tidy
from pomp.runs.status import Status
from pomp.runs.worker import OnStatus, execute
from pomp.runs.workspace import Workspace
from pomp.spreadsheet import to_csv
from pomp.wording import count

LOOK_SECONDS, WAKE_SECONDS = 2.0, 10.0


class GridView:
    """A grid as it is seen in a terminal."""

    def __init__(self, grid: Grid, cells: Sequence[Cell], workspace: Workspace) -> None:
        self.grid, self.cells, self.workspace = grid, cells, workspace

    def fill(self) -> list[FilledCell]:
        """The cells with their runs, as they stand now."""
        return fill(self.cells, self.workspace.runs.list())

    def check(self) -> None:
        """Refuse a grid of which nothing can be run.

        Raises:
            CohortError: the first reason.
        """
        if all(cell.problem for cell in self.cells):
            raise CohortError(f"No cell of the grid '{self.grid.name}' can be run. {self.cells[0].problem}")

    def wake_clusters(self) -> None:
        """Learn what became of runs that a cluster was given, if any seems to be under way.

        Raises:
            RunError: a cluster does not answer.
        """
        if any(one.status is not None and one.status.active for one in self.fill()):
            for cluster in clusters(self.workspace):
                cluster.wake()

    def draw(self, remark: str = "") -> RenderableType:
        """A table a protocol and a line on what is left. `remark`: said at its end."""
        filled = self.fill()
        entries = make_entries(self.grid, filled)
        tables = []
        for protocol in self.grid.protocols:
            own = {(entry.variant, entry.cohort): entry for entry in entries if entry.protocol == protocol}
            title = f"{self.grid.title or self.grid.name} · preset {self.grid.preset} · protocol {protocol}"
            table = Table(title=escape(title), show_lines=True)
            table.add_column("variant")
            for cohort in self.grid.cohorts:
                table.add_column(escape(cohort), justify="right")
            for variant in self.grid.variants:
                places = [own[variant.name, cohort] for cohort in self.grid.cohorts]
                table.add_row(escape(row_name(variant)), *(escape("\n".join(texts(place))) for place in places))
            tables += split_table(table)
        return Group(*tables, Text(summary(filled) + remark))

    def print_notes(self) -> None:
        """What a reader of the table must know, and what became of runs that failed."""
        filled = self.fill()
        notes = [*explanations(self.grid, make_entries(self.grid, filled)), *same_runs(self.cells)]
        for line in [*notes, *failures(filled)]:
            console.print(f"  • {line}", highlight=False, markup=False)

    def write(self, file: Path) -> None:
        """The table as Markdown or CSV, by the file's name.

        Raises:
            RunError: it cannot be written.
        """
        entries = make_entries(self.grid, self.fill())
        if file.suffix == ".csv":
            write_text(file, to_csv(tidy(self.grid, entries)))
        else:
            write_text(file, markdown(self.grid, entries, same_runs(self.cells)))
        console.print(f"Written to {file}.", highlight=False, markup=False)

    def end(self, finished: bool) -> None:
        """End with the status a shell expects: 130 where the user ended it, 1 where a run failed or cannot be made."""
        if not finished:
            raise typer.Exit(INTERRUPTED)
        filled = self.fill()
        if to_do(filled) or any(one.state == "FAILED" for one in filled):
            raise typer.Exit(1)


def work_here(view: GridView, device: DeviceName) -> bool:
    """Work on one cell after another; False if the user stopped it."""
    with Live(view.draw(), console=console, auto_refresh=False, transient=True) as live:
        drawn = time.monotonic()

        def on_status(_: Status) -> None:
            nonlocal drawn
            if time.monotonic() - drawn > LOOK_SECONDS:
                live.update(view.draw(), refresh=True)
                drawn = time.monotonic()

        try:
            for one in to_do(view.fill()):
                if not _work_on(view, one.cell, device, on_status):
                    console.print("Stopped. The same command goes on from here.")
                    return False
                live.update(view.draw(), refresh=True)
        except KeyboardInterrupt:
            console.print("Stopped. The same command goes on from here.")
            return False
    return True


def _work_on(view: GridView, cell: Cell, device: DeviceName, on_status: OnStatus) -> bool:
    """Work on the run of a cell, whatever becomes of it; False if the user stopped it."""
    try:
        run = begin(view.grid, cell, view.workspace)
        if run is None:  # somebody else has seen to it meanwhile
            return True
        console.print(f"Run {run.id} in {run.folder}", highlight=False, markup=False)
        with warnings_as_text():
            return execute(run, device, on_status, "end").state != "STOPPED"
    except RunBusyError:
        return True
    except PompError as error:
        console.print(f"[red]{escape(f'{cell.cohort}, {cell.variant}: {error}')}[/]", highlight=False)
        return True


def watch(view: GridView, queue: Backend) -> bool:
    """Queue what is to be done, as far as there is room, and look until all is over; False if the user stopped it.

    Raises:
        RunError: the queue does not take the first of them.
    """
    left: Sequence[Cell] = view.cells
    try:
        left = _queue(view, queue, left)
        with Live(view.draw(), console=console, auto_refresh=False, transient=True) as live:
            woken, complaint = time.monotonic(), ""
            while left or any(one.status is not None and one.status.active for one in view.fill()):
                if time.monotonic() - woken > WAKE_SECONDS:
                    woken, complaint = time.monotonic(), ""
                    try:
                        queue.wake()
                        left = _queue(view, queue, left)
                    except RunError as error:  # a cluster that is down for a while; what it has been given goes on
                        complaint = f" {error}"
                room = f" {len(left)} more wait for room in the queue." if left else ""
                live.update(view.draw(room + complaint), refresh=True)
                time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        rest = f" Not queued yet: {len(left)}; the same command queues them." if left else ""
        console.print(f"What is queued goes on.{rest} --show tells how it stands.")
        return False
    return True


def _queue(view: GridView, queue: Backend, cells: Sequence[Cell]) -> Sequence[Cell]:
    """Queue what there is room for; the cells that are left.

    Raises:
        RunError: the queue cannot be used.
    """
    if not cells:
        return ()
    made = launch(view.grid, cells, queue)
    for line in made.refused:
        console.print(line, style="red", highlight=False, markup=False)
    for run in made.queued:
        console.print(f"Queued on {queue.where}: run {run.id}.", highlight=False, markup=False)
    return made.left


def summary(filled: Sequence[FilledCell]) -> str:
    """'12 of 16 runs are done; 1 failed. About 3 h 10 min left.'"""
    runs = [one for one in distinct(filled) if one.state != "IMPOSSIBLE"]
    failed = sum(one.state == "FAILED" for one in runs)
    done = sum(one.state == "DONE" for one in runs)
    said = f"{done} of {count(len(runs), 'run is', 'runs are')} done" + (f"; {failed} failed." if failed else ".")
    open_ones = [one for one in runs if one.state not in {"DONE", "FAILED"}]
    seconds = seconds_left(filled, open_ones) if open_ones else None
    return said + (f" About {duration(seconds)} for the rest." if seconds else "")


def failures(filled: Sequence[FilledCell]) -> list[str]:
    """Which runs failed and why, and the command that tries again."""
    return [
        f"{one.cell.cohort}, {one.cell.variant}, {one.cell.protocol}: run {one.run.id} failed: "
        f"{(one.status.error or 'no reason was recorded').rstrip('.')}. When that is seen to: "
        f"pomp run --run {shlex.quote(str(one.run.folder))}"
        for one in distinct(filled)
        if one.state == "FAILED" and one.run is not None and one.status is not None
    ]
