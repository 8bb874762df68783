"""What children do in tests: functions of a module, because a child finds them by name."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pomp.slides.prepare import prepare_slide

Tell = Callable[[], object]


def double(number: int, _: Tell) -> int:
    return 2 * number


def double_or_crash(number: int, _: Tell) -> int:
    if number == 13:
        os.kill(os.getpid(), signal.SIGSEGV)
    if number == 14:
        sys.exit(3)
    return 2 * number


def sleep_unless_zero(seconds: float, _: Tell) -> float:
    if seconds:
        time.sleep(seconds)
    return seconds


def sleep_and_tell(seconds: float, tell: Tell) -> float:
    """In steps of a tenth of a second. Negative: all at once, and silently."""
    if seconds < 0:
        time.sleep(-seconds)
    for _ in range(round(10 * seconds)):
        time.sleep(0.1)
        tell()
    return seconds


def double_unless_first_time(file: Path, _: Tell) -> int:
    """Somebody kills the process that reads the file for the first time."""
    if not file.exists():
        file.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return 2


def prepare_or_hang(task: Any, on_read: Tell) -> Any:
    if "hang" in task.file.name:
        time.sleep(600)
    return prepare_slide(task, on_read)


def prepare_without_room(task: Any, on_read: Tell) -> Any:
    """Small enough to be kept in memory until HDF5 closes the file and finds no room for it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
    return prepare_slide(task, on_read)


def tell_pid_and_sleep(file: Path, _: Tell) -> None:
    file.write_text(str(os.getpid()))
    time.sleep(2)


def prepare_or_crash(task: Any, on_read: Tell) -> Any:
    if "crash" in task.file.name:
        os.kill(os.getpid(), signal.SIGKILL)
    return prepare_slide(task, on_read)
