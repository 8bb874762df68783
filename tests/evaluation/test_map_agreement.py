"""Agreement of models on a map, by hand and by SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from pomp.evaluation.map_agreement import map_agreement

ORDER = np.arange(8.0)


@pytest.mark.parametrize(
    ("values", "top_share", "spearman"),
    [
        ([ORDER, ORDER], [0, 0, 0, 0, 0, 0, 1, 1], 1.0),
        ([ORDER, ORDER**3], [0, 0, 0, 0, 0, 0, 1, 1], 1.0),  # ranks count, not values
        ([ORDER, -ORDER], [0.5, 0.5, 0, 0, 0, 0, 0.5, 0.5], -1.0),
        # Ranks 1 2 3 4 against 2 1 4 3: 1 - 6 * 4 / (4 * 15) = 0.6
        ([[1, 2, 3, 4], [2, 1, 4, 3]], [0, 0, 0.5, 0.5], 0.6),
        ([[1, 2, 3, 4], [5, 5, 5, 5]], [0.5, 0.5, 0.5, 1], np.nan),  # all are as large: none has a larger one
        ([[1, 2, 3, 4], [5, 5, 5, 5], [1, 2, 3, 4]], [1 / 3, 1 / 3, 1 / 3, 1], 1.0),
        ([[1, 2, 3, 4, 5]], [0, 0, 0, 1, 1], np.nan),  # one model, and 1 < 5/4
        ([[0.1], [0.9]], [1], np.nan),
    ],
)
def test_by_hand(values: list[list[float]], top_share: list[float], spearman: float) -> None:
    found = map_agreement(np.array(values, float))
    assert found.models == len(values)
    np.testing.assert_allclose(found.top_share, top_share)
    assert found.spearman == pytest.approx(spearman, nan_ok=True)


def test_correlation_is_scipys_mean_over_pairs() -> None:
    rng = np.random.default_rng(3)
    values = rng.integers(0, 6, (5, 40)).astype(float)  # with ties
    expected = stats.spearmanr(values, axis=1).statistic[np.triu_indices(5, 1)].mean()
    assert map_agreement(values).spearman == pytest.approx(expected)


@pytest.mark.parametrize("values", [np.empty((0, 3)), np.empty((2, 0)), np.array([[1.0, np.nan]])])
def test_what_is_refused(values: np.ndarray) -> None:
    with pytest.raises(ValueError, match="Finite values of at least one model and region"):
        map_agreement(values)
