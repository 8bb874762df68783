"""What a run is: `run.json`, written once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from importlib import metadata
from pathlib import Path
from platform import python_version
from typing import TYPE_CHECKING

from pomp.atomic import write_text
from pomp.config import Frozen, ProtocolName, RunConfig
from pomp.runs.command import command_line
from pomp.sealed import seal
from pomp.wording import one_line

if TYPE_CHECKING:
    from pomp.data.cohort import Cohort

_PACKAGES = (
    "pomp",
    "torch",
    "timm",
    "numpy",
    "pandas",
    "scikit-learn",
    "scikit-survival",
    "pydeseq2",
    "openslide-python",
)


class CohortInfo(Frozen):
    """The cohort as it was when the run was made."""

    name: str
    title: str
    folder: str
    """Relative to the workspace if it lies inside, else absolute."""
    digest: str
    synthetic: bool
    endpoint: str
    omics: tuple[str, ...]
    patients: int
    events: int
    slides: int


class RunInfo(Frozen):
    """Everything that was decided before the first step."""

    id: str
    title: str
    created: str
    """ISO 8601, UTC."""
    cohort: CohortInfo
    config: RunConfig
    config_digest: str
    """As the settings were when the run was made; a later version may have more of them."""
    protocol: ProtocolName
    seed: int
    splits_digest: str
    versions: dict[str, str]
    command: str
    """The command that makes this run."""
    companions: tuple[CohortInfo, ...] = ()
    """The cohorts that join the pre-training, in the order of `pretrain.with_cohorts`."""


def describe_cohort(cohort: Cohort, workspace: Path) -> CohortInfo:
    folder = cohort.folder.resolve()
    return CohortInfo(
        name=cohort.name,
        title=cohort.title,
        folder=folder.relative_to(workspace).as_posix() if folder.is_relative_to(workspace) else str(folder),
        digest=cohort.digest,
        synthetic=cohort.synthetic,
        endpoint=cohort.endpoint,
        omics=tuple(cohort.omics),
        patients=len(cohort.patients),
        events=int(cohort.outcome["event"].sum()),
        slides=len(cohort.slides),
    )


def describe_run(
    run_id: str,
    created: datetime,
    cohort: CohortInfo,
    companions: Sequence[CohortInfo],
    config: RunConfig,
    splits_digest: str,
    title: str,
) -> RunInfo:
    return RunInfo(
        id=run_id,
        title=one_line(title),
        created=created.isoformat(timespec="milliseconds"),
        cohort=cohort,
        config=config,
        config_digest=config.digest,
        protocol=config.protocol,
        seed=config.seed,
        splits_digest=splits_digest,
        versions={"python": python_version()} | {name: metadata.version(name) for name in _PACKAGES},
        command=command_line(_argument(cohort), config),
        companions=tuple(companions),
    )


def write_info(path: Path, info: RunInfo) -> None:
    """Write run.json.

    Raises:
        RunError: it could not be written.
    """
    write_text(path, json.dumps(seal(info.model_dump(mode="json")), indent=1))


def _argument(cohort: CohortInfo) -> str:
    """The cohort as the command line takes it: by its folder's name if it is one of the workspace's."""
    parent, _, name = cohort.folder.rpartition("/")
    return name if parent == "cohorts" else cohort.folder
