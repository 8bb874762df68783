"""What the terminal shows of text from data: its letters, and nothing that it would obey."""

from __future__ import annotations

import re

import pytest
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pomp.cli.terminal import SafeConsole, errors_as_text
from pomp.errors import CohortError

_ORDER = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
ORDERS = {
    "escape": ("\x1b[31mred\x1b[0m", "�[31mred�[0m"),
    "title of the window": ("\x1b]0;title\x07", "�]0;title�"),
    "C1": ("a\x9b31mb", "a�31mb"),
    "bell and backspace": ("a\x07b\x08c\x7f", "a�b�c�"),
    "return": ("kept\rlost", "kept�lost"),
    "right to left": ("\u202egnp.\u202c \u2067x\u2069", "�gnp.� �x�"),
    "emoji": (":smile:", ":smile:"),
    "letters": ("Größe 腫瘤 👩‍🔬 [x]", "Größe 腫瘤 👩‍🔬 [x]"),
}


@pytest.mark.parametrize("case", ORDERS)
def test_controls_are_shown(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    said, shown = ORDERS[case]
    console = SafeConsole(width=60)
    console.print(said, markup=False)
    console.print(Text(said))
    table = Table(title=escape(said))
    table.add_column(escape(said))
    table.add_row(escape(said))
    console.print(table)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == shown
    assert sum(shown in line for line in lines[2:]) == 3
    assert len({len(line) for line in lines[3:]}) == 1 or "腫" in said  # the table's frame is straight
    assert not _ORDER.search(lines[1])  # of a `Text`, rich takes some away itself


def test_controls_of_an_error_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), errors_as_text():
        raise CohortError("Row 2: '\x1b[2J[/]\u202e' is no number.")
    assert capsys.readouterr().err == "Row 2: '�[2J[/]�' is no number.\n"


def test_styles_are_still_orders() -> None:
    console = SafeConsole(width=60)
    console._color_system = 1  # type: ignore[assignment]  # as in a terminal
    with console.capture() as shown:
        console.print("[red]\x1b[2J[/]", highlight=False)
    assert shown.get() == "\x1b[31m�[2J\x1b[0m\n"
