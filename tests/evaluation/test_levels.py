"""The coverage that is asked for is that of the interval: the narrower one lies within the wider."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pomp.evaluation.added_value import added_value
from pomp.evaluation.calibration_slope import calibration
from pomp.evaluation.cumulative_incidence import cumulative_incidence
from pomp.evaluation.curves import kaplan_meier
from pomp.evaluation.hazard_ratio import hazard_ratio
from pomp.evaluation.pooled import compare_pooled
from pomp.evaluation.restricted_mean import mean_difference, restricted_mean
from pomp.evaluation.stability import selection_stability

from .conftest import random_patients
from .test_prediction_error import baseline_of, predictions

TIME, EVENT, RISK = random_patients(5)
CAUSE = np.where(EVENT, 1 + np.arange(80) % 2, 0)
ONE, OTHER = kaplan_meier(TIME[:40], EVENT[:40]), kaplan_meier(TIME[40:], EVENT[40:])
TABLE = predictions(1, patients=120, folds=3)
NOISY = TABLE.assign(risk=np.random.default_rng(0).normal(size=120) + TABLE["risk"])
SCORES = pd.DataFrame(
    [(m, 0, f, 20, 0.6 + 0.02 * f * (m == "a")) for m in "ab" for f in range(3)],
    columns=["model", "repeat", "fold", "patients", "score"],
).assign(score=lambda rows: rows["score"] + 0.01 * (rows["fold"] == 1))
CHOSEN = pd.DataFrame(
    [(fold, "rna", gene, True, 9) for fold, genes in enumerate(("abc", "abd", "aef")) for gene in genes],
    columns=["fold", "omics", "gene", "selected", "tested"],
)


def incidence(time: Any, cause: Any, row: int) -> Callable[[float], Any]:
    def found(level: float) -> tuple[float, float]:
        event = cumulative_incidence(time, cause, level).event
        return event.lower[row], event.upper[row]

    return found


INTERVALS: dict[str, Callable[[float], Any]] = {
    "Kaplan-Meier": lambda level: [getattr(kaplan_meier(TIME, EVENT, level), name)[9] for name in ("lower", "upper")],
    "incidence": incidence(TIME, CAUSE, 9),
    "incidence beside the last patient's death": incidence([1, 2, 3, 4, 5, 6], [1, 0, 1, 0, 1, 2], 3),
    "incidence alone": incidence(TIME, EVENT.astype(int), 9),
    "hazard ratio": lambda level: hazard_ratio(RISK > 0, TIME, EVENT, level=level),
    "restricted mean": lambda level: restricted_mean(ONE, 20, level),
    "mean difference": lambda level: mean_difference(restricted_mean(ONE, 20), restricted_mean(OTHER, 20), level),
    "calibration slope": lambda level: calibration(TABLE, baseline_of(TABLE), level).slope.interval,
    "calibration in the large": lambda level: calibration(TABLE, baseline_of(TABLE), level).in_the_large.interval,
    "calibration of a fold": lambda level: calibration(TABLE, baseline_of(TABLE), level).folds[0].interval,
    "added ratio": lambda level: added_value(NOISY, TABLE, 50, level=level).model_ratio.interval,
    "added clinical": lambda level: added_value(NOISY, TABLE, 50, level=level).clinical.interval,
    "added together": lambda level: added_value(NOISY, TABLE, 50, level=level).together.interval,
    "added gain": lambda level: added_value(NOISY, TABLE, 50, level=level).gain.interval,
    "pooled": lambda level: compare_pooled(SCORES, level)[0].score.interval,
    "pooled lead": lambda level: compare_pooled(SCORES, level)[1].ahead.interval,
    "stability": lambda level: selection_stability(CHOSEN, level)[0].interval,
}


@pytest.mark.parametrize("name", INTERVALS)
def test_a_lower_level_gives_a_narrower_interval(name: str) -> None:
    narrow, wide = (INTERVALS[name](level) for level in (0.5, 0.8))
    inner, outer = (one if isinstance(one, list | tuple) else (one.lower, one.upper) for one in (narrow, wide))
    assert outer[0] < inner[0] < inner[1] < outer[1]
