"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table. What would end a cell or a row stands as ¦ or as a space."""
    return [_line(cells) for cells in (head, ["---"] * len(head), *rows)]


def _line(cells: Sequence[str]) -> str:
    escaped = (cell.replace("|", "¦").replace("\n", " ") for cell in cells)
    return "".join(f"| {cell} " if cell else "| " for cell in escaped) + "|"
