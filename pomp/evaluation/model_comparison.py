"""A model beside each plain one on the same folds: the difference, and whether the two can be told apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pomp.evaluation.corrected_t import CorrectedT, corrected_t
from pomp.evaluation.model_scores import ModelScores
from pomp.evaluation.multiplicity import holm
from pomp.evaluation.paired import Estimate
from pomp.evaluation.report import EvaluationReport, ModelScore
from pomp.evaluation.verdict import Verdict, judge


@dataclass(frozen=True)
class ModelComparison:
    """What the model gains over another in Harrell's C, mean over folds."""

    other: str
    gain: Estimate
    """With the bootstrap interval of the choice of test patients."""
    training: CorrectedT
    """The gain fold by fold, tested for the choice of training patients."""
    verdict: Verdict


def compare_models(report: EvaluationReport, scores: ModelScores) -> tuple[ModelComparison, ...]:
    """The report's model beside each of its comparators; p-values are adjusted for their number by Holm's method.

    Args:
        report: gives the scores of the folds.
        scores: of the same models, the first that of the report, in the same order.
    """
    tests = [_fold_by_fold(report.score, other) for other in report.comparators]
    adjusted = holm([test.p_value for test in tests]) if tests else ()
    gains = [model.added for model in scores.models[1:]]
    return tuple(
        ModelComparison(other.model, gain, test, judge(gain.interval, test, float(p_value) if len(tests) > 1 else None))
        for other, gain, test, p_value in zip(report.comparators, gains, tests, adjusted, strict=True)
        if gain is not None
    )


def _fold_by_fold(model: ModelScore, other: ModelScore) -> CorrectedT:
    differences = np.subtract([fold.harrell for fold in model.folds], other.on_folds_of(model))
    everybody, test = sum(fold.patients for fold in model.folds), float(np.mean([f.patients for f in model.folds]))
    # One fold has no training patients among those scored; without a spread over folds there is no test anyway.
    return corrected_t(differences, test, max(everybody - test, 1.0))
