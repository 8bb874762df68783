"""What the paper reports: Tables 1 and 2, kept once in `assets/published` and read from there by whoever compares."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from pomp.data.bundle import assets_folder
from pomp.data.paper_cohorts import PAPER_PATIENTS
from pomp.errors import ConfigError

TABLES = ("table1", "table2")
Published = Mapping[str, tuple[float, float]]
"""TCGA project → C-index, mean and standard deviation over five folds."""


@lru_cache(maxsize=len(TABLES))
def read_published(table: str) -> Mapping[str, Published]:
    """The rows of a table of the paper, in its order.

    Args:
        table: one of `TABLES`.

    Raises:
        ConfigError: there is no such table, or its file is not there or damaged.
        PompError: pomp was installed without its assets.
    """
    if table not in TABLES:
        raise ConfigError(f"There is no published table '{table}'. There are: {', '.join(TABLES)}.")
    file = assets_folder() / "published" / f"{table}.csv"
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            name = (reader.fieldnames or [""])[0]
            rows = {row[name]: _scores(row) for row in reader}
    except (OSError, KeyError, ValueError) as error:
        raise ConfigError(f"{file} cannot be read as a published table ({error!r}). Install pomp again.") from None
    return MappingProxyType(rows)


def _scores(row: Mapping[str, str]) -> Published:
    return MappingProxyType({project: (float(row[project]), float(row[f"{project}_sd"])) for project in PAPER_PATIENTS})


def published_row(named: str) -> Published:
    """The scores of one row.

    Args:
        named: table and row, such as "table2:POMP-B1".

    Raises:
        ConfigError: there is no such table or row.
    """
    table, _, row = named.partition(":")
    rows = read_published(table)
    if row not in rows:
        raise ConfigError(f"{table} has no row '{row}'. Write one of {', '.join(f'{table}:{name}' for name in rows)}.")
    return rows[row]
