"""`python -m dashboard`: the server, which takes seconds to import."""

import typer

from pomp.interrupts import ctrl_c_ends_at_once

with ctrl_c_ends_at_once():
    from dashboard.server import main

typer.run(main)
