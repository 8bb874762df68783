"""Whom Ctrl-C reaches."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from pomp.interrupts import deaf_children

INTERRUPTED = "import signal; signal.raise_signal(signal.SIGINT); print('still there')"


def test_what_is_started_in_the_block_does_not_hear_it() -> None:
    with deaf_children():
        child = subprocess.Popen([sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, text=True)
    assert child.communicate() == ("still there\n", None)


def test_this_process_hears_it_when_the_block_is_over() -> None:
    reached = False
    with pytest.raises(KeyboardInterrupt), deaf_children():
        signal.raise_signal(signal.SIGINT)
        reached = True
    assert reached


def test_what_ended_children_leave_is_cleaned_up_in_silence() -> None:
    leave = (
        "from multiprocessing import resource_tracker; from pomp.interrupts import deaf_children\n"
        "with deaf_children():\n"
        "    resource_tracker.register('/pomp-test-of-interrupts', 'semaphore')"
    )
    done = subprocess.run([sys.executable, "-c", leave], capture_output=True, text=True, check=True)
    assert done.stderr == ""
