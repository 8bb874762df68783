"""The C-indices of a finished run, as a table in the terminal."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from pomp.cli.terminal import console, duration, split_table
from pomp.evaluation.pooled import PooledComparison, compare_pooled, report_scores
from pomp.evaluation.report import EvaluationReport, evaluate
from pomp.evaluation.uncertainty import signed_words
from pomp.runs.readable import read_runs
from pomp.runs.repeats import repeats
from pomp.runs.run import Run
from pomp.runs.store import RunStore
from pomp.runs.system_name import system_name
from pomp.wording import number, p_value


def run_evaluation(opened: Run) -> EvaluationReport:
    """The report of a finished run.

    Raises:
        RunError: the run has no out-of-fold predictions yet.
    """
    predictions = opened.require_predictions()
    return evaluate(predictions, opened.baseline(), opened.comparators(), system_name(opened.config))


def print_evaluation(opened: Run, evaluation: EvaluationReport) -> None:
    """C-index by fold of the run and of the plain models."""
    title = f"C-index by fold · {opened.info.cohort.title} · protocol {opened.info.protocol}"
    table = Table(title=escape(title))
    table.add_column("model", no_wrap=True)
    for fold in evaluation.score.folds:
        table.add_column(f"fold {fold.fold + 1}", justify="right")
    table.add_column("mean ± sd", justify="right")
    table.add_column("95 % interval", justify="right")
    for model in (evaluation.score, *evaluation.comparators):
        cells = [number(score) for score in model.on_folds_of(evaluation.score)]
        interval = f"{number(model.lower)} to {number(model.upper)}"
        table.add_row(escape(model.model), *cells, f"{number(model.mean)} ± {number(model.sd)}", interval)
    for part in split_table(table):
        console.print(part)
    for note in evaluation.notes:
        console.print(note, highlight=False, markup=False)
    console.print(f"Took {duration(opened.seconds())}.", highlight=False)


def print_repeats(opened: Run, evaluation: EvaluationReport) -> None:
    """The same over all folds of all seeds, where other runs beside this one differ from it in nothing but the seed."""
    alike = repeats(opened, RunStore(opened.folder.parent).list())
    readings = read_runs(alike, lambda one: evaluation if one.id == opened.id else run_evaluation(one))
    if readings.damaged:
        console.print(readings.left_out, highlight=False, markup=False)
    if len(readings.found) < 2:
        return
    found = compare_pooled(report_scores([report for _, report in readings.found]))
    table = Table(title=f"Seeds {', '.join(str(one.info.seed) for one, _ in readings.found)} together")
    table.add_column("model", no_wrap=True)
    model = found[0].score.model
    for name in ("mean ± sd\nover folds", "sd between\nseeds", "95 % interval", f"{escape(model)}\nahead by", "p"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found:
        score = one.score
        interval = f"{number(score.interval.lower)} to {number(score.interval.upper)}"
        spread = f"{number(score.mean)} ± {number(score.sd)}"
        table.add_row(escape(score.model), spread, number(score.sd_between_repeats), interval, *_lead(one))
    for part in split_table(table):
        console.print(part)
    console.print(
        "Intervals and p are those of the corrected resampled t-test, for other training and test patients; p after "
        "Holm for all models of the table.", highlight=False,
    )  # fmt: skip


def _lead(one: PooledComparison) -> tuple[str, str]:
    if one.ahead is None:
        return "", ""
    return signed_words(one.ahead.mean, one.ahead.interval), p_value(one.p_adjusted)
