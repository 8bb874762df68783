"""The genes nearest to a gene: products in single precision rule out nearly all, exact distances choose among the rest.

For genes a and b over the patients, missing values as 0, and A and B the patients whom a and b lack:

    Σ (a - b)² over those who have both = Σ a² + Σ b² - 2 Σ ab - Σ b² over A - Σ a² over B

The last three sums are one matrix product for many pairs. Its rounding error is bounded (Higham, Accuracy and Stability
of Numerical Algorithms, 2002, section 3.5: γ(n) = n u / (1 - n u) times the sum of the terms' sizes, whatever their
order), so a pair whose product less the bound exceeds the K-th smallest distance so far is out for certain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pomp.compiled import compiled

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

RECEIVERS = 2048
"""Genes whose neighbours are sought at once."""

DONORS = 512
"""Genes they are compared with at once. The two bound the memory: 4 MB of products, and the genes' own values."""

UNIT = 2.0**-24
"""Rounding error of single precision, u."""


@dataclass(frozen=True)
class _Genes:
    """Some genes, a row each.

    Attributes:
        columns: (B,) places in the table.
        values: (B, N) less the mean; NaN = missing.
        lacks: (B, N) True = missing.
        squares: (B,) Σ values².
    """

    columns: Ints
    values: Floats
    lacks: Bools
    squares: Floats

    @classmethod
    def of(cls, x: Floats, means: Floats, columns: Ints) -> _Genes:
        values = np.ascontiguousarray(x[:, columns].T)
        values -= means[columns, None]
        lacks = np.isnan(values)
        return cls(columns, values, lacks, np.einsum("bn,bn->b", *2 * [np.where(lacks, 0.0, values)]))

    @property
    def some_lack(self) -> Bools:
        """(N,) whether a patient lacks any of the genes."""
        return np.asarray(self.lacks.any(axis=0))

    def zeros(self, scale: float) -> Singles:
        """(B, N) values / scale, 0 where missing."""
        return np.where(self.lacks, 0.0, self.values / scale).astype(np.float32)


def nearest_genes(x: Floats, means: Floats, genes: Ints, keep: int) -> tuple[Ints, Floats]:
    """The `keep` genes nearest to each of `genes`, itself excepted.

    The distance is Euclidean, over the patients who have both genes and scaled up to all: √(N · mean (a - b)²). Genes
    at the same distance follow the order of the columns. A gene's result does not depend on which others are asked for.

    Args:
        x: (N, D) values, NaN = missing; no column without a value.
        means: (D,) taken off first.
        genes: (G,) columns of x.
        keep: at least 1.

    Returns:
        (G, keep) columns, nearest first, and (G, keep) distances; -1 and infinite where there are no more genes with a
        patient in common.
    """
    lacking = _missing_values(x)
    donors = np.argsort(lacking > 0, kind="stable")  # those without gaps first: they need fewer products
    columns = np.full((len(genes), keep), -1)
    squares = np.full((len(genes), keep), np.inf)
    by_gaps = np.argsort(lacking[genes], kind="stable")
    for rows in _blocks(by_gaps, RECEIVERS):
        columns[rows], squares[rows] = _nearest_of(_Genes.of(x, means, genes[rows]), x, means, donors, keep)
    return columns, np.sqrt(squares * len(x))


def _blocks(indices: Ints, size: int) -> Iterator[Ints]:
    return (indices[start : start + size] for start in range(0, len(indices), size))


def _missing_values(x: Floats) -> Ints:
    """(D,) patients who lack each gene."""
    counts = [np.isnan(x[:, block[0] : block[-1] + 1]).sum(axis=0) for block in _blocks(np.arange(x.shape[1]), DONORS)]
    return np.concatenate(counts).astype(np.int64)


