"""A model beside plain ones: gains, tests and verdicts agree with the functions that they are made of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pomp.evaluation.corrected_t import corrected_t
from pomp.evaluation.model_comparison import ModelComparison, compare_models
from pomp.evaluation.model_scores import score_models
from pomp.evaluation.report import evaluate


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    """A model that knows the time of death, one that guesses, and one that is the first under another name."""
    rng = np.random.default_rng(3)
    time = rng.exponential(1000, 120) + 1
    table = pd.DataFrame({
        "patient": [f"P{number:03d}" for number in range(120)], "fold": np.arange(120) % 4, "time_days": time,
        "event": rng.random(120) < 0.7, "risk": -np.log(time) + rng.normal(0, 0.4, 120),
    })  # fmt: skip
    table["high_risk"] = table["risk"] > table["risk"].median()
    return {"POMP": table, "guess": table.assign(risk=rng.normal(size=120)), "same": table}


def compare(tables: dict[str, pd.DataFrame], *others: str) -> tuple[ModelComparison, ...]:
    chosen = {name: tables[name] for name in ("POMP", *others)}
    parts = [table.assign(model=name) for name, table in chosen.items() if name != "POMP"]
    report = evaluate(chosen["POMP"], None, pd.concat(parts) if parts else None)
    return compare_models(report, score_models(chosen))


def test_a_model_that_knows_is_better_than_a_guess_and_like_itself(tables: dict[str, pd.DataFrame]) -> None:
    guess, same = compare(tables, "guess", "same")
    assert guess.verdict.outcome == "better"
    assert guess.gain.interval.lower > 0
    assert (same.gain.value, same.verdict.outcome) == (0, "cannot be told apart")


def test_the_test_is_the_corrected_one_of_the_folds_differences(tables: dict[str, pd.DataFrame]) -> None:
    (found,) = compare(tables, "guess")
    scores = {name: [fold.harrell for fold in evaluate(tables[name]).score.folds] for name in ("POMP", "guess")}
    expected = corrected_t(np.subtract(scores["POMP"], scores["guess"]), 30, 90)
    assert found.training.p_value == pytest.approx(expected.p_value)
    assert found.gain.value == pytest.approx(expected.mean)
    assert "adjusted" not in " ".join(found.verdict.reasons)  # there is nothing to adjust for


def test_several_comparisons_are_adjusted_for(tables: dict[str, pd.DataFrame]) -> None:
    others = {"guess": tables["guess"], "again": tables["guess"]}
    first, second = compare(tables | others, "guess", "again")
    assert first.training.p_value == pytest.approx(second.training.p_value)
    assert "once adjusted for the other comparisons" in " ".join(first.verdict.reasons)


def test_a_fold_whose_patients_the_other_has_not_all_scored_is_left_out_of_the_test(
    tables: dict[str, pd.DataFrame],
) -> None:
    fewer = {"guess": tables["guess"].drop(index=[4, 8])}  # both of fold 0
    (whole,), (found,) = compare(tables, "guess"), compare(tables | fewer, "guess")
    assert (whole.training.folds, found.training.folds, found.training.left_out) == (4, 3, 1)


def test_without_plain_models_there_is_nothing_to_compare(tables: dict[str, pd.DataFrame]) -> None:
    assert compare(tables) == ()
