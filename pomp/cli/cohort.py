"""`pomp cohort …`: check a cohort folder, import one from downloads, export one."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from rich.markup import escape
from rich.table import Table

from pomp.cli.fetch import fetch
from pomp.cli.options import Home, Settings, configuration
from pomp.cli.paths import read_path
from pomp.cli.terminal import TerminalProgress, console, find_cohort, open_workspace
from pomp.config import RunConfig
from pomp.data.cohort import CohortCheck, ExclusionLog, Kind, Problem, check_cohort, read_cohort
from pomp.data.constant_genes import describe_constant
from pomp.data.importing.export import export_cohort
from pomp.data.importing.plan import ImportPlan
from pomp.data.importing.scan import scan
from pomp.data.importing.write import import_cohort, place_cohort, stage
from pomp.errors import CohortError, ConfigError
from pomp.runs.obstacles import find_obstacles
from pomp.runs.workspace import Workspace
from pomp.wording import count, one_line, visible

app = typer.Typer(help="Check a cohort folder, import one, export one.", no_args_is_help=True)
Folder = Annotated[str, typer.Argument(help="Cohort folder, or the name of a cohort in the workspace.")]
Every = Annotated[bool, typer.Option("--all", help="Name every patient left out, not only the first 20.")]
SHOWN_REASONS = 20


@app.command()
def check(
    folder: Folder,
    settings: Settings = None,
    every: Every = False,
    home: Home = None,
) -> None:
    """Read a cohort and show who stays, who is left out and why, and every problem at once."""
    config = configuration("honest", None, settings)
    found = check_cohort(find_cohort(open_workspace(home), folder), config.cohort)
    _print_check(found, config, None if every else SHOWN_REASONS)


@app.command("import")
def import_(
    folder: Annotated[
        Path,
        typer.Argument(parser=read_path, help="Folder with what TCGA, Xena, the GDC or a hospital gave."),
    ],
    name: Annotated[str | None, typer.Option(help="Name of the new cohort folder.")] = None,
    title: Annotated[str | None, typer.Option(help="A title for people.")] = None,
    endpoint: Annotated[str | None, typer.Option(help="Survival endpoint: OS, DSS, PFI, …")] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option("--kind", help=f"Kind of a table, as in mrna=log: {', '.join(get_args(Kind))}. May be repeated."),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option("--without", help="An omics type to leave out, or slides. May be repeated.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Convert and check, and keep nothing.")] = False,
    every: Every = False,
    home: Home = None,
) -> None:
    """Make a cohort of the workspace from a folder of downloads or tables, which is only read."""
    given = {"name": name, "title": None if title is None else one_line(title), "endpoint": endpoint}
    plan = scan(folder).model_copy(update={key: value for key, value in given.items() if value is not None})
    plan = _leave_out(_set_kinds(plan, kinds or []), without or [])
    _print_plan(plan)
    cohorts = open_workspace(home).cohorts
    if dry_run:
        place_cohort(plan.name, cohorts)
        with tempfile.TemporaryDirectory(prefix="pomp-import-") as scratch, TerminalProgress() as progress:
            found = stage(plan, Path(scratch) / "cohort", progress.count)
        _print_import(plan, found, every)
        return
    checks: list[CohortCheck] = []
    try:
        with TerminalProgress() as progress:
            made = import_cohort(plan, cohorts, progress.count, checks.append)
    except CohortError:  # which lists the errors
        print_problems(tuple(one for found in checks for one in _new(plan, found) if one.severity == "warning"))
        raise
    for found in checks:
        _print_import(plan, found, every)
    console.print(f"Imported into {made}.", highlight=False, markup=False, soft_wrap=True)
    console.print(f"Next: {_check_command(made, home)}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def export(
    cohort: Folder,
    file: Annotated[
        Path,
        typer.Argument(parser=read_path, help="A new .h5mu, or .h5ad for a cohort with one omics type."),
    ],
    home: Home = None,
) -> None:
    """Write the kept patients of a cohort as MuData or AnnData, which `pomp cohort import` reads back."""
    found = read_cohort(find_cohort(open_workspace(home), cohort))
    export_cohort(found, file)
    normals = sum(len(table.normals) for table in found.omics.values() if table.normals is not None)
    console.print(
        f"{count(len(found.patients), 'patient')} and {count(normals, 'normal sample')}, {', '.join(found.omics)}: "
        f"{file}.",
        highlight=False, markup=False, soft_wrap=True,
    )  # fmt: skip


def _check_command(made: Path, home: Path | None) -> str:
    workspace = open_workspace(home)
    there = [] if workspace.root == Workspace.default().root else ["--home", str(workspace.root)]
    return shlex.join(["pomp", "cohort", "check", made.name, *there])


def _set_kinds(plan: ImportPlan, kinds: list[str]) -> ImportPlan:
    tables = {table.name: table for table in plan.omics}
    for word in kinds:
        name, _, kind = word.partition("=")
        if name not in tables:
            raise ConfigError(f"--kind {word}: there is no omics type '{name}'. Types there: {_join(tables)}.")
        if kind not in get_args(Kind):
            raise ConfigError(f"--kind {word}: there is no kind '{kind}'. Kinds: {', '.join(get_args(Kind))}.")
        tables[name] = tables[name].model_copy(update={"kind": kind})
    return plan.model_copy(update={"omics": tuple(tables.values())})


def _leave_out(plan: ImportPlan, names: list[str]) -> ImportPlan:
    known = [table.name for table in plan.omics]
    for name in names:
        if name not in {*known, "slides"}:
            raise ConfigError(f"--without {name}: there is no omics type '{name}'. Types there: {_join(known)}.")
    changes: dict[str, Any] = {"omics": tuple(table for table in plan.omics if table.name not in names)}
    if "slides" in names:
        changes |= {"slides": None, "slide_files": ()}
    return plan.model_copy(update=changes)


def _join(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def _print_plan(plan: ImportPlan) -> None:
    """What was recognised, and how; then the findings."""
    table = Table(title=escape(f"{plan.title} → {plan.name}"))
    for heading in ("what", "kind", "file", "how"):
        table.add_column(heading)
    rows = [("follow-up", "", plan.clinical, f"endpoint {plan.endpoint}; there: {_join(plan.endpoints)}")]
    rows += [("patients", "", file, "joined to the follow-up") for file in plan.covariates]
    rows += [(planned.name, planned.kind, planned.file, planned.note) for planned in plan.omics]
    if plan.slides is not None:
        rows.append(("slides", "", plan.slides, f"{count(len(plan.slide_files), 'slide')}"))
    for what, kind, file, how in rows:
        table.add_row(*map(escape, (what, kind, _inside(plan, file), how)))
    console.print(table)
    print_problems(plan.findings)


def _inside(plan: ImportPlan, file: str | None) -> str:
    """Relative to the folder where it lies in it."""
    if file is None:
        return "none"
    path = Path(file)
    return str(path.relative_to(plan.folder)) if path.is_relative_to(plan.folder) else file


def _print_import(plan: ImportPlan, found: CohortCheck, every: bool) -> None:
    """The check of an import, without what was printed with its plan."""
    new = replace(found, problems=_new(plan, found))
    _print_check(new, configuration(None, None, None), None if every else SHOWN_REASONS)


def _new(plan: ImportPlan, found: CohortCheck) -> tuple[Problem, ...]:
    return tuple(problem for problem in found.problems if problem not in plan.findings)


def _print_check(found: CohortCheck, config: RunConfig, limit: int | None) -> None:
    """The funnel, every problem, what would end a training with these settings, who is kept, and constant genes.

    Raises:
        CohortError: there are errors among the problems.
    """
    print_funnel(found.log, limit)
    print_problems(found.problems)
    if found.cohort is None:
        raise CohortError("The cohort cannot be used yet: the errors above come first.")
    print_problems(find_obstacles(found.cohort, config))
    events = int(found.cohort.outcome["event"].sum())
    kept = f"{count(len(found.cohort.patients), 'patient')} kept, {events} with the event ({found.cohort.endpoint})."
    console.print(kept, markup=False)
    for line in filter(None, map(describe_constant, found.cohort.omics.values())):
        console.print(line, highlight=False, markup=False)


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
        console.print(f"  {escape(visible(patient))}: {escape(reason)}", highlight=False)
    if limit is not None and len(reasons) > limit:
        console.print(f"  … and {len(reasons) - limit} more; --all names them.")


def print_problems(problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        colour = "red" if problem.severity == "error" else "yellow"
        console.print(f"[{colour}]{problem.severity}[/] {escape(str(problem))}", highlight=False)


app.command()(fetch)
