"""`pomp cohort fetch`, as a user types it, against a server on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from pomp.cli import fetch as command
from pomp.data.gdc import plan
from pomp.errors import PompError
from pomp.runs import lock
from tests.data.gdc.server import MIRNA, PROJECT, SLIDE, Fault, GdcServer, case, served, serving

COUNTS = served("counts.tsv", b"c" * 1000)
MICRO = served("micro.txt", b"m" * 100, **MIRNA)
DIAGNOSTIC = served("TCGA-DD-A1EB-01Z-00-DX1.svs", b"s" * 5000, ("TCGA-DD-A1EB-01Z",), **SLIDE)


@pytest.fixture
def server() -> Iterator[GdcServer]:
    with serving([COUNTS, MICRO, DIAGNOSTIC], [case("TCGA-DD-A1EB", 300)]) as server:
        yield server


@pytest.fixture(autouse=True)
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: GdcServer) -> Path:
    """The folder in which the command is typed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POMP_GDC_API", server.address)
    return tmp_path


def pomp_fetch(*words: str, answer: str | None = None) -> Result:
    app = typer.Typer()
    app.command()(command.fetch)
    return CliRunner().invoke(app, list(words), input=answer)


def text(result: Result) -> str:
    return " ".join(result.output.split())


def test_fetches_into_a_folder_named_as_the_project(at: Path) -> None:
    done = pomp_fetch(PROJECT, "--yes")
    assert done.exit_code == 0, done.exception
    for file in (COUNTS, MICRO, DIAGNOSTIC):
        assert (at / PROJECT / file.id / file.name).read_bytes() == file.content
    said = text(done)
    assert "TCGA-LIHC · Liver Hepatocellular Carcinoma · Data Release 45.0 - December 04, 2025" in said
    for row in ("mrna │ 1 │ 1.0 kB │ 1.0 kB", "methylation │ 0 │ 0 bytes", "all │ 3 │ 6.1 kB │ 6.1 kB"):
        assert row in said
    assert "1 patient. To" in said
    assert "Next: pomp cohort import TCGA-LIHC" in said


def test_again_fetches_what_is_missing_only(at: Path, server: GdcServer) -> None:
    assert pomp_fetch(PROJECT, "--types", "mrna", "--to", "my data", "--yes").exit_code == 0
    again = pomp_fetch(PROJECT, "--types", "mirna, slides", "--to", "my data", "--yes", "--parallel", "1")
    assert again.exit_code == 0
    assert "mrna │ 1 │ 1.0 kB │ 0 bytes" in text(again)
    assert "Next: pomp cohort import 'my data'" in text(again)
    assert [len(server.asked(f"data/{file.id}")) for file in (COUNTS, MICRO, DIAGNOSTIC)] == [1, 1, 1]
    assert (at / "my data" / "gdc_manifest.txt").read_text().count("\n") == 4


@pytest.mark.parametrize(("answer", "fetched"), [("y\n", True), ("\n", True), ("n\n", False), ("", False)])
def test_asks_first(at: Path, answer: str, fetched: bool) -> None:
    done = pomp_fetch(PROJECT, "--types", "mrna", answer=answer)
    assert "Fetch? [Y/n]" in done.output
    assert (done.exit_code == 0) == fetched
    assert (at / PROJECT).exists() == fetched


def test_an_option_goes_before_the_environment(server: GdcServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POMP_GDC_API", "http://127.0.0.1:9")
    assert pomp_fetch(PROJECT, "--types", "mrna", "--yes", "--api", server.address).exit_code == 0


FAILURES = {
    "unknown project": (["TCGA-LIVER"], "The GDC knows no project 'TCGA-LIVER'"),
    "unknown type": ([PROJECT, "--types", "mrna,protein"], "There is no type 'protein'. Types: mrna, mirna,"),
    "no type": ([PROJECT, "--types", " , "], "No type is named with --types"),
    "no address": ([PROJECT, "--api", "gdc"], "'gdc' is no address of an API"),
    "a file in the way": ([PROJECT, "--to", "file"], "file cannot be made: File exists. Choose another folder"),
    "a file above": ([PROJECT, "--to", "file/below"], "file/below cannot be made: Not a directory. Choose another"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failures(name: str, at: Path) -> None:
    words, message = FAILURES[name]
    (at / "file").write_text("")
    failed = pomp_fetch(*words, "--yes")
    assert isinstance(failed.exception, PompError)
    assert message in str(failed.exception)


def test_what_does_not_fit_is_not_begun(at: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "free_bytes", lambda folder: 100)
    failed = pomp_fetch(PROJECT, "--yes")
    assert "6.1 kB are left to fetch, and 100 bytes are free" in str(failed.exception)
    assert not (at / PROJECT).exists()


def test_every_file_that_failed_is_named(server: GdcServer) -> None:
    server.fail(f"data/{MICRO.id}", Fault(404))
    server.fail(f"data/{DIAGNOSTIC.id}", Fault(403))
    failed = pomp_fetch(PROJECT, "--yes").exception
    assert "2 of 3 files could not be fetched into TCGA-LIHC; the others are there." in str(failed)
    first, second = failed.problems  # type: ignore[union-attr]
    assert str(failed).endswith(f"\n- {first}\n- {second}")
    assert "micro.txt: " in first
    assert "answers 404" in first
    assert "TCGA-DD-A1EB-01Z-00-DX1.svs: " in second
    assert "answers 403" in second
    assert pomp_fetch(PROJECT, "--yes").exit_code == 0


def test_two_fetches_do_not_share_a_folder(at: Path) -> None:
    (at / PROJECT).mkdir()
    with lock.hold(at / PROJECT / command.LOCK_NAME, "The folder"):
        failed = pomp_fetch(PROJECT, "--yes")
    assert f"The folder {PROJECT} is being worked on by process {os.getpid()}" in str(failed.exception)
    assert not (at / PROJECT / "gdc_manifest.txt").exists()
    assert pomp_fetch(PROJECT, "--yes").exit_code == 0


def test_ctrl_c_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "fetch_plan", interrupted)
    stopped = pomp_fetch(PROJECT, "--yes")
    assert stopped.exit_code == command.INTERRUPTED
    assert "Stopped. The same command goes on from here." in stopped.output


def test_progress_counts_bytes() -> None:
    with command.FetchProgress() as progress:
        progress.count(2000, 6100, "counts.tsv")
        (task,) = progress._bar.tasks
    assert (task.completed, task.total, task.description) == (2000, 6100, "counts.tsv")
