"""The report of a run: numbers against their own functions, notes for odd folds, and bad tables."""

from __future__ import annotations

import functools
import json
import re

import numpy as np
import pandas as pd
import pytest

from pomp.errors import RunError
from pomp.evaluation.calibration import breslow
from pomp.evaluation.concordance import concordance_index, uno_concordance
from pomp.evaluation.curves import kaplan_meier, logrank
from pomp.evaluation.hazard_ratio import hazard_ratio
from pomp.evaluation.model_scores import score_models
from pomp.evaluation.report import HIGH, LOW, EvaluationReport, evaluate, optimism


def predictions(patients: int = 150, folds: int = 5, seed: int = 0) -> pd.DataFrame:
    """Out-of-fold predictions of a useful model; follow-up of up to eight years."""
    generator = np.random.default_rng(seed)
    risk = generator.normal(size=patients)
    death, loss = generator.exponential(900 / np.exp(risk)), generator.uniform(200, 2900, patients)
    fold = np.arange(patients) % folds
    return pd.DataFrame(
        {
            "patient": [f"P{number:03d}" for number in range(patients)],
            "fold": fold,
            "time_days": np.ceil(np.minimum(death, loss)),
            "event": death <= loss,
            "risk": risk + fold,  # every fold's model has a scale of its own
            "cutoff": fold.astype(float),
            "high_risk": risk > 0,
            "epoch": 80,
        }
    )


