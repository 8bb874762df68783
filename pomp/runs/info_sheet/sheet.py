"""The information sheet of a run: what a reader asks of a prediction model, answered from the run's own records."""

from __future__ import annotations

from pomp.runs.info_sheet.facts import RunFacts
from pomp.runs.info_sheet.items import InfoSheet, Item, Section
from pomp.runs.info_sheet.leakage import leakage
from pomp.runs.info_sheet.tripod import tripod


def info_sheet(facts: RunFacts) -> InfoSheet:
    """Leakage first, since it decides whether the numbers can be believed; then TRIPOD+AI point by point."""
    info = facts.run.info
    return InfoSheet(
        f"Model information sheet: {info.title or info.cohort.title}", (_run(facts), leakage(facts), *tripod(facts))
    )


def _run(facts: RunFacts) -> Section:
    info = facts.run.info
    warned = ["Research use only: not a medical device."]
    if info.cohort.synthetic:
        warned.append("Synthetic cohort: no patient is real.")
    if facts.run.config.cohort.permutation is not None:
        warned.append("Null experiment: outcomes were dealt anew to the patients; scores say nothing of patients.")
    items = (
        Item("", "Run", (f"{info.id}, made {info.created[:16].replace('T', ' ')} UTC, protocol {info.protocol}.",)),
        Item("", "Cohort", (f"{info.cohort.title}, endpoint {info.cohort.endpoint}.",)),
        Item("", "Use", tuple(warned)),
        Item("", "Versions", (", ".join(f"{name} {version}" for name, version in info.versions.items()) + ".",)),
    )  # fmt: skip
    return Section("The run", "Made by pomp from the records of the run.", items)
