"""The Survival page's first line: the numbers that a run stands for, and what a careful reader makes of them."""

from __future__ import annotations

import math
from functools import partial

import streamlit as st

from dashboard.elements import card_row, plain
from dashboard.report.protocols import describe_optimism
from dashboard.words import headline, interval, verdict
from pomp.evaluation.report import EvaluationReport
from pomp.runs.twins import Contrast
from pomp.wording import number, p_value


def show_headline(report: EvaluationReport, beside: Contrast | None, *, named: bool) -> None:
    """Three cards, a fourth where there is a difference, and a warning for each reason not to believe them.

    Args:
        report: of the run.
        beside: the run and the one that it is compared with, if both have the same patients in the same folds; None:
            there is no difference to show.
        named: whether the difference is the optimism of a protocol.
    """
    score, ratio = report.score, report.hazard_ratio
    card = partial(card_row(), delta_color="off", delta_arrow="off")
    known = math.isfinite(score.lower)
    card(
        "C-index, mean ± sd", headline(score),
        delta=f"95 %: {number(score.lower)}–{number(score.upper)}" if known else "no interval",
        help="Of all pairs of patients of whom it is known who had the event first, the share that the risk puts in "
        "the right order. 0.5 is guessing, 1 is perfect. Mean and standard deviation over folds, whose patients were "
        "not trained on. Below it, its 95 % interval: how far the mean could be off by the choice of test patients "
        "alone (1,000 bootstrap samples).",
    )  # fmt: skip
    card(
        "Log-rank p", p_value(report.logrank.p_value if report.logrank else None),
        help="Do the two risk groups, cut at the training fold's median, differ in survival? Stratified by fold: "
        "patients are compared with others of their fold only. By shuffling the groups within folds instead: p "
        f"{p_value(report.permutation_p)}.",
        delta=None if report.logrank else "nobody to compare",
    )  # fmt: skip
    card(
        "Hazard ratio", "–" if ratio is None else interval(ratio.ratio, ratio.lower, ratio.upper),
        help="How many times as often the event happens per day in the high- as in the low-risk group, with its 95 % "
        "interval; 1 means no difference. It cannot be told where, whenever both groups were followed, events came in "
        "one of them alone, or where there is but one group.",
        delta=None if ratio else "cannot be told",
    )  # fmt: skip
    if beside is not None:
        card(
            "Optimism" if named else "Difference", beside.words, delta=beside.difference.verdict.outcome,
            help=_explain_difference(beside, named=named),
        )  # fmt: skip
    for sentence in verdict(report):
        st.warning(plain(sentence))


def _explain_difference(beside: Contrast, *, named: bool) -> str:
    what = (
        "By how much the C-index is higher under the protocol that has seen the test patients"
        if named
        else "The C-index of the other run minus that of this one"
    )
    said = describe_optimism(beside) if named else "Below it, whether test patients and folds agree on a difference."
    return plain(f"{what}, mean over the same folds, with its 95 % interval for the choice of test patients. {said}")
