"""The Survival page's question of questions: does the model say anything that the clinical data do not?"""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from dashboard.elements import card_row, plain, save_table
from dashboard.survival.results import added_to_clinical
from pomp.evaluation.added_value import AddedRatio, AddedValue
from pomp.evaluation.paired import Estimate
from pomp.evaluation.uncertainty import signed_words
from pomp.runs.models import CLINICAL_COX
from pomp.runs.run import Run
from pomp.runs.system_name import system_name
from pomp.wording import number

_SMALL = 0.001


def show_added(run: Run) -> None:
    """Nothing where the run has no clinical model."""
    found = added_to_clinical(run)
    if found is None:
        return
    model = system_name(run.config)
    st.header("What it adds to the clinical data")
    st.markdown(plain(describe_added(found, model)))
    if found.reason is None:
        card = card_row()
        card(
            "Likelihood-ratio p", _p(found.p_value).removeprefix("= "),
            help=f"Of a Cox model with the clinical risk and that of {model}, against one with the clinical risk "
            "alone, each fold with its own baseline. Small: the second risk adds something.",
        )  # fmt: skip
        card(
            "Hazard ratio beside it", _ratio(found.model_ratio),
            help=f"By what factor the hazard rises with one standard deviation of the risk of {model}, among patients "
            "of the same clinical risk. 1: it adds nothing.",
        )  # fmt: skip
        card(
            "C-index gained", _gain(found.gain),
            help="Harrell's C of both risks together less that of the clinical risk, mean over folds, with the 95 % "
            "interval of the choice of test patients. Both risks are weighted as the other folds say.",
        )  # fmt: skip
    save_table(added_table(found), f"added-{run.id}")
    st.caption(
        f"Of {found.patients:,} patients, {found.events:,} with the event, whom both models saw out of fold. The "
        "risks are taken as given: neither p nor intervals cover the choice of training patients. Another cohort would "
        "be the better proof."
    )


def describe_added(found: AddedValue, model: str) -> str:
    """One sentence: whether the model's risk adds to the clinical one."""
    if found.reason is not None:
        return f"There is no test of {model} beside {CLINICAL_COX}: {found.reason}."
    if found.p_value >= 0.05:
        return f"Beside {CLINICAL_COX}, {model} is not seen to add anything (p {_p(found.p_value)})."
    if found.model_ratio.ratio < 1:
        return f"Beside {CLINICAL_COX}, the risk of {model} points the wrong way (p {_p(found.p_value)})."
    adds = f"Beside {CLINICAL_COX}, {model} adds something (p {_p(found.p_value)})"
    if found.reason_gain is not None:
        return f"{adds}; whether patients are ordered better with it cannot be told: {found.reason_gain}."
    if found.gain.interval.lower > 0:
        return f"{adds}, and orders patients better with it."
    return f"{adds}, but the order of patients is hardly better for it."


def added_table(found: AddedValue) -> pd.DataFrame:
    """A row a quantity: quantity, value, lower, upper."""
    rows = [
        ("likelihood-ratio chi-squared", found.statistic, None, None),
        ("p", found.p_value, None, None),
        *((f"hazard ratio, {name}", one.ratio, one.interval.lower, one.interval.upper)
          for name, one in (("clinical risk", found.clinical_ratio), ("model's risk", found.model_ratio))),
        *((f"C-index, {name}", one.value, one.interval.lower, one.interval.upper)
          for name, one in (("clinical", found.clinical), ("together", found.together), ("gained", found.gain))),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["quantity", "value", "lower", "upper"])


def _p(value: float) -> str:
    """'= 0.012', '< 0.001'."""
    return f"< {_SMALL}" if value < _SMALL else f"= {number(value)}"


def _ratio(one: AddedRatio) -> str:
    return f"{number(one.ratio, 2)} ({number(one.interval.lower, 2)}–{number(one.interval.upper, 2)})"


def _gain(one: Estimate) -> str:
    if not math.isfinite(one.value):
        return "–"
    return signed_words(one.value, one.interval)
