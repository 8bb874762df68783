"""A run's cohort and its companions: who is pre-trained on together in which fold."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from pomp.config import Protocol
from pomp.data.cohort import Cohort, read_cohort
from pomp.data.splits import Splits, split_cohort
from pomp.errors import RunError
from pomp.runs.info import CohortInfo
from pomp.runs.run import Run
from pomp.training.fold_names import ALL_PATIENTS, standing_fold


@dataclass(frozen=True)
class Member:
    """A cohort that takes part in pre-training, divided as a run of its own divides it: same seed, same folds."""

    cohort: Cohort
    splits: Splits

    def seen(self, fold: int) -> pd.DataFrame:
        """Follow-up of the training patients of a fold, or of everybody for `ALL_PATIENTS`."""
        outcome = self.cohort.outcome
        return outcome if fold == ALL_PATIENTS else outcome.loc[list(self.splits.folds[fold].train)]


@dataclass(frozen=True)
class Company:
    """The run's own cohort and the others; without others, all is as if there were no company.

    In fold k each gives the training patients of its own fold k. So nobody who is tested in fold k of any cohort is
    seen, and one pre-training of fold k serves runs on each of them.
    """

    own: Member
    others: tuple[Member, ...]
    rules: Protocol

    @property
    def members(self) -> list[Member]:
        """All of them by their first patient, whom no other has: an order that is the same for a run on any of them."""
        return sorted([self.own, *self.others], key=lambda member: member.cohort.patients[0])

    @property
    def outcome(self) -> pd.DataFrame:
        """time_days and event of all patients of all cohorts; index patient."""
        return pd.concat([member.cohort.outcome for member in (self.own, *self.others)])

    @property
    def slides(self) -> int:
        """How many slides all cohorts have together."""
        return sum(len(member.cohort.slides) for member in self.members)

    def selection_fold(self, fold: int) -> int:
        """`fold`, or `ALL_PATIENTS` where the protocol chooses genes on everybody."""
        return standing_fold(self.rules.selection, fold)

    def pretraining_fold(self, fold: int) -> int:
        """`fold`, or `ALL_PATIENTS` where the protocol pre-trains on everybody."""
        return standing_fold(self.rules.pretraining, fold)

    def pretraining(self, fold: int) -> list[str]:
        """The patients seen in the pre-training that fold k starts from."""
        return [patient for member in self.members for patient in member.seen(self.pretraining_fold(fold)).index]

    def describe(self, fold: int) -> str:
        """'974 patients of 3 cohorts'; empty for a cohort alone."""
        if not self.others:
            return ""
        return f"{len(self.pretraining(fold)):,} patients of {len(self.members)} cohorts"


def read_company(run: Run) -> Company:
    """The cohorts of a run, as they were when it was made.

    Raises:
        CohortError: one of them cannot be read.
        RunError: one of them has changed since, or the run's splits are damaged.
    """
    config = run.config
    own = Member(read_unchanged(run, run.info.cohort), run.splits())
    others = [read_unchanged(run, companion) for companion in run.info.companions]
    divided = [Member(cohort, split_cohort(cohort, config)) for cohort in others]
    return Company(own, tuple(divided), config.rules)


def read_unchanged(run: Run, info: CohortInfo) -> Cohort:
    """One of the cohorts of a run.

    Raises:
        CohortError, RunError: as `read_company`.
    """
    cohort = read_cohort(run.workspace_folder / info.folder, run.config.cohort)
    if cohort.digest != info.digest:
        raise RunError(
            f"The files of cohort '{cohort.name}' in {cohort.folder} have changed since this run was made. "
            "Put the old ones back, or start a new run on the new files."
        )
    return cohort
