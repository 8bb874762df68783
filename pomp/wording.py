"""Numbers as all outputs write them."""

from __future__ import annotations

import math
import re

DAYS_PER_YEAR = 365.25
_BREAKS = re.compile("[\t-\r\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029"  # C0 and C1, and the ends of lines and paragraphs
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"  # the direction of writing
)


def number(value: float, digits: int = 3) -> str:
    """A rounded number with a minus sign, not a hyphen, where it is negative; an en dash where there is none."""
    return f"{value:.{digits}f}".replace("-", "−") if math.isfinite(value) else "–"


def count(number_of: int, one: str, many: str | None = None) -> str:
    """'1 gene', '1,200 genes'."""
    return f"{number_of:,} {one if number_of == 1 else many or one + 's'}"


def agree(number_of: int, one: str, many: str) -> str:
    """The word that goes with so many: 'is' with one, 'are' with none or several."""
    return one if number_of == 1 else many


def has_breaks(text: str) -> bool:
    """Whether it is more than one line, or parted by a tab: as a name it would break the line or table it stands in."""
    return _BREAKS.search(text) is not None


def visible(text: str) -> str:
    """Characters that are orders and no letters as they are written in programs: \\n for a line feed."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def one_line(text: str) -> str:
    """A title of several lines in one: blanks, tabs and line breaks are one blank."""
    return " ".join(text.split())


def percent(share: float, digits: int = 0) -> str:
    """'64 %' of 0.64, '12.6 %' of 0.126 with one digit after the point."""
    return f"{100 * share:.{digits}f} %"


def p_value(value: float | None) -> str:
    """'0.032', '< 0.001', or an en dash."""
    if value is None or not math.isfinite(value):
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
