"""Where runs are worked on: on this machine, or by a Ray cluster. The workspace remembers it."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from dashboard import actions, data
from dashboard.elements import errors_as_text, plain
from dashboard.state import switch
from pomp.config import DeviceName
from pomp.runs.backends.choice import BackendName, read_choice

BACKENDS: dict[BackendName, str] = {"local": "This machine", "ray": "Ray cluster"}
DEVICE = "train-device"
"""Name in the address of the device of new and resumed runs."""

_HELP = """
- **This machine**: one run at a time, or one on each GPU.
- **Ray cluster**: Ray keeps the queue for many machines: one run on each GPU, or one on each machine where there are
  none. The workspace lies on a file system that all machines share at the same path, and each has Ray:
  `pip install 'pomp[ray]'`. Here nothing has to be installed.

The workspace remembers the choice. Runs that wait or are worked on stay where they are.
"""
_DEVICE_HELP = """
- **auto**: the best that the machine has.
- **cuda**: a GPU of NVIDIA, **mps**: that of an Apple chip, **cpu**: none. A run fails at once, and says so, where its
  machine has no such device.

It decides how long a run takes, and the last digits of its numbers.
"""
_ADDRESS_HELP = (
    "That of Ray's dashboard on the cluster's head. Ray gives a run up that waits for more than 15 minutes, unless the "
    "head was started with RAY_JOB_START_TIMEOUT_SECONDS set to more."
)


def ask_backend() -> None:
    """Two buttons and an address; a change is remembered at once."""
    with errors_as_text():
        choice = read_choice(data.workspace())
        # What is remembered is part of the keys: another's choice replaces what this page still shows.
        name_key, address_key = f"backend@{choice.name}", f"ray-address@{choice.address}"
        chosen = st.segmented_control(
            "Work on runs on", list(BACKENDS), default=choice.name, required=True, key=name_key,
            format_func=BACKENDS.__getitem__, help=_HELP, on_change=_remember, args=[name_key, address_key],
        )  # fmt: skip
        if chosen == "ray":
            st.text_input(
                "Address of the cluster", choice.address, key=address_key, max_chars=200, help=_ADDRESS_HELP,
                on_change=_remember, args=[name_key, address_key],
            )  # fmt: skip
            st.caption(f"New and resumed runs go to {plain(actions.chosen_backend().where)}.")


def ask_device() -> DeviceName:
    """On what a run trains that is started or resumed now."""
    return switch("Device", list(get_args(DeviceName)), DEVICE, explain=_DEVICE_HELP)


def show_complaint() -> None:
    """Say so where a cluster that has runs of ours does not answer; nothing else waits for it."""
    with errors_as_text():
        complaint = actions.look_at_clusters().complaint
        if complaint:
            st.warning(plain(complaint), title="A Ray cluster does not answer")


def _remember(name_key: str, address_key: str) -> None:
    with errors_as_text():
        actions.choose_backend(st.session_state[name_key], st.session_state.get(address_key))
