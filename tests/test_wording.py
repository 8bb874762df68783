"""Numbers and names as all outputs write them."""

from __future__ import annotations

import pytest

from pomp.wording import agree, count, has_breaks, one_line, visible


@pytest.mark.parametrize(("number", "said"), [(0, "0 slides are"), (1, "1 slide is"), (1200, "1,200 slides are")])
def test_number_and_verb_agree(number: int, said: str) -> None:
    assert count(number, "slide is", "slides are") == f"{count(number, 'slide')} {agree(number, 'is', 'are')}" == said


@pytest.mark.parametrize(("text", "shown", "line"), [
    ("Köln 7", "Köln 7", "Köln 7"),
    ("a\nb\tc", "a\\nb\\tc", "a b c"),
    (" a \r\n\x1b[31mb ", " a \\r\\n\\x1b[31mb ", "a \x1b[31mb"),
    ("x\u202egpj", "x\\u202egpj", "x\u202egpj"),
])  # fmt: skip
def test_characters_that_are_orders(text: str, shown: str, line: str) -> None:
    assert (visible(text), one_line(text)) == (shown, line)
    assert has_breaks(text) == (len(text.splitlines()) > 1)
