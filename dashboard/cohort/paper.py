"""How a cohort differs from the same one in the paper, in words."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dashboard.words import listed
from pomp.data.cohort import Cohort
from pomp.data.paper_cohorts import PAPER_PATIENTS
from pomp.wording import count

TYPES = {
    "slides": re.compile(r"slides"),
    "RNA-Seq": re.compile(r"(?<!mi)rna|expression", re.IGNORECASE),
    "miRNA": re.compile(r"mirna", re.IGNORECASE),
    "DNA methylation": re.compile(r"meth", re.IGNORECASE),
}
"""The types of data of the paper, each with what a cohort of ours calls it."""


def beside_paper(project: str, cohort: Cohort, has: Mapping[str, frozenset[str]]) -> list[str]:
    """Sentences: how many patients the paper kept and how many are kept here, and why the two differ.

    Args:
        project: a key of `PAPER_PATIENTS`.
        cohort: ours.
        has: its types of data, and who has each.
    """
    paper, kept = PAPER_PATIENTS[project], len(cohort.patients)
    found = {name: next((own for own in has if pattern.search(own)), None) for name, pattern in TYPES.items()}
    lacking = [name for name, own in found.items() if own is None]
    others = [own for own in has if own not in found.values()]
    lines = [f"The paper kept {paper} patients, this cohort keeps {kept} ({kept - paper:+d})."]
    if lacking:
        asked = listed(list(TYPES))
        lines.append(f"The paper asks for {asked} of every patient. Not in this cohort: {listed(lacking)}.")
    shared = [has[own] for own in found.values() if own is not None]
    complete = len(frozenset.intersection(*shared)) if shared else 0
    if shared and complete < kept:
        lines.append(
            "The paper leaves out whoever lacks one of its types. Here they stay, unless a run asks for complete "
            f"cases: {count(complete, 'patient has', 'patients have')} all of the paper's types that this cohort has."
        )
    if others:
        lines.append(f"Not in the paper: {listed(others)}.")
    lines.append(
        "The paper states neither the version of its downloads nor its list of patients, so that the numbers cannot be "
        "expected to be equal. Both leave out patients with fewer than 30 days of follow-up."
    )
    return lines
