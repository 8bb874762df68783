"""The regions of a run's cohort and of its companions in one bank."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from pomp.config import SlideConfig
from pomp.data.cohort import Cohort
from pomp.errors import CohortError
from pomp.progress import OnProgress
from pomp.runs.company import Company
from pomp.runs.regions import OnResults, gather_regions
from pomp.training.bank import RegionBank


def gather_company_regions(
    company: Company, config: SlideConfig, on_progress: OnProgress, on_results: OnResults
) -> RegionBank:
    """As `gather_regions` of every cohort that has slides. Cohorts share no patient, so none hides another's.

    Pixels are cut by one configuration, and so of one size.

    Args:
        on_progress: told of the slides of all cohorts together.
        on_results: given what became of the slides of the run's own cohort.

    Raises:
        CohortError: features of two cohorts differ in their dimension.
        RunError: no slide of a cohort can be used.
    """
    cohorts = [member.cohort for member in (company.own, *company.others) if not member.cohort.slides.empty]
    total, before = company.slides, 0

    def tell(done: int, _: int, what: str) -> None:
        on_progress(before + done, total, what)

    banks = []
    for cohort in cohorts:
        own = cohort is company.own.cohort
        banks.append(gather_regions(cohort, config, tell, on_results if own else lambda _: None))
        before += len(cohort.slides)
    return _joined(cohorts, banks) if banks else RegionBank({}, config.side)


def _joined(cohorts: Sequence[Cohort], banks: Sequence[RegionBank]) -> RegionBank:
    """One bank of all, given those of the cohorts. Nothing goes by a cohort's name: two may have the same."""
    (first, bank), *others = zip(cohorts, banks, strict=True)
    for cohort, other in others:
        if other.features != bank.features:
            raise CohortError(
                f"The region features of cohort '{first.name}' have dimension {bank.features}, those of cohort "
                f"'{cohort.name}' {other.features}. Cohorts that are pre-trained on together need features of the same "
                f"model; these two lie in {first.folder} and {cohort.folder}."
            )
    joined = copy(bank)
    joined.tables = {patient: table for part in banks for patient, table in part.tables.items()}
    joined.keep({})
    return joined
