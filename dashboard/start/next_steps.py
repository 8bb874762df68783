"""What to do next, from what there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pomp.runs.status import ACTIVE, State


@dataclass(frozen=True)
class Step:
    """One thing to do, and the page on which to do it."""

    text: str
    page: str
    link: str


IMPORT = Step("Import a cohort of your own: clinical data, omics tables, slides.", "views/cohort.py", "Import a cohort")
TRAIN = Step(
    "Start a first run. The settings `demo` take minutes on a laptop; the plan tells how long others will take.",
    "views/train.py",
    "Start a run",
)
MEND = Step(
    "A run failed or was interrupted. Its reason and its log are on the Train page, and it goes on from its last "
    "checkpoint.",
    "views/train.py",
    "See what happened",
)
WATCH = Step("A run is under way. The page may be closed: nothing is lost.", "views/train.py", "Watch it")
READ = Step(
    "Read a finished run: how well it tells high from low risk, beside plain models.", "views/survival.py", "Survival"
)
LOOK = Step("Look at one patient: the risk, what it rests on, and the slide.", "views/patient.py", "Patient")
COMPARE = Step("Compare runs: what differs between them, and the ablations.", "views/runs.py", "Runs")
LEARN = Step("New here? What the words and figures mean, and what the method cannot do.", "views/help.py", "Help")


def next_steps(cohorts: int, states: Sequence[State], finished: int) -> list[Step]:
    """The most urgent first.

    Args:
        cohorts: how many the workspace has.
        states: of every run.
        finished: runs with out-of-fold predictions.
    """
    if not cohorts:
        return [IMPORT, LEARN]
    steps = []
    if {"FAILED", "INTERRUPTED"} & set(states):
        steps.append(MEND)
    if ACTIVE & set(states):
        steps.append(WATCH)
    if finished:
        steps += [READ, LOOK]
    elif not steps:
        steps.append(TRAIN)
    if finished > 1:
        steps.append(COMPARE)
    return [*steps, LEARN]
