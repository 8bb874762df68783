"""Ctrl-C reaches every process that a command has started. It is for the first to answer, who ends the others.

A child that ignored it from its first line on would still have met it while its modules were imported.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker

INTERRUPTED = 128 + signal.SIGINT
"""Exit status of whoever is ended by Ctrl-C, as a shell says it."""

STOPPED = "Stopped. To go on, give the same command again."

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


@contextmanager
def ctrl_c_ends_at_once() -> Iterator[None]:
    """While modules are imported, when there is nothing to save.

    Python's own way would be an exception out of whichever module is being imported, and some of them swallow it.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:  # whoever started this wants Ctrl-C ignored, or answers it
        yield
        return
    signal.signal(signal.SIGINT, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _leave(*_: object) -> None:
    os.write(2, f"\n{STOPPED}\n".encode())
    os._exit(INTERRUPTED)