def baseline_of(table: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for fold, part in table.groupby("fold"):
        hazard = breslow(part["time_days"], part["event"], part["risk"])
        parts.append(pd.DataFrame({"fold": fold, "time_days": hazard.x, "cumulative_hazard": hazard.y}))
    return pd.concat(parts)


@functools.cache
def usual_report() -> EvaluationReport:
    return evaluate(predictions())


def test_scores_by_fold() -> None:
    table, report = predictions(), usual_report()
    assert [fold.fold for fold in report.score.folds] == [0, 1, 2, 3, 4]
    for found in report.score.folds:
        part, training = table[table["fold"] == found.fold], table[table["fold"] != found.fold]
        scored = part["time_days"], part["event"], part["risk"]
        tau = training["time_days"].quantile(0.9)
        assert (found.patients, found.events) == (30, part["event"].sum())
        assert found.harrell == concordance_index(*scored)
        assert found.uno == uno_concordance(training["time_days"], training["event"], *scored, tau=tau)
        assert found.uno == pytest.approx(found.harrell, abs=0.1)
        assert found.paper == pytest.approx(found.harrell, abs=0.01)
    harrell = [fold.harrell for fold in report.score.folds]
    assert report.score.mean == pytest.approx(np.mean(harrell))
    assert report.score.sd == pytest.approx(np.std(harrell, ddof=1))
    assert report.score.lower < report.score.mean < report.score.upper
    assert report.notes == ()


def test_groups_are_compared_within_folds() -> None:
    table, report = predictions(), usual_report()
    columns = table["high_risk"], table["time_days"], table["event"], table["fold"]
    assert report.logrank == logrank(*columns)
    assert report.hazard_ratio == hazard_ratio(*columns)
    assert report.permutation_p is not None
    assert report.permutation_p == pytest.approx(1 / 1001)
    for name, chosen in ((LOW, ~table["high_risk"]), (HIGH, table["high_risk"])):
        expected = kaplan_meier(table["time_days"][chosen], table["event"][chosen])
        np.testing.assert_array_equal(report.curves[name].survival, expected.survival)


def test_row_order_changes_nothing() -> None:
    table = predictions()
    shuffled = table.sample(frac=1, random_state=1)
    assert evaluate(shuffled, baseline_of(table)).to_json() == evaluate(table, baseline_of(table)).to_json()


def test_comparators_in_their_order() -> None:
    table = predictions()
    noise = table.assign(risk=np.random.default_rng(1).normal(size=len(table)))
    both = pd.concat([part.assign(model=name) for name, part in (("ridge Cox", table), ("clinical Cox", noise))])
    report = evaluate(table, comparators=both)
    assert [score.model for score in report.comparators] == ["ridge Cox", "clinical Cox"]
    assert report.comparators[0].folds == report.score.folds
    assert report.comparators[1].mean == pytest.approx(0.5, abs=0.1)


def test_calibration_at_horizons_within_the_follow_up() -> None:
    table = predictions(400)
    report = evaluate(table, baseline_of(table))
    assert [found.horizon_days for found in report.calibration[::4]] == [365.25, 1095.75, 1826.25]
    assert sum(found.patients for found in report.calibration[:4]) == 400
    known = [found for found in report.calibration if not np.isnan(found.observed)]
    assert len(known) > 9
    assert all(found.lower - 0.05 < found.predicted < found.upper + 0.05 for found in known)
    short = table.assign(time_days=table["time_days"].clip(upper=700))
    assert {found.horizon_days for found in evaluate(short, baseline_of(short)).calibration} == {365.25}


def test_json_has_neither_nan_nor_arrays() -> None:
    table = predictions()
    table.loc[table["fold"] == 0, "event"] = False
    report = evaluate(table, baseline_of(predictions()))
    found = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert found["score"]["folds"][0]["harrell"] is None
    assert found["curves"][LOW]["survival"][0] == 1
    assert found["assignment"]["P001"] == 1


ODD = [
    # (what, change of the table, note)
    ("a fold without deaths", lambda t: t.assign(event=t["event"] & (t["fold"] != 2)), r"fold 3 \(30 .*, 0 events"),
    ("one group", lambda t: t.assign(high_risk=True), "All patients are in the high risk group"),
    ("nobody dies", lambda t: t.assign(event=False), "no log-rank test"),
    ("the groups are the folds", lambda t: t.assign(high_risk=t["fold"] > 2), "no log-rank test"),
    ("only the high group dies", lambda t: t.assign(event=t["event"] & t["high_risk"]), "no hazard ratio"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "note"), [case[1:] for case in ODD], ids=[case[0] for case in ODD])
def test_what_is_undefined_is_noted(change, note: str) -> None:
    report = evaluate(change(predictions()))
    assert any(re.search(note, text) for text in report.notes), report.notes
    json.dumps(report.to_json(), allow_nan=False)


def test_the_mean_leaves_out_a_fold_without_pairs() -> None:
    table = predictions()
    table.loc[table["fold"] == 2, "event"] = False
    report = evaluate(table)
    harrell = [fold.harrell for fold in report.score.folds]
    assert np.isnan(harrell[2])
    assert report.score.mean == pytest.approx(np.nanmean(harrell))


def test_a_comparator_on_other_patients_is_noted() -> None:
    table = predictions()
    report = evaluate(table, comparators=table.iloc[10:].assign(model="clinical Cox"))
    assert any("clinical Cox: 140 of 150 patients" in note for note in report.notes)


def test_one_fold_has_neither_deviation_nor_uno() -> None:
    report = evaluate(predictions(40, folds=1))
    assert np.isnan([report.score.sd, report.score.folds[0].uno]).all()


BAD = [
    ("a column is missing", lambda t: t.drop(columns=["risk", "fold"]), "predictions: column fold, risk is missing"),
    ("a risk is nan", lambda t: t.assign(risk=t["risk"].where(t["patient"] != "P003")), "risk of patient P003 is nan"),
    ("a time is infinite", lambda t: t.assign(time_days=np.inf), "time_days of patient P000 is inf.*150 such rows"),
    ("a patient twice", lambda t: pd.concat([t, t.iloc[[4]]]), "patient P004 is there more than once"),
]


@pytest.mark.parametrize(("change", "message"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_bad_tables(change, message: str) -> None:
    with pytest.raises(RunError, match=message):
        evaluate(change(predictions()))


def test_a_baseline_without_a_fold() -> None:
    table = predictions()
    with pytest.raises(RunError, match="baseline: fold 4 is missing"):
        evaluate(table, baseline_of(table[table["fold"] != 3]))


def test_optimism_is_paired_by_fold() -> None:
    table = predictions()
    better = table.assign(risk=table["risk"] - table["time_days"] / 500)
    honest, paper = usual_report(), evaluate(better)
    found = optimism(honest, paper)
    differences = [b.harrell - a.harrell for a, b in zip(honest.score.folds, paper.score.folds, strict=True)]
    assert [fold.difference for fold in found.folds] == differences
    assert found.difference == pytest.approx(paper.score.mean - honest.score.mean)
    assert found.difference > 0
    assert found.sd == pytest.approx(np.std(differences, ddof=1))


APART = [
    ("other patients", lambda t: t.iloc[2:], "2 patients are in one of them only, such as P000, P001"),
    ("other folds", lambda t: t.assign(fold=t["fold"].where(t["patient"] != "P007", 0)),
     r"1 patient is in other folds, such as P007 \(fold 3 and 1\)"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "message"), [case[1:] for case in APART], ids=[case[0] for case in APART])
def test_optimism_needs_the_same_splits(change, message: str) -> None:
    with pytest.raises(RunError, match=message):
        optimism(usual_report(), evaluate(change(predictions())))


def test_a_perfect_order_has_no_interval() -> None:
    table = predictions(40)
    table["risk"] = -table["time_days"]
    report = evaluate(table)
    (found,) = score_models({"POMP": table}).models
    assert report.score.mean == found.harrell.value == 1
    limits = [one.interval for one in (found.harrell, found.uno)]
    assert np.isnan([report.score.lower, report.score.upper, *(one.lower for one in limits)]).all()
    assert report.to_json()["score"]["lower"] is None


def test_a_model_that_lacks_a_fold_has_no_score_there_and_keeps_the_others_in_place() -> None:
    table = predictions()
    fewer = table[~table["patient"].isin(table.loc[table["fold"] == 2, "patient"].head(3))]
    lacks = pd.concat([fewer[fewer["fold"] != 0].assign(model="forest")])
    report = evaluate(table, comparators=lacks)
    (forest,) = report.comparators
    expected = [np.nan, *(fold.harrell for fold in report.score.folds[1:])]
    expected[2] = np.nan  # three of its patients are not scored
    np.testing.assert_array_equal(forest.on_folds_of(report.score), expected)
