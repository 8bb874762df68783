"""Who is at risk and who dies at each time of death, by group and stratum: what log-rank and hazard ratio count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Stratum:
    """Patients of one stratum by falling time, and where its K times of death stand among them."""

    patients: NDArray[np.intp]
    """(n,) indices into the cohort, longest follow-up first."""
    died: Array
    """(n,) 1 where the patient died."""
    last: NDArray[np.intp]
    """(U,) for each distinct time, the position of the last patient followed that long."""

    def counts(self, membership: Array) -> tuple[Array, Array]:
        """At risk and dying at each distinct time with a death: two (…, K, groups) arrays, from (…, N, groups) 0/1."""
        members = membership[..., self.patients, :]
        at_risk = members.cumsum(axis=-2)[..., self.last, :]
        deaths = np.diff((members * self.died[:, None]).cumsum(axis=-2)[..., self.last, :], axis=-2, prepend=0.0)
        some = np.diff(self.died.cumsum()[self.last], prepend=0.0) > 0
        return at_risk[..., some, :], deaths[..., some, :]

    def at_risk(self, values: Array) -> Array:
        """Sums over the patients at risk at each of D deaths: (D, C), from (n, C) in the order of `patients`.

        Of d deaths at one time the l-th (0 … d - 1) has l/d of each of them already out of its risk set (Efron).
        """
        tied = np.diff(self.died.cumsum()[self.last], prepend=0.0).astype(int)
        dying = np.diff((values * self.died[:, None]).cumsum(axis=0)[self.last], axis=0, prepend=0.0)
        rank = np.arange(tied.sum()) - np.repeat(tied.cumsum() - tied, tied)
        gone = (rank / np.repeat(tied, tied))[:, None] * np.repeat(dying, tied, axis=0)
        return np.asarray(np.repeat(values.cumsum(axis=0)[self.last], tied, axis=0) - gone)


def split_strata(time_days: ArrayLike, event: ArrayLike, strata: ArrayLike | None) -> list[Stratum]:
    """The strata of (N,) patients, each sorted by time once; one for all if `strata` is None."""
    time, died = np.asarray(time_days, dtype=float), np.asarray(event, dtype=bool)
    labels = np.zeros(len(time)) if strata is None else np.asarray(strata)
    parts = []
    for label in np.unique(labels):
        patients = np.flatnonzero(labels == label)
        patients = patients[np.argsort(-time[patients], kind="stable")]
        last = np.flatnonzero(np.diff(time[patients], append=-np.inf))
        parts.append(Stratum(patients, died[patients].astype(float), last))
    return parts


def group_membership(groups: ArrayLike) -> Array:
    """(N,) labels → (N, groups) 0/1, columns in sorted order of the labels."""
    labels, inverse = np.unique(np.asarray(groups), return_inverse=True)
    return np.eye(len(labels))[inverse]
