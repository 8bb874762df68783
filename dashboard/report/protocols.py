"""What a run under a paper protocol says beside its honest twin."""

from __future__ import annotations

from pomp.evaluation.verdict import APART
from pomp.runs.twins import Contrast
from pomp.wording import number


def describe_optimism(found: Contrast) -> str:
    """What having seen the test patients has gained, where that can be told; otherwise, that it cannot.

    Args:
        found: a run of the paper's way of working beside its honest twin.
    """
    paper, honest = number(found.by_fold.paper), number(found.by_fold.honest)
    outcome = found.difference.verdict.outcome
    if outcome == "better":
        return (
            f"On the same folds, the paper's way of working raises the C-index from {honest} to {paper}. That gain "
            "comes from having seen the test patients: new patients do not get it."
        )
    both = f"On the same folds, the paper's way of working gives {paper} and the honest one {honest}"
    if outcome == APART:
        return (
            f"{both}. The two {APART}: this pair does not show what having seen the test patients is worth. The null "
            "experiment (pomp null) is the better evidence."
        )
    return f"{both}: here it gained nothing, though it has seen the test patients."
