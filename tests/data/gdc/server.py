"""A small GDC on 127.0.0.1: status, projects, cases, files and data as documented, and the faults a test asks for."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch

PROJECT = "TCGA-LIHC"
RELEASE = "Data Release 45.0 - December 04, 2025"


@dataclass
class Served:
    """A file of the server: what it lists, and what it sends."""

    entry: dict[str, Any]
    content: bytes

    @property
    def id(self) -> str:
        return str(self.entry["file_id"])

    @property
    def name(self) -> str:
        return str(self.entry["file_name"])


def served(name: str, content: bytes, samples: tuple[str, ...] = ("TCGA-DD-A1EB-01A",), **fields: Any) -> Served:
    """A STAR file of primary tumours, unless the fields say something else."""
    entry = {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        "file_id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        "file_name": name,
        "md5sum": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "file_size": len(content),
        "state": "released",
        "access": "open",
        "data_category": "Transcriptome Profiling",
        "data_type": "Gene Expression Quantification",
        "analysis": {"workflow_type": "STAR - Counts"},
        "cases": [
            {
                "submitter_id": sample[:12],
                "project": {"project_id": PROJECT},
                "samples": [{"submitter_id": sample, "sample_type": _kind(sample)}],
            }
            for sample in samples
        ],
    }
    return Served(entry | fields, content)


def _kind(sample: str) -> str:
    return "Solid Tissue Normal" if sample[13:15] == "11" else "Primary Tumor"


SLIDE = {
    "data_category": "Biospecimen",
    "data_type": "Slide Image",
    "experimental_strategy": "Diagnostic Slide",
    "analysis": {},
}
MIRNA = {"data_type": "miRNA Expression Quantification", "analysis": {"workflow_type": "BCGSC miRNA Profiling"}}
BETA = {
    "data_category": "DNA Methylation",
    "data_type": "Methylation Beta Value",
    "platform": "Illumina Human Methylation 450",
    "analysis": {"workflow_type": "SeSAMe Methylation Beta Estimation"},
}


def case(submitter_id: str, days_to_death: int | None) -> dict[str, Any]:
    """A patient as the cases endpoint shows one."""
    return {
        "case_id": str(uuid.uuid5(uuid.NAMESPACE_URL, submitter_id)),
        "submitter_id": submitter_id,
        "project": {"project_id": PROJECT},
        "demographic": {"vital_status": "Alive" if days_to_death is None else "Dead", "days_to_death": days_to_death},
        "diagnoses": [{"days_to_last_follow_up": 400, "ajcc_pathologic_stage": "Stage II"}],
        "follow_ups": [{"days_to_follow_up": 400}],
    }


@dataclass(frozen=True)
class Fault:
    """What happens once instead of an answer. Faults of one path are used up in their order."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut_after: int | None = None  # bytes of the answer's body, then the connection is closed
    ignore_range: bool = False
    no_length: bool = False  # no Content-Length: the end of the connection is the end of the file
    hang: threading.Event | None = None  # no further byte until it is set


