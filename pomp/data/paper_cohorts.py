"""The six cohorts of the paper: how many patients it kept of each, and which of ours is one of them."""

from __future__ import annotations

import re
from types import MappingProxyType

PAPER_PATIENTS = MappingProxyType({"COAD": 250, "LIHC": 323, "STAD": 298, "BRCA": 724, "LUAD": 374, "LGG": 451})
"""TCGA project → patients with slides, RNA-Seq, miRNA, methylation and 30 days or more of follow-up.

Source: section "Datasets" of POMP, IJCAI 2025.
"""

_PROJECT = re.compile(rf"(?<![A-Z0-9])(?:TCGA[-_. ]?)?({'|'.join(PAPER_PATIENTS)})(?![A-Z0-9])", re.IGNORECASE)


def find_paper_cohort(*names: str) -> str | None:
    """The project that the first of the names holds as a word, ``TCGA-LIHC`` or ``lihc``; None if it is no such cohort.

    Args:
        names: of a cohort, such as its name and its title.
    """
    found = (_PROJECT.search(name) for name in names)
    return next((match.group(1).upper() for match in found if match), None)
