"""Added value against R's coxph and anova, on made-up models, and where it has no value."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pomp.errors import RunError
from pomp.evaluation.added_value import added_value, within_fold

from .out_of_fold import R, rows_of
from .test_prediction_error import predictions

Change = Callable[[pd.DataFrame], pd.DataFrame]


def test_equals_r() -> None:
    found = added_value(rows_of("clinical"), rows_of("risk"), resamples=20)
    expected, both = R["added"], R["both"]
    assert found.statistic == pytest.approx(expected["statistic"], rel=1e-8)
    assert found.p_value == pytest.approx(expected["p_value"], rel=1e-7)
    assert found.clinical.value == pytest.approx(expected["clinical"])
    assert found.together.value == pytest.approx(expected["together"])
    assert found.gain.value == pytest.approx(expected["together"] - expected["clinical"])
    for place, ratio in enumerate((found.clinical_ratio, found.model_ratio)):
        limits = ratio.ratio, ratio.interval.lower, ratio.interval.upper
        logs = [both[name][place] for name in ("coefficient", "lower", "upper")]
        assert np.log(limits) == pytest.approx(logs, rel=1e-7)
    assert (found.patients, found.events, found.reason, found.reason_gain) == (220, 144, None, None)


def test_a_scale_and_level_of_its_own_a_fold_change_nothing() -> None:
    clinical, model = rows_of("clinical"), rows_of("risk")
    plain = added_value(clinical, model, resamples=30)
    factor = 1.0 + 7 * model["fold"]
    other = added_value(clinical, model.assign(risk=factor * model["risk"] - 5 * factor), resamples=30)
    assert other.statistic == pytest.approx(plain.statistic)
    assert other.gain.value == pytest.approx(plain.gain.value)
    assert vars(other.gain.interval) == pytest.approx(vars(plain.gain.interval))


def made_up(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Clinical risks that say something, and a model that says as much, of something else."""
    generator = np.random.default_rng(seed)
    clinical, omics = generator.normal(size=(2, 240))
    death = generator.exponential(500 / np.exp(0.7 * clinical + 0.7 * omics))
    lost = generator.exponential(1500, 240)
    table = predictions(0, patients=240).assign(time_days=np.ceil(np.minimum(death, lost)), event=death <= lost)
    return table.assign(risk=clinical), table.assign(risk=omics)


def test_what_says_something_else_adds_and_noise_does_not() -> None:
    clinical, model = made_up(3)
    found = added_value(clinical, model)
    assert found.p_value < 1e-6
    assert found.gain.interval.lower > 0
    noise = added_value(clinical, model.assign(risk=np.random.default_rng(0).normal(size=240)))
    assert noise.p_value > 0.05
    assert noise.gain.interval.lower < 0.01


def test_noise_gives_every_p_value_equally_often() -> None:
    generator = np.random.default_rng(5)
    clinical, _ = made_up(4)
    found = [
        added_value(clinical, clinical.assign(risk=generator.normal(size=240)), resamples=1).p_value for _ in range(40)
    ]
    assert stats.kstest(found, "uniform").pvalue > 0.01


def test_only_patients_with_both_risks_count() -> None:
    clinical, model = made_up(3)
    found = added_value(clinical.iloc[10:], model.sample(frac=1, random_state=0), resamples=5)
    assert found.patients == 230
    assert found.statistic == pytest.approx(added_value(clinical.iloc[10:], model.iloc[10:], resamples=5).statistic)


def test_a_model_worse_than_chance_that_still_knows_something_is_turned_round() -> None:
    clinical, model = made_up(3)
    found, turned = (added_value(clinical, model.assign(risk=by * model["risk"]), resamples=5) for by in (1, -1))
    assert turned.statistic == pytest.approx(found.statistic)
    assert turned.model_ratio.ratio == pytest.approx(1 / found.model_ratio.ratio)
    assert turned.together.value == pytest.approx(found.together.value)


def test_standardised_by_hand() -> None:
    folds = np.array([0, 1, 0, 1, 0, 2])
    found = within_fold(np.array([1.0, 5.0, 2.0, 5.0, 3.0, 9.0]), folds)
    np.testing.assert_allclose(found, [-1, 0, 0, 0, 1, 0])


SAME_FOLD = "same for all patients of a fold"
NO_TEST: list[tuple[str, Change, Change, str]] = [
    ("nobody dies", lambda table: table.assign(event=False), lambda table: table, "no patient has an event"),
    (
        "one clinical risk",
        lambda table: table.assign(risk=0.3),
        lambda table: table,
        f"the clinical risk is the {SAME_FOLD}",
    ),
    (
        "one risk a fold",
        lambda table: table,
        lambda table: table.assign(risk=0.1 * table["fold"]),
        f"model's risk is the {SAME_FOLD}",
    ),
    ("the same model", lambda table: table, lambda table: table, "the clinical risk on another scale"),
    (
        "a model that knows the future",
        lambda table: table.assign(risk=np.random.default_rng(0).normal(size=len(table))),
        lambda table: table.assign(risk=-table["time_days"].rank()),
        "without a mistake",
    ),
]


@pytest.mark.parametrize(
    ("clinical", "model", "reason"), [case[1:] for case in NO_TEST], ids=[case[0] for case in NO_TEST]
)
def test_no_test(clinical: Change, model: Change, reason: str) -> None:
    table = predictions(1, patients=60).drop_duplicates("time_days")
    found = added_value(clinical(table), model(table), resamples=5)
    assert np.isnan(
        [found.statistic, found.p_value, found.model_ratio.ratio, found.gain.value, found.together.value]
    ).all()
    assert found.reason is not None
    assert reason in found.reason
    assert found.reason_gain is not None
    assert reason in found.reason_gain


def test_of_a_nearly_perfect_order_the_upper_limit_of_the_ratio_may_be_infinite() -> None:
    """All of 40 deaths but two, whose risks hardly differ, are in order."""
    risk = -np.arange(40.0)
    risk[-1] = risk[-2] + 0.03
    table = pd.DataFrame({
        "patient": [f"P{n:02d}" for n in range(40)], "fold": 0, "time_days": np.arange(1.0, 41), "event": True,
        "risk": np.random.default_rng(1).normal(size=40),
    })  # fmt: skip
    found = added_value(table, table.assign(risk=risk), resamples=10)
    assert found.reason is None
    assert 0 <= found.model_ratio.interval.lower < 1 < found.model_ratio.ratio < found.model_ratio.interval.upper
    assert found.model_ratio.interval.upper == np.inf


def test_one_fold_has_a_test_and_no_gain() -> None:
    clinical, model = (table.assign(fold=0) for table in made_up(3))
    found = added_value(clinical, model, resamples=5)
    assert found.p_value < 0.001
    assert np.isnan([found.gain.value, found.gain.interval.lower]).all()
    assert found.reason_gain == "there is one fold only: no other patients to weight the risks by"


def test_a_fold_without_a_death_is_left_out_of_the_mean() -> None:
    clinical, model = made_up(3)
    quiet = clinical.assign(event=clinical["event"] & (clinical["fold"] != 2))
    found = added_value(quiet, model, resamples=50)
    three = added_value(*(table[table["fold"] != 2] for table in (clinical, model)), resamples=50)
    assert found.statistic == pytest.approx(three.statistic, rel=0.05)
    assert found.clinical.value == pytest.approx(three.clinical.value)
    assert found.reason is None


def test_no_shared_patient() -> None:
    clinical, model = made_up(3)
    with pytest.raises(RunError, match="clinical, model share no patient in the same fold"):
        added_value(clinical, model.assign(fold=9))
