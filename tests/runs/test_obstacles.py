"""Cohorts too small to be trained on, told of before a run is begun."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pomp.config import PRESETS, RunConfig, override
from pomp.data.cohort import Cohort, read_cohort
from pomp.runs.obstacles import find_obstacles
from tests.data.folder import write_cohort

FEW = "{} events among {} patients cannot fill 5 folds"
GENES = "of {} training patients with {} events"


def make(folder: Path, events: int, patients: int, normals: int = 0) -> Cohort:
    clinical = "".join(f"P{row},{int(row < events)},{100 + row}\n" for row in range(patients))
    rows = [f"P{row}" for row in range(patients)] + [f"TCGA-AA-{row:04d}-11A" for row in range(normals)]
    values = np.random.default_rng(1).normal(size=(len(rows), 3))
    mrna = "".join(f"{name},{','.join(map(str, value))}\n" for name, value in zip(rows, values, strict=True))
    files: dict[str, str | bytes | None] = {
        "cohort.toml": 'name = "few"\n[omics.mrna]\nfile = "mrna.csv"\nkind = "log"\n',
        "clinical.csv": "patient,OS,OS.time\n" + clinical,
        "mrna.csv": "patient,A,B,C\n" + mrna,
    }
    return read_cohort(write_cohort(folder, files))


CASES: dict[str, tuple[tuple[int, ...], dict[str, object], list[str]]] = {
    "two patients": ((2, 2), {}, [FEW.format(2, 2), GENES.format(2, 2)]),
    "fewer patients than folds": ((3, 4), {}, [FEW.format(3, 4), GENES.format(4, 3)]),
    "fewer events than folds": ((3, 40), {}, [FEW.format(3, 40), GENES.format(40, 3)]),
    "too few events for a choice of genes": ((6, 60), {}, [GENES.format(48, 4)]),
    "of all patients there are enough": ((9, 60), {"protocol": "paper"}, []),
    "normals are compared with": ((6, 60, 10), {}, []),
    "fewer folds": ((2, 60, 10), {"folds": 2}, []),
    "nobody with an event": ((0, 40), {}, []),  # which the check of the cohort says
    "enough": ((30, 60), {}, []),
}


@pytest.mark.parametrize("case", CASES)
def test_what_would_end_a_training(case: str, tmp_path: Path) -> None:
    sizes, changes, expected = CASES[case]
    found = find_obstacles(make(tmp_path, *sizes), configured(changes))
    assert [problem.severity for problem in found] == ["warning"] * len(expected)
    for problem, words in zip(found, expected, strict=True):
        assert str(problem).startswith("few: training would stop here: ")
        assert words in str(problem)


def configured(changes: dict[str, object]) -> RunConfig:
    return override(PRESETS["honest"], changes)
