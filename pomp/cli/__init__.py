"""The command line: `pomp …`. What it is made of takes seconds to import, and comes when it is called for."""

from __future__ import annotations

import sys

from pomp.interrupts import ctrl_c_ends_at_once


def main() -> None:
    """Run the command; an error that a user can act on is one red paragraph and exit status 1."""
    with ctrl_c_ends_at_once():
        from pomp.cli.commands import make_app  # noqa: PLC0415
        from pomp.cli.terminal import errors_as_text  # noqa: PLC0415

        app = make_app(next(iter(sys.argv[1:]), None))
    with errors_as_text():
        app(prog_name="pomp")
    sys.exit(0)
