"""What is on the disk after a line that broke, a server that lied, and a fetch that was called again."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from pomp.data.gdc import api, download
from pomp.data.gdc.api import Gdc
from pomp.data.gdc.download import download_files
from pomp.data.gdc.errors import FetchError
from pomp.data.gdc.folder import part_of, place_of
from pomp.data.gdc.patience import Patience
from pomp.data.gdc.remote import RemoteFile
from tests.data.gdc.server import Fault, GdcServer, Served, served, serving

QUICK = Patience(attempts=3, first_seconds=0.001, longest_seconds=1)
CONTENT = bytes(range(256)) * 40  # 10,240 bytes, no two neighbours alike
FILE = served("a.tsv", CONTENT)
DATA = f"data/{FILE.id}"


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that small files, too, come in several."""
    monkeypatch.setattr(api, "_CHUNK", 1000)


def listed(*files: Served) -> list[RemoteFile]:
    return [RemoteFile.model_validate(file.entry) for file in files]


def fetch(server: GdcServer, folder: Path, files: Sequence[Served] = (FILE,), parallel: int = 1) -> list[int]:
    """Download, and the bytes that were told to be there meanwhile."""
    told: list[int] = []
    with Gdc(server.address, QUICK) as gdc:
        download_files(gdc, listed(*files), folder, parallel, lambda done, *_: told.append(done))
    return told


def test_files_lie_where_the_gdc_puts_them(tmp_path: Path) -> None:
    files = [served(f"{number}.tsv", bytes([number]) * (number + 1)) for number in range(9)]
    with serving(files) as server:
        told = fetch(server, tmp_path, files, parallel=4)
    for file in files:
        assert (tmp_path / file.id / file.name).read_bytes() == file.content
    assert len(list(tmp_path.rglob("*"))) == 18  # nothing else
    assert told[-1] == sum(range(1, 10))


def test_an_empty_file(tmp_path: Path) -> None:
    empty = served("empty.tsv", b"")
    with serving([empty]) as server:
        fetch(server, tmp_path, [empty])
    assert (tmp_path / empty.id / "empty.tsv").read_bytes() == b""


# Faults in order → the ranges with which the file is asked for.
RECOVERS = {
    "dropped twice": ([Fault(cut_after=4000), Fault(cut_after=1000)], ["", "bytes=4000-", "bytes=5000-"]),
    "dropped more often than attempts, with progress": (
        [Fault(cut_after=1000)] * 7,
        ["", *[f"bytes={1000 * number}-" for number in range(1, 8)]],
    ),
    "dropped before the first byte": ([Fault(cut_after=0), Fault(cut_after=0)], ["", "", ""]),
    "busy, with a time": ([Fault(429, {"Retry-After": "0"}), Fault(503)], ["", "", ""]),
    "dropped, then the range is ignored": (
        [Fault(cut_after=4000), Fault(ignore_range=True)],
        ["", "bytes=4000-"],
    ),
    "dropped, then no such range": ([Fault(cut_after=4000), Fault(416)], ["", "bytes=4000-", ""]),
    "dropped, then a file of another size": (
        [Fault(cut_after=4000), Fault(headers={"Content-Range": "bytes 4000-9998/9999"})],
        ["", "bytes=4000-", ""],
    ),
    "another content once": ([Fault(body=CONTENT[::-1])], ["", ""]),
    "a longer content once": ([Fault(body=CONTENT + b"more")], ["", ""]),
    "a shorter content once": ([Fault(body=CONTENT[:-5])], ["", ""]),
    "no length, and dropped": ([Fault(cut_after=4000, no_length=True)], ["", "bytes=4000-"]),
    "no length, and a longer content once": ([Fault(body=CONTENT + b"more", no_length=True)], ["", ""]),
    "dropped, then a login page": (
        [Fault(cut_after=4000), Fault(body=b"<html>Please log in</html>")],
        ["", "bytes=4000-", "bytes=4000-"],
    ),
}


@pytest.mark.parametrize("name", RECOVERS)
def test_recovers(name: str, tmp_path: Path) -> None:
    faults, ranges = RECOVERS[name]
    with serving([FILE]) as server:
        server.fail(DATA, *faults)
        told = fetch(server, tmp_path)
        assert server.asked(DATA) == ranges
    assert place_of(*listed(FILE), tmp_path).read_bytes() == CONTENT
    assert not part_of(*listed(FILE), tmp_path).exists()
    assert told[-1] == len(CONTENT)


