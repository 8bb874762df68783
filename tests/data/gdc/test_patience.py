from __future__ import annotations

from datetime import UTC, datetime
from threading import Event

import pytest

from pomp.data.gdc.errors import FetchError, StoppedError
from pomp.data.gdc.patience import Patience, TransientError, parse_retry_after, persist

NOW = datetime(2026, 1, 5, 12, 0, 0, tzinfo=UTC)

# failures, the server's wish, jitter → seconds, with first_seconds = 2 and longest_seconds = 60
DELAYS = {
    "first": (1, None, 0.0, 1.0),
    "first, most jitter": (1, None, 1.0, 2.0),
    "doubled": (3, None, 0.0, 4.0),
    "no longer than the longest": (9, None, 1.0, 60.0),
    "the server asks for more": (1, 30.0, 0.0, 30.0),
    "the server asks for less": (4, 1.0, 0.0, 8.0),
}


@pytest.mark.parametrize("case", DELAYS)
def test_delay(case: str) -> None:
    failures, retry_after, jitter, expected = DELAYS[case]
    assert Patience(first_seconds=2, longest_seconds=60).delay(failures, retry_after, jitter) == expected


RETRY_AFTER = {
    None: None,
    "7": 7.0,
    "Mon, 05 Jan 2026 12:01:30 GMT": 90.0,
    "Mon, 05 Jan 2026 11:00:00 GMT": 0.0,  # past
    "Mon, 05 Jan 2026 14:00:10 +0200": 10.0,
    "soon": None,
    "-5": None,
}


@pytest.mark.parametrize("text", RETRY_AFTER)
def test_retry_after(text: str | None) -> None:
    assert parse_retry_after(text, NOW) == RETRY_AFTER[text]


class Clock(Event):
    """Waits no time, and remembers what it was asked to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout or 0.0)
        return self.is_set()


class Work:
    """Fails as told, then is done."""

    def __init__(self, *failures: TransientError) -> None:
        self.failures = list(failures)

    def __call__(self) -> str:
        if self.failures:
            raise self.failures.pop(0)
        return "done"


def torn(progressed: bool = False, retry_after: float | None = None) -> TransientError:
    return TransientError("The line is torn.", retry_after, progressed)


def test_waits_longer_each_time() -> None:
    clock = Clock()
    assert persist(Work(torn(), torn(), torn()), Patience(first_seconds=1), clock, "seed") == "done"
    assert all(low <= waited <= 2 * low for low, waited in zip((0.5, 1, 2), clock.waited, strict=True))


def test_jitter_differs_by_seed_and_is_the_same_for_one() -> None:
    clocks = {name: Clock() for name in ("a", "a again", "b")}
    for name, clock in clocks.items():
        persist(Work(torn(), torn()), Patience(), clock, name[0])
    assert clocks["a"].waited == clocks["a again"].waited != clocks["b"].waited


def test_never_sooner_than_the_server_asks() -> None:
    clock = Clock()
    persist(Work(torn(retry_after=17)), Patience(first_seconds=1), clock, "seed")
    assert clock.waited == [17.0]


def test_attempts_that_bring_something_do_not_count() -> None:
    failures = [torn(), torn(progressed=True), torn(), torn(progressed=True), torn()]
    assert persist(Work(*failures), Patience(attempts=3), Clock(), "seed") == "done"


FAILURES = {
    "patience ends": ((torn(), torn(), torn()), "The line is torn. Tried 3 times; try again later."),
    "too long a wait": ((torn(retry_after=3600),), "The server asks to wait 3600 s; try again later."),
}


@pytest.mark.parametrize("case", FAILURES)
def test_gives_up(case: str) -> None:
    failures, message = FAILURES[case]
    with pytest.raises(FetchError, match=message):
        persist(Work(*failures), Patience(attempts=3), Clock(), "seed")


def test_stops_when_told() -> None:
    stop = Event()

    def work() -> None:
        stop.set()
        raise torn()

    with pytest.raises(StoppedError):
        persist(work, Patience(first_seconds=60), stop, "seed")
