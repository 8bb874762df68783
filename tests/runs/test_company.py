"""Who is pre-trained on: the honest rule over several cohorts, and what a scrambled test fold can reach."""

from __future__ import annotations

import json
import shutil
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors.torch import load_file

from pomp.config import PRESETS, override
from pomp.data.cohort import read_cohort
from pomp.runs.company import Company, read_company
from pomp.runs.run import Run
from pomp.runs.worker import execute
from pomp.runs.workspace import Workspace
from pomp.training.fold_names import ALL_PATIENTS
from tests.runs.omics_cohort import MRNA, TYPES, write_omics_cohort
from tests.timeless import timeless

SMALL: dict[str, Any] = {
    "folds": 2, "omics.genes": 6, "omics.selector": "cox_score", "model.width": 16, "model.heads": 2,
    "pretrain.epochs": 2, "finetune.epochs": 2, "pretrain.batch_size": 20, "finetune.batch_size": 20,
}  # fmt: skip


def write_cohorts(folder: Path) -> Path:
    """liver and breast measured the same; stomach lacks miRNA, and half of its mRNA genes are its own."""
    write_omics_cohort(folder / "liver", "L", seed=1)
    write_omics_cohort(folder / "breast", "B", seed=2, patients=30)
    write_omics_cohort(folder / "stomach", "S", seed=3, types={"mrna": [*MRNA[:10], *(f"H{k}" for k in range(10))]})
    return folder


@pytest.fixture(scope="module")
def cohorts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cohorts(tmp_path_factory.mktemp("home") / "cohorts")


def create(cohorts: Path, own: str, *others: str, **changes: Any) -> Run:
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    config = override(PRESETS["demo"], SMALL | {"pretrain.with_cohorts": list(others)} | dotted)
    return Workspace(cohorts.parent).runs.create(read_cohort(cohorts / own, config.cohort), config)


def company(cohorts: Path, own: str, *others: str, **changes: Any) -> Company:
    return read_company(create(cohorts, own, *others, **changes))


def test_each_cohort_gives_the_training_patients_that_its_own_run_would_train_on(cohorts: Path) -> None:
    found = company(cohorts, "liver", "breast", "stomach")
    for fold in range(2):
        alone = [company(cohorts, name).own.splits.folds[fold] for name in ("breast", "liver", "stomach")]
        assert found.pretraining(fold) == [patient for own in alone for patient in own.train]
        tested = {patient for own in alone for patient in own.test}
        assert not tested & set(found.pretraining(fold))
        assert found.describe(fold) == f"{len(found.pretraining(fold))} patients of 3 cohorts"


def test_the_set_is_the_same_for_a_run_on_any_of_its_cohorts(cohorts: Path) -> None:
    names = ["liver", "breast", "stomach"]
    found = [company(cohorts, own, *(name for name in names if name != own)) for own in names]
    for fold in (0, 1):
        assert len({tuple(one.pretraining(fold)) for one in found}) == 1


def test_a_paper_protocol_sees_everybody(cohorts: Path) -> None:
    found = company(cohorts, "liver", "breast", protocol="paper")
    everybody = [*read_cohort(cohorts / "breast").patients, *read_cohort(cohorts / "liver").patients]
    assert found.pretraining(1) == everybody
    assert (found.pretraining_fold(1), found.selection_fold(1)) == (ALL_PATIENTS, ALL_PATIENTS)


def test_alone_it_is_the_training_fold_and_nothing_is_said(cohorts: Path) -> None:
    found = company(cohorts, "liver")
    assert found.pretraining(1) == list(found.own.splits.folds[1].train)
    assert found.describe(1) == ""


def scramble(folder: Path, patients: tuple[str, ...], seed: int) -> None:
    """Noise for values and times of these patients; who has the event stays, as splits are stratified by it."""
    random = np.random.default_rng(seed)
    for name in TYPES:
        if (folder / f"{name}.csv").is_file():
            values = pd.read_csv(folder / f"{name}.csv", index_col=0, float_precision="round_trip")
            values.loc[list(patients)] = random.normal(90, 30, (len(patients), values.shape[1]))
            values.to_csv(folder / f"{name}.csv")
    clinical = pd.read_csv(folder / "clinical.csv", index_col=0, float_precision="round_trip")
    clinical.loc[list(patients), "OS.time"] = random.uniform(40, 3000, len(patients)).round(1)
    clinical.to_csv(folder / "clinical.csv")


