"""Every command, put together."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pomp import __version__
from pomp.interrupts import INTERRUPTED, STOPPED

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


class _Commands(TyperGroup):
    """Says one line where Ctrl-C ends a command that has nothing of its own to say then."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo(f"\n{STOPPED}", err=True)
            raise typer.Exit(INTERRUPTED) from None


def make_app(only: str | None = None) -> typer.Typer:
    """The command line, or no more of it than one command: the others' modules take seconds to import.

    Args:
        only: one of `COMMANDS`; with any other word, all of them are there.
    """
    app = typer.Typer(
        name="pomp",
        cls=_Commands,
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
