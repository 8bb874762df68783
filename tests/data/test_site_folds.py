"""Whole hospitals in folds: what is possible is counted by hand or by trying everything."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pomp.data.site_folds import divide_sites
from pomp.errors import CohortError


def patients_of(counts: Mapping[Any, tuple[int, int]]) -> tuple[NDArray[np.str_], NDArray[np.bool_]]:
    """Site → patients and how many of them have the event, as an array of each."""
    sites = np.repeat(list(counts), [number for number, _ in counts.values()])
    event = np.concatenate([np.arange(number) < events for number, events in counts.values()])
    return sites, event


def sizes(counts: dict[str, tuple[int, int]], folds: int, seed: int = 0) -> list[tuple[int, int]]:
    """Patients and events of every fold, sorted."""
    sites, event = patients_of(counts)
    number = divide_sites(sites, event, folds, seed)
    return sorted((int((number == k).sum()), int(event[number == k].sum())) for k in range(folds))


CASES = {
    "one each": ({"a": (10, 4), "b": (10, 4)}, 2, [(10, 4), (10, 4)]),
    "a third cannot be parted": ({"a": (30, 9), "b": (20, 6), "c": (10, 3), "d": (30, 9)}, 3, [(30, 9)] * 3),
    "events count as sizes do": (
        {"a": (10, 8), "b": (10, 2), "c": (10, 8), "d": (10, 2)}, 2, [(20, 10), (20, 10)],
    ),
    "a large site alone": (
        {"big": (50, 20), "a": (10, 4), "b": (10, 4), "c": (10, 4), "d": (10, 4)}, 3, [(20, 8), (20, 8), (50, 20)],
    ),
    "many small ones": ({f"s{number:02d}": (10, 3) for number in range(60)}, 5, [(120, 36)] * 5),
    "one without an event joins others": ({"a": (8, 3), "b": (6, 3), "none": (2, 0)}, 2, [(8, 3), (8, 3)]),
}  # fmt: skip


@pytest.mark.parametrize(("counts", "folds", "expected"), CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("seed", range(5))
def test_as_equal_as_sites_allow(
    counts: dict[str, tuple[int, int]], folds: int, expected: list[tuple[int, int]], seed: int
) -> None:
    assert sizes(counts, folds, seed) == expected


def spread(shares: NDArray[np.float64], number: NDArray[np.int64], folds: int) -> float:
    """Sum over folds of the squares of their shares of patients and events."""
    return float(sum((shares[number == k].sum(axis=0) ** 2).sum() for k in range(folds)))


@pytest.mark.parametrize("seed", range(6))
def test_near_the_best_of_all_ways(seed: int) -> None:
    """Eight sites in three folds: 6,561 ways, of which the best is at most 2 % better."""
    rng = np.random.default_rng(seed)
    counts = {str(name): (int(size), int(rng.integers(1, size))) for name, size in enumerate(rng.integers(5, 40, 8))}
    sites, event = patients_of(counts)
    table = np.array(list(counts.values()), dtype=float)
    shares = table / table.sum(axis=0)
    best = min(spread(shares, np.array(way), 3) for way in product(range(3), repeat=8))
    number = divide_sites(sites, event, 3, seed=0)
    found = np.array([number[sites == name][0] for name in counts])
    assert best <= spread(shares, found, 3) + 1e-12
    assert spread(shares, found, 3) <= 1.02 * best


def test_a_site_is_never_parted_and_the_seed_decides() -> None:
    rng = np.random.default_rng(5)
    sites = rng.choice([f"s{number:02d}" for number in range(30)], 400)
    event = rng.random(400) < 0.3
    ways = [divide_sites(sites, event, 5, seed) for seed in range(4)]
    for number in ways:
        assert all(len(set(number[sites == site])) == 1 for site in set(sites))
        assert set(number) == set(range(5))
    assert np.array_equal(divide_sites(sites, event, 5, 0), ways[0])
    together = [number[:, None] == number[None] for number in ways]
    assert not any(np.array_equal(together[0], other) for other in together[1:])


REFUSED = {
    "fewer sites than folds": (
        {"a": (10, 5), "b": (10, 5)}, 3, r"2 hospitals \(a, b\) cannot fill 3 folds: .* Use at most 2 folds, or make",
    ),
    "one site": ({"a": (10, 5)}, 2, r"1 hospital \(a\) cannot fill 2 folds: .* own\. Make folds by patients"),
    "fewer sites with an event": (
        {"a": (10, 5), "b": (10, 5), "c": (10, 0)}, 3, r"2 hospitals with an event \(a, b\) cannot fill 3 folds",
    ),
    # Were d, with the third site's only event, put to c, that fold would be larger still by more than it is worth.
    "a fold without an event": (
        {"a": (1100, 500), "b": (1100, 499), "c": (2000, 0), "d": (100, 1)}, 3,
        r"No patient of fold \d of 3 has an event, so that it cannot be tested: c\. Use fewer folds",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("counts", "folds", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_impossible(counts: dict[str, tuple[int, int]], folds: int, message: str) -> None:
    sites, event = patients_of(counts)
    with pytest.raises(CohortError, match=message):
        divide_sites(sites, event, folds, seed=0)
