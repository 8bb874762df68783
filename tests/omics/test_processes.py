"""Types selected side by side: the same bits, prompt stops, and deaths that are noticed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from pomp.config import OmicsConfig
from pomp.data.omics_table import OmicsTable
from pomp.errors import TrainingError
from pomp.omics import OmicsSelector, processes, selector
from tests.omics.children import dies, is_running, refuses, sleeps
from tests.omics.cohorts import small_cohort

CONFIG = OmicsConfig(genes=5, neighbours=3, candidates=10, trees=10)
COHORT = small_cohort(patients=50, genes=12, planted=2)


def fit(workers: int, on_progress: Callable[[int, int, str], None] | None = None) -> OmicsSelector:
    return OmicsSelector(CONFIG, seed=1, workers=workers).fit(COHORT.tables, COHORT.outcome, on_progress)


@pytest.mark.slow
def test_the_same_bits_as_one_after_the_other() -> None:
    told: list[tuple[int, int, str]] = []
    side_by_side, in_turn = fit(2, lambda *step: told.append(step)), fit(1)
    assert json.dumps(side_by_side.to_json()) == json.dumps(in_turn.to_json())
    pd.testing.assert_frame_equal(side_by_side.summary_, in_turn.summary_, check_exact=True)
    steps = list(dict.fromkeys(step for step in told if step[2] != "starting"))
    assert [done for done, _, _ in steps] == list(range(10))
    assert {total for _, total, _ in steps} == {9}
    assert steps[-1][2] == "genes selected"
    assert {what for _, _, what in steps} >= {f"{name}: imputation" for name in COHORT.tables}


CHILDREN = [
    (dies, r"'mrna': the process that chose its genes ended before it was done.*one worker"),
    pytest.param(refuses, "Omics type 'mrna' has no event", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("child", "message"), CHILDREN)
def test_failures(monkeypatch: pytest.MonkeyPatch, child: Callable[..., None], message: str) -> None:
    monkeypatch.setattr(processes, "_work", child)
    tables = dict.fromkeys(("one", "two"), COHORT.tables["mrna"])
    with pytest.raises(TrainingError, match=message):
        OmicsSelector(CONFIG, workers=2).fit(tables, COHORT.outcome)


class StopRequested(Exception):  # noqa: N818 - as the training names it
    pass


@pytest.mark.slow
def test_a_stop_ends_the_processes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_work", sleeps)
    started: set[int] = set()

    def on_progress(done: int, total: int, what: str) -> None:
        started.update([int(what)] if what.isdigit() else [])
        if len(started) == 2:
            raise StopRequested

    before = time.monotonic()
    with pytest.raises(StopRequested):
        fit(2, on_progress)
    assert time.monotonic() - before < 100  # the processes would sleep for ten minutes
    assert not any(is_running(pid) for pid in started)


COUNTS = [  # genes of each table of counts, and whether processes of their own pay
    ([], False),
    ([20_000], False),
    ([20_000, 500], False),
    ([20_000, 2_000], True),
]


@pytest.mark.parametrize(("genes", "pays"), COUNTS)
def test_processes_where_they_pay(monkeypatch: pytest.MonkeyPatch, genes: list[int], pays: bool) -> None:
    monkeypatch.setattr(selector.os, "cpu_count", lambda: 4)
    made: list[int] = []

    def side_by_side(types: list[Any], config: OmicsConfig, seed: int, workers: int, *_: Any) -> list[Any]:
        made.append(workers)
        raise StopRequested

    def in_turn(*_: Any) -> None:
        raise StopRequested

    monkeypatch.setattr(selector, "select_side_by_side", side_by_side)
    monkeypatch.setattr(selector, "select_genes", in_turn)
    tables = {"mrna": COHORT.tables["mrna"]}
    for number in genes:
        values = pd.DataFrame(1.0, COHORT.patients, [f"G{gene}" for gene in range(number)])
        tables[f"counts{number}"] = OmicsTable(f"counts{number}", "counts", values, None)
    with pytest.raises(StopRequested):
        OmicsSelector(CONFIG).fit(tables, COHORT.outcome)
    assert made == ([3] if pays else [])
