"""What processes that were killed long ago left half written."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

ABANDONED_SECONDS = 24 * 3600
"""Nothing is under construction for so long."""


def sweep(folder: Path, pattern: str) -> None:
    """Remove the files and folders of that name pattern in `folder` to which nothing was added for a day."""
    for left in folder.glob(pattern):
        with suppress(OSError):  # another process may be sweeping too
            if time.time() - left.lstat().st_mtime <= ABANDONED_SECONDS:
                continue
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink()
