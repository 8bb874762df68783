"""What is written about a run whose worker is over, whichever backend launched it."""

from __future__ import annotations

import signal

from pomp.runs.run import Run
from pomp.runs.status import SUDDEN_END

_KILLED = "The worker was killed by {signal}. Resume to go on from the last checkpoint."
_MUTE = "The worker ended with exit status {code} and gave no reason. The end of its log.txt:\n{tail}"


def close_books(run: Run, code: int | None) -> bool:
    """Give a run whose worker is over its last state; True if it never began and should wait again.

    Args:
        code: the worker's exit status, negative for a signal; None if it was another supervisor's child.

    Raises:
        RunBusyError: another worker holds the run by now.
        RunError: the run was deleted.
    """
    with run.hold():
        status = run.status()
        if not status.active:
            return False
        if code is None and status.state == "QUEUED" and not run.stop_requested():
            return True
        if run.stop_requested() and (code is None or code < 0):
            run.write_status(state="STOPPED", eta_seconds=None, message="Stopped by force. Resume to go on.")
        elif code is None:
            run.write_status(state="INTERRUPTED", eta_seconds=None, message=SUDDEN_END)
        elif code < 0:
            message = _KILLED.format(signal=signal.Signals(-code).name)
            run.write_status(state="INTERRUPTED", eta_seconds=None, message=message)
        else:
            error = _MUTE.format(code=code, tail=run.log_tail(15))
            run.write_status(state="FAILED", eta_seconds=None, message="", error=error)
    return False
