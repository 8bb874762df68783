"""The Survival page's C-indices: by fold, by definition, and beside the plain models."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.charts.concordance import concordance_figure, concordance_table
from dashboard.charts.survival import capitalise
from dashboard.data import predictions
from dashboard.elements import plain, save_table, show_figure
from dashboard.once import once
from dashboard.small_table import show_small_table
from dashboard.survival.added import show_added
from dashboard.survival.comparison import Beside, protocol_label, show_comparison
from dashboard.survival.results import clinical, model_scores
from dashboard.survival.seeds import show_seeds
from pomp.data.clinical import ColumnReading, Notation, known_at_start, known_text, read_column
from pomp.evaluation.model_comparison import ModelComparison, compare_models
from pomp.evaluation.model_scores import ModelScores
from pomp.evaluation.multiplicity import holm
from pomp.evaluation.paired import Estimate
from pomp.evaluation.report import EvaluationReport
from pomp.evaluation.uncertainty import signed_words
from pomp.evaluation.verdict import APART, Outcome
from pomp.runs.models import CLINICAL_COX
from pomp.runs.run import Run
from pomp.wording import DAYS_PER_YEAR, number

DEFINITIONS = {"harrell": "Harrell's C", "uno": "Uno's C", "paper": "Eq. 16"}
"""C-index → its column."""

LISTED = 10
"""So many clinical columns are named at most."""


def show_models(run: Run, report: EvaluationReport, beside: Beside | None, runs: Sequence[Run]) -> None:
    """Folds, definitions, seeds, and the other run."""
    _show_definitions(run, report)
    show_added(run)
    _show_folds(run, report)
    if report.notes:
        with st.expander("Remarks on these numbers"):
            st.markdown("\n".join(f"- {plain(note)}" for note in report.notes))
    show_comparison(run, report, beside)
    show_seeds(run, runs)


def _show_folds(run: Run, report: EvaluationReport) -> None:
    st.header("C-index by fold")
    scores = {protocol_label(run): report.score} | {other.model: other for other in report.comparators}
    show_figure(
        once(concordance_figure, scores), f"c-index-{run.id}", concordance_table(scores),
        "C-index of each fold, by model", command=run.info.command,
    )  # fmt: skip
    st.caption(
        "A point is a fold, the diamond the mean with the standard deviation over folds. The plain models were fitted "
        "on the same training patients and tested on the same test patients."
    )


def _show_definitions(run: Run, report: EvaluationReport) -> None:
    st.header("Beside the plain models")
    scores = model_scores(run)
    compared = compare_models(report, scores)
    lead = scores.models[0].model
    show_small_table(
        shown_table(scores, compared),
        explain={
            "Harrell's C": "the usual C-index: of the pairs whose order is known, the share in the right order; ties "
            "count half.",
            "Uno's C": "Harrell's, weighted so that it does not depend on how many patients were lost to follow-up. "
            "Events count up to τ, by which nine in ten of the training patients' follow-ups have ended.",
            "Eq. 16": "the paper's formula to the letter: ties count as wrong.",
            f"{lead} ahead by": f"Harrell's C of {plain(lead)} minus the model's, on the same draws of patients.",
            "Verdict": "better or worse only where two things agree: the interval, for the choice of test patients, "
            "and the corrected t-test over the folds, for the choice of training patients. See below.",
        },
    )
    save_table(score_table(scores, compared), f"models-{run.id}")
    if compared:
        with st.expander("Why they can or cannot be told apart"):
            for one in compared:
                st.markdown(f"- {plain(one.verdict.sentence(scores.models[0].model, one.other))}")
    st.caption(
        f"Means over folds of {scores.patients:,} patients, with 95 % intervals from drawing them again 1,000 times, "
        f"the same draws for all models. Uno's τ: {_taus(scores)}. "
        "P-values are adjusted for the number of models by Holm's method."
    )
    columns = clinical(run)
    if columns is not None and any(one.model == CLINICAL_COX for one in scores.models):
        _show_covariates(columns[columns.index.isin(predictions(run)["patient"])])


def _show_covariates(columns: pd.DataFrame) -> None:
    """Which columns the clinical models read, and behind one line how each is read."""
    readings = once(read_covariates, columns)
    st.caption(plain(describe_covariates(readings)))
    if readings:
        with st.expander("How each clinical column is read"):
            st.markdown("\n".join(f"- {plain(describe_column(one))}" for one in readings))
            st.caption(
                "By clinical.csv as it is now, of all patients of the run. Each fold decides by its training patients "
                "alone, so that it may differ where few patients are. An older pomp took any column as categories of "
                "which a single cell was no number with a decimal point: make runs again that it has finished."
            )


def read_covariates(columns: pd.DataFrame) -> list[ColumnReading]:
    """How the clinical models read each column that is not the outcome, by the patients given."""
    return [read_column(name, known_text(columns[name])) for name in known_at_start(columns.columns)]


def describe_covariates(readings: Sequence[ColumnReading]) -> str:
    """Which columns of clinical.csv the clinical models read, which they leave out, and which are read in part."""
    found = [one.name for one in readings if not one.left_out]
    left_out = [one.name for one in readings if one.left_out]
    odd = [one.name for one in readings if len(one.odd)]
    parts = [f"{capitalise(CLINICAL_COX)} reads" + (f": {_list(found)}." if found else " no column.")]
    parts += [f"Left out: {_list(left_out)}."] if left_out else []
    parts += [f"Not every cell is understood of: {_list(odd)}."] if odd else []
    return " ".join(parts)


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"{', '.join(names[:LISTED])}{more}"


def describe_column(reading: ColumnReading) -> str:
    """How a clinical column is read, or why it is left out, and of which cells that is not true."""
    known, cells = len(reading.known), []
    if reading.left_out:
        how = f"left out: {reading.left_out}"
    elif reading.notation is None:
        rare = known - int(reading.known.isin(reading.levels).sum())
        how = f"categories: {_list(reading.levels)}"
        cells += [f"{rare} of {known} cells are of values too rare to count"] if rare else []
    else:
        how = _NOTATIONS[reading.notation]
    if len(reading.odd):
        cells.append(
            f"{len(reading.odd)} of {known} cells are not understood and count as missing, such as "
            f"'{reading.odd.iloc[0]}' of {reading.odd.index[0]}"
        )
    if len(reading.bounds):
        bound, bounds = reading.bounds.iloc[0], len(reading.bounds)
        cells.append(f"a bound such as '{bound}' counts as its number, in {bounds} of {known} cells")
    return "; ".join([f"{reading.name}: {how}", *cells])


_NOTATIONS: dict[Notation, str] = {
    "point": "numbers",
    "comma": "numbers, with decimals after a comma",
    "stage": "stages as numbers, 0 to 4",
}


def _taus(scores: ModelScores) -> str:
    """'5.1 to 5.4 years, by fold'; with one fold there are no other patients to take it from."""
    known = [f"{tau / DAYS_PER_YEAR:.1f}" for tau in sorted(scores.tau_days) if math.isfinite(tau)]
    if not known:
        return "none with one fold"
    return f"{known[0]} years" if known[0] == known[-1] else f"{known[0]} to {known[-1]} years, by fold"


def shown_table(scores: ModelScores, compared: Sequence[ModelComparison]) -> pd.DataFrame:
    """A row a model, each cell a mean with its interval; what is compared stands beside what it is compared by."""
    (_, usual), *others = DEFINITIONS.items()
    lead = scores.models[0].model
    verdicts = {one.other: one.verdict.outcome for one in compared}
    rows = [
        {
            "Model": one.model,
            usual: _cell(one.harrell),
            f"{lead} ahead by": "–" if one.added is None else _signed(one.added),
            "Verdict": _short(verdicts.get(one.model), lead),
            **{column: _cell(getattr(one, name)) for name, column in others},
        }
        for one in scores.models
    ]
    return pd.DataFrame(rows)


def _short(outcome: Outcome | None, lead: str) -> str:
    if outcome is None:
        return ""
    return outcome if outcome == APART else f"{lead} is {outcome}"


def _cell(found: Estimate) -> str:
    if not math.isfinite(found.interval.lower):
        return number(found.value)
    return f"{number(found.value)} ({number(found.interval.lower, 2)}–{number(found.interval.upper, 2)})"


def _signed(found: Estimate) -> str:
    return signed_words(found.value, found.interval)


def score_table(scores: ModelScores, compared: Sequence[ModelComparison]) -> pd.DataFrame:
    """A row a model: model; value, lower and upper of harrell, uno, paper and added; p_value, of the choice of
    training patients, p_holm, the same adjusted for the number of models, and verdict.
    """
    adjusted = holm([one.training.p_value for one in compared]).tolist()
    rows, tests = [], {one.other: (one, p_holm) for one, p_holm in zip(compared, adjusted, strict=True)}
    for one in scores.models:
        row: dict[str, object] = {"model": one.model}
        for name in (*DEFINITIONS, "added"):
            found: Estimate | None = getattr(one, name)
            row |= {
                name: found and found.value,
                f"{name}_lower": found and found.interval.lower,
                f"{name}_upper": found and found.interval.upper,
            }
        test, p_holm = tests.get(one.model, (None, None))
        row |= {
            "p_value": test and test.training.p_value, "p_holm": p_holm, "verdict": test and test.verdict.outcome,
        }  # fmt: skip
        rows.append(row)
    return pd.DataFrame(rows)
