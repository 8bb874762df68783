"""The chosen variants on the test folds: each is read once, by the variant that its training fold chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from pomp.errors import RunError
from pomp.runs.grid.score import RunScore, score_plain
from pomp.runs.run import Run


@dataclass(frozen=True, eq=False)
class Tested:
    """Out-of-fold risks of the chosen variants, and of the plain models on the same folds."""

    own: RunScore
    plain: Mapping[str, RunScore]


def gather_tested(chosen: Mapping[int, str], runs: Mapping[str, Run]) -> Tested:
    """Of each fold the predictions of the run of its variant.

    Args:
        chosen: fold → variant.
        runs: variant → its finished run; all on the same folds.

    Raises:
        RunError: a run has no predictions, or runs differ in who is tested in which fold.
    """
    digests = {name: runs[name].info.splits_digest for name in chosen.values()}
    if len(set(digests.values())) > 1:
        raise RunError(f"The runs of {', '.join(digests)} do not have the same folds. Delete them, and tune again.")
    parts = []
    for fold, name in chosen.items():
        table = runs[name].require_predictions()
        parts.append(table[table["fold"] == fold])
    together = pd.concat(parts, ignore_index=True).sort_values("patient", ignore_index=True)
    columns = ["patient", "fold", "time_days", "event", "risk"]
    return Tested(RunScore(together[columns]), score_plain(runs[next(iter(chosen.values()))]))
