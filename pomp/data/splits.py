"""Folds of the cross-validation, stratified by event."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from pomp.errors import CohortError, RunError


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

    @property
    def digest(self) -> str:
        """First 16 hex digits of the SHA-256 of the canonical JSON."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The splits that `to_json` made.

        Raises:
            RunError: the data is something else.
        """
        try:
            folds = tuple(Fold(int(f["index"]), tuple(f["train"]), tuple(f["test"])) for f in data["folds"])
            return cls(folds, int(data["seed"]))
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(f"These are no splits ({type(error).__name__}: {error}). Start a new run.") from None


def make_splits(outcome: pd.DataFrame, folds: int, seed: int) -> Splits:
    """Folds of near-equal size and share of events, the same for the same patients, events and seed in any order.

    Args:
        outcome: index patient; event (bool).

    Raises:
        CohortError: there are fewer events than folds, so that a fold would have none to be tested on.
    """
    outcome = outcome.sort_index()
    event = outcome["event"].to_numpy(np.bool_)
    if event.sum() < folds:
        raise CohortError(
            f"{event.sum()} events among {len(event)} patients cannot fill {folds} folds: every fold is tested on at "
            f"least one. {_way_out(int(event.sum()))}"
        )
    patients = outcome.index.to_numpy(object)
    cut = StratifiedKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # Few censored patients are no obstacle: a fold without any can be trained on and tested.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        parts = list(cut.split(event, event))
    return Splits(
        tuple(Fold(k, tuple(patients[train]), tuple(patients[test])) for k, (train, test) in enumerate(parts)), seed
    )


def _way_out(events: int) -> str:
    others = "choose an endpoint with more events, or leave out fewer patients (cohort.min_days)"
    return f"Use at most {events} folds, {others}." if events >= 2 else f"{others[0].upper()}{others[1:]}."
