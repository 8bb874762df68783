"""What a fold is called: in the names of files, and to people, who count from 1."""

from __future__ import annotations

ALL_PATIENTS = -1
"""In place of a fold's number: the paper protocol chooses genes and pre-trains once, on everybody."""


def fold_name(index: int) -> str:
    """Folder name of a fold's files."""
    return "all" if index == ALL_PATIENTS else f"fold-{index}"


def fold_words(index: int) -> str:
    """'fold 3' of the fold with the index 2, or 'all patients'."""
    return "all patients" if index == ALL_PATIENTS else f"fold {index + 1}"
