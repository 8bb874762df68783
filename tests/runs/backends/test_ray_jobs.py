"""What a cluster says, and how it may fail to say anything."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pomp.errors import RunError
from pomp.runs.backends import ray_jobs
from pomp.runs.backends.ray_jobs import RayJobs
from tests.runs.ray_head import free_ports

Answer = Callable[[int, str], str]


@pytest.fixture
def answer() -> Iterator[Answer]:
    """Serve one status and body whatever is asked; returns the address."""
    servers = []

    def serve(status: int, body: str) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append((self.command, self.path, dict(self.headers), self._body()))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode())

            do_POST = do_GET  # noqa: N815

            def _body(self) -> bytes:
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=[0.01]).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    asked.clear()
    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


asked: list[tuple[str, str, dict[str, str], bytes]] = []


def job(name: str, status: str, submitted: int, **more: object) -> dict[str, object]:
    return {"type": "SUBMISSION", "submission_id": name, "status": status, "start_time": submitted, **more}


def nodes(*machines: tuple[str, dict[str, float]]) -> str:
    listed = [{"state": state, "resources_total": {"memory": 1e9, **lent}} for state, lent in machines]
    return json.dumps({"result": True, "data": {"result": {"total": len(listed), "result": listed}}})


def test_jobs_come_oldest_first_and_without_drivers(answer: Answer) -> None:
    listed = [
        job("b", "FAILED", 2, driver_exit_code=-9, message="killed", metadata={"run": "run-b"}),
        {"type": "DRIVER", "submission_id": None, "status": "RUNNING", "start_time": 1},
        job("a", "PENDING", 1),
    ]
    first, second = RayJobs(answer(200, json.dumps(listed))).all().values()
    assert (first.id, first.over, first.run_id, first.exit_code) == ("a", False, None, None)
    assert (second.id, second.over, second.run_id, second.exit_code) == ("b", True, "run-b", -9)


def test_a_job_that_is_not_known(answer: Answer) -> None:
    jobs = RayJobs(answer(404, "Job x does not exist"))
    assert jobs.find("x") is None
    assert jobs.stop("x") is False


def test_what_is_submitted(answer: Answer) -> None:
    jobs = RayJobs(answer(200, '{"job_id": "x", "submission_id": "x"}') + "/")
    jobs.submit("x", "true", {"entrypoint_num_gpus": 1}, {"run": "r"})
    ((method, path, _, body),) = asked
    assert (method, path) == ("POST", "/api/jobs/")
    assert json.loads(body) == {
        "submission_id": "x", "entrypoint": "true", "metadata": {"run": "r"}, "entrypoint_num_gpus": 1,
    }  # fmt: skip


@pytest.mark.parametrize(("machines", "slot"), [
    ([("ALIVE", {"CPU": 8.0})], {"entrypoint_num_cpus": 8}),
    ([("ALIVE", {"CPU": 8.0}), ("ALIVE", {"CPU": 64.0, "GPU": 4.0})], {"entrypoint_num_gpus": 1}),
    ([("ALIVE", {}), ("ALIVE", {"CPU": 32.0}), ("ALIVE", {"CPU": 16.0})], {"entrypoint_num_cpus": 16}),
    ([("DEAD", {"GPU": 4.0}), ("ALIVE", {"CPU": 4.0})], {"entrypoint_num_cpus": 4}),
])  # fmt: skip
def test_what_one_run_takes(
    answer: Answer, machines: list[tuple[str, dict[str, float]]], slot: dict[str, float]
) -> None:
    assert RayJobs(answer(200, nodes(*machines))).slot() == slot


@pytest.mark.parametrize("machines", [[], [("ALIVE", {})], [("DEAD", {"CPU": 4.0})]])
def test_a_cluster_that_lends_nothing(answer: Answer, machines: list[tuple[str, dict[str, float]]]) -> None:
    with pytest.raises(RunError, match="has no machine that lends a core or a GPU yet"):
        RayJobs(answer(200, nodes(*machines))).slot()


@pytest.mark.parametrize(("status", "body", "said"), [
    (200, "<html>another server</html>", r"No Ray cluster answers at http://127.0.0.1:\d+ \(its answer is not Ray's\)"),
    (200, '{"status": "odd"}', "its answer is not Ray's"),
    (302, "", r"refuses \(status 302\): no reason given"),
    (404, "404: Not Found", r"refuses \(status 404\): 404: Not Found"),
    (500, "Traceback\n  deep inside\nValueError: too many.\n.\n", r"refuses \(status 500\): ValueError: too many."),
    (401, "", "asks for its token: set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN"),
    (403, "", "asks for its token"),
])  # fmt: skip
def test_answers_that_are_none(answer: Answer, status: int, body: str, said: str) -> None:
    with pytest.raises(RunError, match=said):
        RayJobs(answer(status, body)).all()


def test_a_head_that_is_down() -> None:
    (port,) = free_ports(1)
    with pytest.raises(RunError, match=rf"No Ray cluster answers at http://127.0.0.1:{port} \(no connection\). Start"):
        RayJobs(f"http://127.0.0.1:{port}").all()


def test_a_head_that_listens_and_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_jobs, "READ_SECONDS", 0.05)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(RunError, match="no answer in time.*pip install 'pomp\\[ray\\]'"):
            RayJobs(f"http://127.0.0.1:{silent.getsockname()[1]}").all()


@pytest.mark.parametrize("address", ["", "127.0.0.1:8265", "ray://head:10001", "http://", "file:///etc/passwd", "auto"])
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(RunError, match=f"'{address}' is no address of a Ray cluster: write that of its dashboard"):
        RayJobs(address)


# environment → what is sent
TOKENS = [
    ({}, None),
    ({"RAY_AUTH_TOKEN": "secret"}, None),  # the cluster asks for none
    ({"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "secret"}, "Bearer secret"),
    ({"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": "{file}"}, "Bearer from a file"),
    ({"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": "{file}.gone"}, None),
]


@pytest.mark.parametrize(("environment", "sent"), TOKENS)
def test_the_token(
    answer: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], sent: str | None
) -> None:
    (tmp_path / "token").write_text("from a file\n")
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value.format(file=tmp_path / "token"))
    RayJobs(answer(200, "[]")).all()
    assert asked[0][2].get("Authorization") == sent
