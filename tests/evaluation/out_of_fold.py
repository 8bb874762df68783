"""Out-of-fold risks of two models and each fold's baseline hazard, with what R makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

R: dict[str, Any] = json.loads((Path(__file__).parent / "reference" / "out_of_fold.json").read_text(encoding="utf-8"))


def rows_of(risk: str) -> pd.DataFrame:
    """The patients with one column of R's as their risk: patient, fold, time_days, event, risk."""
    rows = pd.DataFrame(R["rows"])
    return pd.DataFrame(
        {
            "patient": [f"P-{number:03d}" for number in range(len(rows))],
            "fold": rows["fold"].astype(int),
            "time_days": rows["time"].astype(float),
            "event": rows["event"].astype(bool),
            "risk": rows[risk],
        }
    )


def baseline() -> pd.DataFrame:
    return pd.DataFrame(R["baseline"]).astype({"fold": int})
