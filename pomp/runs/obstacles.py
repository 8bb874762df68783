"""What would end a training on a cohort, told before it is begun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from pomp.config import RunConfig
from pomp.data.cohort import Cohort
from pomp.data.omics_table import OmicsTable
from pomp.data.problems import Problem, Problems
from pomp.data.splits import split_cohort
from pomp.errors import CohortError, TrainingError
from pomp.omics.contrast import choose_contrast
from pomp.omics.training_rows import TrainingRows


def find_obstacles(cohort: Cohort, config: RunConfig) -> tuple[Problem, ...]:
    """Warnings where there are too few patients or events for these settings: for folds, or for a choice of genes.

    They are no errors of the cohort: it can be looked at, and other settings may do. Without any event nothing is
    added, as `check_cohort` says that.
    """
    problems = Problems()
    if not cohort.outcome["event"].any():
        return ()
    training = [list(cohort.patients)]
    try:
        splits = split_cohort(cohort, config)
        if config.rules.selection == "training":
            training = [list(fold.train) for fold in splits.folds]
    except CohortError as error:
        problems.warning(cohort.name, f"training would stop here: {error}")
    for table in cohort.omics.values() if config.model.modalities != "pathology" else ():
        refused = _refuse(table, cohort, training, config)
        if refused is not None:
            problems.warning(cohort.name, f"training would stop here: {refused}")
    return tuple(problems.found)


def _refuse(
    table: OmicsTable, cohort: Cohort, training: Sequence[list[str]], config: RunConfig
) -> TrainingError | None:
    """Why genes of the type could not be chosen from one of these sets of patients; None if they could from all."""
    for patients in training:
        unseen = set(cohort.patients).difference(patients)
        try:
            rows = TrainingRows.of(_without_values(table), cohort.outcome.loc[patients], unseen)
            choose_contrast(rows.values, rows.normals, rows.outcome, config.omics.contrast, table.name)
        except TrainingError as error:
            return error
    return None


def _without_values(table: OmicsTable) -> OmicsTable:
    """The same samples with one gene: who is in a group is told by no other value, and tables may be large."""
    normals = None if table.normals is None else pd.DataFrame({"present": 1.0}, table.normals.index)
    return replace(table, values=pd.DataFrame({"present": 1.0}, table.values.index), normals=normals)
