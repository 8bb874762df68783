"""The bootstrap interval of the C-index against resampling written out."""

from __future__ import annotations

import numpy as np
import pytest

from pomp.evaluation.concordance import concordance_index
from pomp.evaluation.uncertainty import bootstrap_concordance

from .conftest import random_patients


def test_equals_drawing_patients_by_hand() -> None:
    time, event, risk = random_patients(0)
    drawn = np.random.default_rng(7).multinomial(80, np.full(80, 1 / 80), size=200)
    by_hand = []
    for counts in drawn:
        chosen = np.repeat(np.arange(80), counts)
        by_hand.append(concordance_index(time[chosen], event[chosen], risk[chosen]))
    found = bootstrap_concordance(time, event, risk, resamples=200, seed=7)
    np.testing.assert_allclose([found.lower, found.upper], np.quantile(by_hand, [0.025, 0.975]), rtol=1e-12)


def test_brackets_the_estimate_and_narrows_with_patients() -> None:
    widths = []
    for patients in (60, 600):
        time, event, _ = random_patients(1, patients)
        risk = -time + np.random.default_rng(0).normal(0, 15, patients)
        found = bootstrap_concordance(time, event, risk)
        assert found.lower < concordance_index(time, event, risk) < found.upper
        widths.append(found.upper - found.lower)
    assert widths[1] < widths[0] / 2


def test_seeded() -> None:
    patients = random_patients(2)
    assert bootstrap_concordance(*patients) == bootstrap_concordance(*patients)
    assert bootstrap_concordance(*patients) != bootstrap_concordance(*patients, seed=1)


def test_a_fold_s_scale_does_not_matter() -> None:
    time, event, risk = random_patients(3)
    folds = np.arange(80) % 4
    assert bootstrap_concordance(time, event, risk, folds) == bootstrap_concordance(
        time, event, risk + 9 * folds, folds
    )


@pytest.mark.parametrize("folds", [None, [0, 0, 1]])
def test_no_comparable_pair_is_nan(folds: list[int] | None) -> None:
    found = bootstrap_concordance([1, 2, 3], [0, 0, 0], [1, 2, 3], folds)
    assert np.isnan([found.lower, found.upper]).all()


def test_a_fold_without_pairs_is_left_out() -> None:
    time, event, risk = random_patients(5)
    alone = bootstrap_concordance(time, event, risk, np.zeros(80))
    more = np.concatenate([time, [1, 2]]), np.concatenate([event, [False, False]]), np.concatenate([risk, [0, 0]])
    assert bootstrap_concordance(*more, np.repeat([0, 1], [80, 2])) == alone
