"""Which genes are chosen again and again, whichever half of the patients is asked."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pomp.omics.cox_score import cox_score_test

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

PAIRS = 50
"""Pairs of complementary halves: 100 halves, as Shah & Samworth advise."""


def selection_frequency(x: Floats, time: Floats, event: Bools, seed: int) -> Floats:
    """Share of random halves of the patients in which a gene is among the best by the univariate Cox score test.

    In each half the ⌈√(0.8 G)⌉ genes of the largest score are chosen, none with a score of 0. With that many, at most
    one gene without effect is expected at a frequency of 0.9 or more (Meinshausen & Bühlmann's bound for exchangeable
    noise). The two halves of a pair share no patient and have the same number of events, but for one.

    Args:
        x: (N, G) values without NaN.
        time: (N,) days.
        event: (N,) True = the event was seen.
        seed: of the halves.

    Returns:
        (G,) frequency in [0, 1], in steps of 1/100.

    Source: Meinshausen & Bühlmann, Stability selection, JRSS B 2010, Theorem 1; Shah & Samworth, Variable selection
    with error control: another look at stability selection, JRSS B 2013 (complementary pairs).
    """
    best = math.ceil(math.sqrt(0.8 * x.shape[1]))
    chosen = np.zeros(x.shape[1])
    for half in complementary_halves(event, PAIRS, seed):
        size = np.abs(cox_score_test(x[half], time[half], event[half]).statistic)
        top = np.argsort(-size, kind="stable")[:best]
        chosen[top[size[top] > 0]] += 1
    return chosen / (2 * PAIRS)


def complementary_halves(event: Bools, pairs: int, seed: int) -> Iterator[Ints]:
    """2 × `pairs` halves of the patients; each two in a row together are everybody, with the events dealt evenly."""
    random = np.random.default_rng(seed)
    for _ in range(pairs):
        order = random.permutation(len(event))
        order = order[np.argsort(event[order], kind="stable")]
        yield np.sort(order[::2])
        yield np.sort(order[1::2])
