"""All runs of a workspace."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pomp.abandoned import sweep
from pomp.atomic import write_text
from pomp.config import RunConfig
from pomp.data.splits import Splits, split_cohort
from pomp.errors import RunError
from pomp.runs.companions import find_companions
from pomp.runs.info import CohortInfo, RunInfo, describe_cohort, describe_run, write_info
from pomp.runs.resolve import resolve
from pomp.runs.run import Run
from pomp.runs.status import Status, write_status

if TYPE_CHECKING:
    from pomp.data.cohort import Cohort

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


class RunStore:
    """The folder `runs` of a workspace: one folder a run, named by its id."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def create(self, cohort: Cohort, config: RunConfig, title: str = "") -> Run:
        """A new run folder. It appears complete or not at all.

        Args:
            title: for people; it is data and never a path.

        Raises:
            ConfigError: the settings do not fit the cohort, or name companions that do not.
            CohortError: the cohort cannot be divided into folds, see `split_cohort`; or see `find_companions`.
            RunError: the folder cannot be written.
        """
        config = resolve(config, cohort)
        splits = split_cohort(cohort, config)
        described, *companions = self._describe(cohort, config)
        created = datetime.now(UTC)
        run_id = name = f"{created:%Y%m%d-%H%M%S}-{config.protocol}-{config.digest[:6]}"
        while True:
            info = describe_run(run_id, created, described, companions, config, splits.digest, title)
            if self._build(info, splits):
                return Run(self.root / run_id, info)
            run_id = f"{name}-{secrets.token_hex(2)}"

    def find(self, cohort: Cohort, config: RunConfig) -> Run | None:
        """The newest run made from the same files, where they are now, with the same settings; titles do not count.

        Raises:
            ConfigError, CohortError: as `create`.
        """
        config = resolve(config, cohort)
        wanted = _identity(self._describe(cohort, config), config)
        for run in self.list():
            if _identity([run.info.cohort, *run.info.companions], run.config) == wanted:
                return run
        return None

    def list(self) -> list[Run]:
        """Every intact run, newest first."""
        runs, _ = self._open_all()
        return sorted(runs, key=lambda run: (run.info.created, run.id), reverse=True)

    def damaged(self) -> Sequence[tuple[str, str]]:
        """Folders that cannot be read as runs, with the reason, by name."""
        _, damaged = self._open_all()
        return damaged

    def get(self, run_id: str) -> Run:
        """The run of that id.

        Raises:
            RunError: there is none, or its folder is damaged.
        """
        if not _RUN_ID.fullmatch(run_id) or not (self.root / run_id).is_dir():
            raise self._no_run(run_id)
        return _open_as_it_is(str(self.root / run_id))

    def delete(self, run_id: str) -> None:
        """Remove a run for good.

        Raises:
            RunBusyError: a worker holds it; stop it first.
            RunError: there is no such run, or it cannot be removed.
        """
        run = self.get(run_id)
        with run.hold():
            # One rename, so that nobody ever sees half a run.
            try:
                run.folder.rename(self.root / f".trash-{run_id}-{secrets.token_hex(4)}")
            except OSError as error:
                raise RunError(f"{run.folder} cannot be removed: {error.strerror}. Is {self.root} writable?") from None
        for trash in self.root.glob(".trash-*"):
            # Of a folder that lies elsewhere only the link goes: what is there is not the workspace's.
            if trash.is_symlink():
                trash.unlink(missing_ok=True)
            else:
                shutil.rmtree(trash, ignore_errors=True)

    def _describe(self, cohort: Cohort, config: RunConfig) -> Sequence[CohortInfo]:
        """The run's cohort, then its companions."""
        workspace = self.root.parent.resolve()
        companions = find_companions(cohort, config, workspace / "cohorts")
        return [describe_cohort(one, workspace) for one in (cohort, *companions)]

    def _build(self, info: RunInfo, splits: Splits) -> bool:
        """Write the folder aside and rename it into its place; False if that is taken."""
        sweep(self.root, ".new-*")
        building = self.root / f".new-{secrets.token_hex(4)}"
        try:
            write_info(building / "run.json", info)
            write_text(building / "splits.json", json.dumps(splits.to_json()))
            write_status(building / "status.json", _new_status(info))
            building.rename(self.root / info.id)
        except OSError as error:
            if error.errno in {errno.EEXIST, errno.ENOTEMPTY}:
                return False
            raise RunError(f"{self.root / info.id} cannot be made: {error.strerror}.") from error
        finally:
            shutil.rmtree(building, ignore_errors=True)
        return True

    def _open_all(self) -> tuple[Sequence[Run], Sequence[tuple[str, str]]]:
        runs, damaged = [], []
        for name, folder in sorted(self._folders()):
            try:
                if not _RUN_ID.fullmatch(name):
                    raise self._no_run(name)
                runs.append(_open_as_it_is(folder))
            except RunError as error:
                damaged.append((name, str(error)))
        return runs, damaged

    def _folders(self) -> Iterator[tuple[str, str]]:
        """Name and path. The system tells folders as it lists them: pages ask for all runs at every click."""
        if not self.root.is_dir():
            return
        with os.scandir(self.root) as found:
            yield from ((entry.name, entry.path) for entry in found if entry.name[0] != "." and entry.is_dir())

    def _no_run(self, run_id: str) -> RunError:
        return RunError(f"There is no run {run_id[:100]!r} in {self.root}.")


def _open_as_it_is(folder: str) -> Run:
    """The run as its run.json is now; where there is none, opening it says so."""
    try:
        state = os.stat(f"{folder}/run.json")  # noqa: PTH116  # a path object takes several times as long
    except OSError:
        return _open(folder, 0, 0)
    return _open(folder, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=1024)
def _open(folder: str, modified: int, size: int) -> Run:
    """What a run is never changes, so run.json is read once."""
    return Run.open(Path(folder))


def _new_status(info: RunInfo) -> Status:
    return Status(state="STOPPED", message="Not started yet.", updated=info.created)


def _identity(cohorts: Sequence[CohortInfo], config: RunConfig) -> tuple[object, ...]:
    """As `run_key`, and where the cohorts lie: a run goes on with the files that it was made from."""
    return config.digest, *((one.folder, one.name, one.digest) for one in cohorts)
