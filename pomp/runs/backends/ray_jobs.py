"""Ray Jobs over HTTP: submit, look, stop.

Source: "Ray Jobs REST API" and "Ray State API", docs.ray.io. Ray's own `JobSubmissionClient` speaks the same protocol,
but waits without end for a head that does not answer, and takes another address from RAY_ADDRESS than it is given.
Nothing of Ray is needed on the machine that asks.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import quote, urlsplit

import requests
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from pomp.errors import RunError

CONNECT_SECONDS, READ_SECONDS = 2.0, 5.0
Shape = TypeVar("Shape")


class _Answer(BaseModel):
    """Ray says more than is needed here, and the next version more still."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class RayJob(_Answer):
    """What a cluster says about one job."""

    id: str = Field(alias="submission_id")
    status: Literal["PENDING", "RUNNING", "STOPPED", "SUCCEEDED", "FAILED"]
    submitted: int = Field(alias="start_time")
    """Milliseconds since 1970, by the clock of the cluster's head."""
    exit_code: int | None = Field(None, alias="driver_exit_code")
    """Of its command, negative for a signal; None while it runs, or if nobody saw it end."""
    message: str | None = None
    metadata: dict[str, str] | None = None

    @property
    def over(self) -> bool:
        return self.status not in {"PENDING", "RUNNING"}

    @property
    def run_id(self) -> str | None:
        """The run that it was submitted for; None if it is somebody else's job."""
        return (self.metadata or {}).get("run")


class _Driver(_Answer):
    """A program that is connected to the cluster without being a job of Ray Jobs."""

    submission_id: None


class _Submitted(_Answer):
    submission_id: str


class _Stopped(_Answer):
    stopped: bool


class _Node(_Answer):
    state: str
    resources_total: dict[str, float]


class _Listed(_Answer):
    result: list[_Node]


class _Listing(_Answer):
    result: _Listed


class _Nodes(_Answer):
    data: _Listing


_JOBS: TypeAdapter[list[RayJob | _Driver]] = TypeAdapter(list[RayJob | _Driver])


class RayJobs:
    """The jobs of one cluster. Every request ends within seconds, whatever the cluster does."""

    def __init__(self, address: str) -> None:
        """`address`: of the head's dashboard, such as http://127.0.0.1:8265.

        Raises:
            RunError: it is no such address.
        """
        self.address = check_address(address)

    def submit(self, job_id: str, command: str, slot: Mapping[str, float], metadata: Mapping[str, str]) -> None:
        """Queue a shell command, which starts when the resources of `slot` are free on one machine.

        Raises:
            RunError: the cluster does not answer or refuses.
        """
        job = {"submission_id": job_id, "entrypoint": command, "metadata": dict(metadata), **slot}
        self._ask(TypeAdapter(_Submitted), "POST", "/api/jobs/", job)

    def all(self) -> dict[str, RayJob]:
        """Every job that was submitted and is not forgotten yet, by id, oldest first.

        Raises:
            RunError: the cluster does not answer.
        """
        found = [job for job in self._ask(_JOBS, "GET", "/api/jobs/") if isinstance(job, RayJob)]
        return {job.id: job for job in sorted(found, key=lambda job: (job.submitted, job.id))}

    def find(self, job_id: str) -> RayJob | None:
        """One job; None if the cluster does not know it, for example because it was started again.

        Raises:
            RunError: the cluster does not answer.
        """
        return self._ask(TypeAdapter(RayJob | None), "GET", f"/api/jobs/{quote(job_id, safe='')}", missing="null")

    def stop(self, job_id: str) -> bool:
        """End a job, by SIGTERM and three seconds later by SIGKILL; False if there is nothing to end.

        A job that still waits is ended when its turn comes.

        Raises:
            RunError: the cluster does not answer.
        """
        path = f"/api/jobs/{quote(job_id, safe='')}/stop"
        return self._ask(TypeAdapter(_Stopped), "POST", path, missing='{"stopped": false}').stopped

    def slot(self) -> dict[str, float]:
        """What one run takes: a GPU; in a cluster without GPUs, all cores of its smallest machine that lends any.

        Raises:
            RunError: the cluster does not answer, or has no machine that could work.
        """
        nodes = self._ask(TypeAdapter(_Nodes), "GET", "/api/v0/nodes").data.result.result
        lent = [node.resources_total for node in nodes if node.state == "ALIVE"]
        if any(resources.get("GPU", 0) >= 1 for resources in lent):
            return {"entrypoint_num_gpus": 1}
        cores = [resources["CPU"] for resources in lent if resources.get("CPU", 0) >= 1]
        if not cores:
            raise RunError(f"The Ray cluster at {self.address} has no machine that lends a core or a GPU yet.")
        return {"entrypoint_num_cpus": min(cores)}

    def _ask(
        self,
        shape: TypeAdapter[Shape],
        method: str,
        path: str,
        data: Mapping[str, Any] | None = None,
        missing: str | None = None,
    ) -> Shape:
        """What the cluster answers. `missing`: the JSON that stands for status 404, if that is an answer."""
        try:
            answer = requests.request(
                method,
                self.address + path,
                json=data,
                headers=_credentials(),
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
            if answer.status_code == requests.codes.not_found and missing is not None:
                return shape.validate_json(missing)
            if answer.status_code != requests.codes.ok:
                raise RunError(self._refusal(answer))
            return shape.validate_json(answer.content)
        except (requests.RequestException, ValueError) as error:
            raise RunError(
                f"No Ray cluster answers at {self.address} ({_reason(error)}). Start one there with `ray start --head` "
                "(Ray comes with `pip install 'pomp[ray]'`), or correct the address: it is that of Ray's dashboard."
            ) from None

    def _refusal(self, answer: requests.Response) -> str:
        if answer.status_code in {requests.codes.unauthorized, requests.codes.forbidden}:
            return f"The Ray cluster at {self.address} asks for its token: set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN."
        lines = [line.strip() for line in answer.text.splitlines() if line.strip(" .")] or ["no reason given"]
        return f"The Ray cluster at {self.address} refuses (status {answer.status_code}): {lines[-1][:300]}"


def check_address(address: str) -> str:
    """The address without its last slash.

    Raises:
        RunError: it is none of HTTP.
    """
    found = address.strip().rstrip("/")
    parts = urlsplit(found)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise RunError(
            f"'{address}' is no address of a Ray cluster: write that of its dashboard, as http://127.0.0.1:8265."
        )
    return found


def _credentials() -> dict[str, str]:
    """Ray's token where it is in use, found where Ray looks for it."""
    if os.environ.get("RAY_AUTH_MODE", "").lower() != "token":
        return {}
    file = Path(os.environ.get("RAY_AUTH_TOKEN_PATH") or "~/.ray/auth_token").expanduser()
    token = os.environ.get("RAY_AUTH_TOKEN") or (file.read_text(encoding="utf-8").strip() if file.is_file() else "")
    return {"Authorization": f"Bearer {token}"} if token else {}


def _reason(error: Exception) -> str:
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return "its answer is not Ray's"
