"""unused.csv: what an import left out is read back as it was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from pomp.data.omics_table import UnusedSample
from pomp.data.problems import Problems
from pomp.data.unused_samples import read_unused, write_unused

ONE = UnusedSample("TCGA-AA-0002-06A", "TCGA-AA-0002", "TCGA-AA-0002-01A", "another, with a comma")
OTHER = UnusedSample("TCGA-AA-0003-20A", "TCGA-AA-0003", "", "=1+1")


def test_there_and_back(tmp_path: Path) -> None:
    unused = {"mrna": (ONE, OTHER), "mirna": (), "methylation": (OTHER,)}
    write_unused(tmp_path, unused)
    problems = Problems()
    assert read_unused(tmp_path, problems) == {"mrna": (ONE, OTHER), "methylation": (OTHER,)}
    assert not problems.found


def test_nothing_unused_is_no_file(tmp_path: Path) -> None:
    write_unused(tmp_path, {"mrna": ()})
    assert not (tmp_path / "unused.csv").exists()
    assert read_unused(tmp_path, Problems()) == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("omics,name\nmrna,x\n", "unused.csv, row 1: should have the columns omics, sample, patient, used, reason"),
        ("", "unused.csv: the file is empty."),
    ],
)
def test_another_table_is_said_to_be_none(content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "unused.csv").write_text(content)
    problems = Problems()
    assert read_unused(tmp_path, problems) == {}
    assert said in str(problems.found[0])
