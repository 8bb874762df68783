"""Tables as CSV that a spreadsheet opens as what they are: text from data is never a formula there."""

from __future__ import annotations

from typing import Any

import pandas as pd

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a cell begins with that a spreadsheet may compute: the list of OWASP's page on CSV injection."""


def to_csv(table: pd.DataFrame) -> str:
    """The table with its headers and without its index; text that looks like a formula gets a leading apostrophe.

    Numbers stay numbers, negative ones too, and missing values are empty.
    """
    # As objects, since a column of categories could not hold a text that is none of them.
    cells = [table.iloc[:, place].astype(object).map(_neutral) for place in range(table.shape[1])]
    safe = pd.concat(cells, axis=1) if cells else table
    safe.columns = pd.Index([_neutral(name) for name in table.columns])
    # Lines end as RFC 4180 says; Python then quotes a lone CR, which would start a line of its own in a spreadsheet.
    return safe.to_csv(index=False, lineterminator="\r\n")


def _neutral(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
