"""A server in a process of its own: where it answers, and how much memory it holds."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from dashboard.server import create_app, find_port, streamlit_options
from pomp.errors import PompError

ADDRESS, FIRST_PORT = "127.0.0.1", 18700
EMPTY = Path(__file__).with_name("empty.py")
PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Server:
    """A process and the address of its pages, without a slash at the end."""

    process: subprocess.Popen[bytes]
    url: str

    def resident(self) -> int:
        """Bytes of memory that it holds now. Linux tells; elsewhere it is 0."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.is_file():
            return 0
        [held] = (line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmRSS"))
        return int(held.split()[1]) * 1024


@contextmanager
def dashboard_of(home: Path) -> Iterator[Server]:
    """The dashboard on a workspace, started as users start it."""
    port = _port()
    arguments = ["-m", "dashboard", "--home", str(home), "--port", str(port), "--no-browser"]
    with _started(arguments, port) as server:
        yield server


@contextmanager
def app_of(script: Path) -> Iterator[Server]:
    """A script of Streamlit's behind the dashboard's server, with its settings."""
    port = _port()
    with _started(["-c", f"from {__name__} import serve; serve({str(script)!r}, {port})"], port) as server:
        yield server


def serve(script: str, port: int) -> None:
    """Until it is stopped."""
    create_app(Path(script), list).run(config=streamlit_options(ADDRESS, port))


@contextmanager
def empty_app() -> Iterator[Server]:
    """Streamlit with next to nothing on its page."""
    port = _port()
    options = ["--server.address", ADDRESS, "--server.port", str(port), "--server.headless", "true",
               "--server.fileWatcherType", "none", "--browser.gatherUsageStats", "false"]  # fmt: skip
    with _started(["-m", "streamlit", "run", str(EMPTY), *options], port) as server:
        yield server


def _port() -> int:
    port = find_port(ADDRESS, FIRST_PORT)
    if port is None:
        raise PompError(f"{ADDRESS} has no free port from {FIRST_PORT} on. End what listens there, and try again.")
    return port


@contextmanager
def _started(arguments: Sequence[str], port: int) -> Iterator[Server]:
    with TemporaryFile() as output:
        process = subprocess.Popen([sys.executable, *arguments], stdout=output, stderr=subprocess.STDOUT)
        server = Server(process, f"http://{ADDRESS}:{port}")
        try:
            if not _answers(server):
                output.seek(0)
                said = output.read().decode(errors="replace")[-500:].strip() or "nothing"
                raise PompError(f"`python {' '.join(arguments)}` did not answer; its last words: {said}")
            yield server
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(server: Server) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=5):  # noqa: S310  # our own
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False
