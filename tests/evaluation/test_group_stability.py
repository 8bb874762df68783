"""How often the cut moves past a patient: by hand, and against every resample there is."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from pomp.evaluation.group_stability import bootstrap_medians, change_of_group

MEDIANS = [0.1, 0.2, 0.2, 0.3]


@pytest.mark.parametrize(
    ("risk", "cutoff", "share"),
    [
        (0.25, 0.2, 1 / 4),  # high; one median of four lies above
        (0.25, 0.27, 3 / 4),  # low; three medians lie below
        (0.2, 0.2, 1 / 4),  # at the cut is low; only 0.1 lies below
        (0.9, 0.2, 0),
        (-0.9, 0.2, 0),
    ],
)
def test_by_hand(risk: float, cutoff: float, share: float) -> None:
    assert change_of_group(risk, cutoff, MEDIANS) == share


def test_many_patients_at_once() -> None:
    np.testing.assert_array_equal(change_of_group([0.25, 0.9], [0.2, 0.2], MEDIANS), [0.25, 0])


def test_resamples_agree_with_all_that_are_possible() -> None:
    risks = [0.0, 1.0, 2.0, 5.0]
    possible = [np.median(drawn) for drawn in product(risks, repeat=4)]
    medians = bootstrap_medians(risks, 20_000, seed=3)
    assert (np.diff(medians) >= 0).all()
    for risk in (0.4, 1.2, 1.7, 3.0):
        assert np.mean(medians < risk) == pytest.approx(np.mean(np.array(possible) < risk), abs=0.01)


def test_the_seed_decides() -> None:
    risks = np.linspace(-1, 1, 41) ** 3
    assert (bootstrap_medians(risks, seed=1) == bootstrap_medians(risks, seed=1)).all()
    assert (bootstrap_medians(risks, seed=1) != bootstrap_medians(risks, seed=2)).any()


def test_no_risk() -> None:
    with pytest.raises(ValueError, match="no training risks"):
        bootstrap_medians([])
