"""The Survival page's epochs: what the choice of the epoch is worth."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.charts.epochs import epoch_figure, epoch_table, rule_table
from dashboard.elements import empty_state, plain, save_table, show_figure
from dashboard.once import once
from dashboard.state import RUN, go
from dashboard.survival.comparison import released_twin
from dashboard.survival.results import epochs
from dashboard.words import describe_rules
from pomp.evaluation.uncertainty import signed
from pomp.runs.run import Run
from pomp.wording import number


def show_epochs(run: Run, runs: Sequence[Run]) -> None:
    """The strip with each rule's epochs; of an honest run, why there is none."""
    strip = epochs(run)
    if strip is None:
        _explain_none(run, runs)
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Test C-index by epoch")
        show_figure(
            once(epoch_figure, strip), f"epochs-{run.id}", epoch_table(strip),
            "C-index of the test patients by epoch and fold, with the epochs that three rules take",
            command=run.info.command,
        )  # fmt: skip
        st.caption(
            "Thin lines are folds, the thick one is their mean. The dotted line at 0.5 is guessing. A mark is the "
            "epoch that a rule takes of a fold."
        )
    with right:
        st.header("What each rule would report")
        table = rule_table(strip)
        st.dataframe(
            table.assign(c_index=table["c_index"].map(number), above_last=table["above_last"].map(signed)),
            hide_index=True, alt="Mean C-index by rule",
            column_config={"rule": "Rule", "c_index": "C-index", "epochs": "Epoch, by fold",
                           "above_last": "Above the last"},
        )  # fmt: skip
        save_table(table, f"rules-{run.id}")
        st.markdown(describe_rules(strip))


def _explain_none(run: Run, runs: Sequence[Run]) -> None:
    twin = released_twin(run, runs)
    if run.info.protocol == "paper-released":
        empty_state(
            "This run has not recorded its test C-index by epoch.",
            "Older versions did not, or it has had no epoch of fine-tuning.", "views/train.py", "Go to Train",
        )  # fmt: skip
        return
    empty_state(
        "This run has not looked at its test patients by epoch.",
        f"That is how it should be: under the protocol {plain(run.info.protocol)} the last epoch counts, and the test "
        "patients are looked at once, at the end. A strip could only be drawn by looking at them after every epoch, "
        "and then the best epoch could be picked. A run under the protocol paper\\-released does look, to show what "
        "that is worth" + (":" if twin else "; there is none on the same folds yet."),
        None if twin else "views/train.py", "" if twin else "Go to Train",
    )  # fmt: skip
    if twin and st.button("Open the paper-released run on the same folds", icon=":material/arrow_forward:",
                          key="survival-twin"):  # fmt: skip
        go(**{RUN: twin.id})
