"""Models by time: fold by fold against scikit-survival, and on the same draws against the functions of one model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sksurv import metrics
from sksurv.util import Surv

from pomp.errors import RunError
from pomp.evaluation.calibration import fold_baseline, predicted_survival
from pomp.evaluation.paired import draw_patients, estimate, with_draws
from pomp.evaluation.prediction_error import brier_times, drawn_auc, prediction_error
from pomp.evaluation.timed_scores import REFERENCE, TimedScores, score_by_time

from .test_prediction_error import baseline_of, predictions

HORIZONS = (200.0, 500.0)


def models() -> dict[str, pd.DataFrame]:
    """A good model, the same with noise on it, and noise; the study ends after 1,000 days in every fold."""
    table = predictions(2)
    after = table["time_days"] > 1000
    table = table.assign(time_days=table["time_days"].mask(after, 1000), event=table["event"] & ~after)
    table.loc[:3, ["time_days", "event"]] = [1.0, False]  # one of each fold, lost at once: scikit-survival starts there
    noise = np.random.default_rng(0).normal(size=len(table))
    return {"POMP": table, "near": table.assign(risk=table["risk"] + noise / 2), "noise": table.assign(risk=noise)}


def scored(tables: dict[str, pd.DataFrame], with_baseline: tuple[str, ...], resamples: int = 200) -> TimedScores:
    return score_by_time(tables, {name: baseline_of(tables[name]) for name in with_baseline}, HORIZONS, resamples)


def values(found: TimedScores, model: str) -> dict[tuple[str, float], float]:
    return {(one.kind, one.days): one.score.value for one in found.scores if one.model == model}


def test_by_fold_then_mean_equals_scikit_survival() -> None:
    tables = models()
    found = values(scored(tables, ("near",), resamples=2), "near")
    table, baseline = tables["near"], baseline_of(tables["near"])
    grid = brier_times(table["time_days"])[:-1]  # on the last day of the study nobody is left: it cannot be weighted
    expected: dict[tuple[str, float], list[float]] = {key: [] for key in found}
    for fold in range(4):
        train, test = table[table["fold"] != fold], table[table["fold"] == fold]
        both = [Surv.from_arrays(part["event"], part["time_days"]) for part in (train, test)]
        survival = predicted_survival(fold_baseline(baseline, fold), test["risk"], grid)
        expected["integrated brier", grid[-1]].append(metrics.integrated_brier_score(*both, survival, grid))
        for days in HORIZONS:
            at = predicted_survival(fold_baseline(baseline, fold), test["risk"], [days])
            expected["brier", days].append(metrics.brier_score(*both, at, [days])[1][0])
            expected["auc", days].append(metrics.cumulative_dynamic_auc(*both, test["risk"].to_numpy(), [days])[0][0])
    assert found == pytest.approx({key: np.mean(of_folds) for key, of_folds in expected.items()}, rel=1e-9)


def test_agrees_with_the_functions_of_one_model() -> None:
    tables = models()
    found = {(one.model, one.kind, one.days): one.score for one in scored(tables, ("POMP",)).scores}
    for days in HORIZONS:
        drawn = with_draws(200, 200)
        alone = estimate(drawn_auc(tables["POMP"], days, drawn)[0])
        assert found["POMP", "auc", days].value == pytest.approx(alone.value)
        assert vars(found["POMP", "auc", days].interval) == pytest.approx(vars(alone.interval))
        assert alone.interval.lower < alone.value < alone.interval.upper
    curve = prediction_error(tables["POMP"], baseline_of(tables["POMP"]))
    until = curve.time[-1]
    assert found["POMP", "integrated brier", until].value == pytest.approx(curve.integrated)
    assert found[REFERENCE, "integrated brier", until].value == pytest.approx(curve.integrated_reference)


def test_a_draw_is_scored_as_if_its_patients_were_the_cohort() -> None:
    # With one draw, both limits of the interval are that draw's value: patients repeated as often as they are drawn.
    tables = {"POMP": models()["POMP"].sort_values("patient", ignore_index=True)}
    table = tables["POMP"]
    found = {
        (one.kind, one.days): one.score for one in scored(tables, ("POMP",), resamples=1).scores if one.model == "POMP"
    }
    drawn = draw_patients(len(table), 1, seed=0)[0].astype(int)
    baseline, expected = baseline_of(table), []
    for fold in range(4):
        own = (table["fold"] == fold).to_numpy()
        copies = table.loc[np.repeat(table.index[own], drawn[own])]
        both = [Surv.from_arrays(part["event"], part["time_days"]) for part in (table[~own], copies)]
        at = predicted_survival(fold_baseline(baseline, fold), copies["risk"], [500.0])
        expected.append(metrics.brier_score(*both, at, [500.0])[1][0])
    assert found["brier", 500.0].interval.lower == pytest.approx(np.mean(expected))
    assert found["brier", 500.0].interval.upper == pytest.approx(np.mean(expected))


def test_gains_speak_for_the_first_model_whatever_the_kind() -> None:
    tables = models()
    found = scored(tables, ("POMP", "near", "noise"))
    for one in found.scores:
        if one.model == "POMP":
            assert one.gain is None
            continue
        assert one.gain is not None
        own = values(found, "POMP")[one.kind, one.days]
        turned = 1 if one.kind == "auc" else -1
        assert one.gain.value == pytest.approx(turned * (own - one.score.value))
        if one.model in ("noise", REFERENCE):
            assert one.gain.interval.lower > 0, one
    of_noise = [one for one in found.scores if one.model == "noise"]
    assert [one.kind for one in of_noise] == ["auc", "auc", "brier", "brier", "integrated brier"]


def test_a_model_beside_itself_gains_nothing_on_any_draw() -> None:
    table = models()["POMP"]
    for one in scored({"one": table, "other": table}, ("one", "other"), resamples=50).scores:
        if one.model == "other":
            assert one.gain is not None
            assert (one.gain.value, one.gain.interval.lower, one.gain.interval.upper) == (0, 0, 0)


def test_without_a_baseline_there_is_no_brier_score_and_no_gain_by_it() -> None:
    found = scored(models(), ("near",), resamples=5)
    assert {one.kind for one in found.scores if one.model in ("POMP", "noise")} == {"auc"}
    by_brier = [one for one in found.scores if one.kind != "auc"]
    assert {one.model for one in by_brier} == {"near", REFERENCE}
    assert all(one.gain is None for one in by_brier)


def test_ranking_by_chance_and_everybody_alike() -> None:
    table = models()["POMP"].assign(risk=0.0)
    found = values(score_by_time({"flat": table}, {"flat": baseline_of(table)}, HORIZONS, 5), "flat")
    reference = values(score_by_time({"flat": table}, {}, HORIZONS, 5), REFERENCE)
    assert [found["auc", days] for days in HORIZONS] == [0.5, 0.5]
    for key, value in reference.items():
        assert found[key] == pytest.approx(value, abs=0.005)  # Breslow's curve is not quite Kaplan-Meier's


def test_a_horizon_that_nobody_reaches_and_folds_that_cannot_be_weighted() -> None:
    table = models()["POMP"]
    late = score_by_time({"POMP": table}, {"POMP": baseline_of(table)}, (5000.0,), 5)
    for one in late.scores:
        assert np.isnan(one.score.value) == np.isnan(one.score.interval.lower) == (one.days == 5000.0)
    # Fold 0 alone is followed beyond day 300: its training patients say nothing of later, the others' do.
    longest = (table["fold"] != 0) & (table["time_days"] > 300)
    cut = table.assign(time_days=table["time_days"].mask(longest, 300), event=table["event"] & ~longest)
    found = score_by_time({"POMP": cut}, {"POMP": baseline_of(cut)}, (600.0,), 5)
    assert values(found, "POMP")["brier", 600.0] > 0
    (until,) = {one.days for one in found.scores if one.kind == "integrated brier"}
    assert until <= 300 < brier_times(cut["time_days"])[-1]


def test_patients_without_events_have_brier_scores_and_no_auc() -> None:
    table = models()["POMP"].assign(event=False)
    hazard = pd.DataFrame({"fold": range(4), "time_days": 100.0, "cumulative_hazard": 0.1})
    found = values(score_by_time({"POMP": table}, {"POMP": hazard}, (200.0,), 5), "POMP")
    assert np.isnan(found["auc", 200.0])
    assert 0 < found["brier", 200.0] < 1


def test_a_model_that_lacks_folds_is_left_out_and_changes_nothing() -> None:
    table = predictions(1, patients=120)
    others = {"noise": table.assign(risk=np.random.default_rng(1).normal(size=120))}
    hazards = {"POMP": baseline_of(table)}
    lacks = {"one fold": table[table["fold"] == 1], "no first": table[table["fold"] != 0]}
    without, beside = (
        score_by_time({"POMP": table, **chosen}, hazards, [500.0], 20) for chosen in (others, others | lacks)
    )
    assert beside == without


def test_only_patients_that_all_models_scored_count() -> None:
    tables = models()
    tables["noise"] = tables["noise"].iloc[7:]
    assert scored(tables, (), resamples=2).patients == len(tables["POMP"]) - 7


WRONG = [
    (lambda table: table.assign(fold=0), lambda baseline: baseline, "The predictions are of one fold"),
    (lambda table: table, lambda baseline: baseline[baseline["fold"] != 2], "baseline: fold 3 is missing"),
    (lambda table: table.assign(risk=np.nan), lambda baseline: baseline, "POMP: the risk of patient P-000 is nan"),
]


@pytest.mark.parametrize(("change", "change_baseline", "message"), WRONG)
def test_wrong(change: object, change_baseline: object, message: str) -> None:
    assert callable(change)
    assert callable(change_baseline)
    table = models()["POMP"]
    with pytest.raises(RunError, match=message):
        score_by_time({"POMP": change(table)}, {"POMP": change_baseline(baseline_of(table))}, HORIZONS, 2)
