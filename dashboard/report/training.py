"""How training went: the losses by epoch, and what the choice of the epoch is worth."""

from __future__ import annotations

from dashboard.charts.epochs import epoch_figure, epoch_table, rule_table
from dashboard.charts.training import LOSSES, loss_figure, loss_lines
from dashboard.report.document import Block, Section, figure, section, table, text
from dashboard.words import describe_rules
from pomp.evaluation.epochs import epoch_strip
from pomp.runs.run import Run

STAGES = {"pretrain": "Pre-training", "finetune": "Fine-tuning on survival"}
TITLES = {
    "pretrain": LOSSES["pretrain"],
    "finetune": {**LOSSES["finetune"], "test_c_index": "C-index on test patients"},
}
"""Of the panels: on paper there is less room than on a page."""
_RULES = {"c_index": "mean C-index", "epochs": "epoch, by fold", "above_last": "above the last"}


def training_section(run: Run) -> Section:
    """Losses of both stages, and the epoch strip of a run that looked at its test folds."""
    blocks: list[Block] = []
    metrics = run.metrics()
    for stage, title in STAGES.items():
        drawn = loss_figure(metrics, stage, titles=TITLES[stage])
        if drawn is None:
            why = "the run has none" if stage == "pretrain" else "the run has recorded no epoch of it"
            blocks.append(text(f"{title}: {why}."))
        else:
            blocks.append(
                figure(
                    f"losses-{stage}", drawn, loss_lines(metrics, stage, titles=TITLES[stage]).drop(columns="measured"),
                    f"{title}: each measure by epoch, one line a fold",
                )
            )  # fmt: skip
    return section("training", "Training", [*blocks, *_strip(run)])


def _strip(run: Run) -> list[Block]:
    strip = epoch_strip(run.metrics())
    if strip is None:
        if run.info.protocol == "paper-released":
            return [text("The run has not recorded its test C-index by epoch.", tone="warn")]
        return [text(
            "Under this protocol the last epoch counts, and the test patients are looked at once, at the end: there is "
            "no test C-index by epoch, from which the best epoch could be picked."
        )]  # fmt: skip
    drawn = figure(
        "epoch-strip", epoch_figure(strip), epoch_table(strip), "C-index of the test patients by epoch and fold",
        "Thin lines are folds, the thick one is their mean; a mark is the epoch that a rule takes of a fold.",
    )  # fmt: skip
    return [drawn, table(rule_table(strip).rename(columns=_RULES)), text(describe_rules(strip), tone="warn")]
