"""`pomp cohort fetch`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from pomp.cli.paths import read_path
from pomp.cli.terminal import console
from pomp.data.gdc.api import GDC_API, MOST_PARALLEL, Gdc
from pomp.data.gdc.errors import DiskError
from pomp.data.gdc.fetch import fetch as fetch_plan
from pomp.data.gdc.folder import bytes_left
from pomp.data.gdc.plan import DATA_TYPES, FetchPlan, check_space, free_bytes, plan_fetch, readable
from pomp.interrupts import INTERRUPTED
from pomp.runs import lock
from pomp.wording import count

LOCK_NAME = ".fetch.lock"


def fetch(
    project: Annotated[str, typer.Argument(help="Project of the Genomic Data Commons, such as TCGA-LIHC.")],
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            parser=read_path,
            help="Folder. Default: one here, named as the project.",
            show_default=False,
        ),
    ] = None,
    types: Annotated[str, typer.Option(help="What to fetch, with commas in between.")] = ",".join(DATA_TYPES),
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before fetching.")] = False,
    parallel: Annotated[int, typer.Option(min=1, max=MOST_PARALLEL, help="Files at a time.")] = 4,
    api: Annotated[str, typer.Option("--api", envvar="POMP_GDC_API", help="Address of the API or a mirror.")] = GDC_API,
) -> None:
    """Fetch a project's open data from the GDC. Run it again after an interruption: it goes on where it stopped."""
    folder = to or Path(project)
    wanted = tuple(dict.fromkeys(name.strip() for name in types.split(",") if name.strip()))
    with Gdc(api) as gdc:
        with console.status(f"Asking {escape(gdc.address)}"):
            plan = plan_fetch(gdc, project, wanted, folder)
        print_plan(plan)
        check_space(plan)
        if not yes:
            typer.confirm("Fetch?", default=True, abort=True)
        _make(folder)
        try:
            with lock.hold(folder / LOCK_NAME, f"The folder {folder}"), FetchProgress() as progress:
                fetch_plan(gdc, plan, parallel, progress.count)
        except KeyboardInterrupt:
            console.print("Stopped. The same command goes on from here.")
            raise typer.Exit(INTERRUPTED) from None
    console.print(f"Every file is in {folder}, and its MD5 is right.", highlight=False, markup=False)
    console.print(f"Next: pomp cohort import {shlex.quote(str(folder))}", highlight=False, markup=False)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DiskError(f"{folder} cannot be made: {error.strerror}. Choose another folder with --to.") from error


def print_plan(plan: FetchPlan) -> None:
    """Files and bytes by type, what is left of them, and the room on the disk."""
    record = plan.record
    table = Table(title=f"{escape(record.project)} · {escape(record.title)} · {escape(record.data_release)}")
    table.add_column("type")
    for title in ("files", "size", "left to fetch"):
        table.add_column(title, justify="right")
    for name, files in plan.files.items():
        size, left = sum(file.file_size for file in files), sum(bytes_left(file, plan.folder) for file in files)
        table.add_row(escape(name), str(len(files)), readable(size), readable(left))
    table.add_row("all", str(len(plan.every_file)), readable(record.bytes), readable(plan.bytes_left()))
    console.print(table)
    free = readable(free_bytes(plan.folder))
    console.print(
        f"{count(record.cases, 'patient')}. To {plan.folder.absolute()}, with {free} free.",
        highlight=False,
        markup=False,
    )


class FetchProgress:
    """One bar over the bytes of all files, with their rate and the time left."""

    def __init__(self) -> None:
        self._bar = Progress(
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            disable=not console.is_terminal,
        )
        self._task: TaskID = self._bar.add_task("", total=None)

    def __enter__(self) -> FetchProgress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def count(self, done: int, total: int, what: str) -> None:
        """An `OnProgress`, in bytes."""
        self._bar.update(self._task, completed=done, total=total, description=what)