class GdcServer(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1."""

    daemon_threads = True

    def __init__(self, files: list[Served], cases: list[dict[str, Any]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = files
        self.cases = cases
        self.page_limit = 1000
        self.faults: dict[str, list[Fault]] = {}
        self.log: list[tuple[str, str, str]] = []  # method, path, range
        self.bodies: list[dict[str, Any]] = []
        self.lock = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def fail(self, path: str, *faults: Fault) -> None:
        self.faults.setdefault(path, []).extend(faults)

    def next_fault(self, path: str) -> Fault:
        with self.lock:
            waiting = self.faults.get(path)
            return waiting.pop(0) if waiting else Fault()

    def asked(self, path: str) -> list[str]:
        """The ranges with which a path was asked for, in order; '' where there was none."""
        with self.lock:
            return [wanted for _, asked, wanted in self.log if asked == path]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20
    disable_nagle_algorithm = True
    server: GdcServer

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, body: dict[str, Any] | None) -> None:
        path, wanted = self.path.strip("/"), self.headers.get("Range", "")
        with self.server.lock:
            self.server.log.append((self.command, path, wanted))
            if body is not None:
                self.server.bodies.append(body)
        fault = self.server.next_fault(path)
        if fault.status is not None or fault.body is not None:
            self._send(fault.status or 200, fault.body or b'{"message": "as the test wants it"}', fault, fault.headers)
            return
        endpoint, _, rest = path.partition("/")
        if endpoint == "data":
            self._data(rest, "" if fault.ignore_range else wanted, fault)
        else:
            status, answer = self._metadata(endpoint, rest, body or {})
            self._send(status, json.dumps(answer).encode(), fault, {"Content-Type": "application/json"})

    def _metadata(self, endpoint: str, rest: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if endpoint == "status":
            return 200, {"commit": "0", "data_release": RELEASE, "status": "OK", "tag": "8.5.0", "version": 1}
        if endpoint == "projects":
            if rest != PROJECT:
                return 404, {"message": f"{rest} not found"}
            return 200, {"data": {"project_id": PROJECT, "name": "Liver Hepatocellular Carcinoma"}, "warnings": {}}
        entries = {"files": [file.entry for file in self.server.files], "cases": self.server.cases}[endpoint]
        found = [entry for entry in entries if _fits(entry, body["filters"])]
        key = body["sort"].removesuffix(":asc")
        found.sort(key=lambda entry: str(entry[key]))
        start, size = body.get("from", 0), min(body.get("size", 10), self.server.page_limit)
        hits = found[start : start + size]
        pagination = {"count": len(hits), "total": len(found), "size": size, "from": start}
        return 200, {"data": {"hits": hits, "pagination": pagination}, "warnings": {}}

    def _data(self, file_id: str, wanted: str, fault: Fault) -> None:
        file = next((file for file in self.server.files if file.id == file_id), None)
        if file is None:
            self._send(404, b'{"message": "no such file"}', fault, {})
            return
        start, total = int(wanted.removeprefix("bytes=").removesuffix("-") or 0), len(file.content)
        if start >= total > 0:
            self._send(416, b"", fault, {"Content-Range": f"bytes */{total}"})
            return
        headers = {"Content-Disposition": f"attachment; filename={file.name}"} | fault.headers
        if wanted:
            headers = {"Content-Range": f"bytes {start}-{total - 1}/{total}"} | headers
        self._send(206 if wanted else 200, file.content[start:], fault, headers)

    def _send(self, status: int, body: bytes, fault: Fault, headers: dict[str, str]) -> None:
        self.send_response(status)
        length = {} if fault.no_length else {"Content-Length": str(len(body))}
        for name, value in (length | headers).items():
            self.send_header(name, value)
        self.end_headers()
        sent = body if fault.cut_after is None else body[: fault.cut_after]
        self.wfile.write(sent)
        self.wfile.flush()
        if fault.hang is not None:
            fault.hang.wait(20)
        if fault.no_length or len(sent) < len(body):
            self.close_connection = True


def _fits(entry: dict[str, Any], filters: dict[str, Any]) -> bool:
    """Whether an entry fits an 'and' of '=' terms, with dotted fields that go through lists."""
    return all(
        term["op"] == "=" and term["content"]["value"] in _values(entry, term["content"]["field"].split("."))
        for term in filters["content"]
    )


def _values(entry: Any, path: list[str]) -> list[Any]:
    if isinstance(entry, list):
        return [value for part in entry for value in _values(part, path)]
    if not path:
        return [entry]
    return _values(entry[path[0]], path[1:]) if isinstance(entry, dict) and path[0] in entry else []


@contextmanager
def serving(files: list[Served], cases: list[dict[str, Any]] | None = None) -> Iterator[GdcServer]:
    """A server for the block; it ends with it. It is reached without a proxy, whatever the environment says."""
    server = GdcServer(files, [case("TCGA-DD-A1EB", 300)] if cases is None else cases)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        with patch.dict(os.environ, {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}):
            yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(20)
