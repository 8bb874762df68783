from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pomp.errors import SlideError
from pomp.slides.isolation import run_isolated
from tests.slides.reading import double, double_or_crash, double_unless_first_time, sleep_and_tell, sleep_unless_zero


def nothing() -> None:
    pass


@pytest.mark.parametrize("workers", [1, 9])
def test_results_belong_to_their_tasks(workers: int) -> None:
    assert dict(run_isolated(double, [5, 6, 7], workers, nothing, 60)) == {0: 10, 1: 12, 2: 14}


def test_without_tasks() -> None:
    assert list(run_isolated(double, [], 2, nothing, 60)) == []


def test_a_crash_costs_its_own_task_only() -> None:
    outcomes = dict(run_isolated(double_or_crash, [1, 13, 2, 14, 3, 4], 1, nothing, 60))
    assert {place: found for place, found in outcomes.items() if isinstance(found, int)} == {0: 2, 2: 4, 4: 6, 5: 8}
    assert isinstance(outcomes[1], SlideError)
    assert "ended by signal 11." in str(outcomes[1])
    assert "ended with exit code 3." in str(outcomes[3])


def test_a_silent_child_is_killed_and_replaced_and_a_slow_one_is_not() -> None:
    outcomes = dict(run_isolated(sleep_and_tell, [-600, 3.5, 0], 1, nothing, 2.5))
    assert (outcomes[1], outcomes[2]) == (3.5, 0)
    assert isinstance(outcomes[0], SlideError)
    assert "this slide gave no sign of life for 2.5 s and was killed. Look whether the disk" in str(outcomes[0])


def test_what_was_killed_once_is_read_after_all(tmp_path: Path) -> None:
    files = [tmp_path / name for name in "ab"]
    assert dict(run_isolated(double_unless_first_time, files, 2, nothing, 60)) == {0: 2, 1: 2}


class StopError(Exception):
    pass


def test_stopping_does_not_wait_for_what_is_being_read() -> None:
    def stop() -> None:
        raise StopError

    started = time.monotonic()
    with (
        pytest.raises(StopError),
        closing(run_isolated(sleep_unless_zero, [0, 600, 600, 600], 2, stop, 6000)) as outcomes,
    ):
        for _ in outcomes:
            pass
    assert time.monotonic() - started < 60


def test_a_child_ends_with_its_parent(tmp_path: Path, wait_until: Callable[[Callable[[], bool]], None]) -> None:
    """Even with one that is killed, which cannot tidy up."""
    file = tmp_path / "pid"
    script = (
        "from pathlib import Path; from pomp.slides.isolation import run_isolated; "
        "from tests.slides.reading import tell_pid_and_sleep; "
        f"list(run_isolated(tell_pid_and_sleep, [Path({str(file)!r})], 1, lambda: None, 60))"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=Path(__file__).parents[2])
    try:
        wait_until(lambda: file.is_file() and file.read_text() != "")
    finally:
        parent.kill()
        parent.wait()
    child = int(file.read_text())
    wait_until(lambda: not is_running(child))


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIG_DFL)
    except ProcessLookupError:
        return False
    # A container's first process may not collect its zombies.
    status = Path(f"/proc/{pid}/stat")
    return not (status.is_file() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z")
