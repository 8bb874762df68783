"""Metrics of runs that are to be the same, without what every run takes its own time and memory for."""

from __future__ import annotations

import pandas as pd

EFFORT = ("seconds", "regions_per_second", "memory_gb")


def timeless(metrics: pd.DataFrame) -> pd.DataFrame:
    return metrics.drop(columns=list(EFFORT), errors="ignore")
