"""How sure a patient's risk is: where the cut could lie, and what other seeds give."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.charts.patient import seeds_figure
from dashboard.elements import errors_as_text, plain, show_figure
from dashboard.once import once
from dashboard.words import trained_without
from pomp.errors import RunError
from pomp.evaluation.group_stability import Floats, bootstrap_medians, change_of_group
from pomp.evaluation.uncertainty import signed
from pomp.runs.readable import read_runs
from pomp.runs.run import Run
from pomp.wording import count

RISKS = "training_risks"
MORE_SEEDS = 4
"""How many further seeds the page suggests."""


def other_group(run: Run, patient: pd.Series) -> float | None:
    """Share of resampled training folds whose median puts the patient into the other group; None if not known.

    Why it is not known, `show_certainty` says.
    """
    medians = None
    with suppress(RunError):
        medians = _medians(run, int(patient["fold"]))
    return None if medians is None else float(change_of_group(patient["risk"], patient["cutoff"], medians))


@data.kept_for(f"{RISKS}.parquet", entries=64)
def _medians(run: Run, fold: int) -> Floats | None:
    table = data.run_table(run, RISKS)
    risks = None if table is None else table.loc[table["fold"] == fold, "risk"]
    return None if risks is None or risks.empty else bootstrap_medians(risks)


def out_of_hundred(share: float) -> str:
    """'12 of 100'; what is neither never nor always is said so."""
    if 0 < share < 0.005:
        return "fewer than 1 of 100"
    if 0.995 < share < 1:
        return "more than 99 of 100"
    return f"{100 * share:.0f} of 100"


@errors_as_text()
def show_certainty(run: Run, seeds: Sequence[Run], patient: pd.Series, changes: float | None) -> None:
    """In words how firm the group is, and the risks that other seeds give.

    Args:
        seeds: the run and its repeats, which differ in nothing but the seed.
        changes: as `other_group` has it.
    """
    st.header("How sure is this?")
    group = "high" if patient["high_risk"] else "low"
    if changes is None:
        data.run_table(run, RISKS)  # a damaged one is told as an error
        st.caption(
            "This run has not recorded the risks of its training patients, as older versions did not: how often the "
            "group would change cannot be told. Make the run again to get them."
        )
    else:
        st.markdown(
            f"**The cut.** In {out_of_hundred(changes)} resamples of the training patients, the cut between the groups "
            f"falls on the other side, and this patient is no longer in the {group}-risk group."
        )
    others = [other for other in seeds if other.info.seed != run.info.seed]
    readings = read_runs(others, lambda other: data.run_table(other, "predictions"))
    if readings.damaged:
        st.caption(plain(readings.left_out))
    risks = risks_by_seed([run, *(other for other, _ in readings.found)], patient["patient"])
    if len(risks) < 2:
        st.markdown(
            f"**The seed.** Only one run with these settings{' can be read' if readings.damaged else ''}: how far the "
            "risk depends on chance in training, and on who else was trained on, is not known. More seeds, from a "
            "terminal:"
        )
        st.code(more_seeds(run), language="bash", wrap_lines=True)
        return
    st.markdown(f"**The seed.** {describe_seeds(risks)}")
    show_seeds(run, risks, patient["patient"])


def show_seeds(run: Run, seeds: pd.DataFrame, name: str) -> None:
    """The risk in every run, and those of models that were trained on the patient."""
    risks = data.run_table(run, RISKS)
    seen = pd.DataFrame() if risks is None else risks[risks["patient"] == name]
    shown = seeds.assign(trained_on_patient=False)
    if len(seen):
        label = "seed " + str(run.info.seed) + ", fold " + (seen["fold"] + 1).astype(str)
        shown = pd.concat([shown, seen.assign(label=label, trained_on_patient=True)], ignore_index=True)
    columns = ["label", "fold", "risk", "cutoff", "high_risk", "below", "trained_on_patient"]
    table = shown[columns].assign(fold=shown["fold"] + 1)
    show_figure(
        once(seeds_figure, seeds, list(seen["risk"]) if len(seen) else []), "seeds", table,
        "Risk of the patient in runs with other seeds", command=run.info.command,
    )  # fmt: skip
    st.caption(
        f"A point a run: the risk by the model that was {trained_without(run.config, 'this patient')}. Beside it that "
        "run's cut. Another seed means other folds, other starting weights and other batches."
        + (
            " Grey rings: the other folds' models of this run. They were trained on this patient, so these are no "
            "predictions; they show how far models agree about somebody they know."
            if len(seen)
            else ""
        )
    )


def risks_by_seed(runs: Sequence[Run], name: str) -> pd.DataFrame:
    """A row a run that has the patient: label, seed, fold, risk, cutoff, high_risk, below (share of the fold with a
    lower risk).

    Args:
        runs: the one that the page is about first.
        name: of the patient.
    """
    rows = []
    for run in runs:
        table = data.run_table(run, "predictions")
        own = None if table is None else table[table["patient"] == name]
        if table is None or own is None or own.empty:
            continue
        row = own.iloc[0]
        below = float((table.loc[table["fold"] == row["fold"], "risk"] < row["risk"]).mean())
        label = f"seed {run.info.seed}" + (", this run" if run.id == runs[0].id else "")
        rows.append(
            {"label": label, "seed": run.info.seed, **row[["fold", "risk", "cutoff", "high_risk"]], "below": below}
        )
    return pd.DataFrame(rows)


def describe_seeds(seeds: pd.DataFrame) -> str:
    """The range of the risk and of the rank, and how often the group is the one of this run (the first row)."""
    same = int((seeds["high_risk"] == seeds["high_risk"].iloc[0]).sum())
    group = "high" if seeds["high_risk"].iloc[0] else "low"
    below = 100 * seeds["below"]
    return (
        f"Over {count(len(seeds), 'run')}, each with its own seed, the risk lies between {signed(seeds['risk'].min())} "
        f"and {signed(seeds['risk'].max())}, above that of {below.min():.0f} to {below.max():.0f} % of the fold's "
        f"patients. The patient is in the {group}-risk group in {same} of them."
    )


def more_seeds(run: Run) -> str:
    """The command that makes the run again with further seeds."""
    seeds = " ".join(str(run.info.seed + step) for step in range(1, MORE_SEEDS + 1))
    return f"for seed in {seeds}; do\n  {run.info.command} --set seed=$seed\ndone"
