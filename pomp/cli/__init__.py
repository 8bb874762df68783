"""The command line: `pomp …`. What it is made of takes seconds to import, and comes when it is called for."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

INTERRUPTED = 128 + signal.SIGINT
"""Exit status of whoever is ended by Ctrl-C, as a shell says it."""

STOPPED = "Stopped. To go on, give the same command again."


def main() -> None:
    """Run the command; an error that a user can act on is one red paragraph and exit status 1."""
    with ctrl_c_ends_at_once():
        from pomp.cli.commands import make_app  # noqa: PLC0415
        from pomp.cli.terminal import errors_as_text  # noqa: PLC0415

        app = make_app(next(iter(sys.argv[1:]), None))
    with errors_as_text():
        app(prog_name="pomp")
    sys.exit(0)


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
