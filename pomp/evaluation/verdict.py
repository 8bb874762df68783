"""Whether one model is better than another, in words: one place, so that no page says more than another.

A difference can come from the choice of test patients, which a bootstrap shows, and from that of training patients,
which the spread over folds shows. A model is called better or worse only where both say the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from pomp.errors import RunError
from pomp.evaluation.corrected_t import CorrectedT
from pomp.evaluation.uncertainty import Interval, signed

Outcome = Literal["better", "worse", "cannot be told apart"]
APART: Outcome = "cannot be told apart"


@dataclass(frozen=True)
class Verdict:
    outcome: Outcome
    reasons: tuple[str, ...]
    """What speaks for it, or what stands against a difference; at least one, clauses without a full stop."""

    def sentence(self, model: str, other: str) -> str:
        """Such as "POMP and clinical Cox cannot be told apart: the interval … holds 0."."""
        said = f"{model} and {other} {APART}" if self.outcome == APART else f"{model} is {self.outcome} than {other}"
        return f"{said}: {'; '.join(self.reasons)}."


def judge(
    patients: Interval, training: CorrectedT | None, adjusted_p: float | None = None, alpha: float = 0.05
) -> Verdict:
    """Judge a gain: one model's score less another's, turned so that above 0 is better (Brier: the other's less its).

    Args:
        patients: the gain's bootstrap interval for the choice of test patients; nan where there is none.
        training: the gain fold by fold, by `corrected_t`. None: folds were not compared; then the test patients decide
            alone, and the reasons say so.
        adjusted_p: that test's p-value once it is adjusted for the other comparisons (`multiplicity`); None: it is the
            only comparison.
        alpha: p-values below it tell apart; the intervals are taken to have the coverage 1 - alpha.

    Raises:
        RunError: adjusted_p is outside [0, 1] or comes without a test, or alpha is outside (0, 1).
    """
    _check(training, adjusted_p, alpha)
    found = [_by_patients(patients)]
    if training is not None:
        found.append(_by_training(training, adjusted_p, alpha))
    if {sign for sign, _ in found} == {1, -1}:
        return Verdict(APART, ("test patients and training sets point in opposite directions", *_clauses(found)))
    against = tuple(clause for sign, clause in found if sign == 0)
    if against:
        return Verdict(APART, against)
    if training is None:
        found.append((found[0][0], "other training patients were not tried"))
    return Verdict("better" if found[0][0] > 0 else "worse", _clauses(found))


def _by_patients(interval: Interval) -> tuple[int, str]:
    """The direction that the choice of test patients leaves, 0 for none, and the clause that says so."""
    if math.isnan(interval.lower) or math.isnan(interval.upper):
        return 0, "there is no interval of the choice of patients"
    limits = f"the interval of the choice of patients, {signed(interval.lower)} to {signed(interval.upper)},"
    if interval.lower == interval.upper == 0:
        return 0, "both score alike, whichever patients are drawn"
    if interval.lower <= 0 <= interval.upper:
        return 0, f"{limits} holds 0"
    return (1 if interval.lower > 0 else -1), f"{limits} leaves 0 out"


def _by_training(test: CorrectedT, adjusted_p: float | None, alpha: float) -> tuple[int, str]:
    """As `_by_patients`, of the choice of training patients."""
    if test.reason is not None:
        return 0, f"no test of the choice of training patients: {test.reason}"
    p_value = test.p_value if adjusted_p is None else adjusted_p
    clause = (
        f"over {test.folds} folds, the corrected t-test of the choice of training patients gives p = {_p(test.p_value)}"
    )
    if adjusted_p is not None:
        clause += f", {_p(adjusted_p)} once adjusted for the other comparisons"
    if p_value >= alpha:
        return 0, clause
    return (1 if test.mean > 0 else -1), clause


def _clauses(found: list[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(clause for _, clause in found)


def _p(value: float) -> str:
    return "below 0.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def _check(training: CorrectedT | None, adjusted_p: float | None, alpha: float) -> None:
    if not 0 < alpha < 1:
        raise RunError(f"alpha is {alpha:g}: choose a number between 0 and 1, such as 0.05.")
    if adjusted_p is None:
        return
    if training is None:
        raise RunError("An adjusted p-value comes without the test that it belongs to: pass the corrected t-test too.")
    if not (0 <= adjusted_p <= 1 or (math.isnan(adjusted_p) and training.reason is not None)):
        raise RunError(f"An adjusted p-value is {adjusted_p:g}: p-values lie in [0, 1].")
