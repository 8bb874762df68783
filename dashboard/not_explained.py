"""What a page says in place of a figure that only POMP has."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.elements import empty_state
from pomp.runs.run import Run
from pomp.runs.system_name import is_pomp, system_name


def said_only_of_pomp(run: Run, what: str) -> bool:
    """Say that the run's system has no such figure, unless it is POMP; whether that was said.

    Args:
        what: the figure, as in "MCAT has no …".
    """
    if is_pomp(run.config):
        return False
    system = system_name(run.config)
    empty_state(
        f"{system} has no {what}; POMP has.",
        f"{system} is here to be compared with POMP by its risks, which the Survival page shows. What a model makes of "
        "slides and genes is worked out for POMP alone: choose one of its runs above, or train one.",
        "views/train.py", "Go to Train",
    )  # fmt: skip
    return True


def explained_first(explained: Sequence[Run], runs: Sequence[Run]) -> list[Run]:
    """Runs with something to show, then those of other systems, of which the page says why they have nothing."""
    ids = {run.id for run in explained}
    return [*explained, *(run for run in runs if run.id not in ids and not is_pomp(run.config))]
