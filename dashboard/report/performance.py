"""How well a run tells high from low risk: headline, curves, C-indices, calibration, and the protocols side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from dashboard.charts.calibration import (
    brier_figure,
    brier_table,
    calibration_figure,
    calibration_table,
)
from dashboard.charts.concordance import concordance_figure, concordance_table
from dashboard.charts.survival import capitalise, survival_figure, survival_table
from dashboard.charts.timed_scores import shown_scores
from dashboard.endpoints import Endpoint, describe_endpoint
from dashboard.report.document import Block, Card, Cards, Section, Tone, figure, section, table, text
from dashboard.report.protocols import describe_optimism
from dashboard.theme import HIGH_RISK, LOW_RISK
from dashboard.words import headline
from pomp.evaluation.paired import Estimate
from pomp.evaluation.report import HIGH, LOW
from pomp.evaluation.timed_scores import Kind
from pomp.evaluation.uncertainty import signed, signed_words
from pomp.runs.info_sheet.facts import RunFacts
from pomp.runs.info_sheet.results import calibrated, estimate, integrated, verdicts
from pomp.runs.readable import left_out
from pomp.runs.twins import HONEST, Contrast, Twin, Twins, contrasts
from pomp.wording import DAYS_PER_YEAR, number, p_value

SEEN = (
    "Intervals come from drawing the test patients again 1,000 times: they say how far the mean could be off by "
    "the choice of patients, not how training on others would differ."
)


def headline_section(facts: RunFacts) -> Section:
    """The numbers that a run stands for, beside the plain models, and what a careful reader makes of them."""
    report = facts.report
    score, ratio = report.score, report.hazard_ratio
    cards = [
        Card(f"{facts.model}: C-index", headline(score), f"95 % interval {_limits(score.lower, score.upper)}"),
        *(
            Card(f"{other.model}: C-index", headline(other), f"95 % interval {_limits(other.lower, other.upper)}")
            for other in report.comparators
        ),
        Card("Log-rank p", p_value(report.logrank.p_value if report.logrank else None),
             f"stratified by fold; by shuffling groups {p_value(report.permutation_p)}"),
        Card("Hazard ratio", "–" if ratio is None else f"{ratio.ratio:.2f}",
             "not defined" if ratio is None else f"95 % interval {_limits(ratio.lower, ratio.upper, 2)}"),
        Card("Patients", f"{facts.patients:,}", _endpoint(facts).count(facts.events)),
    ]  # fmt: skip
    how = (
        "C-index: of all pairs of patients whose order is known, the share that the risk puts in the right order; 0.5 "
        "is guessing. Mean ± standard deviation over folds, whose patients were not trained on."
    )
    lacking = None if report.comparators else text("The run has no plain models to stand beside it.", tone="warn")
    return section(
        "result", "Result", [Cards(tuple(cards)), text(*verdicts(facts), tone=_tone(facts)), lacking, text(how, SEEN)]
    )


def curves_section(facts: RunFacts) -> Section:
    """Kaplan-Meier curves of the risk groups."""
    report, endpoint = facts.report, _endpoint(facts)
    if not report.curves:
        return section("curves", "Risk groups", [text("There is no patient to draw a curve of.", tone="warn")])
    drawn = figure(
        "kaplan-meier", survival_figure(report.curves, {LOW: LOW_RISK, HIGH: HIGH_RISK}, endpoint),
        survival_table(report.curves), "Kaplan-Meier curves of the low- and the high-risk group, with numbers at risk",
        "Bands: 95 %. Ticks: follow-up ended without the event. A patient is in the high-risk group if the risk is "
        f"above the median risk of that fold's training patients. {endpoint.competing}".strip(),
    )  # fmt: skip
    rows = [
        (capitalise(name), curve.patients, int(curve.events.sum()), _median(curve.median),
         _reached(curve.median_lower / DAYS_PER_YEAR, curve.median_upper / DAYS_PER_YEAR))
        for name, curve in report.curves.items()
    ]  # fmt: skip
    groups = pd.DataFrame(rows, columns=["group", "patients", endpoint.events, "median (years)", "95 % interval"])
    found = report.logrank
    said = (
        f"Log-rank p {p_value(found.p_value if found else None)} (stratified by fold), permutation p "
        f"{p_value(report.permutation_p)}."
    )
    if report.hazard_ratio is not None:
        ratio = report.hazard_ratio
        said += (
            f" Hazard ratio of high over low risk {ratio.ratio:.2f} (95 % interval "
            f"{_limits(ratio.lower, ratio.upper, 2)}): so many times as many {endpoint.events} a day."
        )
    return section("curves", "Risk groups", [drawn, table(groups), text(said)])


def concordance_section(facts: RunFacts) -> Section:
    """C-index by fold and by definition, beside the plain models."""
    report = facts.report
    scores = {facts.model: report.score} | {other.model: other for other in report.comparators}
    drawn = figure(
        "c-index", concordance_figure(scores), concordance_table(scores), "C-index of each fold, by model",
        "A point is a fold, the diamond the mean with the standard deviation over folds. The plain models were fitted "
        "on the same training patients and tested on the same test patients.",
    )  # fmt: skip
    outcomes = {one.other: one.verdict.outcome for one in facts.comparisons}
    rows = [
        (one.model, estimate(one.harrell), estimate(one.uno), estimate(one.paper),
         _gain(one.added), outcomes.get(one.model, ""))
        for one in facts.scores.models
    ]  # fmt: skip
    columns = ["model", "Harrell's C", "Uno's C", "Eq. 16", f"{facts.model} ahead by", "verdict"]
    definitions = table(
        pd.DataFrame(rows, columns=columns),
        "Means over folds with 95 % intervals, the same draws of patients for all models. Uno's C does not depend on "
        "how many patients were lost; Eq. 16 is the paper's formula to the letter. Ahead by: difference in Harrell's "
        "C. Better or worse only where that interval and the corrected t-test of the folds agree, see Result.",
        name="models",
    )
    return section("folds", "C-index", [drawn, definitions, text(*report.notes) if report.notes else None])


def calibration_section(facts: RunFacts) -> Section:
    """Predicted against observed survival, the Brier score, and the AUC at 1, 3 and 5 years."""
    return section(
        "calibration",
        "Calibration, Brier score and AUC",
        [_bins(facts), text(*calibrated(facts)), _bounded(facts), _brier(facts), *_by_time(facts)],
    )


def protocols_section(facts: RunFacts, twins: Twins) -> Section:
    """The same settings on the same folds under other protocols, and what having seen the test patients is worth."""
    title = "Honest and paper protocol side by side"
    lost = text(left_out(twins.damaged), tone="warn") if twins.damaged else None
    if not twins.found:
        return section("protocols", title, [text(
            "The workspace has no finished run with the same settings on the same folds under another protocol, so the "
            "optimism of the paper's way of working cannot be told. The command of the run, with another --protocol, "
            "makes one.",
        ), lost])  # fmt: skip
    own = Twin(facts.run, facts.report)
    together = sorted([own, *twins.found], key=lambda twin: list(_ORDER).index(twin.run.info.protocol))
    scores = {f"{facts.model}, {twin.run.info.protocol}": twin.report.score for twin in together}
    drawn = figure(
        "protocols", concordance_figure(scores), concordance_table(scores),
        "C-index of each fold under each protocol, same settings and folds",
        "What changes is only what the protocol lets the model see.",
    )  # fmt: skip
    honest = next((twin for twin in together if twin.run.info.protocol == HONEST), None)
    found = {} if honest is None else contrasts(honest, [twin for twin in together if twin is not honest])
    rows = [
        (twin.run.info.protocol, headline(twin.report.score), _limits(twin.report.score.lower, twin.report.score.upper),
         *_optimism(found.get(twin.run.info.protocol)), twin.run.id)
        for twin in together
    ]  # fmt: skip
    columns = ["protocol", "C-index", "95 % interval", "optimism", "its 95 % interval", "beside the honest one", "run"]
    numbers = table(
        pd.DataFrame(rows, columns=columns),
        "Optimism: by how much the C-index is higher than the honest one's, mean over the same folds, with the "
        "standard deviation over folds, and its interval for the choice of test patients. Better or worse only where "
        "that interval and the corrected t-test of the folds agree.",
    )
    said = [
        f"{one.difference.verdict.sentence(protocol, HONEST)} {describe_optimism(one)}"
        for protocol, one in found.items()
    ]
    return section("protocols", title, [drawn, numbers, text(*said) if said else None, lost])


_ORDER = (HONEST, "paper", "paper-released")


def _optimism(found: Contrast | None) -> tuple[str, str, str]:
    """The difference, its interval, and whether it can be told from none."""
    if found is None:
        return "–", "–", "–"
    one = found.by_fold
    limits = f"{signed(found.difference.lower)} to {signed(found.difference.upper)}"
    return f"{signed(one.difference)} (sd {number(one.sd)})", limits, found.difference.verdict.outcome


def _bins(facts: RunFacts) -> Block:
    bins = facts.report.calibration
    if not any(math.isfinite(found.observed) for found in bins):
        return text(
            "There is nothing to calibrate: either the run has no baseline hazards, or nobody is followed for a year.",
            tone="warn",
        )
    return figure(
        "calibration", calibration_figure(bins, _endpoint(facts)), calibration_table(bins),
        "Predicted against observed survival at 1, 3 and 5 years",
        "A point is a quarter of the patients, those with similar predictions; bars are 95 % intervals of the "
        "Kaplan–Meier estimate; without an event there is no interval. On the dotted line, as many were spared as "
        f"predicted. {_endpoint(facts).competing}".strip(),
    )  # fmt: skip


def _bounded(facts: RunFacts) -> Block | None:
    if not facts.run.config.model.bounded:
        return None
    return text(
        "The risk is a cosine between −1 and 1, so no two patients' hazards differ by more than e² = 7.39 times: where "
        "true risks differ by more, predictions lie too close together, however good their order."
    )


def _brier(facts: RunFacts) -> Block:
    found = facts.error
    if found is None or len(found.time) < 2:
        return text("There is no Brier score: it needs baseline hazards and two folds or more.", tone="warn")
    said = " ".join(integrated(facts))
    return figure(
        "brier", brier_figure(found), brier_table(found), "Brier score by time, beside Kaplan-Meier",
        f"{said} The mean squared distance between the predicted probability and what came: 0 is perfect. Weighted for "
        "patients lost to follow-up; shown until nine in ten follow-ups have ended.",
    )  # fmt: skip


def _by_time(facts: RunFacts) -> Sequence[Block]:
    """AUC and Brier score of all models by horizon."""
    found = facts.by_time
    if found is None or not found.has("auc"):
        return [text("There is no AUC: no fold has somebody with the event within a year and somebody without.")]
    return [
        table(frame, caption, name=name)
        for kind, name, caption in _BY_TIME
        if len(frame := shown_scores(found, kind))
    ]  # fmt: skip


_DRAWN = "Mean over folds, 95 % bootstrap interval for the choice of test patients, the same draws for all models."
_BY_TIME: tuple[tuple[Kind, str, str], ...] = (
    ("auc", "auc", "AUC: of two patients, one who had the event by then and one who had not, how often the first had "
     f"the higher risk. 0.5 is guessing. {_DRAWN}"),
    ("brier", "brier-scores", "Brier score at each time: lower is better; Kaplan–Meier gives everybody the same "
     f"survival. The plain models have no baseline hazard, hence no Brier score. {_DRAWN}"),
)  # fmt: skip


def _endpoint(facts: RunFacts) -> Endpoint:
    return describe_endpoint(facts.run.info.cohort.endpoint)


def _tone(facts: RunFacts) -> Tone:
    """Green where the model is better than guessing and than every plain model; else a warning."""
    score = facts.report.score
    ahead = all(one.verdict.outcome == "better" for one in facts.comparisons)
    return "good" if score.lower > 0.5 and ahead and facts.comparisons else "warn"


def _median(days: float) -> str:
    return f"{days / DAYS_PER_YEAR:.1f}" if math.isfinite(days) else "not reached"


def _gain(found: Estimate | None) -> str:
    if found is None:
        return ""
    return signed_words(found.value, found.interval) if np.isfinite(found.value) else "–"


def _reached(lower: float, upper: float) -> str:
    """Limits of a median, of which the upper one may lie beyond the follow-up."""
    if not math.isfinite(lower):
        return "–"
    return f"{lower:.1f} to {upper:.1f}" if math.isfinite(upper) else f"from {lower:.1f}"


def _limits(lower: float, upper: float, digits: int = 3) -> str:
    return f"{number(lower, digits)} to {number(upper, digits)}"
