"""The folder in which a person's cohorts and runs lie."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from pathlib import Path

from pomp.abandoned import sweep
from pomp.atomic import exclusive, write_text
from pomp.data.problems import enumerate_some
from pomp.errors import CohortError, RunError
from pomp.progress import OnProgress
from pomp.runs.queue import Queue
from pomp.runs.run import Run
from pomp.runs.store import RunStore
from pomp.wording import one_line

_PARTIAL = ".new-"  # of a copy under construction


class Workspace:
    """`cohorts/`, `runs/`, `queue/` and `cache/`, made when they are first needed; `cache/` may be deleted any time."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().resolve()
        self.cohorts = self.root / "cohorts"
        self.runs = RunStore(self.root / "runs")
        self.queue = Queue(self.root / "queue", self.runs)

    @classmethod
    def default(cls) -> Workspace:
        """The folder that POMP_HOME names, else `~/pomp`."""
        return cls(Path(os.environ.get("POMP_HOME") or "~/pomp"))

    def cohort_folders(self) -> list[Path]:
        """Folders in `cohorts/`, then those registered elsewhere, whether or not they can be read."""
        inside = sorted(self.cohorts.iterdir()) if self.cohorts.is_dir() else []
        here = [folder for folder in inside if folder.is_dir() and not folder.name.startswith(".")]
        return here + [folder for folder in self._registered() if folder not in here]

    def find_cohort(self, name: str) -> Path:
        """The cohort folder that a name means: one of the workspace, also as TCGA calls it, or a path.

        A bare name is the workspace's before it is a folder here, such as the downloads that a cohort was made from;
        ./NAME is always the folder.

        Raises:
            CohortError: there is none.
            RunError: the workspace cannot be read.
        """
        if not name:
            raise CohortError(
                "No cohort is named: give its folder, or its name in the workspace. A dot is this folder."
            )
        here = Path(name).absolute()
        if here.name != name and here.is_dir():
            return here
        folders = self.cohort_folders()
        same = [folder for folder in folders if folder.name == name]
        alike = [folder for folder in folders if abbreviation(folder.name) == abbreviation(name)]
        if not same and here.is_dir() and (holds_cohort(here) or not alike):
            return here
        if not same and not alike:
            there = ", ".join(folder.name for folder in folders) or "none"
            raise CohortError(
                f"There is no cohort '{name}': it is no folder, and the workspace {self.root} has none of that name. "
                f"There are: {there}."
            )
        return (same or alike)[0]

    def find_run(self, name: str) -> Run:
        """The run that a name means: a run of the workspace by its id, a folder, or a title that one run here has.

        Raises:
            RunError: there is none, it is damaged, or several have that title.
        """
        if not name:
            raise RunError("No run is named: give its folder, its name in the workspace, or its title.")
        here = Path(name)
        bare = here.name == name
        for folder in (self.runs.root / name, here) if bare else (here,):
            if (folder / "run.json").is_file():
                return Run.open(folder)
        titled = [run for run in self.runs.list() if run.info.title == one_line(name)]
        if len(titled) > 1:
            ids = enumerate_some([run.id for run in titled])
            raise RunError(f"{len(titled)} runs are called '{name}': {ids}. Name one of them, or its folder.")
        if not titled and not bare:
            return Run.open(here)  # says what is wrong there
        if not titled:
            raise RunError(
                f"There is no run '{name}': it is no run's folder, and none in {self.runs.root} has that name or title."
            )
        return titled[0]

    def register(self, folder: Path) -> Path:
        """Remember a cohort folder that lies elsewhere, and return it in full.

        Raises:
            CohortError: it holds no cohort.toml.
            RunError: the workspace cannot be written.
        """
        found = folder.expanduser().resolve()
        if not holds_cohort(found):
            raise CohortError(f"{found} is no cohort folder: it has no cohort.toml.")
        with exclusive(self.root / "cohorts.lock"):
            known = self._registered()
            if found not in known and found.parent != self.cohorts:
                write_text(self._register, json.dumps([str(path) for path in [*known, found]], indent=1))
        return found

    def install_bundle(self, assets: Path, on_progress: OnProgress | None = None) -> None:
        """Copy the bundled cohorts and finished runs that are not there yet; each appears whole or not at all.

        Args:
            assets: the folder that holds `cohorts` and `runs`.
            on_progress: told how many are done, of how many, and the name of the next.

        Raises:
            RunError: the workspace cannot be written.
        """
        for kind in ("cohorts", "runs"):
            sweep(self.root / kind, f"{_PARTIAL}*")
        bundled = [(kind, source) for kind in ("cohorts", "runs") for source in sorted((assets / kind).glob("[!.]*/"))]
        for done, (kind, source) in enumerate(bundled):
            if on_progress is not None:
                on_progress(done, len(bundled), source.name)
            target = self.root / kind / source.name
            if not target.exists():
                _copy_folder(source, target)

    def _registered(self) -> list[Path]:
        try:
            return [Path(str(path)) for path in json.loads(self._register.read_bytes())]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except (ValueError, TypeError) as error:
            raise RunError(
                f"{self._register} is damaged ({error}). It should be a list of folders; repair or delete it."
            ) from None

    @property
    def _register(self) -> Path:
        return self.root / "cohorts.json"


def holds_cohort(folder: Path) -> bool:
    """Whether a folder is a cohort, be it a sound one or not."""
    return (folder / "cohort.toml").is_file()


def abbreviation(cohort: str) -> str:
    """What TCGA calls it: 'TCGA-BRCA', 'brca' → 'BRCA'."""
    return cohort.upper().removeprefix("TCGA-")


def _copy_folder(source: Path, target: Path) -> None:
    """Copy the content without its permissions: an installed package may be read-only, a workspace is not."""
    partial = target.with_name(f"{_PARTIAL}{secrets.token_hex(4)}")
    try:
        for file in sorted(path for path in source.rglob("*") if path.is_file()):
            copy = partial / file.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        partial.rename(target)
    except OSError as error:
        # Another process may have been faster: what it put there is the same.
        if not target.is_dir():
            raise RunError(
                f"{target} could not be written: {error.strerror}. Free disk space, or choose another workspace with "
                "--home or POMP_HOME."
            ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
