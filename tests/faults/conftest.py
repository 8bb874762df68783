"""A run that nothing happened to, and others like it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pomp.data.cohort import Cohort, read_cohort
from pomp.runs.run import Run
from tests.faults import faulty
from tests.runs.feature_cohort import write_feature_cohort
from tests.timeless import timeless

TABLES = (
    "predictions", "baseline", "comparators", "training_risks", "contributions", "gene_attributions", "embeddings",
    "reconstructions", "attention/regions", "attention/by_fold", "attention/region_genes",
)  # fmt: skip
MakeRun = Callable[..., Run]


@dataclass(frozen=True)
class Whole:
    """A run that nothing happened to, and what it was made from."""

    cohort: Cohort
    cache: Path
    run: Run
    seconds: float  # that it took

    def same(self, run: Run) -> None:
        """The other run ended with the same numbers, bit for bit."""
        assert run.status().state == "DONE"
        for name in TABLES:
            pd.testing.assert_frame_equal(run.table(name), self.run.table(name), check_exact=True)
        order = ["fold", "stage", "epoch"]
        rows = [timeless(made.metrics()).sort_values(order, ignore_index=True) for made in (run, self.run)]
        pd.testing.assert_frame_equal(*rows, check_exact=True)
        assert final_tensors(run) == final_tensors(self.run)


def final_tensors(run: Run) -> dict[str, bytes]:
    """The tensors of every stage's last epoch, as they lie on the disk."""
    files = (run.folder / "checkpoints").glob(f"*/{faulty.EPOCHS:06d}.safetensors")
    return {file.parent.name: file.read_bytes() for file in files}


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """Thirty-two patients with omics and region features, and a run on them."""
    folder = tmp_path_factory.mktemp("faults")
    cohort = read_cohort(write_feature_cohort(folder / "cohort", faulty.PATIENTS))
    (folder / "cache").mkdir()
    first, second = (faulty.new_run(folder / name, cohort, folder / "cache") for name in ("first", "second"))
    assert faulty.work(first) == 0, faulty.said(first)  # imports everything, and fills the cache
    started = time.monotonic()
    assert faulty.work(second) == 0, faulty.said(second)
    whole = Whole(cohort, folder / "cache", second, time.monotonic() - started)
    assert len(final_tensors(second)) == 4
    whole.same(first)
    return whole


@pytest.fixture
def make_run(whole: Whole, tmp_path: Path) -> MakeRun:
    """A function that makes a run like the whole one, not begun yet, with some settings changed."""

    def make(name: str = "home", **changes: Any) -> Run:
        return faulty.new_run(tmp_path / name, whole.cohort, whole.cache, faulty.small_config(**changes))

    return make
