"""The plan on the Train page: asked for, shown, and refused in words."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any, NoReturn

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.training import forecast
from pomp.config import PRESETS, override
from pomp.errors import RunError
from pomp.runs.forecast.result import Forecast, Growth, MemoryPlan, StageTime
from tests.dashboard.fake import FakeWorkspace
from tests.dashboard.pages import open_page, words

GB = 10**9
FOUND = Forecast(
    patients=58,
    regions=4,
    machine="this machine (2 cores)",
    devices=1,
    stages=(
        StageTime(name="select", times=5, seconds=10, work=""),
        StageTime(name="finetune", times=5, seconds=95, work=""),
    ),
    memory=MemoryPlan(
        available=12 * GB, states=GB, regions=2 * GB, on_device=2 * GB, on_host=0, part=9, parts=3, kept=3, noted=0,
        activations=2 * GB, rest=GB,
    ),
    region_files=2 * GB,
    checkpoints=GB,
    price=None,
    growth=(
        Growth(what="patients", factor=1, patients=58, regions=4, seconds=105, peak=6 * GB, disk=3 * GB),
        Growth(what="patients", factor=2, patients=116, regions=4, seconds=200, peak=7 * GB, disk=6 * GB),
    ),
    assumptions=("Speed: ![x](http://example.invalid/x.png) timed.",),
)  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_planned(home: None) -> None:
    forecast._asked.clear()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The words of every plan that the page asks for."""
    found: list[tuple[str, ...]] = []

    def make_plan(words: tuple[str, ...]) -> Forecast:
        found.append(words)
        return FOUND

    monkeypatch.setattr(forecast, "make_plan", make_plan)
    return found


@pytest.fixture
def busy() -> Iterator[Event]:
    """A plan is being made for somebody else until this is set."""
    over = Event()
    forecast._pool.submit(over.wait)
    yield over
    over.set()


def switch_on(app: AppTest) -> AppTest:
    """With the plan made and shown: tests do not wait for the page's timer."""
    app.toggle(key="plan").set_value(True).run()
    forecast._pool.submit(int).result()  # the plan was asked for before
    app.run()
    assert not app.exception
    return app


def test_nothing_is_planned_unasked(asked: list[tuple[str, ...]]) -> None:
    assert "Time: about" not in words(open_page("train", cohort="tumours"))
    assert asked == []


def test_the_plan_is_shown(asked: list[tuple[str, ...]], fake: FakeWorkspace) -> None:
    app = switch_on(open_page("train", cohort="tumours"))
    said = words(app)
    for part in ("Time: about 1 min 45 s", "Memory: 6.0 GB", "Disk: 3.0 GB", "choosing genes 10 s · fine-tuning 1 min"):
        assert part in said
    assert "With twice the patients: 3 min 20 s." in said
    assert "room for all their activations" in said
    assert asked == [("plan", str(fake.root / "cohorts" / "tumours"), "--preset", "demo", "--device", "this", "--json")]


def test_what_it_rests_on_is_shown_letter_by_letter(asked: list[tuple[str, ...]]) -> None:
    app = switch_on(open_page("train", cohort="tumours"))
    assert not any("![x](" in str(element.value) for element in app.markdown)


def test_another_device_and_other_settings_are_another_plan(asked: list[tuple[str, ...]]) -> None:
    app = switch_on(open_page("train", cohort="tumours"))
    app.selectbox(key="plan-device").set_value("h100")
    app.number_input(key="plan-regions").set_value(144)
    app.number_input(key="folds@demo").set_value(3).run()
    assert asked[1][2:] == (
        "--preset", "demo", "--set", "folds=3", "--device", "h100", "--regions", "144", "--json"
    )  # fmt: skip
    app.selectbox(key="plan-device").set_value("this")
    app.number_input(key="plan-regions").set_value(None)
    app.number_input(key="folds@demo").set_value(5).run()
    assert len(asked) == 2  # the first is remembered


