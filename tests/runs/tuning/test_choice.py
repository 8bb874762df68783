"""Variants are chosen inside the training folds: who is divided how, which wins, and what cannot be compared."""

from __future__ import annotations

from math import nan
from typing import Any

import pandas as pd
import pytest

from pomp.config import PRESETS, RunConfig, override
from pomp.data.cohort import Cohort, read_cohort
from pomp.data.splits import Fold, split_cohort
from pomp.errors import ConfigError, TrainingError
from pomp.runs.tuning.choice import Tuning, inner_splits, resolve_variants, tune
from tests.runs.omics_cohort import write_omics_cohort


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    return read_cohort(write_omics_cohort(tmp_path_factory.mktemp("cohorts") / "liver", "L", seed=1))


def config(**changes: Any) -> RunConfig:
    return override(PRESETS["demo"], {"folds": 4} | {key.replace("__", "."): value for key, value in changes.items()})


def table(**means: tuple[tuple[float, ...], ...]) -> Tuning:
    """Variant → for each fold the scores of its inner folds."""
    rows = [
        (name, fold, inner, score)
        for name, folds in means.items()
        for fold, scores in enumerate(folds)
        for inner, score in enumerate(scores)
    ]
    return Tuning(pd.DataFrame(rows, columns=["variant", "fold", "inner", "c_index"]))


def test_inner_folds_divide_the_training_patients_and_know_no_other(cohort: Cohort) -> None:
    divided = inner_splits(cohort, config(), 3)
    outer = split_cohort(cohort, config()).folds
    assert list(divided) == [0, 1, 2, 3]
    for fold in outer:
        parts = divided[fold.index].folds
        assert sorted(patient for part in parts for patient in part.test) == sorted(fold.train)
        for part in parts:
            assert not set(part.train) & set(part.test)
            assert not (set(part.train) | set(part.test)) & set(fold.test)
            assert cohort.outcome.loc[list(part.test), "event"].any()


def test_every_variant_is_scored_on_every_inner_fold(cohort: Cohort) -> None:
    seen: list[tuple[int, Fold]] = []
    told: list[tuple[int, int, str]] = []

    def score(settings: RunConfig, fold: Fold) -> float:
        seen.append((settings.finetune.epochs, fold))
        return settings.finetune.epochs / 10

    variants = {"few": config(finetune__epochs=3), "many": config(finetune__epochs=5)}
    divided = inner_splits(cohort, config(), 2)
    found = tune(variants, divided, score, lambda *what: told.append(what))
    assert found.means == {"few": dict.fromkeys(range(4), 0.3), "many": dict.fromkeys(range(4), 0.5)}
    assert found.chosen == dict.fromkeys(range(4), "many")
    inner = [part for splits in divided.values() for part in splits.folds]
    assert seen == [(3, part) for part in inner] + [(5, part) for part in inner]
    assert (told[0], told[9]) == ((0, 16, "few, fold 1, inner fold 1"), (9, 16, "many, fold 1, inner fold 2"))


CHOICES = {
    "each fold its own": (table(a=((0.6, 0.7), (0.5, 0.5)), b=((0.6, 0.6), (0.5, 0.6))), {0: "a", 1: "b"}),
    "of equals the first": (table(b=((0.6,),), a=((0.6,),)), {0: "b"}),
    "an inner fold without pairs does not count": (table(a=((nan, 0.6),), b=((0.9, 0.2),)), {0: "a"}),
    "a variant without any is passed over": (table(a=((nan, nan),), b=((0.4, 0.4),)), {0: "b"}),
}


@pytest.mark.parametrize("case", CHOICES)
def test_the_largest_mean_wins(case: str) -> None:
    found, expected = CHOICES[case]
    assert found.chosen == expected


def test_nothing_can_be_chosen_where_nobody_can_be_compared() -> None:
    with pytest.raises(TrainingError, match="inner folds of training fold 2 .*use fewer inner folds"):
        _ = table(a=((0.5,), (nan,)), b=((0.5,), (nan,))).chosen


REFUSED = {
    "folds": ({"folds": 3}, "Variant 'other' changes 'folds', which decides who is tested"),
    "patients": ({"cohort.min_days": 90}, "Variant 'other' changes 'cohort'"),
    "protocol": ({"protocol": "paper"}, "Variant 'other' has protocol paper: settings are chosen under 'honest'"),
    "company": ({"pretrain.with_cohorts": ["STAD"]}, "pre-trained together with STAD"),
    "slides": ({"model.modalities": "both"}, "has no slides"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_compared_is_refused(case: str, cohort: Cohort) -> None:
    changes, said = REFUSED[case]
    with pytest.raises(ConfigError, match=said):
        resolve_variants({"first": config(), "other": override(config(), changes)}, cohort)


def test_variants_are_fitted_to_the_cohort(cohort: Cohort) -> None:
    assert resolve_variants({"a": config()}, cohort)["a"].model.modalities == "omics"
