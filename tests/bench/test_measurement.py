"""The stopwatch and the scales."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from time import sleep

import numpy as np
import pytest

from pomp.bench.measurement import Measurement, Rival, in_turns, in_turns_apart, peak_memory


def hold(mebibytes: int) -> None:
    np.ones(mebibytes * 2**17)


def test_memory_is_that_of_the_work_whatever_the_parent_holds() -> None:
    ours = np.ones(300 * 2**17)  # 300 MiB, which a child must not be charged for
    assert 190 < peak_memory(hold, 200) / 2**20 < 230
    assert ours.size


def test_each_way_is_run_once_unmeasured_and_then_in_turns() -> None:
    order: list[str] = []
    taken = in_turns({"ours": lambda: order.append("ours"), "theirs": lambda: order.append("theirs")}, 2)
    assert order == ["ours", "theirs"] * 3
    assert set(taken) == {"ours", "theirs"}


def sleeping(seconds: float) -> Callable[[], None]:
    return partial(sleep, seconds)


def failing() -> Callable[[], None]:
    return partial(operator.truediv, 1, 0)


def test_each_way_has_a_process_of_its_own() -> None:
    taken = in_turns_apart({"short": partial(sleeping, 0.01), "long": partial(sleeping, 0.2)}, 1)
    assert 0.01 <= taken["short"] < taken["long"] >= 0.2


def test_a_way_that_fails_in_its_process_is_not_timed() -> None:
    with pytest.raises(ZeroDivisionError):
        in_turns_apart({"bad": failing}, 1)


def test_ratio() -> None:
    measured = Measurement("work", 0.5, [Rival("slow", 10.0, least=5), Rival("absent", None, "not installed")])
    assert [measured.ratio(rival) for rival in measured.rivals] == [pytest.approx(20.0), None]
