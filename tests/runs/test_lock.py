from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from pomp.atomic import exclusive
from pomp.errors import RunBusyError, RunError
from pomp.runs.lock import acquire, hold, is_held, read_owner

# Waits for the starting signal, then claims; a winner keeps the lock until its input ends.
LAUNCHER = """
import sys, time
from pathlib import Path
from pomp.errors import RunBusyError
from pomp.runs.lock import hold
folder = Path(sys.argv[1])
print("ready", flush=True)
while not (folder / "go").exists():
    time.sleep(0.001)
try:
    with hold(folder / "lock", "Run X"):
        print("won", flush=True)
        sys.stdin.read()
except RunBusyError as error:
    print("lost", flush=True)
"""


def test_twenty_launchers_have_one_winner(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-c", LAUNCHER, str(tmp_path)]
    launchers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(20)]
    outputs = [launcher.stdout for launcher in launchers]
    assert [output.readline() for output in outputs if output] == ["ready\n"] * 20
    (tmp_path / "go").touch()
    answers = sorted(output.readline() for output in outputs if output)
    assert answers == ["lost\n"] * 19 + ["won\n"]
    assert is_held(tmp_path / "lock")
    for launcher in launchers:
        launcher.communicate("")
    assert not is_held(tmp_path / "lock")


def test_the_holder_is_named(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with (
        hold(file, "Run X"),
        pytest.raises(RunBusyError, match=rf"Run X .* process {os.getpid()} on {platform.node()}"),
    ):
        acquire(file, "Run X")
    assert not is_held(file)
    assert read_owner(file) is None  # it left nothing behind


def test_a_probe_does_not_disturb_a_holder(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    assert not is_held(file)
    assert not file.exists()
    with hold(file, "Run X"):
        assert is_held(file)
        assert is_held(file)
    assert not is_held(file)


def test_launched_programs_do_not_keep_the_lock(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with hold(file, "Run X"):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    assert not is_held(file)
    child.communicate(b"\n")


# Leaves a forked child behind while it holds the lock, then gives the lock back.
FORKER = """
import os, sys, time
from pathlib import Path
from pomp.runs.lock import hold, is_held
file = Path(sys.argv[1])
reading, writing = os.pipe()
with hold(file, "Run X"):
    if not os.fork():
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
print(is_held(file))
"""


def test_a_forked_child_does_not_keep_a_lock_that_was_given_back(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-c", FORKER, str(tmp_path / "lock")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"


def test_an_error_gives_the_lock_back(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), hold(tmp_path / "lock", "Run X"):
        _ = 1 / 0
    assert not is_held(tmp_path / "lock")


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"[]", b"{}", b"7", json.dumps({"pid": "x", "host": "h", "started": "s"}).encode()],
)
def test_an_owner_that_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "lock").write_bytes(content)
    assert read_owner(tmp_path / "lock") is None


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"Run X cannot be locked: .*No such file"):
        acquire(tmp_path / "gone" / "lock", "Run X")
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="writable, or choose another workspace"), exclusive(tmp_path / "file" / "lock"):
        pass
