"""Plans: how long a run will take and how much memory it wants, before it is launched.

Another process makes it (`pomp plan`), because it loads and times a model. The page goes on meanwhile.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import streamlit as st

from dashboard import data
from dashboard.elements import errors_as_text, plain
from dashboard.words import duration, size
from pomp.config import RunConfig
from pomp.errors import RunError
from pomp.runs.command import command_line
from pomp.runs.forecast.accelerators import ACCELERATORS, THIS
from pomp.runs.forecast.result import Forecast
from pomp.runs.forecast.wording import activations_in_words, regions_in_words

SECONDS = 1
FRESH = 600
"""Seconds for which a plan is taken for true: how busy this machine is changes."""

LONGEST = 600
"""Seconds after which a plan that is not done is ended: there is one place for all who ask, and others wait."""

STAGES = {
    "prepare": "cutting slides",
    "select": "choosing genes",
    "pretrain": "pre-training",
    "finetune": "fine-tuning",
    "explain": "predictions and maps",
}
_DEVICES = {THIS: "This machine"} | {name: device.title for name, device in ACCELERATORS.items()}
_HELP = (
    "An estimate, made before anything is launched. This machine is timed on a few steps of the model; of other "
    "devices, their makers' figures are taken, and mostly nobody has measured how far training reaches them. The plan "
    "says what it rests on."
)
_WAITED_FOR = "plan-waited-for"
_pool = ThreadPoolExecutor(1)
Planned = Future[Forecast]


def ask_plan(folder: Path, config: RunConfig) -> None:
    """A switch and, where it is on, the plan of a run with these settings on the device that is chosen."""
    if not st.toggle("Estimate time and memory", key="plan", help=_HELP):
        _wait_for(None)
        return
    device = st.selectbox(
        "Planned for", list(_DEVICES), key="plan-device", format_func=_DEVICES.__getitem__,
        help="Runs are worked on where the box below says; this only changes the estimate.",
    )  # fmt: skip
    regions = st.number_input(
        "Regions of a patient", value=None, min_value=1, step=1, key="plan-regions", placeholder="as its slides have",
        help="On average. Empty: as the cohort's slides have that are cut already.",
    )  # fmt: skip
    show_plan(plan_command(folder, config, device, regions), folder, _show_forecast)


def show_plan(words: Sequence[str], folder: Path, show: Callable[[Planned], None]) -> None:
    """Have a plan made, unless it is there, and show it then.

    Args:
        words: of `plan_command`.
        folder: the cohort's.
        show: given the plan, whose `result` raises RunError where the command refused.
    """
    asked = _ask(tuple(words), folder)
    st.fragment(_show, run_every=None if asked.done() else SECONDS)(asked, asked.done(), show)


def plan_command(folder: Path, config: RunConfig, device: str, regions: int | None) -> list[str]:
    """The words of `pomp plan …`, without the program's name."""
    _, _, *words = shlex.split(command_line(str(folder), config))
    stated = [] if regions is None else ["--regions", str(regions)]
    return ["plan", *words, "--device", device, *stated, "--json"]


def _ask(words: tuple[str, ...], folder: Path) -> Planned:
    """The plan, which may be in the making, or wait until another is made."""
    of = data.tree_stamp(folder)
    if _asked(words, of).cancelled():  # another session asked for the same, and gave it up
        _asked.clear(words, of)
    asked = _asked(words, of)
    _wait_for(asked)
    return asked


@st.cache_resource(ttl=FRESH, max_entries=32, show_spinner=False)
def _asked(words: tuple[str, ...], of: data.Stamp) -> Planned:
    return _pool.submit(make_plan, words)


def _wait_for(asked: Planned | None) -> None:
    """Give up what this session waited for before, unless it has begun: plans take seconds and are made in turn."""
    before: Planned | None = st.session_state.get(_WAITED_FOR)
    if before is not None and before is not asked:
        before.cancel()
    st.session_state[_WAITED_FOR] = asked


def make_plan(words: tuple[str, ...]) -> Forecast:
    """Run the command.

    Raises:
        RunError: it refuses, and says why, or takes too long.
    """
    command = [sys.executable, "-m", "pomp", *words]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=LONGEST
        )
    except subprocess.TimeoutExpired:
        raise RunError(
            f"`pomp plan` was not done after {duration(LONGEST)} and was ended. A terminal gives it the time it needs: "
            f"pomp {shlex.join(words)}"
        ) from None
    if done.returncode:
        raise RunError(" ".join(done.stderr.split()) or f"`pomp plan` ended with status {done.returncode}.")
    return Forecast.model_validate_json(done.stdout)


def _show(asked: Planned, drawn: bool, show: Callable[[Planned], None]) -> None:
    """The plan, or that it is being made. `drawn`: whether it was there when the page was drawn."""
    if not asked.done():
        st.caption("The plan is being made: a few seconds.")
        return
    if not drawn or asked.cancelled():  # ends the timer; asks again for what another session gave up
        st.rerun()
    with errors_as_text():
        show(asked)


def _show_forecast(asked: Planned) -> None:
    found = asked.result()
    for obstacle in found.obstacles:
        st.warning(plain(obstacle), title="This training would fail")
    st.metric("Time", f"about {duration(found.seconds)}")
    memory, disk = st.columns(2)
    free = f"Of {size(found.memory.available)} on {plain(found.machine)}."
    memory.metric("Memory", size(found.memory.peak), help=free)
    disk.metric("Disk", size(found.disk), help="Region files, and checkpoints at most.")
    if found.memory.problem:
        st.warning(plain(found.memory.problem), title="Memory is short")
    st.caption(" · ".join(f"{STAGES[stage.name]} {duration(stage.seconds)}" for stage in found.stages))
    lines = [activations_in_words(found.memory), regions_in_words(found.memory), *_growth_in_words(found)]
    with st.popover("What it rests on", icon=":material/info:"):
        st.markdown("\n".join(f"- {plain(line)}" for line in [*lines, *found.assumptions]))


def _growth_in_words(found: Forecast) -> list[str]:
    """What twice as much would take."""
    return [f"With twice the {row.what}: {duration(row.seconds)}." for row in found.growth if row.factor == 2]
