"""The stopwatch and the scales."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
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


def telling(file: Path) -> Callable[[], None]:
    """Writes down in which process it was made, and at each run in which it runs."""
    made = os.getpid()

    def tell() -> None:
        with file.open("a") as lines:
            lines.write(f"{made} {os.getpid()}\n")

    return tell


def test_each_way_has_a_process_of_its_own(tmp_path: Path) -> None:
    in_turns_apart({name: partial(telling, tmp_path / name) for name in ("ours", "theirs")}, 2)
    told = [(tmp_path / name).read_text().split() for name in ("ours", "theirs")]
    assert [len(pids) for pids in told] == [6, 6]  # once uncounted, twice in turns
    assert [len(set(pids)) for pids in told] == [1, 1]
    assert len({told[0][0], told[1][0], str(os.getpid())}) == 3


def test_each_way_is_timed_under_its_name() -> None:
    taken = in_turns_apart({"short": partial(sleeping, 0.01), "long": partial(sleeping, 1.0)}, 1)
    assert 0.01 <= taken["short"].seconds < taken["long"].seconds >= 1.0


def holding(mebibytes: int) -> Callable[[], None]:
    return partial(hold, mebibytes)


def test_memory_is_told_of_each_way() -> None:
    taken = in_turns_apart({name: partial(holding, size) for name, size in {"little": 20, "much": 220}.items()}, 1)
    assert 190 < (taken["much"].memory - taken["little"].memory) / 2**20 < 230


def living(file: Path) -> Callable[[], None]:
    """Notes when it is made."""
    with file.open("a") as lines:
        lines.write(f"made {os.getpid()}\n")
    return telling(file)


def test_ways_that_do_not_fit_together_are_done_one_after_the_other(tmp_path: Path) -> None:
    file = tmp_path / "told"
    in_turns_apart({name: partial(living, file) for name in ("ours", "theirs")}, 1, together=False)
    lines = file.read_text().splitlines()
    assert [line.startswith("made") for line in lines] == [True, False, False] * 2


def test_a_way_that_fails_in_its_process_is_not_timed() -> None:
    with pytest.raises(ZeroDivisionError):
        in_turns_apart({"bad": failing}, 1)


def test_ratio() -> None:
    measured = Measurement("work", 0.5, [Rival("slow", 10.0, least=5), Rival("absent", None, "not installed")])
    assert [measured.ratio(rival) for rival in measured.rivals] == [pytest.approx(20.0), None]
