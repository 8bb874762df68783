"""Looking around on the server."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dashboard.cohort_import import browse
from dashboard.cohort_import.browse import find_folder, list_folder
from pomp.errors import CohortError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two folders, a file of 3 bytes, a hidden one, and a link that leads nowhere."""
    (tmp_path / "zebra").mkdir()
    (tmp_path / "Apes").mkdir()
    (tmp_path / "mrna.csv").write_text("a,b")
    (tmp_path / ".secret").write_text("x")
    (tmp_path / "gone.svs").symlink_to(tmp_path / "nowhere")
    return tmp_path


def test_folders_come_first_and_hidden_ones_not_at_all(folder: Path) -> None:
    listing = list_folder(folder)
    shown = [(entry.name, entry.kind, entry.size_bytes) for entry in listing.entries]
    assert shown == [("Apes", "folder", None), ("zebra", "folder", None), ("gone.svs", "file", None),
                     ("mrna.csv", "file", 3)]  # fmt: skip
    assert listing.total == 4
    assert not listing.is_cohort


def test_a_long_folder_is_cut(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browse, "MOST", 2)
    listing = list_folder(folder)
    assert ([entry.name for entry in listing.entries], listing.total) == (["Apes", "zebra"], 4)


def test_a_cohort_folder_is_known(folder: Path) -> None:
    (folder / "cohort.toml").write_text('name = "x"')
    assert list_folder(folder).is_cohort


def test_what_is_typed_is_found_in_full(folder: Path) -> None:
    assert find_folder(f"  {folder}/zebra/../Apes ") == (folder / "Apes").resolve()


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("data/tcga", "'data/tcga' is no full path: begin with '/'"),
        ("", "is no full path"),
        ("{folder}/nowhere", "There is no folder '.*nowhere' on the server"),
        ("{folder}/mrna.csv", r"mrna.csv' is a file: name the folder that it lies in"),
        ("{folder}/a\0b", "cannot be opened on the server|There is no folder"),
        ("~nobody-of-that-name/x", "cannot be opened on the server"),
    ],
)
def test_what_cannot_be_opened_is_a_sentence(typed: str, message: str, folder: Path) -> None:
    with pytest.raises(CohortError, match=message):
        find_folder(typed.format(folder=folder))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_without_permission(folder: Path) -> None:
    (folder / "Apes").chmod(0)
    with pytest.raises(CohortError, match="permission denied"):
        find_folder(str(folder / "Apes"))


def test_a_folder_that_vanished(folder: Path) -> None:
    with pytest.raises(CohortError, match="cannot be read: no such file or directory"):
        list_folder(folder / "nowhere")
