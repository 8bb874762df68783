"""Repeated cross-validation by hand, and against the corrected t-test."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pomp.errors import RunError
from pomp.evaluation.concordance import concordance_index
from pomp.evaluation.corrected_t import corrected_t
from pomp.evaluation.multiplicity import holm
from pomp.evaluation.pooled import compare_folds, compare_pooled, fold_sizes, pool, report_scores
from pomp.evaluation.report import evaluate

from .test_prediction_error import predictions


def table_of(model: str, scores: list[list[float]], patients: int = 10) -> pd.DataFrame:
    """Repeats by folds, each fold of `patients`."""
    rows = [
        (model, repeat, fold, patients, value)
        for repeat, values in enumerate(scores)
        for fold, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=["model", "repeat", "fold", "patients", "score"])


def test_by_hand() -> None:
    # Means of the repeats 0.62 and 0.66, so that they deviate by 0.04/√2.
    (found,) = pool(table_of("POMP", [[0.60, 0.62, 0.64], [0.61, 0.66, 0.71]]))
    deviations = np.array([-4, -2, 0, -3, 2, 7]) / 100
    sd = np.sqrt((deviations**2).sum() / 5)
    assert (found.mean, found.sd) == pytest.approx((0.64, sd))
    assert found.sd_between_repeats == pytest.approx(0.04 / np.sqrt(2))
    assert (found.repeats, found.folds, found.left_out, found.reason) == (2, 6, 0, None)
    reach = 2.570582 * sd * np.sqrt(1 / 6 + 1 / 2)  # t of 5 degrees of freedom; 10 patients test, 20 train
    assert vars(found.interval) == pytest.approx({"lower": 0.64 - reach, "upper": 0.64 + reach}, rel=1e-6)


def test_a_fold_without_a_score_is_left_out() -> None:
    (found,) = pool(table_of("POMP", [[0.6, np.nan, 0.7], [np.nan, np.nan, np.nan], [0.5, 0.6, 0.7]]))
    assert (found.mean, found.sd_between_repeats) == pytest.approx((3.1 / 5, 0.05 / np.sqrt(2)))
    assert (found.repeats, found.folds, found.left_out) == (3, 5, 4)


def test_models_keep_their_order_and_do_not_mix() -> None:
    found = pool(pd.concat([table_of("z", [[0.6, 0.7]]), table_of("a", [[0.5, 0.8]])]))
    assert [(one.model, one.mean) for one in found] == [("z", pytest.approx(0.65)), ("a", pytest.approx(0.65))]


def test_one_repeat_has_an_interval_and_no_deviation_between_repeats() -> None:
    (found,) = pool(table_of("POMP", [[0.6, 0.7, 0.65]]))
    assert np.isnan(found.sd_between_repeats)
    assert found.interval.lower < 0.65 < found.interval.upper


def test_a_plain_model_that_could_not_be_fitted_in_most_folds_is_compared_on_the_others() -> None:
    """Its folds are as large as anybody's: four that were tested in turn have three times as many to train on."""
    reports = []
    for seed, missing in ((1, {0, 1, 2}), (2, {3})):
        table = predictions(seed, patients=40).assign(high_risk=lambda rows: rows["risk"] > 0)
        lacks = table[~table["fold"].isin(missing)].assign(model="forest")
        reports.append(evaluate(table, comparators=lacks))
    scores = report_scores(reports)
    first, forest = compare_pooled(scores)
    assert (first.score.folds, forest.score.folds, forest.score.left_out) == (8, 4, 4)
    assert fold_sizes(scores[scores["model"] == "forest"]) == (10, 30)
    assert (forest.ahead.mean, forest.ahead.folds, forest.ahead.left_out) == (0, 4, 4)


def test_the_interval_of_a_lead_is_cut_at_what_is_possible() -> None:
    """Two folds leave one degree of freedom: t is 12.7."""
    found = compare_folds(pd.concat([table_of("a", [[0.9, 0.5]]), table_of("b", [[0.5, 0.6]])]), "a", "b")
    assert (found.interval.lower, found.interval.upper) == (-1, 1)
    assert found.p_value == pytest.approx(corrected_t([0.4, -0.1], 10, 10).p_value)


def test_equal_scores_have_no_interval() -> None:
    (found,) = pool(table_of("POMP", [[0.5, 0.5], [0.5, 0.5]]))
    assert (found.sd, found.sd_between_repeats) == (0, 0)
    assert np.isnan([found.interval.lower, found.interval.upper]).all()
    assert found.reason == "every fold gives exactly 0.5: there is no spread to judge by"


def test_no_interval_reaches_beyond_what_a_c_index_can_be() -> None:
    scores = [1, 0.95, 0.7, 1, 0.9]
    (found,), bare = pool(table_of("POMP", [scores])), corrected_t(scores, 10, 40)
    assert bare.interval.upper == pytest.approx(1.142, abs=5e-4)
    assert (found.mean, found.interval.lower, found.interval.upper) == (bare.mean, bare.interval.lower, 1.0)
    (low,) = pool(table_of("POMP", [[1 - score for score in scores]]))
    assert (low.interval.lower, low.interval.upper) == (0.0, pytest.approx(1 - bare.interval.lower))


def test_more_repeats_narrow_the_interval_only_so_far() -> None:
    generator = np.random.default_rng(0)
    few, many = (pool(table_of("POMP", generator.normal(0.6, 0.05, (n, 5)).tolist()))[0] for n in (2, 400))
    ends = [one.interval.upper - one.interval.lower for one in (few, many)]
    assert ends[1] < ends[0]
    assert ends[1] == pytest.approx(2 * 1.96 * 0.05 * np.sqrt(1 / 4), rel=0.1)  # n_test/n_train stays


