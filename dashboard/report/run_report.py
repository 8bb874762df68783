"""The report of one run."""

from __future__ import annotations

from datetime import UTC, datetime

from dashboard.report.document import Badge, Document, Points, Section, section, text
from dashboard.report.explanation import explanation_section
from dashboard.report.making import making_section, settings_section
from dashboard.report.patients import patients_section
from dashboard.report.performance import (
    calibration_section,
    concordance_section,
    curves_section,
    headline_section,
    protocols_section,
)
from dashboard.report.render import render
from dashboard.report.training import training_section
from dashboard.words import PROTOCOLS
from pomp import __version__
from pomp.runs.info import RunInfo
from pomp.runs.info_sheet.facts import RunFacts, gather_facts
from pomp.runs.info_sheet.sheet import info_sheet
from pomp.runs.run import Run
from pomp.runs.twins import find_twins


def run_html(run: Run) -> str:
    """The report of a finished run as one HTML file.

    Raises:
        RunError: the run is not finished, or one of its tables is damaged.
    """
    return render(run_document(gather_facts(run)))


def run_document(facts: RunFacts) -> Document:
    """The report of a run, section by section.

    Raises:
        RunError: one of the run's tables is damaged.
    """
    run, info = facts.run, facts.run.info
    parts = [
        headline_section(facts),
        curves_section(facts),
        concordance_section(facts),
        calibration_section(facts),
        protocols_section(facts, find_twins(run)),
        training_section(run),
        explanation_section(run),
        patients_section(facts),
        settings_section(facts),
        making_section(facts),
        *_sheet(facts),
    ]
    lead = [f"{info.protocol} protocol: {PROTOCOLS[info.protocol]}", *_warnings(info)]
    return Document(
        title=info.title or info.cohort.title,
        subtitle=f"{info.cohort.title} · {facts.model} · run {info.id}",
        badges=badges(info),
        lead=tuple(lead),
        made=f"Made by pomp {__version__} on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC from run {info.id}. "
        "This file holds all it shows and asks for nothing from outside.",
        sections=tuple(parts),
    )


def badges(info: RunInfo) -> tuple[Badge, ...]:
    """What must be known before any number is read."""
    found = [
        Badge(f"{info.protocol} protocol", "good" if info.protocol == "honest" else "warn"),
        Badge("Research use only", "bad"),
    ]
    found += [Badge("synthetic", "warn")] if info.cohort.synthetic else []
    found += [Badge("outcomes permuted", "bad")] if info.config.cohort.permutation is not None else []
    return tuple(found)


def _warnings(info: RunInfo) -> list[str]:
    said = ["Not a medical device: these numbers must not guide the treatment of any patient."]
    if info.cohort.synthetic:
        said.append("The cohort is synthetic: made by a program, no patient is real.")
    if info.config.cohort.permutation is not None:
        said.append(
            "A null experiment: outcomes were dealt anew to the patients, so that nothing is left to find. What is "
            "above 0.5 here is chance, or the protocol's own doing."
        )
    return said


def _sheet(facts: RunFacts) -> list[Section]:
    """The information sheet, a section each for leakage and TRIPOD+AI."""
    sheet = info_sheet(facts)
    return [
        section(f"sheet-{place}", part.title, [
            text(part.source),
            Points(tuple((f"{item.number} {item.topic}".strip(), item.answers, item.to_fill, item.code)
                         for item in part.items)),
        ])
        for place, part in enumerate(sheet.sections[1:], start=1)
    ]  # fmt: skip
