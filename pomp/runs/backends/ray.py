"""Runs on many machines: Ray keeps the queue and starts `pomp run --as-queued --run DIR` where there is room.

The workspace lies on a file system that all machines mount at the same path, and each has the same Python with pomp in
it. The file system must carry `flock` from machine to machine: NFS does since Linux 2.6.12 (not with `nolock` or
`local_lock=flock`), Lustre with the option `flock`.

Ray gives a waiting job up after 15 minutes unless its head was started with RAY_JOB_START_TIMEOUT_SECONDS set to more.
There is no supervisor: whoever looks closes the books on jobs that Ray has lost.
"""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress

from pomp.config import DeviceName
from pomp.errors import RunBusyError, RunError
from pomp.runs import lock
from pomp.runs.backends.base import WORKER, Backend
from pomp.runs.backends.books import close_books
from pomp.runs.backends.job import JOB_NAME, Job, forget_job, read_job, unsettled_folders, write_job
from pomp.runs.backends.ray_jobs import RayJob, RayJobs
from pomp.runs.log import run_log
from pomp.runs.queue import check_unfinished, say_queued, say_withdrawn
from pomp.runs.run import Run
from pomp.runs.status import Until, read_status
from pomp.runs.workspace import Workspace

_UNKNOWN = "the cluster does not know this job: it was started again since"
_GIVEN_UP = "Ray gave it up before it began: {reason}. Resume to queue it again."


