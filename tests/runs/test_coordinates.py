"""Runs on slides that are cut where TRIDENT and CLAM found their regions: from a folder of theirs to maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pomp.config import PRESETS, override
from pomp.data.cohort import read_cohort
from pomp.data.importing.scan import scan
from pomp.data.importing.write import import_cohort
from pomp.runs.worker import execute
from pomp.runs.workspace import Workspace
from tests.slides.layouts import PLACES
from tests.slides.painting import paint, write_slide

SMALL = {
    "folds": 2, "model.width": 16, "model.heads": 2, "finetune.epochs": 2, "finetune.batch_size": 4,
    "slides.region_px": 512, "slides.downsample": 16,
}  # fmt: skip
CORNERS = np.array([[10, 20], [138, 20], [266, 148]])
SIZE = 128


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Follow-up of eight patients, a slide of each, and the coordinate files of the two programs in turns."""
    root = tmp_path_factory.mktemp("downloads")
    patients = [f"P{number}" for number in range(8)]
    clinical = {"patient": patients, "OS": [1, 0] * 4, "OS.time": range(100, 900, 100)}
    pd.DataFrame(clinical).to_csv(root / "clinical.csv", index=False)
    (root / "patches").mkdir()
    slide = write_slide(root / "P0.svs", paint((512, 512), [(0, 0, 256, 256)])).read_bytes()
    for number, name in enumerate(patients):
        (root / f"{name}.svs").write_bytes(slide)
        list(PLACES.values())[number % 2](root / "patches" / f"{name}.h5", CORNERS, SIZE)
    return root


def test_from_a_folder_of_downloads_to_maps(downloads: Path, tmp_path: Path) -> None:
    cohort = read_cohort(import_cohort(scan(downloads), tmp_path / "cohorts"))
    assert cohort.slides["coordinates"].ne("").all()
    run = Workspace(tmp_path / "home").runs.create(cohort, override(PRESETS["demo"], SMALL), "a test")
    assert (run.config.slides.source, run.config.model.modalities) == ("pixels", "pathology")
    assert execute(run, "cpu").state == "DONE"
    assert sorted(run.require_predictions()["patient"]) == list(cohort.patients)
    slides = run.table("slides")
    assert slides is not None
    assert slides["regions"].tolist() == [len(CORNERS)] * 8
    maps = run.table("attention/regions")
    assert maps is not None
    for _, own in maps.groupby("patient"):
        assert own[["x", "y"]].to_numpy().tolist() == CORNERS.tolist()
        assert own[["row", "column"]].to_numpy().tolist() == [[0, 0], [0, 1], [1, 2]]
        assert own["size"].tolist() == [SIZE] * 3
    assert "8 of 8 slides are cut where their coordinate files say" in run.log_tail()
