"""A real Ray cluster of one machine with one core, on loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from pomp.errors import RunError
from pomp.runs.backends.ray_jobs import RayJobs
from tests.runs.fakes import eventually

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: pip install 'pomp[ray]'")
START_SECONDS = 120


@contextmanager
def ray_head(port: int | None = None, **environment: str) -> Iterator[str]:
    """The address of a head that takes jobs; it and all that it started end with the block.

    Args:
        port: of its dashboard; any that is free if None.
        environment: changes to the head's.
    """
    ports = free_ports(4)
    dashboard = port or ports[0]
    # Sockets lie below, and their paths are short.
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))
    command = [
        str(Path(sys.executable).parent / "ray"), "start", "--head", "--block", "--num-cpus=1", "--num-gpus=0",
        "--object-store-memory=80000000", "--disable-usage-stats", "--include-log-monitor=false",
        "--node-ip-address=127.0.0.1", f"--port={ports[1]}", "--dashboard-host=127.0.0.1",
        f"--dashboard-port={dashboard}", f"--dashboard-agent-listen-port={ports[2]}",
        f"--ray-client-server-port={ports[3]}", f"--temp-dir={folder}",
    ]  # fmt: skip
    with (folder / "head.log").open("wb") as output:
        head = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=os.environ | environment
        )
    address = f"http://127.0.0.1:{dashboard}"
    try:
        eventually(lambda: _takes_jobs(head, address, folder), START_SECONDS)
        yield address
    finally:
        head.terminate()  # with --block, it ends what it has started
        head.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _takes_jobs(head: subprocess.Popen[bytes], address: str, folder: Path) -> bool:
    assert head.poll() is None, (folder / "head.log").read_text()
    try:
        return bool(RayJobs(address).slot())
    except RunError:
        return False
