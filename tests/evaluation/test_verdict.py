"""What is said of two models: a table of what the two kinds of evidence show."""

from __future__ import annotations

from typing import Any

import pytest

from pomp.errors import RunError
from pomp.evaluation.corrected_t import CorrectedT, corrected_t
from pomp.evaluation.uncertainty import Interval
from pomp.evaluation.verdict import judge

BETTER, WORSE, UNCLEAR = Interval(0.012, 0.05), Interval(-0.05, -0.0123), Interval(-0.01, 0.03)
NAN = Interval(float("nan"), float("nan"))
APART = "cannot be told apart"
NOT_TRIED = "other training patients were not tried"


def fold_by_fold(scores: list[float]) -> CorrectedT:
    return corrected_t(scores, 1, 4)


UP, DOWN = fold_by_fold([0.03, 0.032, 0.031, 0.029, 0.03]), fold_by_fold([-0.03, -0.032, -0.031, -0.029, -0.03])
NOISY = fold_by_fold([0.03, -0.02, 0.05, -0.04, 0.0])
HOLDS = "the interval of the choice of patients, −0.010 to +0.030, holds 0"
ABOVE = "the interval of the choice of patients, +0.012 to +0.050, leaves 0 out"
BELOW = "the interval of the choice of patients, −0.050 to −0.012, leaves 0 out"
ADJUSTED = "once adjusted for the other comparisons"
OVER = "over 5 folds, the corrected t-test of the choice of training patients gives p ="
CASES: list[tuple[str, tuple[Any, ...], str, tuple[str, ...]]] = [
    ("both say better", (BETTER, UP), "better", (ABOVE, f"{OVER} below 0.001")),
    ("both say worse", (WORSE, DOWN), "worse", (BELOW, f"{OVER} below 0.001")),
    ("patients say nothing", (UNCLEAR, UP), APART, (HOLDS,)),
    ("training sets say nothing", (BETTER, NOISY), APART, (f"{OVER} 0.88",)),
    ("neither says anything", (UNCLEAR, NOISY), APART, (HOLDS, f"{OVER} 0.88")),
    (
        "they contradict each other",
        (BETTER, DOWN),
        APART,
        ("test patients and training sets point in opposite directions", ABOVE, f"{OVER} below 0.001"),
    ),
    ("too many comparisons", (BETTER, UP, 0.2), APART, (f"{OVER} below 0.001, 0.20 {ADJUSTED}",)),
    ("a p of exactly alpha", (BETTER, UP, 0.05), APART, (f"{OVER} below 0.001, 0.050 {ADJUSTED}",)),
    ("adjusted and still apart", (BETTER, UP, 0.0234), "better", (ABOVE, f"{OVER} below 0.001, 0.023 {ADJUSTED}")),
    (
        "a limit of exactly 0",
        (Interval(0.0, 0.1), UP),
        APART,
        ("the interval of the choice of patients, +0.000 to +0.100, holds 0",),
    ),
    (
        "the same model",
        (Interval(0.0, 0.0), fold_by_fold([0.0, 0.0])),
        APART,
        (
            "both score alike, whichever patients are drawn",
            "no test of the choice of training patients: every fold gives exactly 0: there is no spread to judge by",
        ),
    ),
    ("no interval", (NAN, UP), APART, ("there is no interval of the choice of patients",)),
    (
        "no test",
        (BETTER, fold_by_fold([0.1])),
        APART,
        ("no test of the choice of training patients: only one fold has a score: there is no spread to judge by",),
    ),
    (
        "no test, hence no adjusted p",
        (UNCLEAR, fold_by_fold([0.1]), float("nan")),
        APART,
        (
            HOLDS,
            "no test of the choice of training patients: only one fold has a score: there is no spread to judge by",
        ),
    ),
    ("folds were not compared", (WORSE, None), "worse", (BELOW, NOT_TRIED)),
    ("folds were not compared, nor is anything seen", (UNCLEAR, None), APART, (HOLDS,)),
]


@pytest.mark.parametrize(("given", "outcome", "reasons"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_verdict(given: tuple[Any, ...], outcome: str, reasons: tuple[str, ...]) -> None:
    found = judge(*given)
    assert (found.outcome, found.reasons) == (outcome, reasons)


def test_alpha_moves_the_line() -> None:
    borderline = fold_by_fold([0.03, 0.01, 0.02, 0.04, 0.05])
    assert 0.04 < borderline.p_value < 0.05
    assert [judge(BETTER, borderline, alpha=alpha).outcome for alpha in (0.04, 0.05)] == [APART, "better"]


def test_sentences() -> None:
    assert (
        judge(UNCLEAR, UP).sentence("POMP", "clinical Cox") == f"POMP and clinical Cox cannot be told apart: {HOLDS}."
    )
    said = judge(BETTER, UP).sentence("POMP", "clinical Cox")
    assert said == f"POMP is better than clinical Cox: {ABOVE}; {OVER} below 0.001."


WRONG = [
    ((BETTER, UP, 1.2), {}, "An adjusted p-value is 1.2: p-values lie in"),
    ((BETTER, UP, float("nan")), {}, "An adjusted p-value is nan"),
    ((BETTER, None, 0.2), {}, "comes without the test that it belongs to"),
    ((BETTER, UP), {"alpha": 0.0}, "alpha is 0: choose a number between 0 and 1"),
]


@pytest.mark.parametrize(("given", "named", "message"), WRONG)
def test_wrong(given: tuple[Any, ...], named: dict[str, float], message: str) -> None:
    with pytest.raises(RunError, match=message):
        judge(*given, **named)