@pytest.mark.parametrize("scrambled", ["liver", "breast", "stomach"])
def test_test_patients_of_no_cohort_reach_the_pre_training(scrambled: str, cohorts: Path, tmp_path: Path) -> None:
    """Genes, scalers, patients and weights of fold 0 stay, to the bit, whatever befalls those tested in fold 0."""
    plain = create(cohorts, "liver", "breast", "stomach")
    execute(plain, "cpu", until="pretrain")
    [member] = [one for one in read_company(plain).members if one.cohort.name == scrambled]
    shutil.copytree(cohorts, tmp_path / "cohorts")
    scramble(tmp_path / "cohorts" / scrambled, member.splits.folds[0].test, seed=7)
    other = create(tmp_path / "cohorts", "liver", "breast", "stomach")
    execute(other, "cpu", until="pretrain")
    assert read_company(other).pretraining(0) == read_company(plain).pretraining(0)
    for name in ("selectors/fold-0", "vocabularies/fold-0"):
        assert json.dumps(other.read_json(name)) == json.dumps(plain.read_json(name))
    weights = [load_file(next(run.folder.glob("checkpoints/fold-0-pretrain/*2.safetensors"))) for run in (plain, other)]
    model = [name for name in weights[0] if name.startswith("model.")]
    assert all(bool((weights[0][name] == weights[1][name]).all()) for name in model)
    changed = [json.dumps(run.read_json("vocabularies/fold-1")) for run in (plain, other)]
    assert changed[0] != changed[1]  # in fold 1 they are trained on


def test_a_run_with_companions_comes_to_predictions_of_its_own_patients(cohorts: Path) -> None:
    run = create(cohorts, "stomach", "liver", "breast")
    messages = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pomp.runs.worker.STATUS_SECONDS", 0.0)
        status = execute(run, "cpu", lambda seen: messages.append((seen.stage, seen.message)))
    assert (status.state, status.progress, status.eta_seconds) == ("DONE", 1.0, 0.0)
    assert sorted(run.require_predictions()["patient"]) == list(read_cohort(cohorts / "stomach").patients)
    assert ("pretrain", "55 patients of 3 cohorts") in messages
    assert ("finetune", "") in messages
    assert any(stage == "select" and text.startswith("breast: ") for stage, text in messages)
    saved = run.read_json("vocabularies/fold-0")
    assert saved is not None
    assert list(saved["genes"]) == ["mirna", "mrna"]
    assert len(saved["genes"]["mirna"]) > 6
    assert [panel["omics"] for panel in saved["selector"]["panels"]] == ["mrna"]


@pytest.mark.parametrize(("epochs", "protocol"), [(2, "honest"), (0, "honest"), (2, "paper-released")])
def test_stopped_and_resumed_it_gives_the_same_numbers(
    epochs: int, protocol: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pomp.training.loop.CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr("pomp.runs.worker.STATUS_SECONDS", 0.0)
    runs = []
    for home in ("whole", "parts"):
        folder = write_cohorts(tmp_path / home / "cohorts")
        runs.append(create(folder, "liver", "stomach", pretrain__epochs=epochs, protocol=protocol))
    whole, parts = runs
    execute(whole, "cpu")
    for done in range(1, 2 * (epochs + 2)):
        if len(parts.metrics()) >= done:
            continue
        execute(parts, "cpu", lambda _, done=done: parts.request_stop() if len(parts.metrics()) >= done else None)
    assert execute(parts, "cpu").state == "DONE"
    pd.testing.assert_frame_equal(parts.require_predictions(), whole.require_predictions(), check_exact=True)
    pd.testing.assert_frame_equal(timeless(parts.metrics()), timeless(whole.metrics()), check_exact=True)


def test_companions_alone_in_the_vocabulary_change_what_is_read_and_no_patient(cohorts: Path) -> None:
    """Without pre-training others lend their choice of genes, which is what a comparison needs."""
    runs = [create(cohorts, "liver", *others, pretrain__epochs=0) for others in ((), ("stomach",))]
    for run in runs:
        execute(run, "cpu")
        assert set(run.metrics()["stage"]) == {"finetune"}
    risks = [run.require_predictions()["risk"] for run in runs]
    assert not np.array_equal(*risks)


def test_every_order_of_names_is_one_run(cohorts: Path) -> None:
    made = [create(cohorts, "liver", *names) for names in (("breast", "stomach"), ("stomach", "breast"))]
    for one, other in product(made, made):
        assert (one.config, one.info.companions) == (other.config, other.info.companions)
