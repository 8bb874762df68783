"""AUC and Brier score of several models at several horizons, as tables."""

from __future__ import annotations

import math

import pandas as pd

from dashboard.charts.calibration import horizon
from pomp.evaluation.paired import Estimate
from pomp.evaluation.timed_scores import Kind, TimedScore, TimedScores
from pomp.wording import number


def shown_scores(found: TimedScores, kind: Kind) -> pd.DataFrame:
    """A row a model that has scores of this kind, as text: Model, then a column a horizon."""
    models = dict.fromkeys(one.model for one in found.scores if one.kind == kind)
    return pd.DataFrame(
        [
            {"Model": model, **{horizon(one.days): score_cell(one.score) for one in found.of(model, kind)}}
            for model in models
        ]
    )


def timed_table(found: TimedScores) -> pd.DataFrame:
    """A row a score: model, kind, days, value, lower, upper; gain, gain_lower and gain_upper of the first model over
    it."""
    columns = ["model", "kind", "days", "value", "lower", "upper", "gain", "gain_lower", "gain_upper"]
    return pd.DataFrame([_row(one) for one in found.scores], columns=columns)


def _row(one: TimedScore) -> tuple[object, ...]:
    gain = (None, None, None) if one.gain is None else _numbers(one.gain)
    return one.model, one.kind, one.days, *_numbers(one.score), *gain


def _numbers(found: Estimate) -> tuple[float, float, float]:
    return found.value, found.interval.lower, found.interval.upper


def score_cell(found: Estimate) -> str:
    """'0.718 (0.620–0.802)', '1.000' without an interval, or an en dash where the score is not defined."""
    if not math.isfinite(found.interval.lower):
        return number(found.value)
    return f"{number(found.value)} ({number(found.interval.lower)}–{number(found.interval.upper)})"
