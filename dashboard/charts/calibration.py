"""Predicted against observed survival, and the Brier score by time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.survival import TimeAxis
from dashboard.endpoints import Endpoint
from dashboard.theme import BLUE, GREY, SERIES, TEMPLATE
from pomp.evaluation.calibration import CalibrationBin
from pomp.evaluation.prediction_error import PredictionError
from pomp.wording import DAYS_PER_YEAR, percent


def calibration_figure(bins: Sequence[CalibrationBin], endpoint: Endpoint) -> go.Figure:
    """A point a group of patients: predicted survival against what was observed, on the diagonal where they agree.

    Args:
        bins: of one horizon or more; those whose follow-up ends before the horizon are left out.
        endpoint: what is predicted.
    """
    figure = go.Figure()
    figure.add_trace(
        go.Scatter(
            x=[0, 100], y=[0, 100], mode="lines", line={"color": GREY, "dash": "dot"}, hoverinfo="skip",
            name="predicted = observed",
        )
    )  # fmt: skip
    known = [found for found in bins if np.isfinite(found.observed)]
    for place, days in enumerate(sorted({found.horizon_days for found in known})):
        part = [found for found in known if found.horizon_days == days]
        figure.add_trace(
            go.Scatter(
                x=[100 * found.predicted for found in part], y=[100 * found.observed for found in part],
                mode="lines+markers", name=horizon(days), line={"color": SERIES[place], "width": 1.5},
                marker={"size": 10},
                error_y={
                    "type": "data", "symmetric": False, "color": SERIES[place], "thickness": 1.5,
                    "array": [100 * (found.upper - found.observed) for found in part],
                    "arrayminus": [100 * (found.observed - found.lower) for found in part],
                },
                customdata=[(found.patients, _band(found, endpoint)) for found in part],
                hovertemplate="%{customdata[0]:,} patients<br>predicted %{x:.0f} %, observed %{y:.0f} % "
                "(%{customdata[1]})<extra>" + horizon(days) + "</extra>",
            )
        )  # fmt: skip
    shares = {"tickvals": [0, 20, 40, 60, 80, 100], "ticksuffix": " %", "range": [-3, 106]}
    figure.update_xaxes(title_text=f"Predicted probability to be {endpoint.free}", **shares)
    figure.update_yaxes(title_text=f"Observed share {endpoint.free}", **shares)
    figure.update_layout(template=TEMPLATE, height=440)
    return figure


def _band(found: CalibrationBin, endpoint: Endpoint) -> str:
    """'95 % band 40 % to 81 %', or why there is none."""
    if np.isfinite(found.lower) and np.isfinite(found.upper):
        return f"95 % band {percent(found.lower)} to {percent(found.upper)}"
    return f"no interval: no {endpoint.event} by then" if found.observed else f"no interval: nobody {endpoint.free}"


def horizon(days: float) -> str:
    """'1 year', '3 years'."""
    years = round(days / DAYS_PER_YEAR)
    return "1 year" if years == 1 else f"{years} years"


def calibration_table(bins: Sequence[CalibrationBin]) -> pd.DataFrame:
    """A row a group and horizon: horizon_days, patients, predicted, observed, lower, upper."""
    columns = ["horizon_days", "patients", "predicted", "observed", "lower", "upper"]
    return pd.DataFrame([[getattr(found, name) for name in columns] for found in bins], columns=columns)


def brier_figure(found: PredictionError) -> go.Figure:
    """The Brier score by time beside that of the Kaplan-Meier curve, the same for everybody."""
    axis = TimeAxis.up_to(float(found.time[-1]))
    figure = go.Figure()
    time = (found.time / axis.days).astype(np.float32)
    for values, name, line in (
        (found.reference, "Kaplan–Meier, the same for everybody", {"color": GREY, "dash": "dash", "width": 2}),
        (found.model, "Model", {"color": BLUE, "width": 2.5}),
    ):
        figure.add_trace(
            go.Scatter(
                x=time, y=values.astype(np.float32), mode="lines", name=name, line=line,
                hovertemplate="%{x:.1f} " + axis.unit + ": %{y:.3f}",
            )
        )  # fmt: skip
    figure.update_xaxes(title_text=f"Time since the start of follow-up ({axis.unit})", tickvals=axis.ticks,
                        range=[0, 1.02 * float(time[-1])])  # fmt: skip
    figure.update_yaxes(title_text="Brier score (0 = perfect)", rangemode="tozero")
    figure.update_layout(template=TEMPLATE, height=440)
    return figure


def brier_table(found: PredictionError) -> pd.DataFrame:
    """A row a time: time_days, model, kaplan_meier."""
    return pd.DataFrame({"time_days": found.time, "model": found.model, "kaplan_meier": found.reference})
