"""Who is in: the funnel with every reason, and what became of the slides."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dashboard.charts.cohort import KEPT_IN_PAPER, funnel_figure
from dashboard.report.document import Block, Section, figure, section, table, text
from pomp.data.paper_cohorts import PAPER_PATIENTS, find_paper_cohort
from pomp.runs.info_sheet.facts import RunFacts
from pomp.runs.info_sheet.results import follow_up, reasons_left_out
from pomp.wording import count


def patients_section(facts: RunFacts) -> Section:
    """The cohort's funnel, follow-up and slides."""
    own = facts.run.info.cohort
    said = text(
        f"{own.title}: {facts.patients:,} patients with {facts.events:,} events; endpoint {own.endpoint}. Follow-up: "
        f"{follow_up(facts)}"
    )
    return section("patients", "Patients and slides", [said, *_funnel(facts), *_slides(facts)])


def slide_funnel(slides: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Steps with their number of slides, and the reasons why slides were not used, with theirs.

    Args:
        slides: of the run: a row a slide with regions and reason (missing where it was used).
    """
    used = slides["reason"].isna() & (slides["regions"] > 0)
    regions = int(slides["regions"][used].sum())
    rows = [("slides listed", len(slides)), ("used", int(used.sum())), ("regions in them", regions)]
    steps = pd.DataFrame(rows, columns=["step", "number"])
    reasons = slides.loc[~used, "reason"].fillna("no region with tissue").value_counts()
    return steps, reasons.rename_axis("reason").rename("slides").reset_index()


def _funnel(facts: RunFacts) -> list[Block]:
    log = facts.today.log
    blocks: list[Block] = []
    if facts.today.remark:
        blocks.append(text(facts.today.remark, tone="warn"))
    if log is None or not log.steps:
        return [*blocks, text("Who was left out, and why, is not recorded in the run's own folder.")]
    own = facts.run.info.cohort
    project = None if own.synthetic else find_paper_cohort(own.name, own.title)
    paper = None if project is None else PAPER_PATIENTS[project]
    rows = [(step.label, step.count, len(step.left_out), len(step.masked)) for step in log.steps]
    if paper is not None:
        rows.append((KEPT_IN_PAPER, paper, 0, 0))
    steps = pd.DataFrame(rows, columns=["step", "patients", "left_out", "without_it_but_kept"])
    drawn = figure(
        "funnel", funnel_figure(log.steps, paper), steps, "Patients left after each step, from loaded to kept"
    )
    blocks.append(drawn)
    if any(step.masked for step in log.steps):
        blocks.append(
            text(
                "Grey bars: patients who have that type of data. Those who lack it stay in, and the model is told that "
                "it is missing."
            )
        )
    reasons = pd.DataFrame(reasons_left_out(facts), columns=["why patients were left out", "patients"])
    return [*blocks, table(reasons, name="left-out") if len(reasons) else text("Nobody was left out.")]


def _slides(facts: RunFacts) -> Sequence[Block]:
    if facts.run.config.model.modalities == "omics":
        return [text("The model reads no slides.")]
    found = facts.run.table("slides")
    if found is None:
        return [text("The run has not recorded what became of its slides.", tone="warn")]
    steps, reasons = slide_funnel(found)
    lost = f"{count(int(reasons['slides'].sum()), 'slide')} not used" if len(reasons) else "Every slide was used."
    return [table(steps, name="slides"), table(reasons, lost, name="slides-left-out") if len(reasons) else text(lost)]
