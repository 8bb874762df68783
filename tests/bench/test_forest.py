"""The forest's benchmark runs, and what it compares agrees."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from pomp.bench import forest
from pomp.bench.forest import measure


def test_the_measurements_are_made(needs_r: Callable[[str], None]) -> None:
    compared, nested, *stability = measure("small")
    scikit_survival, ranger, forest_src = compared.rivals
    assert compared.ratio(scikit_survival) is not None
    assert "s a gene extrapolated from 2 to 80" in scikit_survival.note
    assert forest_src.seconds is None
    assert nested.work.startswith(
        "30 nested selections, 4 trees, every gene: 2 cohorts × 5 folds × types of 60, 20, 60"
    )
    assert nested.rivals[0].note.startswith("extrapolated")
    assert [work.work[-8:] for work in stability] == [" 5 trees", "10 trees"]
    assert all(re.fullmatch(r"two seeds share \d+% \(by chance 12%\)", work.checks[0]) for work in stability)
    needs_r("ranger")
    assert compared.ratio(ranger) is not None


def test_importance_equals_its_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forest, "which", lambda _: None)
    difference = re.search(r"differs from its definition by at most (\S+)$", measure("small")[0].checks[1])
    assert difference is not None
    assert float(difference[1]) < 1e-12


def test_without_r_its_time_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forest, "which", lambda _: None)
    ranger = measure("small")[0].rivals[1]
    assert (ranger.seconds, ranger.note) == (None, "Rscript with ranger is not installed")


def test_r_that_fails_says_so(monkeypatch: pytest.MonkeyPatch, needs_r: Callable[[str], None]) -> None:
    needs_r("base")
    monkeypatch.setattr(forest, "R_SCRIPT", "library(no.such.package)")
    assert "no.such.package" in measure("small")[0].rivals[1].note
