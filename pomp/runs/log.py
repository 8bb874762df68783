"""The log of a run, `log.txt`."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class _LogFile(logging.FileHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """A line that a full disk does not take is lost. The run has its own ways to say that."""


@contextmanager
def run_log(path: Path) -> Iterator[logging.Logger]:
    """While open, whatever `pomp` logs is appended to the file, with the time in UTC."""
    logger = logging.getLogger("pomp")
    handler = _LogFile(path, encoding="utf-8")
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    before = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield logger
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
        with suppress(OSError):  # what it still holds back does not go on a full disk
            handler.close()
