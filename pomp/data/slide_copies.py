"""Slides that are listed under two names and are one file: a patient counts it twice, or two patients share it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from pathlib import Path

import pandas as pd

from pomp.data.digest import read_ends
from pomp.data.problems import Problems, enumerate_some
from pomp.data.readers.slides import has_image

END_BYTES = 2**16
"""Compared at both ends of files of one size. A whole-slide image is larger than one end."""


def report_copies(slides: pd.DataFrame, file: str, problems: Problems) -> None:
    """Warn of images that agree in their size, their first and their last 64 KiB; only files of one size are opened.

    Args:
        slides: as `read_slides` gives them.
        file: what problems call the table.
        problems: gets the findings.
    """
    for copies in _find_copies(slides[has_image(slides)]):
        names, patients = copies["slide"].tolist(), sorted(set(copies["patient"]))
        if len(patients) == 1:
            whose = f"{patients[0]}, who counts it {len(names)} times: keep one row"
        else:
            whose = f"{enumerate_some(patients)}, of whom only one can be right: correct the patient, or leave it out"
        problems.warning(file, f"{enumerate_some(names)} seem to be one slide of {whose}.")


def _find_copies(slides: pd.DataFrame) -> list[pd.DataFrame]:
    sizes = slides["file"].map(lambda name: Path(name).stat().st_size)
    doubtful = slides[sizes.duplicated(keep=False) & (sizes > END_BYTES)]
    groups: dict[tuple[int, bytes], list[Hashable]] = defaultdict(list)
    for row, name in doubtful["file"].items():
        groups[read_ends(Path(name), END_BYTES)].append(row)
    return [slides.loc[rows] for rows in groups.values() if len(rows) > 1]
