"""One thing that the Help page explains, and how it is found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """A heading and what there is to know, as Markdown."""

    title: str
    text: str
    also: str = ""
    """Other words by which it is looked for."""

    def says(self, words: Iterable[str]) -> bool:
        """Whether every word stands somewhere in it, whatever its case."""
        everything = f"{self.title} {self.text} {self.also}".casefold()
        return all(word in everything for word in words)


def find_entries(entries: Iterable[Entry], search: str) -> list[Entry]:
    """Those that say every word of `search`, those whose heading does first; all of them if it is empty."""
    words = search.casefold().split()
    found = [entry for entry in entries if entry.says(words)]
    return sorted(found, key=lambda entry: not all(word in f"{entry.title} {entry.also}".casefold() for word in words))