def test_plans_that_nobody_waits_for_are_not_made(busy: Event, asked: list[tuple[str, ...]]) -> None:
    app = open_page("train", cohort="tumours")
    app.toggle(key="plan").set_value(True).run()
    assert "The plan is being made" in words(app)
    for folds in (4, 3):
        app.number_input(key="folds@demo").set_value(folds).run()
    busy.set()
    forecast._pool.submit(int).result()
    assert [plan[2:6] for plan in asked] == [("--preset", "demo", "--set", "folds=3")]
    app.run()
    assert "Time: about 1 min 45 s" in words(app)


def test_a_plan_is_given_up_when_it_is_switched_off(busy: Event, asked: list[tuple[str, ...]]) -> None:
    app = open_page("train", cohort="tumours")
    app.toggle(key="plan").set_value(True).run()
    app.toggle(key="plan").set_value(False).run()
    busy.set()
    forecast._pool.submit(int).result()
    assert asked == []


def test_what_another_session_gave_up_is_asked_for_again(busy: Event, asked: list[tuple[str, ...]]) -> None:
    sessions = [open_page("train", cohort="tumours") for _ in range(2)]
    for app in sessions:
        app.toggle(key="plan").set_value(True).run()
    first, second = sessions
    first.number_input(key="folds@demo").set_value(3).run()
    second.run()
    assert not second.exception
    busy.set()
    forecast._pool.submit(int).result()
    assert [plan[4:6] for plan in asked] == [("--set", "folds=3"), ("--device", "this")]
    second.run()
    assert "Time: about 1 min 45 s" in words(second)


def test_short_memory_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = FOUND.memory.model_copy(update={"problem": "Training would run out of memory: 1 GB is short."})
    monkeypatch.setattr(forecast, "make_plan", lambda _: FOUND.model_copy(update={"memory": memory}))
    app = switch_on(open_page("train", cohort="tumours"))
    assert "would run out of memory" in app.warning[0].value


def test_what_would_end_the_training_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    obstacle = "training would stop here: 3 events cannot fill 5 folds; see ![x](http://example.invalid/x.png)."
    monkeypatch.setattr(forecast, "make_plan", lambda _: FOUND.model_copy(update={"obstacles": (obstacle,)}))
    (warning,) = switch_on(open_page("train", cohort="tumours")).warning
    assert "3 events cannot fill 5 folds" in warning.value
    assert "![x](" not in warning.value


def test_a_refusal_is_shown_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(words: tuple[str, ...]) -> Forecast:
        raise RunError("No slide of cohort 'tumours' has been cut into regions with these settings.")

    monkeypatch.setattr(forecast, "make_plan", refuse)
    app = switch_on(open_page("train", cohort="tumours"))
    assert "No slide of cohort 'tumours'" in words(app)


@pytest.mark.parametrize(("status", "stdout", "stderr", "said"), [
    (1, "", "Say with --regions how\nmany a patient has.\n", "Say with --regions how many a patient has."),
    (-9, "", "", "`pomp plan` ended with status -9."),
])  # fmt: skip
def test_a_command_that_fails(
    monkeypatch: pytest.MonkeyPatch, status: int, stdout: str, stderr: str, said: str
) -> None:
    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        assert command == [sys.executable, "-m", "pomp", "plan", "--json"]
        return subprocess.CompletedProcess(command, status, stdout, stderr)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(RunError, match=said):
        forecast.make_plan(("plan", "--json"))


def test_a_command_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], *, timeout: float, **_: Any) -> NoReturn:
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(RunError, match=r"not done after 10 min 0 s and was ended\. .*: pomp plan 'a b' --json$"):
        forecast.make_plan(("plan", "a b", "--json"))


@pytest.mark.slow
def test_the_command_makes_a_plan(fake: FakeWorkspace) -> None:
    config = override(PRESETS["demo"], {"folds": 3})
    words = forecast.plan_command(fake.root / "cohorts" / "omics_only", config, "h100", None)
    assert forecast.make_plan(tuple(words)).patients == 58


def test_paths_with_blanks_stay_one_word() -> None:
    words = forecast.plan_command(Path("/a folder/it's"), PRESETS["demo"], "this", None)
    assert words == ["plan", "/a folder/it's", "--preset", "demo", "--device", "this", "--json"]
