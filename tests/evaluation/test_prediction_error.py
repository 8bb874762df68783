"""Brier score and AUC by time against scikit-survival and numbers by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sksurv import metrics
from sksurv.util import Surv

from pomp.evaluation.calibration import breslow
from pomp.evaluation.curves import kaplan_meier
from pomp.evaluation.prediction_error import STEPS, brier_score, drawn_auc, everybodys_survival, prediction_error

from .conftest import random_patients


def predictions(seed: int, patients: int = 200, folds: int = 4) -> pd.DataFrame:
    """Risks that say something."""
    generator = np.random.default_rng(seed)
    risk = generator.normal(size=patients)
    death, lost = generator.exponential(800 / np.exp(risk)), generator.exponential(1000, patients)
    return pd.DataFrame(
        {
            "patient": [f"P-{k:03d}" for k in range(patients)],
            "fold": np.arange(patients) % folds,
            "time_days": np.ceil(np.minimum(death, lost)),
            "event": death <= lost,
            "risk": risk,
        }
    )


def baseline_of(table: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for fold in sorted(table["fold"].unique()):
        train = table[table["fold"] != fold]
        steps = breslow(train["time_days"], train["event"], train["risk"])
        parts.append(pd.DataFrame({"fold": fold, "time_days": steps.x, "cumulative_hazard": steps.y}))
    return pd.concat(parts)


def test_brier_score_by_hand() -> None:
    # Nobody was censored in training: G = 1. At day 2 one has died (predicted 0.8), two live (0.9 and 0.4).
    found = brier_score([1, 3, 4], [1, 1, 0], [[0.8], [0.9], [0.4]], [2], ([1, 2, 9], [1, 1, 1]))
    assert found == pytest.approx([(0.64 + 0.01 + 0.36) / 3])


def test_who_is_lost_before_the_time_counts_through_the_others() -> None:
    # Half of the training patients are lost at day 1: G(2) = 1/2, so the one who lives on counts twice.
    found = brier_score([1, 4], [0, 1], [[0.3], [0.9]], [2], ([1, 5], [0, 1]))
    assert found == pytest.approx([2 * 0.01 / 2])


@pytest.mark.parametrize("seed", range(3))
def test_brier_score_equals_scikit_survival(seed: int) -> None:
    time, event, _ = random_patients(seed, 120)
    train, test = slice(0, 70), slice(70, None)
    inside = time[test] < time[train].max()
    test_time, test_event = time[test][inside], event[test][inside]
    times = np.arange(2, min(30, int(test_time.max())))
    survival = np.random.default_rng(seed).random((len(test_time), len(times)))
    _, expected = metrics.brier_score(
        Surv.from_arrays(event[train], time[train]), Surv.from_arrays(test_event, test_time), survival, times
    )
    found = brier_score(test_time, test_event, survival, times, (time[train], event[train]))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_unknown_weights_are_nan() -> None:
    training = ([1, 2], [1, 0])  # from day 2 on, nobody is left: G is 0 there and unknown later
    found = brier_score([1, 5], [1, 1], [[0.5, 0.5], [0.5, 0.5]], [1.5, 4], training)
    assert np.isfinite(found).tolist() == [True, False]
    # Nobody is left to be weighted at day 4, but who is alive then is not known either: the dead alone would flatter.
    found = brier_score([1, 1.5], [1, 1], [[0.5, 0.5], [0.5, 0.5]], [1.5, 4], training)
    assert np.isfinite(found).tolist() == [True, False]


def test_the_reference_has_fallen_on_the_day_of_a_death() -> None:
    assert everybodys_survival(([2, 4], [1, 0]), np.array([1.9, 2.0])).tolist() == [1, 0.5]


def test_prediction_error_out_of_fold() -> None:
    table = predictions(0)
    found = prediction_error(table, baseline_of(table))
    assert len(found.time) == STEPS
    place, fold_scores = STEPS // 2, []
    for fold in range(4):  # folds are equally large: the mean over patients is that over folds
        train, test = table[table["fold"] != fold], table[table["fold"] == fold]
        curve = kaplan_meier(train["time_days"], train["event"])
        level = curve.survival[np.searchsorted(curve.time, found.time[place], side="right") - 1]
        fold_scores.append(
            brier_score(
                test["time_days"], test["event"], np.full((50, 1), level), [found.time[place]],
                (train["time_days"], train["event"]),
            )[0]
        )  # fmt: skip
    assert found.reference[place] == pytest.approx(np.mean(fold_scores))
    area = ((found.model[1:] + found.model[:-1]) / 2 * np.diff(found.time)).sum()
    assert found.integrated == pytest.approx(area / (found.time[-1] - found.time[0]))
    assert found.integrated < found.integrated_reference  # the risks say something


def test_risks_that_say_nothing_are_no_better_than_the_reference() -> None:
    table = predictions(1).assign(risk=0.0)
    found = prediction_error(table, baseline_of(table))
    np.testing.assert_allclose(found.model, found.reference, atol=0.005)  # Breslow's curve is not quite Kaplan-Meier's


@pytest.mark.parametrize("horizon", [200.0, 500.0])
def test_auc_equals_scikit_survival(horizon: float) -> None:
    table = predictions(2)
    expected = []
    for fold in range(4):
        train, test = table[table["fold"] != fold], table[table["fold"] == fold]
        test = test[test["time_days"] < train["time_days"].max()]
        expected.append(
            metrics.cumulative_dynamic_auc(
                Surv.from_arrays(train["event"], train["time_days"]),
                Surv.from_arrays(test["event"], test["time_days"]),
                test["risk"].to_numpy(),
                [horizon],
            )[0][0]
        )
    cut = table[table["time_days"] < table["time_days"].max()]
    means, folds = drawn_auc(cut, horizon, np.ones((1, len(cut))))
    assert means == pytest.approx(np.mean(expected), rel=1e-3)
    assert folds == 4


def test_auc_by_hand() -> None:
    # Per fold: dead by day 5 with risk 2, alive with risks 1, 2 and 3 → (1 + 1/2 + 0) / 3 = 1/2.
    rows = [(fold, *row) for fold in (0, 1) for row in ((3, 1, 2), (9, 1, 1), (9, 1, 2), (9, 1, 3))]
    table = pd.DataFrame(rows, columns=["fold", "time_days", "event", "risk"]).astype({"event": bool})
    assert drawn_auc(table, 5, np.ones((1, 8)))[0] == pytest.approx(0.5)


def test_an_auc_of_one_is_not_above_it_by_rounding() -> None:
    generator = np.random.default_rng(0)
    table = predictions(1, patients=60, folds=3)
    table["risk"] = -table["time_days"]
    drawn = generator.multinomial(60, np.full(60, 1 / 60), size=300).astype(float)
    means, _ = drawn_auc(table, 500, np.vstack([np.ones(60), drawn]))
    assert means == pytest.approx(1)
    assert means.max() <= 1


def test_one_fold_has_no_training_patients_hence_no_auc() -> None:
    means, folds = drawn_auc(predictions(3, folds=1), 500, np.ones((2, 200)))
    assert np.isnan(means).all()
    assert folds == 0


@pytest.mark.parametrize("horizon", [0.5, 10_000.0])
def test_auc_without_dead_or_living(horizon: float) -> None:
    means, folds = drawn_auc(predictions(3), horizon, np.ones((2, 200)))
    assert np.isnan(means).all()
    assert folds == 0
