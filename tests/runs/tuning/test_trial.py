"""A trial sees its training patients alone, is remembered by all that decides it, and gives what a run would."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pomp.config import PRESETS, RunConfig, override
from pomp.data.cohort import Cohort, read_cohort
from pomp.data.splits import Fold, split_cohort
from pomp.evaluation.concordance import concordance_index
from pomp.runs.resolve import resolve
from pomp.runs.tuning.trial import Trials, trial_key
from pomp.runs.worker import execute
from pomp.runs.workspace import Workspace
from tests.runs.omics_cohort import write_omics_cohort

SMALL = {
    "folds": 2, "omics.genes": 6, "omics.trees": 10, "omics.selector": "cox_score", "model.width": 16,
    "model.heads": 2, "pretrain.epochs": 1, "finetune.epochs": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def cohort(home: Path) -> Cohort:
    return read_cohort(write_omics_cohort(home / "cohorts" / "liver", "L", seed=1))


@pytest.fixture(scope="module")
def config(cohort: Cohort) -> RunConfig:
    return resolve(override(PRESETS["demo"], SMALL), cohort)


def trials(cohort: Cohort, cache: Path) -> Trials:
    return Trials(cohort, torch.device("cpu"), cache, lambda *_: None)


def test_a_trial_on_a_runs_own_fold_scores_what_the_run_scores(cohort: Cohort, config: RunConfig, home: Path) -> None:
    run = Workspace(home).runs.create(cohort, config)
    execute(run, "cpu")
    table = run.require_predictions()
    for fold in run.splits().folds:
        part = table[table["fold"] == fold.index]
        expected = concordance_index(part["time_days"], part["event"], part["risk"])
        assert trials(cohort, home / "cache").score(config, fold) == expected


def test_patients_in_neither_part_do_not_matter(cohort: Cohort, config: RunConfig, tmp_path: Path) -> None:
    """The outer test fold: its outcomes and values are turned upside down, and the score stays."""
    outer = split_cohort(cohort, config).folds[0]
    inner = Fold(0, outer.train[:14], outer.train[14:])
    outcome = cohort.outcome.copy()
    outcome.loc[list(outer.test), "time_days"] = outcome.loc[list(outer.test), "time_days"].to_numpy()[::-1] * 3
    omics = {}
    for name, measured in cohort.omics.items():
        values = measured.values.copy()
        values.loc[list(outer.test)] = -values.loc[list(outer.test)]
        omics[name] = replace(measured, values=values)
    other = replace(cohort, outcome=outcome, omics=omics)
    first = trials(cohort, tmp_path / "one").score(config, inner)
    assert trials(other, tmp_path / "two").score(config, inner) == first


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Fold]:
    """The folds that are scored, in place of scoring them: with .625 each."""
    scored: list[Fold] = []
    monkeypatch.setattr(Trials, "_score", lambda self, settings, part: scored.append(part) or 0.625)
    return scored


def test_a_score_is_made_once_and_again_where_it_is_damaged(
    cohort: Cohort, config: RunConfig, tmp_path: Path, made: list[Fold]
) -> None:
    fold = split_cohort(cohort, config).folds[0]
    assert [trials(cohort, tmp_path).score(config, fold) for _ in range(3)] == [0.625] * 3
    assert len(made) == 1
    (file,) = (tmp_path / "tuning").iterdir()
    for damage in ("{", "[]", "{}", file.read_text().replace("0.625", "0.925")):
        file.write_text(damage)
        assert trials(cohort, tmp_path).score(config, fold) == 0.625
    assert len(made) == 5


def test_a_score_is_made_again_where_other_slides_can_be_used(
    cohort: Cohort, config: RunConfig, tmp_path: Path, made: list[Fold], monkeypatch: pytest.MonkeyPatch
) -> None:
    fold = split_cohort(cohort, config).folds[0]
    for regions in (9, 9, 8):
        usable = {(fold.train[0], "a"): regions}
        monkeypatch.setattr("pomp.runs.tuning.trial.count_regions", lambda bank, usable=usable: usable)
        trials(cohort, tmp_path).score(config, fold)
    assert len(made) == 2


def test_the_key_is_of_all_that_decides_a_score(cohort: Cohort, config: RunConfig) -> None:
    fold = split_cohort(cohort, config).folds[0]
    one, other = fold.train[0], fold.test[0]
    slides = {(one, "a"): 9, (other, "b"): 4}
    keys = {
        trial_key(cohort.digest, slides, config, fold),
        trial_key("another", slides, config, fold),
        trial_key(cohort.digest, {(one, "a"): 9}, config, fold),  # a slide can no longer be read
        trial_key(cohort.digest, slides | {(other, "b"): 5}, config, fold),
        trial_key(cohort.digest, slides, override(config, {"finetune.epochs": 3}), fold),
        trial_key(cohort.digest, slides, config, replace(fold, train=fold.train[1:])),
        trial_key(cohort.digest, slides, config, replace(fold, test=fold.test[1:])),
    }
    assert len(keys) == 7
    elsewhere = slides | {("nobody of this fold", "c"): 1}
    assert trial_key(cohort.digest, elsewhere, config, fold) in keys
