"""Runs that stand in for a cell: the same model by the same rules on the same cohort, with other sizes or lengths."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pomp.config import RunConfig
from pomp.runs.command import flatten
from pomp.runs.grid.cells import Wanted
from pomp.runs.grid.fill import FilledCell
from pomp.runs.run import Run

DECIDING = (
    "protocol", "seed", "folds_by", "cohort.endpoint", "cohort.permutation", "omics.selector", "model.system",
    "model.modalities", "pretrain.with_cohorts",
)  # fmt: skip
"""Settings that say what is compared: with another value of one of them, it is another experiment. So are another risk,
other tasks of pre-training, and fewer types of omics. All others only make a deviation, such as sizes and epochs."""

FILES = "files of the cohort"
"""What differs where the cohort was changed since the run was made."""


@dataclass(frozen=True)
class Deviation:
    """A setting in which a run is not as its cell asks."""

    setting: str
    here: Any
    asked: Any


def deviations(one: FilledCell) -> tuple[Deviation, ...]:
    """In what the run of a cell differs from what the cell asks for; empty for the very run, or without one."""
    wanted = one.cell.wanted
    if wanted is None or one.run is None:
        return ()
    return _deviations(wanted, one.run)


def _deviations(wanted: Wanted, run: Run) -> tuple[Deviation, ...]:
    here, asked = (flatten(config.model_dump(mode="json")) for config in (run.config, wanted.config))
    found = [Deviation(path, here[path], asked[path]) for path in asked if here[path] != asked[path]]
    if run.info.cohort.digest != wanted.key.files:
        found.append(Deviation(FILES, run.info.cohort.digest, wanted.key.files))
    return tuple(found)


def stand_in(filled: Sequence[FilledCell], runs: Sequence[Run]) -> list[FilledCell]:
    """The cells, those without a finished run filled by the finished one that deviates least, if there is one.

    Args:
        filled: as `fill` returns them.
        runs: of the workspace, newest first: of equals, the newest stands in.
    """
    by_folder: dict[Path, list[Run]] = defaultdict(list)
    for run in runs:
        by_folder[run.cohort_folder.resolve()].append(run)
    return [_stand_in(one, by_folder) for one in filled]


def _stand_in(one: FilledCell, by_folder: dict[Path, list[Run]]) -> FilledCell:
    wanted = one.cell.wanted
    if wanted is None or one.state == "DONE":
        return one
    alike = [run for run in by_folder.get(wanted.folder.resolve(), []) if is_alike(run, wanted.config)]
    done = [(run, status) for run in alike if (status := run.status()).state == "DONE"]
    if not done:
        return one
    run, status = min(done, key=lambda pair: len(_deviations(wanted, pair[0])))
    return replace(one, run=run, status=status)


def is_alike(run: Run, asked: RunConfig) -> bool:
    """Whether a run is the experiment that settings describe, whatever its sizes. Both are as `resolve` made them."""
    config = run.config
    ours, theirs = (flatten(one.model_dump(mode="json")) for one in (config, asked))
    return (
        all(ours[path] == theirs[path] for path in DECIDING)
        and _tasks(config) == _tasks(asked)
        and _risk(config) == _risk(asked)
        and _reads_types(run, asked)
    )


def _tasks(config: RunConfig) -> tuple[bool, ...]:
    """Whether there is a pre-training, and which of its tasks count."""
    stage = config.pretrain
    return stage.epochs > 0, stage.poc > 0, stage.pom > 0, stage.mom > 0


def _risk(config: RunConfig) -> str:
    """How the risk is made where there is a choice: POMP alone has one, and only with both modalities."""
    return config.model.risk if config.model.system == "pomp" and config.model.modalities == "both" else ""


def _reads_types(run: Run, asked: RunConfig) -> bool:
    """Whether it reads all types of omics that are asked for; more of them are a deviation only."""
    if asked.cohort.omics is None:
        return run.config.cohort.omics is None
    return set(asked.cohort.omics) <= set(run.info.cohort.omics)
