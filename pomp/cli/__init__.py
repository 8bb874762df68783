"""The command line: `pomp …`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pomp import __version__
from pomp.cli import ablate, bench, cohort, demo, fetch, null, plan, prepare, report, train, tune
from pomp.cli.terminal import errors_as_text

app = typer.Typer(
    name="pomp",
    help="Pathology-omics multimodal pre-training for cancer survival, evaluated honestly.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cohort.app.command()(fetch.fetch)
app.add_typer(cohort.app, name="cohort")
app.add_typer(bench.app, name="bench")
app.command()(demo.demo)
app.command()(demo.dashboard)
app.command()(prepare.prepare)
app.command()(plan.plan)
app.command()(train.run)
app.command()(train.pretrain)
app.command()(train.finetune)
app.command()(report.report)
app.command()(ablate.ablate)
app.command()(tune.tune)
app.command()(null.null)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")]


@app.callback()
def _options(version: Version = False) -> None:
    """Options before the command."""


def main() -> None:
    """Run the command; an error that a user can act on is one red paragraph and exit status 1."""
    with errors_as_text():
        app(prog_name="pomp")
    sys.exit(0)
