"""`python -m dashboard.bench`, which `pomp bench dashboard` runs: the core may not import the dashboard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dashboard.bench import figures, load, pages, tiles
from dashboard.bench.finding import HEAD, Finding, cells, markdown
from pomp.bench.measurement import Scale
from pomp.errors import ConfigError, PompError

PARTS = ("tiles", "figures", "pages", "load")
console = Console()


def main(
    only: Annotated[str, typer.Option(help=f"Comma-separated: {', '.join(PARTS)}. Default: all.")] = "",
    scale: Annotated[str, typer.Option(help="full, or small: toy sizes, to see that it runs.")] = "full",
    minutes: Annotated[float, typer.Option(min=0.01, help="How long the load lasts.")] = 3.0,
    out: Annotated[Path | None, typer.Option(help="Write the table as Markdown to this file too.")] = None,
) -> None:
    """Measure the dashboard and print the table."""
    try:
        found = measure(only, scale, minutes)
    except PompError as error:
        console.print(f"[red]{escape(str(error))}[/]", highlight=False)
        raise typer.Exit(1) from error
    table = Table(title="The dashboard, measured", show_lines=False)
    for name in HEAD:
        table.add_column(name)
    for finding in found:
        table.add_row(*map(escape, cells(finding)))
    console.print(table)
    if out is not None:
        options = [*(["--only", only] if only else []), *(["--scale", scale] if scale != "full" else [])]
        if "load" in _parts(only):
            options += ["--minutes", f"{minutes:g}"]
        out.write_text(markdown(found, " ".join(["pomp bench dashboard", *options])), encoding="utf-8")


def measure(only: str, scale: str, minutes: float) -> list[Finding]:
    """All parts, or those named.

    Raises:
        PompError: a part or scale is unknown, or see the parts.
    """
    parts = _parts(only)
    if scale not in ("full", "small"):
        raise ConfigError(f"'{scale}' is no scale. Choose full or small.")
    size: Scale = "full" if scale == "full" else "small"
    found: list[Finding] = []
    with console.status("") as status:
        if "tiles" in parts:
            found += tiles.measure(size, status.update)
        if "figures" in parts:
            found += figures.measure(size, status.update)
        if "pages" in parts:
            found += pages.measure(size, status.update)
        if "load" in parts:
            found += load.measure(size, status.update, minutes)
    return found


def _parts(only: str) -> list[str]:
    parts = [name.strip() for name in only.split(",") if name.strip()] or list(PARTS)
    unknown = [name for name in parts if name not in PARTS]
    if unknown:
        raise ConfigError(f"'{', '.join(unknown)}' cannot be measured. Choose from {', '.join(PARTS)}.")
    return parts


if __name__ == "__main__":
    typer.run(main)
