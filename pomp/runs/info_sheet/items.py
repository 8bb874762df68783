"""An information sheet as plain data, and as Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pomp.markdown import escape

TO_FILL = "To be filled in by the authors"


@dataclass(frozen=True)
class Item:
    """One point that a reader asks about."""

    number: str
    topic: str
    answers: tuple[str, ...] = ()
    """Sentences from the run's own facts."""
    to_fill: str = ""
    """What only a person can say; empty if nothing."""
    code: str = ""
    """A command that belongs to the answer."""


@dataclass(frozen=True)
class Section:
    title: str
    source: str
    """Where the points come from, or what the section is."""
    items: tuple[Item, ...]


@dataclass(frozen=True)
class InfoSheet:
    title: str
    sections: tuple[Section, ...]


def markdown(sheet: InfoSheet) -> str:
    """The sheet as Markdown; text from data is shown letter by letter."""
    lines = [f"# {escape(sheet.title)}", ""]
    for section in sheet.sections:
        lines += [f"## {escape(section.title)}", "", escape(section.source), ""]
        for item in section.items:
            lines += [f"### {escape(f'{item.number} {item.topic}')}", ""]
            lines += [f"- {escape(answer)}" for answer in item.answers]
            lines += [f"- **{TO_FILL}:** {escape(item.to_fill)}"] if item.to_fill else []
            lines += _fenced(item.code) if item.code else []
            lines.append("")
    return "\n".join(lines)


def _fenced(code: str) -> list[str]:
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
    return ["", f"{fence}sh", code, fence]
