"""One run folder: the only truth about a run. Nothing is kept in memory or anywhere else."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

import pandas as pd
from pydantic import ValidationError

from pomp import __version__
from pomp.atomic import write_text
from pomp.config import RunConfig
from pomp.data.splits import Splits
from pomp.errors import RunError
from pomp.runs import lock, metrics
from pomp.runs.info import RunInfo
from pomp.runs.status import Status, read_status, write_status
from pomp.runs.tables import Filters, read_table, write_table
from pomp.sealed import seal, unseal

RegionTable = Literal["regions", "within", "by_fold", "region_genes"]

_BYTES_A_LINE = 400


@dataclass(frozen=True)
class Run:
    """A handle on one run folder. Everything but `info`, which never changes, is read anew at each call.

    Whoever writes, holds the run; only `request_stop` and reading are free to all.
    """

    folder: Path
    info: RunInfo

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The run in a folder.

        Raises:
            RunError: the folder is missing or no run folder, or its run.json is damaged.
        """
        file = folder.absolute() / "run.json"
        try:
            info = RunInfo.model_validate(unseal(file.read_bytes()))
        except OSError as error:
            raise RunError(
                f"There is no run in {folder}: run.json: {error.strerror}. Name the folder printed at its start."
            ) from None
        except ValidationError as error:
            raise _not_understood(file, error) from None
        except ValueError as error:
            raise _damaged(file, f"the file: {error}") from None
        if info.id != file.parent.name:
            raise RunError(
                f"{file} belongs to the run '{info.id}': give its folder '{file.parent.name}' that name again."
            )
        return cls(file.parent, info)

    @property
    def id(self) -> str:
        return self.info.id

    @property
    def config(self) -> RunConfig:
        return self.info.config

    @property
    def workspace_folder(self) -> Path:
        """The run lies in `<workspace>/runs/<id>`."""
        return self.folder.parents[1]

    @property
    def cohort_folder(self) -> Path:
        """Where the cohort lies, absolute."""
        return self.workspace_folder / self.info.cohort.folder

    @property
    def cache(self) -> Path:
        """What the runs of one workspace have in common and need not make twice."""
        return self.workspace_folder / "cache"

    def splits(self) -> Splits:
        """Who is trained on and tested in each fold.

        Raises:
            RunError: splits.json is missing, damaged or another run's.
        """
        data = self.read_json("splits")
        if data is None:
            raise RunError(f"{self.folder / 'splits.json'} is missing. Start a new run.")
        splits = Splits.from_json(data)
        if splits.digest != self.info.splits_digest:
            raise RunError(
                f"{self.folder / 'splits.json'} is not what run.json names: it was changed. Start a new run."
            )
        return splits

    # Who works on it

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Be the only one who writes.

        Raises:
            RunBusyError: another process holds the run; the message names it.
            RunError: the folder is gone or cannot be written to.
        """
        with lock.hold(self._lock, f"Run {self.id}"):
            yield

    def held(self) -> bool:
        return lock.is_held(self._lock)

    def owner(self) -> lock.Owner | None:
        """Who holds the run; None if nobody does."""
        return lock.read_owner(self._lock) if self.held() else None

    def request_stop(self) -> None:
        """Ask the worker to stop at its next step, with its state saved."""
        self._stop.touch()

    def stop_requested(self) -> bool:
        return self._stop.exists()

    def clear_stop(self) -> None:
        """Forget requests from before. A run on the queue keeps them: they came after it was put there."""
        if read_status(self._status).state != "QUEUED":
            self.forget_stop()

    def forget_stop(self) -> None:
        self._stop.unlink(missing_ok=True)

    # Where it stands

    def status(self) -> Status:
        """The status that was written, seen in the light of the lock."""
        while True:
            written, held = read_status(self._status), self.held()
            # Had a worker finished between the two looks, its last word would be taken for a sudden death.
            if held or read_status(self._status) == written:
                return written.observed(held=held, stop_requested=self.stop_requested())

    def write_status(self, **changes: Any) -> Status:
        """Replace status.json by what it says with some fields changed; the rest and `updated` follow."""
        now = datetime.now(UTC).isoformat()
        status = read_status(self._status).changed(**{"updated": now} | changes)
        write_status(self._status, status)
        return status

    def seconds(self) -> float | None:
        """As `Status.seconds`."""
        return self.status().seconds

    def log_tail(self, lines: int = 50) -> str:
        """The end of log.txt."""
        try:
            with (self.folder / "log.txt").open("rb") as file:
                file.seek(max(0, file.seek(0, 2) - lines * _BYTES_A_LINE))
                return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""

    def append_metrics(self, row: dict[str, Any]) -> None:
        metrics.append_row(self._metrics, row)

    def metrics(self) -> pd.DataFrame:
        """One row an epoch: stage, fold, epoch, losses. Empty if there are none yet."""
        return metrics.read_rows(self._metrics)

    def rewind_metrics(self, stage: str, fold: int, epoch: int) -> None:
        """Drop the rows from `epoch` on when a stage resumes there, so that no epoch stands twice."""
        metrics.rewind(self._metrics, stage, fold, epoch)

    # What it found

    def table(self, name: str) -> pd.DataFrame | None:
        """A table such as `predictions` or `folds/0/predictions`; None if it is not there yet.

        Raises:
            RunError: the file is damaged.
        """
        return self._read_parquet(name)

    def write_table(self, name: str, frame: pd.DataFrame) -> None:
        write_table(self.folder / f"{name}.parquet", frame)

    def read_json(self, name: str) -> dict[str, Any] | None:
        """Plain data such as `selectors/fold-0`; None if it is not there yet.

        Raises:
            RunError: the file is damaged.
        """
        file = self.folder / f"{name}.json"
        try:
            return unseal(file.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise self._damaged(file, error) from None

    def write_json(self, name: str, data: dict[str, Any]) -> None:
        write_text(self.folder / f"{name}.json", json.dumps(seal(data)))

    def predictions(self) -> pd.DataFrame | None:
        """Out of fold, one row a patient: patient, fold, time_days, event, risk, cutoff, high_risk, epoch."""
        return self.table("predictions")

    def require_predictions(self) -> pd.DataFrame:
        """As `predictions`.

        Raises:
            RunError: there are none yet.
        """
        found = self.predictions()
        if found is None:
            state = self.status().state.lower()
            raise RunError(
                f"Run {self.id} has no out-of-fold predictions: it is {state}. They come when all folds are done."
            )
        return found

    def baseline(self) -> pd.DataFrame | None:
        """Breslow's baseline of each training fold at risk 0: fold, time_days, cumulative_hazard."""
        return self.table("baseline")

    def comparators(self) -> pd.DataFrame | None:
        """Plain models on the same splits: model, patient, fold, time_days, event, risk."""
        return self.table("comparators")

    def region_table(self, name: RegionTable, patient: str) -> pd.DataFrame | None:
        """What `explain_fold` says of one patient's regions; empty if nothing, None if the run has no such table.

        Raises:
            RunError: the file is damaged.
        """
        return self._read_parquet(f"attention/{name}", filters=[("patient", "==", patient)])

    def selections(self) -> pd.DataFrame | None:
        """How genes were chosen, one row a gene that reached the ranking, in every fold for which they were.

        Columns: fold (from 0, or -1 where genes were chosen once on all patients), then those of
        `OmicsSelector.summary_`. None if none were chosen yet.
        """
        folds = sorted((_fold_of(file.stem), file.stem) for file in (self.folder / "selectors").glob("*.parquet"))
        parts = [(fold, self.table(f"selectors/{name}")) for fold, name in folds]
        found = [part.assign(fold=fold) for fold, part in parts if part is not None]
        if not found:
            return None
        together = pd.concat(found, ignore_index=True)
        return together[["fold", *together.columns.drop("fold")]]

    def _read_parquet(self, name: str, filters: Filters | None = None) -> pd.DataFrame | None:
        file = self.folder / f"{name}.parquet"
        if not file.exists():
            return None
        try:
            return read_table(file, filters)
        except (OSError, ValueError) as error:
            raise self._damaged(file, error) from None

    def _damaged(self, file: Path, error: Exception) -> RunError:
        return RunError(
            f"{file} is damaged ({error}). Delete it, then resume the run, also one that is done: "
            f"pomp run --run {shlex.quote(str(self.folder))}"
        )

    @property
    def _status(self) -> Path:
        return self.folder / "status.json"

    @property
    def _metrics(self) -> Path:
        return self.folder / "metrics.jsonl"

    @property
    def _lock(self) -> Path:
        return self.folder / "lock"

    @property
    def _stop(self) -> Path:
        return self.folder / "stop"


def _not_understood(file: Path, error: ValidationError) -> RunError:
    """A run.json with what this version does not know comes from another one; whatever else is wrong is damage."""
    unknown = [".".join(map(str, item["loc"])) for item in error.errors() if item["type"] == "extra_forbidden"]
    if unknown:
        return RunError(
            f"{file} was written by another version of pomp: {__version__}, which is installed here, does not know "
            f"{', '.join(unknown)}. The run is whole; to read it, update pomp."
        )
    first = error.errors()[0]
    return _damaged(file, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")


def _damaged(file: Path, what: str) -> RunError:
    return RunError(f"{file} is damaged ({what}). Put a copy of it back, or delete that run and start it again.")


def _fold_of(name: str) -> int:
    """'fold-3' → 3, 'all' → -1."""
    return -1 if name == "all" else int(name.removeprefix("fold-"))