class RayBackend(Backend):
    """Asks a Ray cluster for work. Any number of pages and commands may use one workspace and one cluster."""

    def __init__(self, workspace: Workspace, address: str, worker: Sequence[str] = WORKER) -> None:
        """
        Args:
            address: of the dashboard of the cluster's head, such as http://127.0.0.1:8265.
            worker: command that works on one run, to which the run folder is added; it is the same on all machines.

        Raises:
            RunError: the address is none.
        """
        self.workspace, self.worker = workspace, tuple(worker)
        self.jobs = RayJobs(address)
        self.where = f"the Ray cluster at {self.jobs.address}"

    def submit(self, run: Run, until: Until = "end", device: DeviceName = "auto") -> int:
        with self._alone(run):
            jobs = self.jobs.all()
            known = self._job(run, jobs)
            if known is not None and known.status == "PENDING":
                return self._place(known, jobs)
            if known is not None and not known.over and run.status().state == "QUEUED":
                raise RunError(f"Run {run.id} is being started already.")
            slot = self.jobs.slot()
            self._leave_local_queue(run)
            job = Job(id=f"pomp-{run.id}-{secrets.token_hex(3)}", address=self.jobs.address)
            with run.hold():
                check_unfinished(run)
                write_job(run, job)
                say_queued(run, until, device)
            try:
                metadata = {"run": run.id, "cohort": run.info.cohort.name}
                self.jobs.submit(job.id, self._command(run, job), slot, metadata)
            except RunError as error:
                self._withdraw(run, f"It could not be queued: {error}")
                raise
            return sum(other.status == "PENDING" for other in jobs.values()) + 1

    def stop(self, run: Run) -> None:
        if not run.status().active:
            raise RunError(f"Run {run.id} is {run.status().state.lower()}: there is nothing to stop.")
        if run.held():
            run.request_stop()
            return
        with self._alone(run):
            job_id = self._job_id(run)
            try:
                self._withdraw(run)
            except RunBusyError:  # its worker has begun just now
                run.request_stop()
                return
            # A job that waits can no longer begin, whether or not this arrives; one that is starting must hear of it.
            with suppress(RunError):
                if job_id is not None:
                    self.jobs.stop(job_id)

    def kill(self, run: Run) -> None:
        owner = run.owner()
        if owner is None:
            raise RunError(f"Run {run.id} is {run.status().state.lower()}: there is nothing to end.")
        known = self._job(run, {})
        if known is None or known.over:
            raise RunError(f"Run {run.id} is worked on by {owner.host}, not by a job of {self.where}: end it there.")
        run.request_stop()
        if not self.jobs.stop(known.id):
            raise RunError(
                f"{self.where} has no job of run {run.id} to end any more, though {owner.host} holds the run still. It "
                f"has been asked to stop at its next step; if it does not, end process {owner.pid} there."
            )

    def waiting(self) -> list[str]:
        """Ids of what waits, the next one first; jobs that are not ours by the cluster's id."""
        return [job.run_id or job.id for job in self.jobs.all().values() if job.status == "PENDING"]

    def wake(self) -> None:
        """Close the books on runs whose job is over or lost. It takes one request, and none while nothing waits.

        Raises:
            RunError: the cluster does not answer; all else is as it was.
        """
        pending = [run for run in self._unsettled() if not run.held()]
        if not pending:
            return
        jobs = self.jobs.all()
        for run in pending:
            # Somebody else submits it, works on it or deletes it at this moment: the next look will tell.
            with suppress(RunError):
                self._settle(run, jobs)

    def _command(self, run: Run, job: Job) -> str:
        """For the shell of a machine of the cluster: the worker, if the job is still the one that may work."""
        log, folder = shlex.quote(str(run.folder / "log.txt")), shlex.quote(str(run.folder))
        named = shlex.join(["grep", "-qsF", job.id, str(run.folder / JOB_NAME)])
        worker = shlex.join([*self.worker, str(run.folder)])
        absent = f"[ -d {folder} ] || echo {shlex.quote(str(run.folder))} is not on this machine: all must share it"
        return f"{named} || {{ {absent}; exit 1; }}; cd {folder}/../.. && exec {worker} >> {log} 2>&1"

    def _unsettled(self) -> list[Run]:
        """Runs that this cluster was given and that are not over as far as their folders say."""
        found = []
        for folder in unsettled_folders(self.workspace.runs.root):
            with suppress(RunError):  # a damaged folder: pages list it
                run = self.workspace.runs.get(folder.name)
                found += [run] if self._job_id(run) else []
        return found

    def _settle(self, run: Run, jobs: Mapping[str, RayJob]) -> None:
        with self._alone(run):
            known = self._job(run, jobs)
            gone = self._job_id(run) is None or not read_status(run.folder / "status.json").active
            if gone or (known is not None and not known.over):
                return
            reason = _UNKNOWN if known is None else (known.message or known.status).strip()
            with run.hold(), run_log(run.folder / "log.txt") as log:
                log.info("Ray: %s", reason)
            if close_books(run, None if known is None else known.exit_code):
                with run.hold():
                    message = _GIVEN_UP.format(reason=reason.splitlines()[0].rstrip("."))
                    run.write_status(state="INTERRUPTED", eta_seconds=None, message=message)

    def _job(self, run: Run, jobs: Mapping[str, RayJob]) -> RayJob | None:
        """What the cluster says of the run's job, which may be newer than `jobs`; None if it does not know it."""
        job_id = self._job_id(run)
        return None if job_id is None else jobs.get(job_id) or self.jobs.find(job_id)

    def _job_id(self, run: Run) -> str | None:
        """The job that may work on the run, if this cluster was given it."""
        job = read_job(run.folder)
        return job.id if job is not None and job.address == self.jobs.address else None

    def _leave_local_queue(self, run: Run) -> None:
        queue = self.workspace.queue
        queue.cancel(run)
        if any(ticket.run_id == run.id and ticket.worked_on() for ticket in queue.tickets()) and run.status().active:
            raise RunError(f"Run {run.id} is being started on this machine already.")

    @staticmethod
    def _place(job: RayJob, jobs: Mapping[str, RayJob]) -> int:
        """From 1."""
        return sum(other.status == "PENDING" and other.submitted < job.submitted for other in jobs.values()) + 1

    @staticmethod
    def _withdraw(run: Run, *message: str) -> None:
        with run.hold():
            forget_job(run)
            say_withdrawn(run, *message)

    @staticmethod
    def _alone(run: Run) -> AbstractContextManager[None]:
        """Nobody else submits the run or closes its books."""
        return lock.hold(run.folder / "job.lock", f"The queueing of run {run.id}")
