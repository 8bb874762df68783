"""`pomp cohort …`: look at a cohort folder."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from pomp.cli.terminal import Home, cohort_folder, console, open_workspace
from pomp.cli.train import Settings, configuration
from pomp.data.cohort import ExclusionLog, Problem, check_cohort
from pomp.errors import CohortError

app = typer.Typer(help="Look at a cohort folder.", no_args_is_help=True)
Folder = Annotated[str, typer.Argument(help="Cohort folder, or the name of a cohort in the workspace.")]
SHOWN_REASONS = 20


@app.callback()
def _group() -> None:
    """Keeps `check` a subcommand while it is the only one."""


@app.command()
def check(
    folder: Folder,
    settings: Settings = None,
    every: Annotated[bool, typer.Option("--all", help="Name every patient left out, not only the first 20.")] = False,
    home: Home = None,
) -> None:
    """Read a cohort and show who stays, who is left out and why, and every problem at once."""
    config = configuration("honest", None, settings)
    found = check_cohort(cohort_folder(folder, open_workspace(home)), config.cohort)
    print_funnel(found.log, None if every else SHOWN_REASONS)
    print_problems(found.problems)
    if found.cohort is None:
        raise CohortError("The cohort cannot be used yet: the errors above come first.")
    events = int(found.cohort.outcome["event"].sum())
    console.print(f"{len(found.cohort.patients)} patients kept, {events} with the event ({found.cohort.endpoint}).")


def print_funnel(log: ExclusionLog, limit: int | None) -> None:
    """The steps with their counts, then who was left out and why."""
    funnel = Table(title="Patients")
    funnel.add_column("step")
    for title in ("masked", "left out", "there"):
        funnel.add_column(title, justify="right")
    reasons: list[tuple[str, str]] = []
    for step in log.steps:
        funnel.add_row(escape(step.label), str(len(step.masked)), str(len(step.left_out)), str(step.count))
        reasons += step.left_out.items()
    console.print(funnel)
    for patient, reason in reasons[:limit]:
        console.print(f"  {escape(patient)}: {escape(reason)}", highlight=False)
    if limit is not None and len(reasons) > limit:
        console.print(f"  … and {len(reasons) - limit} more; --all names them.")


def print_problems(problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        colour = "red" if problem.severity == "error" else "yellow"
        console.print(f"[{colour}]{problem.severity}[/] {escape(str(problem))}", highlight=False)
