"""Numbers as all outputs write them."""

from __future__ import annotations

import math

DAYS_PER_YEAR = 365.25


def number(value: float, digits: int = 3) -> str:
    """A rounded number with a minus sign, not a hyphen, where it is negative; an en dash where there is none."""
    return f"{value:.{digits}f}".replace("-", "−") if math.isfinite(value) else "–"


def count(number_of: int, one: str, many: str | None = None) -> str:
    """'1 gene', '1,200 genes'."""
    return f"{number_of:,} {one if number_of == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """'64 %' of 0.64."""
    return f"{100 * share:.0f} %"


def p_value(value: float | None) -> str:
    """'0.032', '< 0.001', or an en dash."""
    if value is None or not math.isfinite(value):
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
