"""The cohorts that join a run's pre-training: found by name, read by the run's own rules, and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pomp.config import RunConfig
from pomp.data.cohort import Cohort, read_cohort
from pomp.data.sites import find_sites
from pomp.data.splits import split_cohort
from pomp.errors import CohortError, ConfigError
from pomp.runs.resolve import check_companion, has_two_types


def find_companions(cohort: Cohort, config: RunConfig, folder: Path) -> list[Cohort]:
    """The cohorts that `pretrain.with_cohorts` names, in its order.

    A patient may be in one of them only. Whoever is in two could be tested by the one and trained on by the other, and
    of equal ids nobody can say whether they are one patient. With folds by sites the same holds of hospitals, by their
    names: TCGA has another code for a hospital in every cohort, so that there it cannot be seen.

    Args:
        cohort: the run's own.
        config: as `resolve` made it.
        folder: `cohorts/` of the workspace.

    Raises:
        ConfigError: there is no such cohort, it is the run's own, or its modalities do not fit; or there is no task.
        CohortError: it cannot be read or divided into folds, or shares a patient, or a hospital where folds are made
            by sites, with another.
    """
    companions = []
    for name in config.pretrain.with_cohorts:
        companion = read_cohort(_find(name, cohort, folder), config.cohort)
        check_companion(config, companion)
        _check_folds(companion, config)
        companions.append(companion)
    _check_shared([cohort, *companions], lambda one: one.patients, _SHARED_PATIENT)
    if companions and config.model.modalities == "omics" and not has_two_types([cohort, *companions]):
        raise ConfigError(
            f"pretrain.with_cohorts names {', '.join(config.pretrain.with_cohorts)}, and no patient of all these "
            "cohorts has two types of omics: there is nothing to hide from a model without slides, so leave it empty."
        )
    if config.folds_by == "sites" and companions:
        _check_shared([cohort, *companions], lambda one: find_sites(one.patients, one.clinical), _SHARED_SITE)
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
        split_cohort(companion, config)
    except CohortError as error:
        raise CohortError(f"Cohort '{companion.name}' cannot join the pre-training: {error}") from None


def _check_shared(cohorts: Sequence[Cohort], members: Callable[[Cohort], Iterable[str]], what: str) -> None:
    """What must not be in two cohorts. `members`: what a cohort has of it; `what`: the error's text."""
    owner: dict[str, str] = {}
    for cohort in cohorts:
        for name in sorted(set(members(cohort))):
            if name in owner:
                raise CohortError(what.format(name=name, one=owner[name], other=cohort.name))
            owner[name] = cohort.name


_SHARED_PATIENT = (
    "Patient '{name}' is in cohort '{one}' and in cohort '{other}'. Cohorts that are pre-trained on together must not "
    "share patients: leave the patient out of one (a reason in the column left_out of its clinical.csv), or give "
    "different people different ids."
)
_SHARED_SITE = (
    "Hospital '{name}' is in cohort '{one}' and in cohort '{other}'. With folds by sites (folds_by), cohorts that are "
    "pre-trained on together must not share hospitals, or one that is tested would have been trained on: leave one "
    "out of pretrain.with_cohorts, or give different hospitals different names."
)
