"""Slides of several cohorts in one pre-training, and cohorts without any among them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pomp.config import PRESETS, override
from pomp.data.cohort import read_cohort
from pomp.errors import CohortError
from pomp.runs.company import read_company
from pomp.runs.company_regions import gather_company_regions
from pomp.runs.run import Run
from pomp.runs.worker import execute
from pomp.runs.workspace import Workspace
from tests.runs.feature_cohort import REGIONS, F, write_feature_cohort
from tests.runs.omics_cohort import write_omics_cohort
from tests.slides.layouts import write_trident

SMALL: dict[str, Any] = {
    "folds": 2, "omics.genes": 6, "omics.selector": "cox_score", "model.width": 16, "model.heads": 2,
    "pretrain.epochs": 2, "finetune.epochs": 2, "pretrain.batch_size": 15, "finetune.batch_size": 15,
}  # fmt: skip


def rename_patients(folder: Path, letter: str) -> None:
    for file in ("clinical.csv", "slides.csv", "mrna.csv"):
        (folder / file).write_text((folder / file).read_text().replace("\nP", f"\n{letter}"))
    toml = folder / "cohort.toml"
    toml.write_text(toml.read_text().replace('"features"', f'"{folder.name}"'))


@pytest.fixture(scope="module")
def cohorts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """liver and breast with a slide a patient but the last, stomach without any; breast and stomach have more types."""
    folder = tmp_path_factory.mktemp("home") / "cohorts"
    liver = write_feature_cohort(folder / "liver", 30)
    shutil.copytree(liver, folder / "breast")
    rename_patients(liver, "L")
    rename_patients(folder / "breast", "B")
    write_omics_cohort(folder / "stomach", "S", seed=3, patients=30)
    return folder


def create(cohorts: Path, own: str, *others: str) -> Run:
    config = override(PRESETS["demo"], SMALL | {"pretrain.with_cohorts": list(others)})
    return Workspace(cohorts.parent).runs.create(read_cohort(cohorts / own, config.cohort), config)


def test_slides_of_companions_are_seen_in_pre_training_and_mapped_in_none(cohorts: Path) -> None:
    run = create(cohorts, "liver", "breast", "stomach")
    seen = []
    assert execute(run, "cpu", lambda status: seen.append(status.message)).state == "DONE"
    own = read_cohort(cohorts / "liver").patients
    slides, maps = run.table("slides"), run.table("attention/regions")
    assert slides is not None
    assert maps is not None
    assert set(slides["patient"]) == set(own[:-1])
    assert maps.groupby("patient").size().to_dict() == dict.fromkeys(own[:-1], REGIONS)
    assert maps["alignment_mrna"].notna().all()
    assert "alignment_mirna" not in maps  # only stomach has that type
    pretraining = run.metrics().query("stage == 'pretrain'")
    assert pretraining[["poc", "pom", "mom"]].notna().all(axis=None)


def test_one_bank_holds_them_all_and_progress_counts_them_together(cohorts: Path) -> None:
    company = read_company(create(cohorts, "liver", "breast", "stomach"))
    told: list[tuple[int, int]] = []
    config = create(cohorts, "liver", "breast", "stomach").config.slides
    results: list[str] = []
    bank = gather_company_regions(
        company, config, lambda done, total, _: told.append((done, total)),
        lambda found: results.extend(result.patient for result in found),
    )  # fmt: skip
    assert told == [(done, 58) for done in range(1, 59)]
    assert results == [f"L{number:03d}" for number in range(29)]
    assert bank.features == F
    for patient in ("L000", "B000"):
        assert bank.read(patient).shape == (REGIONS, F)
    assert bank.read("L029").shape == bank.read("S000").shape == (0, F)
    assert np.array_equal(bank.read("L003"), bank.read("B003"))  # breast is a copy of liver


def test_cohorts_of_one_name_keep_all_their_slides(cohorts: Path, tmp_path: Path) -> None:
    for name in ("liver", "breast"):
        toml = shutil.copytree(cohorts / name, tmp_path / "cohorts" / name) / "cohort.toml"
        toml.write_text(toml.read_text().replace(f'"{name}"', '"trial"'))
    run = create(tmp_path / "cohorts", "liver", "breast")
    company = read_company(run)
    assert [member.cohort.name for member in company.members] == ["trial", "trial"]
    bank = gather_company_regions(company, run.config.slides, lambda *_: None, lambda _: None)
    assert set(bank.tables) == {f"{letter}{number:03d}" for letter in "LB" for number in range(29)}


def test_features_of_two_models_are_refused(cohorts: Path, tmp_path: Path) -> None:
    for name in ("liver", "breast"):
        shutil.copytree(cohorts / name, tmp_path / "cohorts" / name)
    for file in (tmp_path / "cohorts" / "breast" / "features").glob("*.h5"):
        file.unlink()
        write_trident(file, np.ones((2, F + 3), np.float16), np.array([[0, 0], [512, 0]]), 512)
    run = create(tmp_path / "cohorts", "liver", "breast")
    with pytest.raises(CohortError, match=rf"cohort 'liver' have dimension {F}, those of cohort 'breast' {F + 3}\."):
        execute(run, "cpu")
    assert run.status().state == "FAILED"


def test_estimate_counts_every_slide(cohorts: Path) -> None:
    company = read_company(create(cohorts, "liver", "breast", "stomach"))
    assert company.slides == len(pd.read_csv(cohorts / "liver" / "slides.csv")) * 2
