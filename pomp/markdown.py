"""Markdown: tables, and text that is shown letter by letter."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ACTIVE = re.compile(r"([\\`*_\[\]<>|#~$&])")
_LIST = re.compile(r"^(\d*)([-+.)])(?=\s)")  # a dash, a plus, or a number with a point or bracket
LINKS = r"(?<=:)(?=//)|(?i:(?<=www)(?=\.))|(?=@)"
"""Where a word joiner keeps GitHub's Markdown from making a link without being asked."""

WORD_JOINER = "\u2060"  # invisible
_UNASKED = re.compile(rf"{LINKS}|(?<=@)(?=\w)|(?<=:)(?=[\w+-]+:)")  # links, mentions, pictures


def escape(text: str) -> str:
    """One line of Markdown that shows just this text: no mark-up, HTML, list, link, mention or emoji comes of it."""
    held_apart = _UNASKED.sub(WORD_JOINER, " ".join(text.split()))
    return _LIST.sub(r"\1\\\2", _ACTIVE.sub(r"\\\1", held_apart))


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table. What would end a cell or a row stands as ¦ or as a space."""
    return [_line(cells) for cells in (head, ["---"] * len(head), *rows)]


def _line(cells: Sequence[str]) -> str:
    escaped = (cell.replace("|", "¦").replace("\n", " ") for cell in cells)
    return "".join(f"| {cell} " if cell else "| " for cell in escaped) + "|"
