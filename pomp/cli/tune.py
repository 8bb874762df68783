"""`pomp tune`: settings chosen inside the training folds, and tested once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from pomp.atomic import write_text
from pomp.cli.options import Device, Home, Settings, choose_sides
from pomp.cli.paths import read_path
from pomp.cli.terminal import TerminalProgress, console, find_cohort, open_workspace, split_table, warnings_as_text
from pomp.config import LARGEST_SEED, DeviceName, PresetName, RunConfig
from pomp.data.cohort import Cohort, read_cohort
from pomp.errors import ConfigError
from pomp.interrupts import INTERRUPTED
from pomp.markdown import markdown_table
from pomp.runs.grid.score import mean_interval, mean_sd
from pomp.runs.grid.shelf import find_grid
from pomp.runs.grid.spec import Grid
from pomp.runs.run import Run
from pomp.runs.tuning.choice import Tuning, inner_splits, resolve_variants
from pomp.runs.tuning.choice import tune as score_variants
from pomp.runs.tuning.tested import Tested, gather_tested
from pomp.runs.tuning.trial import Trials
from pomp.runs.worker import execute
from pomp.runs.workspace import Workspace
from pomp.training.device import pick_device
from pomp.wording import number

INNER = "C-index inside the training folds, mean over inner folds; * is the chosen variant of a fold"
OUTER = "C-index on the test folds, by fold"


def tune(
    grid: Annotated[
        str, typer.Argument(help="Name of a grid, such as generalise, or a TOML file: its variants are compared.")
    ],
    cohort: Annotated[str, typer.Argument(help="Cohort folder, or the name of a cohort in the workspace.")],
    inner: Annotated[int, typer.Option(min=2, help="Inner folds that each training fold is divided into.")] = 3,
    seed: Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Of folds, inner folds, weights and batches.")] = 0,
    preset: Annotated[
        PresetName | None, typer.Option(help="Settings to start from, instead of the grid's own.")
    ] = None,
    settings: Settings = None,
    test: Annotated[bool, typer.Option(help="Test the chosen variants; otherwise no test fold is read.")] = True,
    out: Annotated[
        Path | None, typer.Option("--out", parser=read_path, help="Write the tables to this .md file.")
    ] = None,
    device: Device = "auto",
    home: Home = None,
) -> None:
    """Choose among a grid's variants by training folds alone, then read the test folds once (nested cross-validation).

    The training patients of each fold are divided again, each variant is trained on a part of them and scored on the
    rest, and the best of a fold is trained on all of them and tested on the fold's test patients. Choosing by the test
    folds instead would report the luckiest variant. Scores are kept, so that the same command goes on after Ctrl+C; the
    chosen variants are runs of the workspace. The protocol is honest; the grid's cohorts, protocols and seeds do not
    count.
    """
    if out is not None and out.suffix != ".md":
        raise ConfigError(f"'{out}' does not end in .md: the tables are written as Markdown.")
    workspace = open_workspace(home)
    chosen = choose_sides(find_grid(grid, workspace), preset, settings, [cohort])
    configs = {variant.name: chosen.configure(variant, "honest", seed) for variant in chosen.variants}
    first = next(iter(configs.values()))
    read = read_cohort(find_cohort(workspace, cohort), first.cohort)
    variants = resolve_variants(configs, read)
    with TerminalProgress() as progress:
        trials = Trials(read, pick_device(device), workspace.root / "cache", progress.count)
        found = score_variants(variants, inner_splits(read, first, inner), trials.score, progress.count)
    tables = [(INNER, inner_rows(found))]
    _print(*tables[0])
    if test:
        runs = _run_chosen(workspace, chosen, read, variants, found, device)
        tables.append((OUTER, outer_rows(gather_tested(found.chosen, runs))))
        _print(*tables[1])
    if out is not None:
        write_text(out, markdown(read.title, tables))
        console.print(f"Written to {out}.", highlight=False, markup=False)


def _run_chosen(
    workspace: Workspace,
    grid: Grid,
    cohort: Cohort,
    variants: Mapping[str, RunConfig],
    found: Tuning,
    device: DeviceName,
) -> dict[str, Run]:
    """The finished run of every variant that a fold has chosen.

    Raises:
        typer.Exit: the user stopped one; what is done is kept.
    """
    runs = {}
    for name in dict.fromkeys(found.chosen.values()):
        run = workspace.runs.find(cohort, variants[name])
        run = run or workspace.runs.create(cohort, variants[name], f"{grid.title or grid.name}: {name}")
        console.print(f"{name}: run {run.id} in {run.folder}", highlight=False, markup=False)
        if run.status().state != "DONE":
            with TerminalProgress() as progress, warnings_as_text():
                if execute(run, device, progress.status, "end").state != "DONE":
                    console.print("Stopped. The same command goes on from here.")
                    raise typer.Exit(INTERRUPTED)
        runs[name] = run
    return runs


def inner_rows(found: Tuning) -> list[list[str]]:
    """A head, then a row a variant: its mean in every fold, and over all."""
    means, chosen = found.means, found.chosen
    rows = [["variant", *(f"fold {fold + 1}" for fold in chosen), "mean"]]
    for name, own in means.items():
        cells = [f"{number(own[fold])}{' *' if best == name else ''}" for fold, best in chosen.items()]
        rows.append([name, *cells, number(fmean(own.values()))])
    return rows


def outer_rows(tested: Tested) -> list[list[str]]:
    """A head, then the chosen variants and each plain model: C by fold, mean ± sd, and the interval of the mean."""
    rows = [["model", *(f"fold {fold + 1}" for fold in tested.own.by_fold), "mean ± sd", "95 % interval"]]
    for name, score in {"chosen": tested.own, **tested.plain}.items():
        (mean, sd), interval = mean_sd([score]), mean_interval([score])
        by_fold = [number(score.by_fold.get(fold, math.nan)) for fold in tested.own.by_fold]
        limits = f"{number(interval.lower)} to {number(interval.upper)}"
        rows.append([name, *by_fold, f"{number(mean)} ± {number(sd)}", limits])
    return rows


def _print(title: str, rows: Sequence[Sequence[str]]) -> None:
    table = Table(title=escape(title))
    for place, name in enumerate(rows[0]):
        table.add_column(escape(name), justify="right" if place else "left")
    for row in rows[1:]:
        table.add_row(*(escape(cell) for cell in row))
    for part in split_table(table):
        console.print(part)


def markdown(cohort: str, tables: Sequence[tuple[str, Sequence[Sequence[str]]]]) -> str:
    """All tables under the name of the cohort."""
    lines = [f"# Settings chosen by training folds alone: {cohort}", ""]
    for title, rows in tables:
        lines += [f"{title}:", "", *markdown_table(rows[0], rows[1:]), ""]
    return "\n".join(lines)
