"""Folds by number: which one stands for another, and what it is called in names of files and to people."""

from __future__ import annotations

from typing import Literal

ALL_PATIENTS = -1
"""In place of a fold's number: the paper protocol chooses genes and pre-trains once, on everybody."""


def standing_fold(seen: Literal["training", "all"], fold: int) -> int:
    """The fold under which something is made and kept for `fold`: one for all folds where everybody is seen."""
    return ALL_PATIENTS if seen == "all" else fold


def fold_name(index: int) -> str:
    """Folder name of a fold's files."""
    return "all" if index == ALL_PATIENTS else f"fold-{index}"


def fold_words(index: int) -> str:
    """'fold 3' of the fold with the index 2, or 'all patients'."""
    return "all patients" if index == ALL_PATIENTS else f"fold {index + 1}"
