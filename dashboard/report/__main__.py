"""`python -m dashboard.report`, which `pomp report --html` runs: the core may not import the dashboard."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from streamlit.logger import set_log_level

from pomp.atomic import write_text
from pomp.errors import PompError
from pomp.runs.grid.spec import Grid
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace

app = typer.Typer(help="A run or a grid as one HTML file.", no_args_is_help=True, pretty_exceptions_enable=False)
File = Annotated[Path, typer.Argument(help="The HTML file to write.")]


@app.command()
def run(folder: Annotated[Path, typer.Argument(help="The run folder.")], file: File) -> None:
    """The report of a finished run."""
    from dashboard.report.run_report import run_html  # noqa: PLC0415  # once Streamlit is quiet

    write_text(file, run_html(Run.open(folder)))


@app.command()
def grid(
    file: File,
    home: Annotated[Path, typer.Option(help="The workspace.")],
    command: Annotated[str, typer.Option(help="That fills the grid.")],
) -> None:
    """The report of a grid, which comes as JSON from standard input: its sides are chosen already."""
    from dashboard.report.grid_report import grid_html  # noqa: PLC0415  # once Streamlit is quiet

    write_text(file, grid_html(Grid.model_validate_json(sys.stdin.read()), Workspace(home), command))


def main() -> None:
    """Run the command; an error that a user can act on is its text and exit status 1."""
    set_log_level("error")  # modules of the pages would warn that no server runs
    try:
        app(prog_name="python -m dashboard.report")
    except PompError as error:
        Console(stderr=True).print(f"[bold red]{escape(str(error))}[/]", highlight=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
