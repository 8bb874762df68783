"""Files of a folder that nothing has recognised: which they are, and why those called tables cannot be read."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path

from pomp.data.problems import LISTED, Problems, enumerate_some
from pomp.data.readers.table import is_table_name, read_table
from pomp.wording import count

SILENT = (".md", ".pdf", ".html", ".png", ".jpg", ".log", ".py", ".r", ".sh")
"""What lies beside data and is no matter."""

SHEETS = (".xlsx", ".xls", ".ods")

_LARGEST = 1 << 28
"""Bytes, unpacked. To say what is wrong with a table, it is read as a whole, and a small packed file may be huge."""


def report_leftover(files: Sequence[Path], root: Path, problems: Problems) -> None:
    """A warning for each workbook and unreadable table, and one for all others.

    Args:
        files: what is left.
        root: the folder; findings name files relative to it.
        problems: gets the findings.
    """
    rest = [path for path in files if path.suffix.lower() not in SILENT and not path.name.startswith("LICENSE")]
    sheets = [path for path in rest if path.suffix.lower() in SHEETS]
    for path in sheets:
        problems.warning(str(path.relative_to(root)), "is a workbook: save its sheets as CSV to have them read.")
    explained = _explain_unreadable([path for path in rest if is_table_name(path.name)], root, problems)
    others = [str(path.relative_to(root)) for path in rest if path not in {*sheets, *explained}]
    if others:
        problems.warning(
            root.name,
            f"{count(len(others), 'file is', 'files are')} not recognised, and not used: {enumerate_some(others)}.",
        )


def _explain_unreadable(paths: Sequence[Path], root: Path, problems: Problems) -> set[Path]:
    """Say why they cannot be read, of the first of many; those of which something is said."""
    explained = set()
    for path in filter(_is_small, paths[:LISTED]):
        found = Problems()
        read_table(path, str(path.relative_to(root)), found)
        for problem in found.found:
            explained.add(path)
            problems.warning(problem.file, f"is not used: {problem.message}", row=problem.row)
    return explained


def _is_small(path: Path) -> bool:
    if path.stat().st_size > _LARGEST:
        return False
    try:
        with gzip.open(path) as content:
            return len(content.read(_LARGEST + 1)) <= _LARGEST
    except (OSError, EOFError, zlib.error):  # it is not packed, or torn
        return True
