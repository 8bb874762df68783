"""A fetch that is killed, interrupted, or meets a full disk or another fetch: what came is kept, and it goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pomp.data.gdc import api
from pomp.data.gdc.api import Gdc
from pomp.data.gdc.errors import DiskError
from pomp.data.gdc.fetch import fetch
from pomp.data.gdc.folder import part_of, place_of
from pomp.data.gdc.patience import Patience
from pomp.data.gdc.plan import plan_fetch
from pomp.errors import RunError
from tests.data.gdc.server import PROJECT, Fault, GdcServer, served, serving
from tests.runs.fakes import eventually

QUICK = Patience(attempts=3, first_seconds=0.001, longest_seconds=1)
CHUNK = api._CHUNK
SMALL = served("small.tsv", b"small")
LARGE = served("large.tsv", bytes(range(251)) * 2000)  # 502,000 bytes: seven chunks and a bit
FULL = Path("/dev/full")
"""Takes no byte: each write fails as on a full disk."""

FETCH = """
import sys
from pathlib import Path
from pomp.data.gdc import api
from pomp.data.gdc.api import Gdc
from pomp.data.gdc.fetch import fetch
from pomp.data.gdc.patience import Patience
from pomp.data.gdc.plan import plan_fetch
# So long that a busy machine does not try again before it has heard that it is to stop.
with Gdc(sys.argv[1], Patience(first_seconds=60)) as gdc:
    fetch(gdc, plan_fetch(gdc, sys.argv[2], ["mrna"], Path(sys.argv[3])), 2)
"""


def start(server: GdcServer, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", FETCH, server.address, PROJECT, str(folder)], stderr=subprocess.DEVNULL
    )


def large_part(folder: Path) -> Path:
    return folder / LARGE.id / f"{LARGE.name}.part"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_fetch_that_ends_early_goes_on(how: signal.Signals, tmp_path: Path) -> None:
    release = threading.Event()
    with serving([SMALL, LARGE]) as server:
        server.fail(f"data/{LARGE.id}", Fault(cut_after=3 * CHUNK, hang=release))
        first = start(server, tmp_path)
        eventually(lambda: large_part(tmp_path).is_file() and large_part(tmp_path).stat().st_size == 3 * CHUNK)
        first.send_signal(how)
        release.set()
        assert first.wait(60) == -how
        assert not (tmp_path / LARGE.id / LARGE.name).exists()
        assert start(server, tmp_path).wait(60) == 0
        assert server.asked(f"data/{LARGE.id}") == ["", f"bytes={3 * CHUNK}-"]
    for file in (SMALL, LARGE):
        assert (tmp_path / file.id / file.name).read_bytes() == file.content
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full on this system")
def test_a_full_disk_ends_the_fetch_and_what_came_is_kept(tmp_path: Path) -> None:
    with serving([SMALL, LARGE]) as server, Gdc(server.address, QUICK) as gdc:
        plan = plan_fetch(gdc, PROJECT, ["mrna"], tmp_path)
        large = next(file for file in plan.every_file if file.file_name == LARGE.name)
        place_of(large, tmp_path).parent.mkdir()
        part_of(large, tmp_path).symlink_to(FULL)
        with pytest.raises(DiskError, match=r"large.tsv could not be written: No space left on device\. Free disk"):
            fetch(gdc, plan, 1)
        assert len(server.asked(f"data/{LARGE.id}")) == 1  # a full disk does not pass by waiting
    assert not place_of(large, tmp_path).exists()
    part_of(large, tmp_path).unlink()
    with serving([SMALL, LARGE]) as server, Gdc(server.address, QUICK) as gdc:
        fetch(gdc, plan_fetch(gdc, PROJECT, ["mrna"], tmp_path), 1)
    assert place_of(large, tmp_path).read_bytes() == LARGE.content


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("table", ["gdc_manifest.txt", "gdc_sample_sheet.tsv", "clinical.json", "fetch.json"])
def test_a_table_that_does_not_fit_leaves_the_old_one(table: str, tmp_path: Path) -> None:
    with serving([SMALL]) as server, Gdc(server.address, QUICK) as gdc:
        fetch(gdc, plan_fetch(gdc, PROJECT, ["mrna"], tmp_path), 1)
        before = (tmp_path / table).read_text()
        (tmp_path / f"{table}.part").symlink_to(FULL)
        with pytest.raises(RunError, match=f"{table} could not be written: No space left on device"):
            fetch(gdc, plan_fetch(gdc, PROJECT, ["mrna"], tmp_path), 1)
    assert (tmp_path / table).read_text() == before
    json.loads((tmp_path / "fetch.json").read_text())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    with serving([SMALL]) as server, Gdc(server.address, QUICK) as gdc:
        plan = plan_fetch(gdc, PROJECT, ["mrna"], tmp_path)
        tmp_path.chmod(0o500)
        try:
            with pytest.raises(RunError, match="gdc_manifest.txt could not be written: Permission denied"):
                fetch(gdc, plan, 1)
        finally:
            tmp_path.chmod(0o700)
