"""The score test's benchmark runs, and what it compares agrees."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from pomp.bench import cox_score
from pomp.bench.cox_score import measure


def test_the_measurement_is_made(needs_r: Callable[[str], None]) -> None:
    (measured,) = measure("small")
    loop, r = measured.rivals
    assert measured.ratio(loop) is not None
    assert loop.note == "extrapolated from 20 of 100 genes"
    needs_r("survival")
    assert measured.ratio(r) is not None
    difference = re.search(
        r"χ² of 20 genes differs from R's score test by at most a share of (\S+)$", measured.checks[0]
    )
    assert difference is not None
    assert float(difference[1]) < 1e-8


def test_without_r_its_time_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cox_score, "which", lambda _: None)
    (measured,) = measure("small")
    assert (measured.rivals[1].seconds, measured.rivals[1].note) == (None, "R is not installed")
    assert measured.checks == []


def test_r_that_fails_says_so(monkeypatch: pytest.MonkeyPatch, needs_r: Callable[[str], None]) -> None:
    needs_r("base")
    monkeypatch.setattr(cox_score, "R_SCRIPT", "library(no.such.package)")
    assert "no.such.package" in measure("small")[0].rivals[1].note
