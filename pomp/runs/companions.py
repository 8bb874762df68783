"""The cohorts that join a run's pre-training: found by name, read by the run's own rules, and checked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pomp.config import RunConfig
from pomp.data.cohort import Cohort, read_cohort
from pomp.data.splits import make_splits
from pomp.errors import CohortError, ConfigError
from pomp.runs.resolve import check_companion


def find_companions(cohort: Cohort, config: RunConfig, folder: Path) -> list[Cohort]:
    """The cohorts that `pretrain.with_cohorts` names, in its order.

    A patient may be in one of them only. Whoever is in two could be tested by the one and trained on by the other, and
    of equal ids nobody can say whether they are one patient.

    Args:
        cohort: the run's own.
        config: as `resolve` made it.
        folder: `cohorts/` of the workspace.

    Raises:
        ConfigError: there is no such cohort, it is the run's own, or its modalities do not fit.
        CohortError: it cannot be read or divided into folds, or shares a patient with another.
    """
    companions = []
    for name in config.pretrain.with_cohorts:
        companion = read_cohort(_find(name, cohort, folder), config.cohort)
        check_companion(config, companion)
        _check_folds(companion, config)
        companions.append(companion)
    _check_patients([cohort, *companions])
    return companions


def _find(name: str, cohort: Cohort, folder: Path) -> Path:
    there = sorted(path.name for path in folder.glob("[!.]*/")) if folder.is_dir() else []
    if name not in there:
        raise ConfigError(
            f"pretrain.with_cohorts: there is no cohort '{name}' in {folder}. There are: {', '.join(there) or 'none'}."
        )
    if (folder / name).resolve() == cohort.folder.resolve():
        raise ConfigError(
            f"pretrain.with_cohorts: '{name}' is the run's own cohort, which takes part anyway. Name others only."
        )
    return folder / name


def _check_folds(companion: Cohort, config: RunConfig) -> None:
    try:
        make_splits(companion.outcome, config.folds, config.seed)
    except CohortError as error:
        raise CohortError(f"Cohort '{companion.name}' cannot join the pre-training: {error}") from None


def _check_patients(cohorts: Sequence[Cohort]) -> None:
    owner: dict[str, str] = {}
    for cohort in cohorts:
        for patient in cohort.patients:
            if patient in owner:
                raise CohortError(
                    f"Patient '{patient}' is in cohort '{owner[patient]}' and in cohort '{cohort.name}'. Cohorts that "
                    "are pre-trained on together must not share patients: leave the patient out of one (a reason in "
                    "the column left_out of its clinical.csv), or give different people different ids."
                )
            owner[patient] = cohort.name
