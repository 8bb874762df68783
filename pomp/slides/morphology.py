"""Binary morphology with square windows, a row and a column at a time: far faster than ranking each window's pixels.

A window of radius r has 2r + 1 pixels a side. Beyond its edges a picture goes on as its outermost pixels.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pomp.compiled import compiled


def mean(values: np.ndarray, radius: int) -> np.ndarray:
    """(h, w) uint8: the mean of each window of uint8 values, rounded half up. The radius is 7 at most."""
    return _quotients(_sums(np.ascontiguousarray(values), radius), (2 * radius + 1) ** 2)


def majority(mask: np.ndarray, radius: int) -> np.ndarray:
    """Where more than half of the window is True: the median. The radius is 7 at most."""
    return _sums(np.ascontiguousarray(mask).view(np.uint8), radius) > (2 * radius + 1) ** 2 // 2


def dilated(mask: np.ndarray, radius: int) -> np.ndarray:
    """Where any of the window is True."""
    return _over_windows(np.logical_or, mask, radius)


def eroded(mask: np.ndarray, radius: int) -> np.ndarray:
    """Where all of the window is True."""
    return _over_windows(np.logical_and, mask, radius)


def opened(mask: np.ndarray, radius: int) -> np.ndarray:
    """Without what is narrower than the window."""
    return dilated(eroded(mask, radius), radius)


def closed(mask: np.ndarray, radius: int) -> np.ndarray:
    """With gaps filled that are narrower than the window."""
    return eroded(dilated(mask, radius), radius)


def _over_windows(combine: Callable[..., np.ndarray], mask: np.ndarray, radius: int) -> np.ndarray:
    """Combine all pixels of each window; overlapping runs do no harm, so a run doubles with each step."""
    found = np.pad(mask, radius, mode="edge")
    for _ in range(2):
        run = 1
        while run < 2 * radius + 1:
            step = min(run, 2 * radius + 1 - run)
            found = combine(found[:-step], found[step:])
            run += step
        found = found.T
    return found


@compiled
def _sums(values: np.ndarray, radius: int) -> np.ndarray:
    """(h, w) uint16: the sum of each window. The window's columns are summed, and go down row by row.

    Loops of one statement are compiled to vector instructions; numba's array expressions would make copies.
    """
    height, width = values.shape
    sums = np.empty((height, width), np.uint16)
    padded = np.zeros(width + 2 * radius, np.uint16)
    columns = padded[radius : radius + width]
    for row in range(-radius, radius + 1):
        _add(columns, values[min(max(row, 0), height - 1)])
    for row in range(height):
        padded[:radius], padded[radius + width :] = columns[0], columns[-1]
        line = sums[row]
        line[:] = padded[:width]
        for start in range(1, 2 * radius + 1):
            _add(line, padded[start : start + width])
        entering, leaving = values[min(row + radius + 1, height - 1)], values[max(row - radius, 0)]
        for column in range(width):
            columns[column] += np.uint16(entering[column]) - np.uint16(leaving[column])
    return sums


@compiled
def _add(sums: np.ndarray, values: np.ndarray) -> None:
    for place in range(len(sums)):
        sums[place] += values[place]


@compiled
def _quotients(sums: np.ndarray, divisor: int) -> np.ndarray:
    """(h, w) uint8, rounded. Numbers as small as these are divided in single precision without an error."""
    quotients = np.empty(sums.shape, np.uint8)
    flat, found = sums.ravel(), quotients.ravel()
    for place in range(len(flat)):
        found[place] = np.uint8((np.float32(flat[place]) + np.float32(divisor // 2)) / np.float32(divisor))
    return quotients
