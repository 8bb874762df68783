"""Trying again: after a torn connection or a busy server, later each time, and never sooner than the server asks."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Event
from typing import TypeVar

from pomp.data.gdc.errors import FetchError, StoppedError

T = TypeVar("T")


class TransientError(Exception):
    """May have passed at the next attempt. `retry_after` is in seconds, where the server named a time."""

    def __init__(self, message: str, retry_after: float | None = None, progressed: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.progressed = progressed  # there is more on the disk than before


@dataclass(frozen=True)
class Patience:
    """How often to try, and how long to wait in between."""

    attempts: int = 6  # in a row that bring nothing
    first_seconds: float = 1.0
    longest_seconds: float = 120.0  # of one wait; a server that asks for more is given up

    def delay(self, failures: int, retry_after: float | None, jitter: float) -> float:
        """Seconds to wait after so many failures in a row: doubled each time, of which half is left to chance.

        Args:
            retry_after: seconds the server asks for: never sooner.
            jitter: in [0, 1), so that clients which failed together do not come back together.
        """
        backoff = min(self.first_seconds * 2.0 ** (failures - 1), self.longest_seconds)
        return max(backoff * (1 + jitter) / 2, retry_after or 0.0)


DEFAULT_PATIENCE = Patience()


def persist(work: Callable[[], T], patience: Patience, stop: Event, seed: str) -> T:
    """Do `work`, again where it fails for a reason that may pass.

    Args:
        stop: ends the waiting when it is set.
        seed: of the jitter.

    Raises:
        FetchError: the last reason, once patience is at its end.
        StoppedError: `stop` is set.
    """
    chance = random.Random(seed)  # noqa: S311  (spreads load, keeps no secret)
    failures = 0
    while not stop.is_set():
        try:
            return work()
        except TransientError as error:
            failures = 1 if error.progressed else failures + 1
            if failures >= patience.attempts:
                raise FetchError(f"{error} Tried {failures} times; try again later.") from error
            if (error.retry_after or 0.0) > patience.longest_seconds:
                raise FetchError(
                    f"{error} The server asks to wait {error.retry_after:.0f} s; try again later."
                ) from error
            stop.wait(patience.delay(failures, error.retry_after, chance.random()))
    raise StoppedError("Stopped.")


def parse_retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds from a header Retry-After, which holds seconds or a date (RFC 9110, 10.2.3); None where it is neither."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max((when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds(), 0.0)
