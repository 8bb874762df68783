"""TRIPOD+AI's points on results: flow, numbers of patients, and performance with its uncertainty."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from pomp.evaluation.model_comparison import ModelComparison
from pomp.evaluation.paired import Estimate
from pomp.evaluation.timed_scores import REFERENCE
from pomp.evaluation.uncertainty import signed_words
from pomp.runs.info_sheet.facts import RunFacts
from pomp.runs.info_sheet.items import Item
from pomp.wording import DAYS_PER_YEAR, number, p_value, percent

_BRIEF = re.compile(r"followed for \S+ days, fewer than (\S+)")  # a reason a patient, which tells how many days


def items(facts: RunFacts) -> tuple[Item, ...]:
    """Points 20 to 24."""
    info = facts.run.info
    folds = facts.report.score.folds
    return (
        Item("20a", "Flow of patients", flow(facts)),
        Item("20b", "Who the patients are", (
            f"{facts.patients} patients, {facts.events} events ({percent(facts.events / max(facts.patients, 1))}). "
            f"Follow-up: {follow_up(facts)}",
        ), "age, sex, stage and treatment"),
        Item("20c", "Training and test patients compared", (
            "Test folds, patients (events): " + _listed([f"{fold.patients} ({fold.events})" for fold in folds]) + ".",
        )),
        Item("21", "Numbers in each analysis", (
            "Each fold's model is trained on, patients (events): "
            + _listed([f"{facts.patients - fold.patients} ({facts.events - fold.events})" for fold in folds])
            + f". Performance is that of the {facts.patients} patients out of fold{_beside_others(facts)}.",
        )),
        Item("22", "The model in full", (
            f"Settings {info.config_digest}, splits {info.splits_digest}, seed {info.seed}; point 18f has the command. "
            "Weights lie in the run's folder, under checkpoints, where they were kept.",
        )),
        Item("23a", "Performance", performance(facts)),
        Item("23b", "Performance by fold", (
            "Harrell's C: " + _listed([number(fold.harrell) for fold in folds]) + ".",
        )),
        Item("24", "Updating of the model", ("None.",)),
    )  # fmt: skip


def _beside_others(facts: RunFacts) -> str:
    """Fewer are compared where a plain model could not be fitted in some fold, or lacks a patient."""
    compared = facts.scores.patients
    return f"; beside other models, of the {compared} whom all of them scored" if compared < facts.patients else ""


def flow(facts: RunFacts) -> tuple[str, ...]:
    """The funnel in words, each reason with how many were left out for it."""
    log = facts.today.log
    remark = (facts.today.remark,) if facts.today.remark else ()
    if log is None or not log.steps:
        return (*remark, f"{facts.patients} patients were kept; who was left out is not recorded in the run.")
    steps = ", ".join(f"{step.label} {step.count}" for step in log.steps)
    reasons = [f"{count} {reason}" for reason, count in reasons_left_out(facts)]
    left = f"Left out: {'; '.join(reasons)}." if reasons else "Nobody was left out."
    return (*remark, f"Patients: {steps}.", left)


def reasons_left_out(facts: RunFacts) -> list[tuple[str, int]]:
    """Reason → patients left out for it, the most frequent first."""
    log = facts.today.log
    left_out = {} if log is None else log.left_out
    return Counter(_BRIEF.sub(r"followed for fewer than \1 days", reason) for reason in left_out.values()).most_common()


def performance(facts: RunFacts) -> tuple[str, ...]:
    """Every measure with its interval; those that are not there are left out."""
    report, said = facts.report, []
    for model in (report.score, *report.comparators):
        name = facts.model if model is report.score else model.model
        said.append(
            f"{name}: Harrell's C {number(model.mean)} ± {number(model.sd)} over folds, 95 % interval "
            f"{number(model.lower)} to {number(model.upper)}."
        )
    if report.logrank is not None:
        said.append(
            f"High against low risk: log-rank p {p_value(report.logrank.p_value)}, permutation p "
            f"{p_value(report.permutation_p)}."
        )
    if report.hazard_ratio is not None:
        ratio = report.hazard_ratio
        said.append(f"Hazard ratio {ratio.ratio:.2f} ({ratio.lower:.2f} to {ratio.upper:.2f}).")
    return (*said, *by_time(facts), *calibrated(facts))


def by_time(facts: RunFacts) -> tuple[str, ...]:
    """AUC at each horizon and the integrated Brier score, as far as they are known."""
    if facts.by_time is None:
        return ()
    aucs = facts.by_time.of(facts.model, "auc")
    said = [f"AUC at {years(one.days)}: {estimate(one.score)}." for one in aucs if math.isfinite(one.score.value)]
    return (*said, *integrated(facts))


def integrated(facts: RunFacts) -> tuple[str, ...]:
    """The integrated Brier score beside that of Kaplan-Meier, if it is known."""
    found = facts.by_time
    if found is None:
        return ()
    own, beside = found.of(facts.model, "integrated brier"), found.of(REFERENCE, "integrated brier")
    if not own or not math.isfinite(own[0].score.value):
        return ()
    kaplan_meier = f"Kaplan–Meier, the same for everybody: {estimate(beside[0].score)}"
    return (f"Integrated Brier score {estimate(own[0].score)}; {kaplan_meier}.",)


def estimate(found: Estimate) -> str:
    """'0.718 (0.620 to 0.802)', '1.000' without an interval."""
    if not math.isfinite(found.interval.lower):
        return number(found.value)
    return f"{number(found.value)} ({number(found.interval.lower)} to {number(found.interval.upper)})"


def verdicts(facts: RunFacts) -> tuple[str, ...]:
    """Whether the model can be told from guessing, and from each plain model."""
    score = facts.report.score
    guess = (
        f"The 95 % interval of the C-index, {number(score.lower)} to {number(score.upper)}, "
        + ("holds 0.5: the model cannot be told from guessing." if score.lower <= 0.5 <= score.upper
           else "lies above 0.5." if score.lower > 0.5 else "lies below 0.5: the risk ranks the wrong way round.")
    )  # fmt: skip
    if not math.isfinite(score.lower):
        guess = "There is no interval of the C-index."
    return (guess, *(beside(facts.model, one) for one in facts.comparisons), *added(facts))


def beside(model: str, one: ModelComparison) -> str:
    """The difference to a plain model, and whether the two can be told apart, with the reason."""
    known = math.isfinite(one.gain.interval.lower)
    numbers = signed_words(one.gain.value, one.gain.interval) if known else "–"
    return f"C-index less that of {one.other}: {numbers}. {one.verdict.sentence(model, one.other)}"


def added(facts: RunFacts) -> tuple[str, ...]:
    """What the risk adds to the clinical one, if that can be tested."""
    found = facts.added
    if found is None or found.reason is not None:
        return ()
    gain = found.gain
    numbers = signed_words(gain.value, gain.interval)
    rise = f"; together the C-index changes by {numbers}" if math.isfinite(gain.value) else ""
    return (f"Added to the clinical risk: likelihood-ratio p {p_value(found.p_value)}{rise}.",)


def calibrated(facts: RunFacts) -> tuple[str, ...]:
    """Calibration slope, and events observed over expected, as far as they are known."""
    found = facts.calibration
    if found is None:
        return ()
    slope, level, said = found.slope, found.in_the_large, []
    if slope.reason is None:
        said.append(
            f"Calibration slope {slope.slope:.2f} ({slope.interval.lower:.2f} to {slope.interval.upper:.2f}); 1 is "
            "right, below it the risks are too extreme, above it too cautious."
        )
    if level.reason is None:
        said.append(
            f"Events observed {level.observed}, expected {level.expected:.1f}: ratio {level.ratio:.2f} "
            f"({level.interval.lower:.2f} to {level.interval.upper:.2f})."
        )
    return tuple(said)


def follow_up(facts: RunFacts) -> str:
    """The median by the reverse Kaplan-Meier method, in years."""
    found = facts.follow_up
    if not math.isfinite(found.days):
        return "the median (reverse Kaplan–Meier) is not reached."
    median, lower, upper = (days / DAYS_PER_YEAR for days in (found.days, found.lower, found.upper))
    limits = f" (95 % interval {number(lower, 1)} to {number(upper, 1)})"
    return f"median {median:.1f} years{limits} by the reverse Kaplan–Meier method."


def years(days: float) -> str:
    """'1 year', '3 years'."""
    whole = round(days / DAYS_PER_YEAR)
    return "1 year" if whole == 1 else f"{whole} years"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"fold {place} {word}" for place, word in enumerate(words, start=1))
