"""The Train page's plan: how long a run will take and how much memory it wants, before it is launched.

Another process makes it (`pomp plan`), because it loads and times a model. The page goes on meanwhile.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
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
_pool = ThreadPoolExecutor(1)


def ask_plan(folder: Path, config: RunConfig) -> None:
    """A switch and, where it is on, the plan of a run with these settings on the device that is chosen."""
    if not st.toggle("Estimate time and memory", key="plan", help=_HELP):
        return
    device = st.selectbox(
        "Planned for", list(_DEVICES), key="plan-device", format_func=_DEVICES.__getitem__,
        help="Runs are worked on where the box below says; this only changes the estimate.",
    )  # fmt: skip
    regions = st.number_input(
        "Regions of a patient", value=None, min_value=1, step=1, key="plan-regions", placeholder="as its slides have",
        help="On average. Empty: as the cohort's slides have that are cut already.",
    )  # fmt: skip
    words = plan_command(folder, config, device, regions)
    asked = _asked(tuple(words), data.tree_stamp(folder))
    st.fragment(_show, run_every=None if asked.done() else SECONDS)(asked, asked.done())


def plan_command(folder: Path, config: RunConfig, device: str, regions: int | None) -> list[str]:
    """The words of `pomp plan …`, without the program's name."""
    _, _, *words = shlex.split(command_line(str(folder), config))
    stated = [] if regions is None else ["--regions", str(regions)]
    return ["plan", *words, "--device", device, *stated, "--json"]


@st.cache_resource(ttl=FRESH, max_entries=32, show_spinner=False)
def _asked(words: tuple[str, ...], of: data.Stamp) -> Future[Forecast]:
    return _pool.submit(make_plan, words)


def make_plan(words: tuple[str, ...]) -> Forecast:
    """Run the command.

    Raises:
        RunError: it refuses, and says why.
    """
    command = [sys.executable, "-m", "pomp", *words]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise RunError(" ".join(done.stderr.split()) or f"`pomp plan` ended with status {done.returncode}.")
    return Forecast.model_validate_json(done.stdout)


def _show(asked: Future[Forecast], drawn: bool) -> None:
    """The plan, or that it is being made. `drawn`: whether it was there when the page was drawn."""
    if not asked.done():
        st.caption("The plan is being made: a few seconds.")
        return
    if not drawn:  # ends the timer
        st.rerun()
    with errors_as_text():
        _show_forecast(asked.result())


def _show_forecast(found: Forecast) -> None:
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
