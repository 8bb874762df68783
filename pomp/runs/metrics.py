"""The losses of a run by epoch: `metrics.jsonl`, one line an epoch, appended."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pomp.atomic import write_text
from pomp.errors import RunError
from pomp.sealed import seal, unseal

log = logging.getLogger(__name__)


def append_row(path: Path, row: Mapping[str, Any]) -> None:
    """Add one row. If a crash tore the last line, the new one starts below it. Numbers that are not finite become null.

    Raises:
        RunError: it could not be written.
    """
    plain = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in row.items()
    }
    line = _line(plain)
    try:
        with path.open("a+b") as file:
            file.write((line if _ends_a_line(path) else "\n" + line).encode())
    except OSError as error:
        raise RunError(
            f"{path} could not be written: {error.strerror}. Free disk space or make the folder writable, then resume."
        ) from error


def read_rows(path: Path) -> pd.DataFrame:
    """One row an epoch; columns stage, fold, epoch, and whatever was measured. Torn and damaged lines are left out."""
    rows, _ = _read(path)
    return pd.DataFrame(rows)


def rewind(path: Path, stage: str, fold: int, epoch: int) -> None:
    """Drop the rows of a stage of a fold from `epoch` on, which are about to come again, and lines that are damaged.

    Raises:
        RunError: the file could not be replaced.
    """
    rows, damaged = _read(path)
    if damaged:
        lines = "1 line of %s is" if damaged == 1 else f"{damaged} lines of %s are"
        log.warning(f"{lines} torn or damaged, and left out.", path.name)
    kept = [row for row in rows if row["stage"] != stage or row["fold"] != fold or row["epoch"] < epoch]
    if damaged or len(kept) < len(rows):
        write_text(path, "".join(map(_line, kept)))


def _read(path: Path) -> tuple[list[dict[str, Any]], int]:
    """The rows, and how many lines are none."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return [], 0
    parsed = [_parse(line) for line in text.split("\n") if line]
    rows = [row for row in parsed if row is not None]
    return rows, len(parsed) - len(rows)


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(seal(row), allow_nan=False) + "\n"


def _parse(line: str) -> dict[str, Any] | None:
    try:
        row = unseal(line)
    except ValueError:
        return None
    return row if {"stage", "fold", "epoch"} <= row.keys() else None


def _ends_a_line(path: Path) -> bool:
    """Also true of an empty file."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if not size:
            return True
        file.seek(size - 1)
        return file.read(1) == b"\n"
