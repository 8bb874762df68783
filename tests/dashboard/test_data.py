"""What is worked out about a run is kept until one of its files changes."""

from __future__ import annotations

import os

from dashboard.data import kept_for
from pomp.runs.run import Run
from tests.dashboard.fake import FakeWorkspace

asked: list[tuple[str, str]] = []


@kept_for("status.json")
def first(run: Run, what: str) -> str:
    """The first of two functions of one shape."""
    asked.append(("first", what))
    return f"first {run.id} {what}"


@kept_for("status.json")
def second(run: Run, what: str) -> str:
    asked.append(("second", what))
    return f"second {run.id} {what}"


def test_answers_are_kept_by_function_run_and_argument_until_a_file_changes(fake: FakeWorkspace) -> None:
    run, other = fake.runs["honest"], fake.runs["released"]
    asked.clear()
    for _ in range(2):
        assert first(run, "a") == f"first {run.id} a"
        assert first(run, "b") == f"first {run.id} b"
        assert second(run, "a") == f"second {run.id} a"
        assert first(other, "a") == f"first {other.id} a"
    assert asked == [("first", "a"), ("first", "b"), ("second", "a"), ("first", "a")]
    os.utime(run.folder / "status.json", ns=(0, 0))
    first(run, "a")
    first(other, "a")
    assert asked[4:] == [("first", "a")]
    assert first.__doc__ == "The first of two functions of one shape."
