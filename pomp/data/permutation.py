"""Outcomes dealt anew to the patients: a cohort in which nothing predicts survival, and all else is as it was."""

from __future__ import annotations

import numpy as np
import pandas as pd


def permute_outcome(outcome: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Every patient gets the follow-up of a patient drawn without replacement, time and event together.

    So the share of events and the Kaplan–Meier curve stay, and each patient's values and slides say nothing of the
    follow-up. The same for the same patients and seed in any order of rows.

    Args:
        outcome: index patient; time_days, event.
    """
    ordered = outcome.sort_index()
    drawn = np.random.default_rng(seed).permutation(len(ordered))
    return ordered.iloc[drawn].set_axis(ordered.index).loc[outcome.index]
