"""Ctrl-C reaches every process that a command has started. It is for the first to answer, who ends the others.

A child that ignored it from its first line on would still have met it while its modules were imported.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker

_NO_NEWS = "ignore:resource_tracker:UserWarning"
"""Python's tracker cleans up after children that were ended before they could, and need not tell anybody."""


@contextmanager
def deaf_children() -> Iterator[None]:
    """Processes that are started in the block never hear Ctrl-C; this one hears it when the block is over."""
    _start_tracker()  # started with the first child, it would unblock the signal again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_tracker() -> None:
    sys.warnoptions.append(_NO_NEWS)  # it starts with these
    try:
        resource_tracker.ensure_running()
    finally:
        sys.warnoptions.remove(_NO_NEWS)
