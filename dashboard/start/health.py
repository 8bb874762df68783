"""The Start page's health check: what this installation and this workspace can do, and what to do where they cannot."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal

import streamlit as st

from dashboard.viewer import available, explain_absence
from dashboard.words import size
from pomp.errors import RunError
from pomp.runs.backends.local import LocalBackend
from pomp.runs.workspace import Workspace
from pomp.wording import count

State = Literal["good", "short", "bad"]
LITTLE, TOO_LITTLE = 10 * 10**9, 10**9
"""Bytes free on disk below which space is called short, and below which a run is likely to fail."""

FRESH = 3600
_TIME = re.compile(r"\d{4}-\d\d-\d\d ")
_NAME_DEVICE = """
import torch
if torch.cuda.is_available():
    print("; ".join(torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())))
elif torch.backends.mps.is_available():
    print("Apple GPU (MPS)")
"""
_pool = ThreadPoolExecutor(1)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: State
    said: str
    way_out: str = ""
    """What to do; empty where nothing need be done."""


def check_device() -> Future[Finding]:
    """What trains. Asked in a process of its own, once an hour: torch takes seconds to load and memory to keep."""
    return _asked_device()


@st.cache_resource(ttl=FRESH, max_entries=1, show_spinner=False)
def _asked_device() -> Future[Finding]:
    return _pool.submit(find_device)


def find_device() -> Finding:
    """As `check_device`, now."""
    command = [sys.executable, "-P", "-c", _NAME_DEVICE]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    cores = count(os.cpu_count() or 1, "core")
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        return Finding("Device", "bad", f"torch cannot be loaded: {said[0]}", "Install pomp again: `pip install -e .`.")
    if done.stdout.strip():
        return Finding("Device", "good", f"{done.stdout.strip()}, beside {cores}")
    return Finding(
        "Device", "short", f"no GPU, {cores}",
        "The demo trains here in minutes. The paper's sizes take hours or days: plan them on the Train page, or give "
        "them to a cluster there.",
    )  # fmt: skip


def check_openslide() -> Finding:
    """The library that opens slides."""
    try:
        version = import_module("openslide").__library_version__
    except (ImportError, OSError) as error:
        way_out = "Slides cannot be cut or shown; omics alone can be trained. Repair: `pip install openslide-bin`."
        return Finding("OpenSlide", "bad", f"cannot be loaded: {error}", way_out)
    return Finding("OpenSlide", "good", f"version {version}")


def check_viewer() -> Finding:
    """The slide viewer, which is built when the package is installed."""
    if available():
        return Finding("Slide viewer", "good", "built")
    return Finding("Slide viewer", "short", "not built: slides are shown as still pictures", explain_absence())


def check_disk(root: Path) -> Finding:
    """Space in the workspace, and whether it can be written."""
    there = next(folder for folder in (root, *root.parents) if folder.is_dir())
    free = shutil.disk_usage(there).free
    if not os.access(there, os.W_OK | os.X_OK):
        way_out = "Make it writable, or start the dashboard with another workspace: `pomp dashboard --home FOLDER`."
        return Finding("Workspace", "bad", f"{root} cannot be written", way_out)
    said = f"{root}: {size(free)} free"
    if free >= LITTLE:
        return Finding("Workspace", "good", said)
    way_out = (
        "Delete runs on the Train page, or the workspace's folder `cache`, which is made again when it is needed. The "
        "plan on the Train page tells what a run takes."
    )
    return Finding("Workspace", "short" if free >= TOO_LITTLE else "bad", said, way_out)


def last_words(log: Path) -> str:
    """The last line of a supervisor's log where it is no line of its own, which would begin with the time."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return ""
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return "" if _TIME.match(last) else last


def check_queue(workspace: Workspace) -> Finding:
    """Whether somebody works on what waits on this machine."""
    backend = LocalBackend(workspace)
    try:
        backend.wake()
    except (RunError, OSError) as error:
        return Finding("Queue", "bad", f"nobody can be found to work on it: {error}", "Make the workspace writable.")
    tickets = workspace.queue.tickets()
    waiting = sum(not ticket.slot for ticket in tickets)
    if not tickets:
        return Finding("Queue", "good", "empty; it begins to work when something is started")
    if waiting and not backend.supervised() and (words := last_words(backend.log)):
        said = f"{waiting} waiting, and nobody works on them. Whoever did ended with: {words} (see {backend.log})"
        return Finding("Queue", "bad", said, "See to that, then look at this page again.")
    return Finding("Queue", "good", f"{len(tickets) - waiting} worked on, {waiting} waiting")
