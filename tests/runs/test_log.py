from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from pomp.runs.log import run_log

log = logging.getLogger("pomp.test")


def test_what_pomp_logs_is_appended_with_its_time(tmp_path: Path) -> None:
    for message in ("first", "second"):
        with run_log(tmp_path / "log.txt"):
            log.warning(message)
    log.warning("not in any run")
    lines = (tmp_path / "log.txt").read_text().splitlines()
    assert [re.sub(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ", "", line) for line in lines] == [
        "WARNING first",
        "WARNING second",
    ]


def test_a_full_disk_stops_no_run(capsys: pytest.CaptureFixture[str]) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full on this system")
    with run_log(full):
        log.warning("lost")
    assert capsys.readouterr().err == ""
