"""The imputation's benchmark runs, and what it compares agrees."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

from pomp.bench import imputation
from pomp.bench.imputation import incomplete_table, measure


def test_the_measurement_is_made() -> None:
    few, many = measure("small")
    for measured in (few, many):
        rivals = {rival.name: rival for rival in measured.rivals}
        assert measured.ratio(rivals["scikit-learn"]) is not None
        difference = re.search(r"differ from scikit-learn's by at most (\S+)$", measured.checks[1])
        assert difference is not None
        assert float(difference[1]) < 1e-9
    assert few.work == "KNN imputation, 40 patients × 600 genes, 8 of them with gaps"
    assert "over its libraries" in many.checks[2]
    assert "extrapolated from 30 of" in many.rivals[0].note


def test_without_r_its_time_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imputation, "which", lambda _: None)
    rival = imputation._r(incomplete_table(5, 8, 0.5))
    assert (rival.seconds, rival.note) == (None, "R is not installed")


def test_r_without_the_package_says_so(monkeypatch: pytest.MonkeyPatch, needs_r: Callable[[str], None]) -> None:
    needs_r("base")
    monkeypatch.setattr(imputation, "R_SCRIPT", "library(no.such.package)")
    assert "no.such.package" in imputation._r(incomplete_table(5, 8, 0.5)).note


def test_gaps_are_where_they_are_meant_to_be() -> None:
    missing = incomplete_table(200, 1000, 0.1).isna().to_numpy()
    assert 80 <= missing.any(axis=0).sum() <= 100
    assert missing.sum(axis=0).max() < 200
    by_patient = missing.sum(axis=1)
    assert by_patient.max() > 3 * np.median(by_patient)
