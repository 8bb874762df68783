"""How far runs reproduce the paper: which of its numbers have one, how near they come, what the protocol is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

import numpy as np

from pomp.config import ProtocolName
from pomp.evaluation.paired import percentile_interval
from pomp.evaluation.uncertainty import Interval
from pomp.runs.grid.adjusted import Comparison, adjust
from pomp.runs.grid.score import compare, drawn_difference
from pomp.runs.grid.stand_in import deviations
from pomp.runs.grid.table import Entry
from pomp.runs.run import Run

Row = tuple[str, str]
"""A cohort as the grid calls it, and a row of the paper: the place of one published number."""


@dataclass(frozen=True)
class Nearness:
    """How near the runs of one protocol come to what is published."""

    protocol: ProtocolName
    difference: float
    """C-index of ours minus the published one, mean over `Reproduction.compared`."""
    distance: float
    """The same without sign."""


@dataclass(frozen=True)
class Optimism:
    """What the released code's protocol adds on the same folds, beside what parts the paper from an honest run."""

    places: int
    added: float
    """C-index under paper-released minus honest, mean over the places that have both on the same folds."""
    interval: Interval
    """Of `added`: 95 %, by the choice of test patients, who are drawn again in every cohort."""
    paper_above_honest: float
    """The published C-index minus the honest one, mean over the same places."""
    told_apart: int
    """In how many of the places test patients and training sets agree that there is a difference; p-values are adjusted
    for all protocols that stand beside the honest one."""


@dataclass(frozen=True)
class Reproduction:
    """All that a workspace says about the published numbers."""

    published: int
    filled: tuple[Row, ...]
    """Places with a finished run of their own under at least one protocol. Where several rows come to one run, as those
    do that differ in tasks which a cohort without slides lacks, the reference or else the first of them has it."""
    with_slides: tuple[Row, ...]
    """Of these, the ones with a run that reads slides and omics, as all of the paper's do."""
    as_asked: tuple[Row, ...]
    """Of these, the ones with a run that deviates in no setting."""
    compared: tuple[Row, ...]
    """Places that all protocols have which any place has: only there protocols can be compared with each other."""
    near: tuple[Nearness, ...]
    """On `compared`; empty if that is."""
    optimism: Optimism | None
    """None where no place has both protocols on the same folds."""


def summarise(entries: Sequence[Entry]) -> Reproduction:
    """The state of the reproduction.

    Args:
        entries: of all grids of the paper. One without a published number counts for nothing, and a row of the same
            name and cohort in two tables is one place.
    """
    places = {(entry.cohort, entry.variant) for entry in entries if entry.published is not None}
    filled = _fill(entries)
    protocols = dict.fromkeys(name for own in filled.values() for name in own)
    compared = [row for row, own in filled.items() if own.keys() == protocols.keys()]
    return Reproduction(
        published=len(places),
        filled=tuple(filled),
        with_slides=tuple(row for row, own in filled.items() if any(_reads_both(entry) for entry in own.values())),
        as_asked=tuple(row for row, own in filled.items() if any(_as_asked(entry) for entry in own.values())),
        compared=tuple(compared),
        near=tuple(_nearness(name, [filled[row][name] for row in compared]) for name in protocols if compared),
        optimism=_optimism(filled),
    )


def _fill(entries: Sequence[Entry]) -> dict[Row, dict[ProtocolName, Entry]]:
    """The published places that are done, each with a run of its own, in the order of the entries."""
    filled: dict[Row, dict[ProtocolName, Entry]] = {}
    owners: dict[tuple[str, ...], Row] = {}
    for entry in entries:
        row = entry.cohort, entry.variant
        if entry.published is None or entry.alias or math.isnan(entry.mean_sd[0]):
            continue
        if owners.setdefault(tuple(run.id for run in _done(entry)), row) == row:
            filled.setdefault(row, {})[entry.protocol] = entry
    return filled


def _done(entry: Entry) -> list[Run]:
    return [one.run for one in entry.cells if one.state == "DONE" and one.run is not None]


def _as_asked(entry: Entry) -> bool:
    return any(not deviations(one) for one in entry.cells if one.state == "DONE")


def _reads_both(entry: Entry) -> bool:
    return any(run.config.model.modalities == "both" for run in _done(entry))


def difference_to_published(entry: Entry) -> float:
    """C-index of ours minus the published one; nan where either is not there."""
    return math.nan if entry.published is None else entry.mean_sd[0] - entry.published[0]


def _nearness(protocol: ProtocolName, entries: Sequence[Entry]) -> Nearness:
    differences = [difference_to_published(entry) for entry in entries]
    return Nearness(protocol, mean(differences), mean(map(abs, differences)))


def _optimism(filled: Mapping[Row, Mapping[ProtocolName, Entry]]) -> Optimism | None:
    added, above, told_apart = [], [], 0
    for own in filled.values():
        if "honest" not in own or "paper-released" not in own:
            continue
        drawn = drawn_difference(own["paper-released"].scores, own["honest"].scores)
        if drawn is not None and not math.isnan(drawn[0]):
            added.append(drawn)
            above.append(-difference_to_published(own["honest"]))
            told_apart += _told_apart(own)
    if not added:
        return None
    together = np.mean(added, axis=0)
    return Optimism(len(added), float(together[0]), percentile_interval(together[1:]), mean(above), told_apart)


def _told_apart(own: Mapping[ProtocolName, Entry]) -> bool:
    """Whether the released code's protocol can be told from the honest one."""
    found = {name: compare(entry.scores, own["honest"].scores) for name, entry in own.items() if name != "honest"}
    known = {name: Comparison("honest", name, one) for name, one in found.items() if one is not None}
    return adjust(known)["paper-released"].told_apart
