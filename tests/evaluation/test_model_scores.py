"""Models beside each other: the report's numbers, intervals on one draw, and the difference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pomp.errors import RunError
from pomp.evaluation.concordance import uno_tau
from pomp.evaluation.model_scores import score_models
from pomp.evaluation.report import evaluate

from .test_prediction_error import predictions


def models() -> dict[str, pd.DataFrame]:
    table = predictions(4, patients=120, folds=3)
    noise = np.random.default_rng(0).normal(size=120)
    return {"POMP": table, "clinical Cox": table.assign(risk=table["risk"] + noise), "noise": table.assign(risk=noise)}


def test_values_are_those_of_the_report() -> None:
    tables = models()
    found = score_models(tables)
    report = evaluate(
        tables["POMP"].assign(high_risk=tables["POMP"]["risk"] > 0),
        comparators=pd.concat([table.assign(model=name) for name, table in tables.items() if name != "POMP"]),
    )
    for one, expected in zip(found.models, (report.score, *report.comparators), strict=True):
        assert one.model == expected.model
        assert one.harrell.value == pytest.approx(expected.mean)
        assert vars(one.harrell.interval) == pytest.approx({"lower": expected.lower, "upper": expected.upper})
        for name in ("uno", "paper"):
            mean = np.mean([getattr(fold, name) for fold in expected.folds])
            estimate = getattr(one, name)
            assert estimate.value == pytest.approx(mean)
            assert estimate.interval.lower < estimate.value < estimate.interval.upper


def test_a_death_on_the_day_of_tau_does_not_count_for_uno_as_in_the_report() -> None:
    table = predictions(4, patients=120, folds=3)
    table["time_days"] = np.ceil(table["time_days"] / 200) * 200
    found = score_models({"POMP": table}, resamples=5)
    assert table.loc[table["event"], "time_days"].isin(found.tau_days).any()
    folds = evaluate(table.assign(high_risk=table["risk"] > 0)).score.folds
    assert found.models[0].uno.value == pytest.approx(np.mean([fold.uno for fold in folds]))


def test_uno_tau_is_that_of_the_other_folds() -> None:
    tables = models()
    table = tables["POMP"]
    expected = [uno_tau(table.loc[table["fold"] != fold, "time_days"]) for fold in range(3)]
    assert score_models(tables).tau_days == tuple(expected)


def test_added_is_the_difference_on_the_same_draws() -> None:
    lead, near, far = score_models(models()).models
    assert lead.added is None
    for other in (near, far):
        assert other.added is not None
        assert other.added.value == pytest.approx(lead.harrell.value - other.harrell.value)
    assert far.added.interval.lower > 0
    same = score_models({name: models()["POMP"] for name in ("one", "other")}).models[1].added
    assert (same.value, same.interval.lower, same.interval.upper) == (0, 0, 0)


def test_only_patients_that_all_models_scored_count() -> None:
    tables = models()
    tables["noise"] = tables["noise"].iloc[5:]
    assert score_models(tables, resamples=5).patients == 115


def test_ties_count_half_for_harrell_and_nothing_for_the_paper() -> None:
    table = predictions(5, patients=40, folds=2).assign(risk=0.0)
    (found,) = score_models({"POMP": table}, resamples=5).models
    assert (found.harrell.value, found.uno.value, found.paper.value) == (0.5, 0.5, 0)


def test_one_fold_has_no_uno() -> None:
    found = score_models({"POMP": predictions(6, patients=40, folds=1)}, resamples=5)
    assert np.isnan(found.models[0].uno.value)
    assert np.isnan(found.tau_days).all()
    assert found.models[0].harrell.value > 0.5


def test_models_of_other_patients() -> None:
    tables = models()
    tables["noise"] = tables["noise"].assign(patient="X-" + tables["noise"]["patient"])
    with pytest.raises(RunError, match="POMP, clinical Cox, noise share no patient in the same fold"):
        score_models(tables)