# What lies there before → the ranges with which the file is asked for.
BEFORE = {
    "all of it": ({"a.tsv": CONTENT}, []),
    "all of it, not yet in its place": ({"a.tsv.part": CONTENT}, []),
    "a part": ({"a.tsv.part": CONTENT[:77]}, ["bytes=77-"]),
    "a part of something else": ({"a.tsv.part": b"#" * 77}, ["bytes=77-", ""]),
    "too long a part": ({"a.tsv.part": CONTENT + b"more"}, [""]),
    "an empty part": ({"a.tsv.part": b""}, [""]),
    "damaged in its place": ({"a.tsv": b"#" + CONTENT[1:]}, [""]),
    "torn in its place": ({"a.tsv": CONTENT[:77]}, [""]),
}


@pytest.mark.parametrize("name", BEFORE)
def test_goes_on_with_what_is_there(name: str, tmp_path: Path) -> None:
    there, ranges = BEFORE[name]
    (tmp_path / FILE.id).mkdir()
    for file, content in there.items():
        (tmp_path / FILE.id / file).write_bytes(content)
    with serving([FILE]) as server:
        told = fetch(server, tmp_path)
        assert server.asked(DATA) == ranges
    assert [path.name for path in (tmp_path / FILE.id).iterdir()] == ["a.tsv"]
    assert place_of(*listed(FILE), tmp_path).read_bytes() == CONTENT
    assert told[-1] == len(CONTENT)


# Faults → the reason beside the file, and whether what came is kept.
FAILURES = {
    "withdrawn": ([Fault(404)], "answers 404 Not Found", False),
    "busy for ever": ([Fault(503)] * 3, "answers 503 .* Tried 3 times; try again later", False),
    "asks for an hour": ([Fault(429, {"Retry-After": "3600"})], "The server asks to wait 3600 s", False),
    "no progress": (
        [Fault(cut_after=4000), *[Fault(cut_after=0)] * 2],
        "broke off while a.tsv was coming: .* Tried 3 times",
        True,
    ),
    "drops, and never goes on": (
        [Fault(cut_after=4000), *[Fault(ignore_range=True, cut_after=4000)] * 2],
        "broke off .* Tried 3 times",
        True,
    ),
    "a login page": (
        [Fault(body=b"<html>Please log in</html>")] * 3,
        r"sends 26 bytes, and 10240 are listed\. Is a proxy or a login page in between\?",
        False,
    ),
    "wrong MD5": (
        [Fault(body=CONTENT[::-1])] * 2,
        f"another MD5 than it lists, {FILE.entry['md5sum']}, 2 times over",
        False,
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_one_bad_file_does_not_stop_the_others(name: str, tmp_path: Path) -> None:
    faults, message, kept = FAILURES[name]
    others = [served(f"{number}.tsv", b"other") for number in range(3)]
    with serving([FILE, *others]) as server:
        server.fail(DATA, *faults)
        with pytest.raises(
            FetchError, match=r"1 of 4 files could not be fetched .* Run the same command again"
        ) as caught:
            fetch(server, tmp_path, [FILE, *others])
        (problem,) = caught.value.problems
        assert problem.startswith(f"{FILE.id}/a.tsv: ")
        with pytest.raises(FetchError, match=message):
            raise FetchError(problem)
        assert all(place_of(file, tmp_path).is_file() for file in listed(*others))
        assert not place_of(*listed(FILE), tmp_path).exists()
        assert part_of(*listed(FILE), tmp_path).is_file() == kept
        server.faults.clear()
        fetch(server, tmp_path, [FILE, *others])
        assert [len(server.asked(f"data/{file.id}")) for file in others] == [1, 1, 1]
    assert place_of(*listed(FILE), tmp_path).read_bytes() == CONTENT


def test_the_rest_is_not_tried_when_nothing_comes(tmp_path: Path) -> None:
    files = [served(f"{number}.tsv", b"x") for number in range(14)]
    with serving(files) as server:
        for file in files:
            server.fail(f"data/{file.id}", Fault(403))
        with pytest.raises(FetchError, match="14 of 14 files could not be fetched") as caught:
            fetch(server, tmp_path, files)
        asked = sum(len(server.asked(f"data/{file.id}")) for file in files)
    assert download.GIVE_UP_AFTER <= asked <= download.GIVE_UP_AFTER + 2  # what was on its way ends
    assert sum("not tried, as 10 in a row had failed" in problem for problem in caught.value.problems) == 14 - asked


def test_several_files_come_at_a_time(tmp_path: Path) -> None:
    files = [served(f"{number}.tsv", CONTENT) for number in range(3)]
    meeting = threading.Barrier(3, timeout=20)
    with serving(files) as server, Gdc(server.address, QUICK) as gdc:
        request = gdc._request

        def wait_for_the_others(*arguments: object) -> object:
            meeting.wait()  # passes only if three are on their way at once
            return request(*arguments)  # type: ignore[arg-type]

        gdc._request = wait_for_the_others  # type: ignore[method-assign, assignment]
        download_files(gdc, listed(*files), tmp_path, parallel=3)
    assert all(place_of(file, tmp_path).read_bytes() == CONTENT for file in listed(*files))
