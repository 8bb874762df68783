"""`pomp null`: what a protocol makes of outcomes that nothing predicts."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from math import isfinite, nan
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pomp.atomic import write_text
from pomp.cli.grid_view import GridView, failures, summary, watch, work_here
from pomp.cli.one_run import open_queue
from pomp.cli.options import (
    BackendOption,
    Device,
    Home,
    NullProtocols,
    Preset,
    RayAddress,
    Settings,
    configuration,
    parse_setting,
)
from pomp.cli.paths import read_path
from pomp.cli.terminal import console, open_workspace, split_table
from pomp.config import PresetName, ProtocolName
from pomp.errors import ConfigError
from pomp.markdown import markdown_table
from pomp.runs.grid.cells import plan_cells
from pomp.runs.null import ChanceSummary, find_experiment, null_grid, sharing_reader, summarise
from pomp.wording import count, number, p_value, percent

COLUMNS = ("protocol", "permutations", "mean C", "sd", "95 % interval of the mean", "C above 0.5", "own outcomes", "p")


def null(
    cohort: Annotated[str, typer.Argument(help="Cohort folder, or the name of a cohort in the workspace.")],
    preset: Preset = "honest",
    settings: Settings = None,
    protocols: NullProtocols = None,
    permutations: Annotated[int, typer.Option(min=2, help="How often outcomes are dealt anew.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Of the first permutation; the others have the next ones.")] = 0,
    show: Annotated[bool, typer.Option("--show", help="Print the table as it stands, and launch nothing.")] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", parser=read_path, help="Write table and command to this .md file."),
    ] = None,
    device: Device = "auto",
    home: Home = None,
    backend: BackendOption = None,
    ray_address: RayAddress = None,
) -> None:
    """Deal outcomes anew to the patients, and run whole protocols on that: an honest one finds C = 0.5 and no more.

    Time and event of a patient go together to another one, the same for all protocols; folds are made for what a
    patient was dealt. Each permutation is a run of the workspace that says so; what is there is not made again, so the
    same command goes on after a stop. --set seed=… changes the seed of folds and weights. A run with the same settings
    and everybody's own outcome, if there is one, stands beside with its permutation p.
    """
    if out is not None and out.suffix != ".md":
        raise ConfigError(f"'{out}' does not end in .md: the table is written as Markdown.")
    if backend is not None and (device != "auto" or show):
        raise ConfigError("With --backend the worker is started by the queue: leave --device out, and --show too.")
    configuration(preset, None, settings)
    changes = dict(parse_setting(text) for text in settings or [])
    numbers = range(seed, seed + permutations)
    grid = null_grid(cohort, preset, changes, protocols or get_args(ProtocolName), numbers)
    workspace = open_workspace(home)
    view = NullView(grid, plan_cells(grid, workspace, sharing_reader()), workspace)
    finished = True
    if not show:
        view.check()
        queue = None if backend is None else open_queue(backend, ray_address, None, home)
        finished = work_here(view, device) if queue is None else watch(view, queue)
    else:
        view.wake_clusters()
    console.print(view.draw())
    view.print_notes()
    if out is not None:
        write_text(out, markdown(view, _command(cohort, preset, settings, protocols, permutations, seed)))
        console.print(f"Written to {out}.", highlight=False, markup=False)
    if not show:
        view.end(finished)


class NullView(GridView):
    """A null experiment as it is seen in a terminal: a row a protocol in place of one a permutation."""

    def summaries(self) -> list[ChanceSummary]:
        """Of the runs that are done."""
        experiment = find_experiment(self.cells[0], self.workspace.runs.list())
        if experiment is None:
            return []
        wanted = {cell.wanted.config.cohort.permutation for cell in self.cells if cell.wanted is not None}
        asked = experiment.restricted({number for number in wanted if number is not None})
        return [one for one in summarise(asked) if one.protocol in self.grid.protocols]

    def draw(self, remark: str = "") -> RenderableType:
        """The table, the verdicts, and a line on what is left. `remark`: said at its end."""
        table = Table(title=escape(f"{self.grid.title} · preset {self.grid.preset}"))
        for name in COLUMNS:
            table.add_column(name, justify="left" if name == COLUMNS[0] else "right")
        found = self.summaries()
        for one in found:
            table.add_row(*row(one))
        verdicts = [Text(f"{one.protocol}: {one.verdict}.") for one in found]
        return Group(*split_table(table), *verdicts, Text(summary(self.fill()) + remark))

    def print_notes(self) -> None:
        """Why there can be no run, and what became of runs that failed."""
        problems = dict.fromkeys(cell.problem for cell in self.cells if cell.problem)
        for line in [*problems, *failures(self.fill())]:
            console.print(f"  • {line}", highlight=False, markup=False)


def row(one: ChanceSummary) -> list[str]:
    """The cells of `COLUMNS`; a dash for what is not known."""
    return [
        one.protocol,
        str(len(one.scores)),
        number(one.mean),
        number(one.sd),
        f"{number(one.lower)} to {number(one.upper)}" if isfinite(one.lower) else "–",
        percent(one.above) if isfinite(one.above) else "–",
        "–" if one.own is None else number(one.own),
        p_value(one.p),
    ]


def markdown(view: NullView, command: str) -> str:
    """The table with the command that makes it, the verdicts, and the C-index of every run."""
    found = view.summaries()
    patients = next((cell.wanted.patients for cell in view.cells if cell.wanted is not None), 0)
    lines = [
        f"# {view.grid.title}", "",
        f"{count(patients, 'patient')}. Time and event of each went together to another patient, so that nothing "
        "predicts survival; then the whole protocol was run. C is Harrell's, the mean over folds out of fold.", "",
        "```sh", command, "```", "",
        *markdown_table(COLUMNS, [row(one) for one in found]), "",
        *(f"- {one.protocol}: {one.verdict}." for one in found), "",
        "The interval is that of the mean over permutations, by Student's t. Own outcomes: the C-index of the run with "
        "the same settings and everybody's own outcome; p is the share of permutations that reach it, the run itself "
        "counted among them.", "",
        "Every permutation:", "",
        *_every(found), "",
    ]  # fmt: skip
    return "\n".join(lines)


def _every(found: Sequence[ChanceSummary]) -> list[str]:
    numbers = sorted({number for one in found for number in one.scores})
    rows = [[str(permutation), *(number(one.scores.get(permutation, nan)) for one in found)] for permutation in numbers]
    return markdown_table(("permutation", *(one.protocol for one in found)), rows)


def _command(
    cohort: str,
    preset: PresetName,
    settings: Sequence[str] | None,
    protocols: Sequence[str] | None,
    permutations: int,
    seed: int,
) -> str:
    words = ["pomp", "null", cohort, "--preset", preset, "--permutations", str(permutations), "--seed", str(seed)]
    for option, values in (("--protocol", protocols), ("--set", settings)):
        for value in values or ():
            words += [option, value]
    return shlex.join(words)
