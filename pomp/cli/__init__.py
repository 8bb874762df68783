"""The command line: `pomp …`."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated

import typer

from pomp import __version__
from pomp.cli.terminal import errors_as_text

COMMANDS = {
    "demo": "demo:demo",
    "dashboard": "demo:dashboard",
    "prepare": "prepare:prepare",
    "plan": "plan:plan",
    "run": "train:run",
    "pretrain": "train:pretrain",
    "finetune": "train:finetune",
    "report": "report:report",
    "ablate": "ablate:ablate",
    "tune": "tune:tune",
    "null": "null:null",
    "cohort": "cohort:app",
    "bench": "bench:app",
}
"""Command or group of them → the module of this package that has it, and its name there, in the order of the help."""


def make_app(only: str | None = None) -> typer.Typer:
    """The command line, or no more of it than one command: the others' modules take seconds to import.

    Args:
        only: one of `COMMANDS`; with any other word, all of them are there.
    """
    app = typer.Typer(
        name="pomp",
        help="Pathology-omics multimodal pre-training for cancer survival, evaluated honestly.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    for name in [only] if only in COMMANDS else COMMANDS:
        module, what = COMMANDS[name].split(":")
        found = getattr(import_module(f"pomp.cli.{module}"), what)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
    return app


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")]


def _options(version: Version = False) -> None:
    """Options before the command."""


def main() -> None:
    """Run the command; an error that a user can act on is one red paragraph and exit status 1."""
    with errors_as_text():
        make_app(next(iter(sys.argv[1:]), None))(prog_name="pomp")
    sys.exit(0)
