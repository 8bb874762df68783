"""A report's HTML, taken apart."""

from __future__ import annotations

import json
from functools import cached_property
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "link", "br", "hr", "img", "input"}


class ReportPage(HTMLParser):
    """Every element with its attributes, and the text outside scripts and styles; fails where elements do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self._parts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == [], f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "script":
            self.scripts.append(data)
        elif not self._open or self._open[-1] != "style":
            self._parts.append(data)

    @cached_property
    def words(self) -> str:
        """All text, with single spaces."""
        return " ".join(" ".join(self._parts).split())

    @property
    def figures(self) -> dict[str, Any]:
        """By name, as plotly takes them."""
        return {one["name"]: one["figure"] for one in json.loads(self.scripts[0])}

    def values(self, attribute: str) -> list[str]:
        """Of every element that has the attribute."""
        return [attrs[attribute] or "" for _, attrs in self.elements if attribute in attrs]