def _nearest_of(receivers: _Genes, x: Floats, means: Floats, donors: Ints, keep: int) -> tuple[Ints, Floats]:
    """Columns (R, keep) and mean squared differences (R, keep) of the donors nearest to the receivers."""
    columns = np.full((len(receivers.columns), keep), -1)
    squares = np.full((len(receivers.columns), keep), np.inf)
    scale = float(np.sqrt(receivers.squares.max())) or 1.0  # no square of a receiver overflows, whatever the unit
    left = np.concatenate(
        [-2 * receivers.zeros(scale), -receivers.lacks[:, receivers.some_lack].astype(np.float32)], axis=1
    )
    for block in _blocks(donors, DONORS):
        offered = _Genes.of(x, means, block)
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is compared exactly
            products, shared = _products(left, receivers, offered, scale)
        _scan(products, shared, scale, _fields(receivers), _fields(offered), columns, squares)
    return columns, squares


def _products(left: Singles, receivers: _Genes, donors: _Genes, scale: float) -> tuple[Singles, Singles]:
    """The last three sums of the formula, over scale² (R, B), and how many patients have both: `_scan`'s.

    Args:
        left: (R, ≤ 2 N) -2 a, and -1 where the receiver lacks the patient, for patients whom any receiver lacks.
    """
    values = donors.zeros(scale)
    products = left @ np.concatenate([values, values[:, receivers.some_lack] ** 2], axis=1).T
    if not donors.some_lack.any():
        return products, np.zeros((0, 0), np.float32)
    lacks = donors.lacks.astype(np.float32)
    products -= receivers.zeros(scale) ** 2 @ lacks.T
    return products, (~receivers.lacks).astype(np.float32) @ (1 - lacks).T


def _fields(genes: _Genes) -> tuple[Any, ...]:
    return genes.columns, genes.values, genes.squares, (~genes.lacks).sum(axis=1)


@compiled
def _scan(
    products: Singles,
    shared: Singles,
    scale: float,
    receivers: tuple[Ints, Floats, Floats, Ints],
    donors: tuple[Ints, Floats, Floats, Ints],
    columns: Ints,
    squares: Floats,
) -> None:
    """Brings `columns` and `squares` (R, keep), sorted by (square, column), up to date with these donors.

    Args:
        products: (R, B) the last three sums of the formula, over scale².
        shared: (R, B) patients who have both; (0, 0) where every patient has all donors.
        receivers, donors: columns, values, Σ values², patients who have the gene.
    """
    own_columns, own_values, own_squares, own_seen = receivers
    their_columns, their_values, their_squares, _ = donors
    some_lack = shared.size > 0
    terms = UNIT * (3 * own_values.shape[1] + 8)
    bound = terms / (1 - terms)
    roots = np.sqrt(their_squares)
    for row in range(len(own_columns)):
        a, root = own_squares[row], np.sqrt(own_squares[row])
        for place in range(len(their_columns)):
            b = their_squares[place]
            size = 2 * root * roots[place] + b + (a if some_lack else 0.0)
            error = bound * size + 1e-12 * (a + b) + 1e-30 * scale * scale  # single, double, underflow
            least = a + b + scale * scale * products[row, place] - error
            both = shared[row, place] if some_lack else own_seen[row]
            if (squares[row, -1] * both < least < np.inf) or their_columns[place] == own_columns[row]:
                continue
            _insert(
                _mean_square(own_values[row], their_values[place]), their_columns[place], squares[row], columns[row]
            )


@partial(compiled, reorder=True)
def _mean_square(a: Floats, b: Floats) -> float:
    """Mean (a - b)² over those who have both; infinite if none has."""
    total, shared = 0.0, 0
    for patient in range(len(a)):
        difference = a[patient] - b[patient]
        seen = difference == difference  # noqa: PLR0124 - NaN differs from itself
        total += difference * difference if seen else 0.0
        shared += seen
    return total / shared if shared else np.inf


@compiled
def _insert(square: float, column: int, squares: Floats, columns: Ints) -> None:
    """Puts a gene in its place of a list sorted by (square, column), whose last falls out."""
    place = len(squares)
    while place and (
        square < squares[place - 1] or (square == squares[place - 1] < np.inf and column < columns[place - 1])
    ):
        place -= 1
    if place < len(squares):
        squares[place + 1 :] = squares[place:-1].copy()
        columns[place + 1 :] = columns[place:-1].copy()
        squares[place], columns[place] = square, column
