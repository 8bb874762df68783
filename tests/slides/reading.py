"""What children do in tests: functions of a module, because a child finds them by name."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from pomp.slides.prepare import prepare_slide


def double(number: int) -> int:
    return 2 * number


def double_or_crash(number: int) -> int:
    if number == 13:
        os.kill(os.getpid(), signal.SIGSEGV)
    if number == 14:
        sys.exit(3)
    return 2 * number


def sleep_unless_zero(seconds: float) -> float:
    if seconds:
        time.sleep(seconds)
    return seconds


def tell_pid_and_sleep(file: Path) -> None:
    file.write_text(str(os.getpid()))
    time.sleep(2)


def prepare_or_crash(task: Any) -> Any:
    if "crash" in task.file.name:
        os.kill(os.getpid(), signal.SIGKILL)
    return prepare_slide(task)
