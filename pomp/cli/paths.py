"""Paths on the command line."""

from __future__ import annotations

from pathlib import Path

import typer


def read_path(text: str) -> Path:
    """What options and arguments that are paths are read with: an empty one would be the folder here.

    Raises:
        typer.BadParameter: it is empty, as a variable of a script is that was never set.
    """
    if not text:
        raise typer.BadParameter("a path is needed, and this is an empty text. A dot is the folder here.")
    return Path(text)
