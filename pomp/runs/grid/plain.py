"""The best plain model of the runs that fill a place, fitted and scored on the same patients of the same folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pomp.runs.grid.adjusted import Comparison, adjust
from pomp.runs.grid.score import Difference, RunScore, compare, mean_sd, score_plain
from pomp.runs.grid.table import Entry


@dataclass(frozen=True)
class BestPlain:
    """The plain model with the highest mean C-index. It is the best of a few, chosen by these very folds.

    One that could not be fitted in some fold counts only where none could be in all: folds differ in how hard they are.
    """

    model: str
    mean: float
    sd: float
    ahead: Difference | None
    """C-index of the place less that of the plain model; None where patients or folds differ."""


def best_plain(entry: Entry) -> BestPlain | None:
    """The best plain model over the seeds that are done; None where no model was fitted for all of them.

    Raises:
        RunError: a table of plain models is damaged.
    """
    by_seed = {
        one.cell.seed: score_plain(one.run)
        for one in entry.cells
        if one.run is not None and one.cell.seed in entry.scores
    }
    if not by_seed:
        return None
    first, *others = by_seed.values()
    shared = [model for model in first if all(model in other for other in others)]
    if not shared:
        return None
    scores: dict[str, dict[int, RunScore]] = {
        model: {seed: found[model] for seed, found in by_seed.items()} for model in shared
    }
    found = {model: mean_sd(list(own.values())) for model, own in scores.items()}
    everywhere = [model for model, own in scores.items() if compare(entry.scores, own) is not None]
    best = max(everywhere or shared, key=lambda model: found[model][0])
    return BestPlain(best, *found[best], compare(entry.scores, scores[best]))


def adjust_plain(found: Sequence[tuple[Entry, BestPlain]]) -> list[BestPlain]:
    """The best plain models of a table, p-values adjusted by Holm's method for all places of a protocol."""
    aheads = adjust(
        {
            number: Comparison(entry.protocol, (entry.cohort, _runs(entry)), best.ahead)
            for number, (entry, best) in enumerate(found)
            if best.ahead is not None
        }
    )
    return [replace(best, ahead=aheads.get(number)) for number, (_, best) in enumerate(found)]


def _runs(entry: Entry) -> tuple[str, ...]:
    return tuple(one.run.id for one in entry.cells if one.run is not None and one.cell.seed in entry.scores)
