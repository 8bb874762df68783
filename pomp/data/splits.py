"""Folds of the cross-validation, stratified by event; of patients, or of whole hospitals."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from pomp.config import RunConfig
from pomp.data.site_folds import divide_sites
from pomp.data.sites import find_sites
from pomp.errors import CohortError, RunError
from pomp.wording import count

if TYPE_CHECKING:
    from pomp.data.cohort import Cohort

FoldsBy = Literal["patients", "sites"]


@dataclass(frozen=True)
class Fold:
    """Who is trained on and who is tested, sorted."""

    index: int
    train: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class Splits:
    """Every patient is tested in exactly one fold."""

    folds: tuple[Fold, ...]
    seed: int
    by: FoldsBy = "patients"

    @property
    def digest(self) -> str:
        """First 16 hex digits of the SHA-256 of the canonical JSON of folds and seed: of who is where.

        It is the same for folds that were made before they said by what.
        """
        facts = {name: value for name, value in self.to_json().items() if name != "by"}
        text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The splits that `to_json` made; those that do not say by what are by patients.

        Raises:
            RunError: the data is something else.
        """
        try:
            folds = tuple(Fold(int(f["index"]), tuple(f["train"]), tuple(f["test"])) for f in data["folds"])
            by: FoldsBy = "sites" if data.get("by", "patients") == "sites" else "patients"
            return cls(folds, int(data["seed"]), by)
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(f"These are no splits ({type(error).__name__}: {error}). Start a new run.") from None


def split_cohort(cohort: Cohort, config: RunConfig) -> Splits:
    """The folds of a run with these settings on this cohort.

    Raises:
        CohortError: there are too few events or sites, or a patient's site is not known.
    """
    sites = find_sites(cohort.patients, cohort.clinical) if config.folds_by == "sites" else None
    return make_splits(cohort.outcome, config.folds, config.seed, sites)


def make_splits(outcome: pd.DataFrame, folds: int, seed: int, sites: pd.Series | None = None) -> Splits:
    """Folds of near-equal size and share of events, the same for the same patients, events and seed in any order.

    With sites no site is in both training and test of a fold, and folds are only as equal as sites allow.

    Args:
        outcome: index patient; event (bool).
        sites: of every patient, index patient; None: patients are divided one by one.

    Raises:
        CohortError: there are fewer events or sites than folds, or a fold would have no event to be tested on.
    """
    outcome = outcome.sort_index()
    event = outcome["event"].to_numpy(np.bool_)
    if event.sum() < folds:
        raise CohortError(
            f"{count(int(event.sum()), 'event')} among {count(len(event), 'patient')} cannot fill {folds} folds: "
            f"every fold is tested on at least one. {_way_out(int(event.sum()))}"
        )
    patients = outcome.index.to_numpy(object)
    if sites is None:
        number = _divide_patients(event, folds, seed)
    else:
        number = divide_sites(sites.loc[patients].to_numpy(str), event, folds, seed)
    parts = (Fold(k, tuple(patients[number != k]), tuple(patients[number == k])) for k in range(folds))
    return Splits(tuple(parts), seed, "patients" if sites is None else "sites")


def _divide_patients(event: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """The fold in which each patient is tested, (N,)."""
    cut = StratifiedKFold(folds, shuffle=True, random_state=seed)
    number = np.zeros(len(event), np.int64)
    with warnings.catch_warnings():
        # Few censored patients are no obstacle: a fold without any can be trained on and tested.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        for k, (_, test) in enumerate(cut.split(event, event)):
            number[test] = k
    return number


def _way_out(events: int) -> str:
    others = "choose an endpoint with more events, or leave out fewer patients (cohort.min_days)"
    return f"Use at most {events} folds, {others}." if events >= 2 else f"{others[0].upper()}{others[1:]}."
