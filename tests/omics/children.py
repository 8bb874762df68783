"""What a process does in the tests in place of a selection."""

from __future__ import annotations

import os
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pomp.errors import TrainingError


def dies(speaking: Connection, *_: Any) -> None:
    os._exit(9)


def refuses(speaking: Connection, *_: Any) -> None:
    speaking.send(TrainingError("Omics type 'mrna' has no event."))


def sleeps(speaking: Connection, *_: Any) -> None:
    speaking.send(str(os.getpid()))
    time.sleep(600)


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