def test_scores_of_reports_are_harrells_c_by_fold() -> None:
    one, other = (predictions(seed, 90, folds).assign(high_risk=True) for seed, folds in ((0, 3), (1, 5)))
    quiet = one.assign(event=one["event"] & (one["fold"] != 1))
    found = report_scores([evaluate(quiet), evaluate(other)])
    assert list(found[["repeat", "fold"]].itertuples(index=False, name=None)) == [
        *((0, fold) for fold in range(3)),
        *((1, fold) for fold in range(5)),
    ]
    assert list(found["patients"]) == [30] * 3 + [18] * 5
    part = other[other["fold"] == 2]
    assert found["score"][5] == concordance_index(part["time_days"], part["event"], part["risk"])
    assert np.isnan(found["score"][1])


def test_a_model_that_one_report_lacks_is_left_out() -> None:
    one, other = (predictions(seed, 90, 3).assign(high_risk=True) for seed in (0, 1))
    beside = [pd.concat([table.assign(model=name) for name in names]) for table, names in ((one, "ab"), (other, "b"))]
    found = report_scores([evaluate(one, comparators=beside[0]), evaluate(other, comparators=beside[1])])
    assert list(found["model"].unique()) == ["POMP", "b"]
    assert found["repeat"].nunique() == 2


def test_sizes_of_folds_that_differ() -> None:
    # Repeat 0: 10 and 30 of 40; repeat 1: 20 and 20 of 40. Test 20 in the mean, training 20.
    table = table_of("POMP", [[0.1, 0.2], [0.3, 0.4]]).assign(patients=[10, 30, 20, 20])
    assert fold_sizes(table) == (20, 20)
    five = table_of("POMP", [[0.1] * 5])
    assert fold_sizes(five) == (10, 40)


def test_compared_on_the_folds_that_both_have() -> None:
    one = table_of("POMP", [[0.60, 0.62, 0.64], [0.61, np.nan, 0.71]])
    other = table_of("clinical Cox", [[0.58, 0.63, 0.60]])
    found = compare_folds(pd.concat([other.iloc[::-1], one]), "POMP", "clinical Cox")
    assert found == corrected_t([0.60 - 0.58, 0.62 - 0.63, 0.64 - 0.60], 10, 20)
    assert compare_folds(pd.concat([one, other]), "clinical Cox", "POMP").mean == pytest.approx(-found.mean)


def test_a_fold_that_one_cannot_score_is_left_out_of_the_comparison() -> None:
    one, other = table_of("a", [[0.6, np.nan, 0.7, 0.8]]), table_of("b", [[0.5, 0.5, np.nan, 0.6]])
    found = compare_folds(pd.concat([one, other]), "a", "b")
    assert (found.folds, found.left_out) == (2, 2)
    assert found.mean == pytest.approx(0.15)


GOOD = table_of("POMP", [[0.6, 0.7]])
WRONG = [
    (GOOD.drop(columns=["patients", "score"]), "column patients, score is missing"),
    (pd.concat([GOOD, GOOD.iloc[1:]]), "fold 1 of repeat 0 of POMP is there more than once"),
    (GOOD.iloc[:1], "repeat 0 of POMP has one fold only"),
    (GOOD.assign(score=[0.5, np.inf]), "A fold score is inf"),
]


@pytest.mark.parametrize(("scores", "message"), WRONG)
def test_wrong(scores: pd.DataFrame, message: str) -> None:
    with pytest.raises(RunError, match=message):
        pool(scores)


NOT_COMPARED = [
    (GOOD, "There are no scores of 'ridge': choose one of POMP"),
    (pd.concat([GOOD, table_of("ridge", [[0.5, 0.6]], patients=11)]), "have no fold of a repeat in common"),
    (pd.concat([GOOD, table_of("ridge", [[0.5, 0.6]]).assign(repeat=4)]), "have no fold of a repeat in common"),
]


@pytest.mark.parametrize(("scores", "message"), NOT_COMPARED)
def test_not_compared(scores: pd.DataFrame, message: str) -> None:
    with pytest.raises(RunError, match=message):
        compare_folds(scores, "POMP", "ridge")


def test_the_first_model_is_compared_with_the_others() -> None:
    scores = pd.concat([
        table_of("POMP", [[0.70, 0.72, 0.74], [0.71, 0.76, 0.73]]),
        table_of("ridge", [[0.60, 0.63, 0.66], [0.60, 0.65, 0.65]]),
        table_of("forest", [[0.69, 0.73, 0.70], [0.72, 0.70, 0.75]]),
    ])  # fmt: skip
    first, ridge, forest = compare_pooled(scores)
    assert (first.ahead, np.isnan(first.p_adjusted)) == (None, True)
    assert (ridge.ahead, forest.ahead) == (
        compare_folds(scores, "POMP", "ridge"),
        compare_folds(scores, "POMP", "forest"),
    )
    assert ridge.ahead is not None
    assert forest.ahead is not None
    assert [ridge.p_adjusted, forest.p_adjusted] == holm([ridge.ahead.p_value, forest.ahead.p_value]).tolist()
    assert (first.score, ridge.score, forest.score) == pool(scores)
    (alone,) = compare_pooled(table_of("POMP", [[0.7, 0.8]]))
    assert alone.ahead is None
