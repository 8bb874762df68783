"""The C-indices of a finished run, as a table in the terminal."""

from __future__ import annotations

from rich.table import Table

from pomp.cli.terminal import console, duration
from pomp.evaluation.report import EvaluationReport, evaluate
from pomp.runs.run import Run
from pomp.runs.system_name import system_name


def run_evaluation(opened: Run) -> EvaluationReport:
    """The report of a finished run.

    Raises:
        RunError: the run has no out-of-fold predictions yet.
    """
    predictions = opened.require_predictions()
    return evaluate(predictions, opened.baseline(), opened.comparators(), system_name(opened.config))


def print_evaluation(opened: Run, evaluation: EvaluationReport) -> None:
    """C-index by fold of the run and of the plain models."""
    table = Table(title=f"C-index by fold · {opened.info.cohort.title} · protocol {opened.info.protocol}")
    table.add_column("model", no_wrap=True)
    for fold in evaluation.score.folds:
        table.add_column(f"fold {fold.fold + 1}", justify="right")
    table.add_column("mean ± sd", justify="right")
    table.add_column("95 % interval", justify="right")
    for model in (evaluation.score, *evaluation.comparators):
        cells = [f"{fold.harrell:.3f}" for fold in model.folds]
        interval = f"{model.lower:.3f} to {model.upper:.3f}"
        table.add_row(model.model, *cells, f"{model.mean:.3f} ± {model.sd:.3f}", interval)
    console.print(table)
    for note in evaluation.notes:
        console.print(note, highlight=False, markup=False)
    console.print(f"Took {duration(opened.seconds())}.", highlight=False)
