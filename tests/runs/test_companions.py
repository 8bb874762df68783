"""Which cohorts may join a pre-training, and what is said of the others."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pomp.config import PRESETS, RunConfig, override
from pomp.data.cohort import Cohort, read_cohort
from pomp.errors import CohortError, ConfigError, PompError, RunError
from pomp.runs.companions import find_companions
from pomp.runs.company import read_company
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from tests.runs.feature_cohort import write_feature_cohort
from tests.runs.omics_cohort import MRNA, write_omics_cohort


@pytest.fixture(scope="module")
def cohorts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home") / "cohorts"
    liver = write_omics_cohort(folder / "liver", "L", seed=1)
    write_omics_cohort(folder / "breast", "B", seed=2, types={"mrna": MRNA})
    write_omics_cohort(folder / "few", "F", seed=3, patients=2)
    slides = write_feature_cohort(folder / "slides", 30)
    shutil.copytree(liver, folder / "copy")
    pixels = Path(shutil.copytree(slides, folder / "pixels"))
    table = pd.read_csv(pixels / "slides.csv")
    for name in table["file"]:
        (pixels / name).rename((pixels / name).with_suffix(".svs"))
    table.assign(file=table["file"].str.replace(".h5", ".svs")).to_csv(pixels / "slides.csv", index=False)
    bare = Path(shutil.copytree(slides, folder / "bare"))
    (bare / "cohort.toml").write_text('name = "bare"\n')
    for cohort, letter in ((pixels, "X"), (bare, "Y")):
        for file in ("clinical.csv", "slides.csv", "mrna.csv"):
            text = (cohort / file).read_text()
            (cohort / file).write_text(text.replace("\nP", f"\n{letter}"))
    return folder


def configured(*names: str, **changes: Any) -> RunConfig:
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    return override(PRESETS["demo"], {"folds": 2, "pretrain.with_cohorts": list(names)} | dotted)


def create(cohorts: Path, own: str, config: RunConfig) -> Run:
    return Workspace(cohorts.parent).runs.create(read_cohort(cohorts / own, config.cohort), config)


def found(cohorts: Path, own: str, *names: str) -> list[Cohort]:
    return find_companions(read_cohort(cohorts / own), configured(*names), cohorts)


def test_they_are_found_by_the_names_of_their_folders(cohorts: Path) -> None:
    assert [cohort.folder for cohort in found(cohorts, "liver", "slides", "breast")] == [
        cohorts / "breast",
        cohorts / "slides",
    ]
    assert found(cohorts, "liver") == []


def test_a_second_type_of_omics_may_be_theirs_but_somebody_must_have_two(cohorts: Path) -> None:
    assert create(cohorts, "breast", configured("liver")).config.pretrain.epochs > 0
    with pytest.raises(ConfigError, match="names liver, and no patient of all these cohorts has two types"):
        create(cohorts, "breast", configured("liver", cohort__omics=["mrna"]))


def test_order_and_repetition_of_the_names_say_nothing() -> None:
    assert configured("b", "a", "b") == configured("a", "b")
    assert configured("b", "a").digest == configured("a", "b").digest


def test_the_run_says_who_they_were(cohorts: Path) -> None:
    run = create(cohorts, "liver", configured("slides", "breast"))
    assert [(one.name, one.folder) for one in run.info.companions] == [
        ("breast", "cohorts/breast"),
        ("features", "cohorts/slides"),
    ]
    assert run.info.companions[0].digest == read_cohort(cohorts / "breast").digest
    assert "--set pretrain.with_cohorts=breast,slides" in run.info.command
    assert Workspace(cohorts.parent).runs.get(run.id) == run


def test_a_run_is_found_again_while_its_companions_are_what_they_were(cohorts: Path, tmp_path: Path) -> None:
    for name in ("liver", "breast"):
        shutil.copytree(cohorts / name, tmp_path / "cohorts" / name)
    own, runs, config = read_cohort(tmp_path / "cohorts" / "liver"), Workspace(tmp_path).runs, configured("breast")
    run = runs.create(own, config)
    assert runs.find(own, config) == run
    assert runs.find(own, configured()) is None
    clinical = tmp_path / "cohorts" / "breast" / "clinical.csv"
    clinical.write_text(clinical.read_text().replace("B001,", "B901,"))
    assert runs.find(own, config) is None


REFUSED: dict[str, tuple[str, RunConfig, type[PompError], str]] = {
    "no such cohort": (
        "liver", configured("kidney"), ConfigError,
        r"there is no cohort 'kidney' in .*cohorts\. There are: bare, breast, copy, few, liver, pixels, slides\.",
    ),
    "a path": ("liver", configured("../cohorts/breast"), ConfigError, r"there is no cohort '../cohorts/breast'"),
    "its own": ("liver", configured("liver"), ConfigError, r"'liver' is the run's own cohort, which takes part anyway"),
    "a patient in two": (
        "liver", configured("copy"), CohortError,
        r"Patient 'L000' is in cohort 'liver' and in cohort 'liver'\. .* must not share patients: leave the patient",
    ),
    "a patient in two companions": (
        "breast", configured("copy", "liver"), CohortError, r"Patient 'L000' is in cohort 'liver' and in cohort",
    ),
    "too few events": (
        "liver", configured("few"), CohortError,
        r"Cohort 'few' cannot join the pre-training: 1 event among 2 patients cannot fill 2 folds",
    ),
    "a type that one lacks is asked for": (
        "liver", configured("breast", cohort__omics=["mrna", "mirna"]), CohortError,
        r"breast cannot be used:\n.*cohort\.toml.*mirna",
    ),
    "no omics": ("liver", configured("bare"), ConfigError, r"Cohort 'bare' has no omics table, .* leave it out of"),
    "slides alone": (
        "slides", configured("liver", model__modalities="pathology"), ConfigError,
        r"pretrain\.with_cohorts names liver, and a model that reads slides alone is not pre-trained",
    ),
    "pixels beside features": (
        "slides", configured("pixels"), ConfigError, r"Cohort 'features' has no region features: choose slides\.source",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str, cohorts: Path) -> None:
    own, config, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        create(cohorts, own, config)


def test_slides_that_the_run_does_not_read_are_no_obstacle(cohorts: Path) -> None:
    run = create(cohorts, "slides", configured("liver", "pixels", model__modalities="omics"))
    assert [one.slides for one in run.info.companions] == [0, 29]


@pytest.mark.parametrize("name", ["breast", "liver"])
def test_a_cohort_that_has_changed_since_is_refused(name: str, cohorts: Path, tmp_path: Path) -> None:
    for folder in ("liver", "breast"):
        shutil.copytree(cohorts / folder, tmp_path / "cohorts" / folder)
    run = create(tmp_path / "cohorts", "liver", configured("breast"))
    assert len(read_company(run).members) == 2
    clinical = tmp_path / "cohorts" / name / "clinical.csv"
    clinical.write_text(clinical.read_text().replace(",1,", ",0,", 1))
    with pytest.raises(RunError, match=rf"The files of cohort '{name}' in .* have changed since this run was made"):
        read_company(run)


def with_sites(folder: Path, names: list[str]) -> None:
    """A column of hospitals in clinical.csv, one after another."""
    table = pd.read_csv(folder / "clinical.csv")
    table.assign(hospital=[names[row % len(names)] for row in range(len(table))]).to_csv(
        folder / "clinical.csv", index=False
    )


@pytest.mark.parametrize(
    ("theirs", "message"),
    [
        (["Bern", "Basel"], r"Hospital 'Basel' is in cohort 'liver' and in cohort 'breast'\. With folds by sites"),
        (["Bern"], r"Cohort 'breast' cannot join the pre-training: 1 hospital \(Bern\) cannot fill 2 folds"),
        (None, r"Cohort 'breast' cannot join the pre-training: No hospital is known of 40 of 40 patients \(B000, B001"),
        (["Bern", "Geneva"], None),
    ],
)
def test_hospitals_are_kept_apart_in_every_cohort(
    theirs: list[str] | None, message: str | None, cohorts: Path, tmp_path: Path
) -> None:
    for name in ("liver", "breast"):
        shutil.copytree(cohorts / name, tmp_path / "cohorts" / name)
    with_sites(tmp_path / "cohorts" / "liver", ["Basel", "Zurich", "Lugano"])
    if theirs is not None:
        with_sites(tmp_path / "cohorts" / "breast", theirs)
    config = configured("breast", folds_by="sites")
    if message is not None:
        with pytest.raises(CohortError, match=message):
            create(tmp_path / "cohorts", "liver", config)
        return
    company = read_company(create(tmp_path / "cohorts", "liver", config))
    for member in company.members:
        hospitals = member.cohort.clinical["hospital"]
        assert member.splits.by == "sites"
        for fold in member.splits.folds:
            assert not set(hospitals[list(fold.train)]) & set(hospitals[list(fold.test)])
