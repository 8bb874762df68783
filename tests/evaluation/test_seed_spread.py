"""Spread over seeds, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pomp.evaluation.seed_spread import seed_spread


def test_by_hand() -> None:
    # t of 2 degrees of freedom at 97.5 %: 4.302653; sd 0.02, over √3.
    found = seed_spread([0.60, 0.62, float("nan"), 0.64])
    assert (found.mean, found.sd) == pytest.approx((0.62, 0.02))
    reach = 4.302653 * 0.02 / np.sqrt(3)
    assert vars(found.interval) == pytest.approx({"lower": 0.62 - reach, "upper": 0.62 + reach}, rel=1e-6)


@pytest.mark.parametrize(("scores", "mean"), [([0.7], 0.7), ([], np.nan), ([np.nan], np.nan)])
def test_too_few(scores: list[float], mean: float) -> None:
    found = seed_spread(scores)
    assert found.mean == pytest.approx(mean, nan_ok=True)
    assert np.isnan([found.sd, found.interval.lower, found.interval.upper]).all()
