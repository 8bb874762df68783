from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pomp.config import CohortConfig
from pomp.data.cohort import read_cohort
from pomp.data.permutation import permute_outcome
from tests.data.folder import write_cohort


def outcome_of(patients: int) -> pd.DataFrame:
    index = pd.Index([f"P{number:02d}" for number in range(patients)], name="patient", dtype=object)
    return pd.DataFrame({"time_days": np.arange(patients) + 30.0, "event": np.arange(patients) % 3 == 0}, index=index)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_same_pairs_in_other_places(seed: int) -> None:
    """Times are distinct, so that a pair is known by its time."""
    outcome = outcome_of(30)
    dealt = permute_outcome(outcome, seed)
    assert dealt.index.equals(outcome.index)
    assert dealt.dtypes.equals(outcome.dtypes)
    pd.testing.assert_frame_equal(
        dealt.sort_values("time_days", ignore_index=True), outcome.sort_values("time_days", ignore_index=True)
    )
    assert (dealt["time_days"] == outcome["time_days"]).sum() <= 5  # one is expected to get the own back


def test_seeded_and_whatever_the_order() -> None:
    outcome = outcome_of(30)
    first = permute_outcome(outcome, 4)
    pd.testing.assert_frame_equal(permute_outcome(outcome, 4), first)
    pd.testing.assert_frame_equal(permute_outcome(outcome.iloc[::-1], 4), first.iloc[::-1])
    assert not permute_outcome(outcome, 5).equals(first)


def test_every_patient_gets_every_outcome_equally_often() -> None:
    """Of 6 patients and 3,000 seeds: 500 times each on average, sd 20.4."""
    outcome = outcome_of(6)
    times = np.stack([permute_outcome(outcome, seed)["time_days"] for seed in range(3000)])
    counts = np.stack([(times == time).sum(axis=0) for time in outcome["time_days"]])
    assert abs(counts - 500).max() < 4 * 20.4


def test_a_cohort_keeps_its_patients_and_all_else(tmp_path: Path) -> None:
    """P8 was followed for 29 days and stays out: an outcome is dealt among those who are in, whatever they get."""
    folder = write_cohort(tmp_path)
    own, dealt = read_cohort(folder), read_cohort(folder, CohortConfig(permutation=1))
    assert dealt.patients == own.patients == ("P1", "P2", "P3", "P4", "P5", "P6")
    pd.testing.assert_frame_equal(dealt.outcome, permute_outcome(own.outcome, 1))
    assert not dealt.outcome.equals(own.outcome)
    assert dealt.digest == own.digest
    pd.testing.assert_frame_equal(dealt.clinical, own.clinical)
    pd.testing.assert_frame_equal(dealt.omics["mrna"].values, own.omics["mrna"].values)
    assert dealt.log == own.log
