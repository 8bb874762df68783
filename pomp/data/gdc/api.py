"""The API of the Genomic Data Commons, as far as open data need it.

Source: GDC API User's Guide, "Search and Retrieval" and "Downloading Files", docs.gdc.cancer.gov/API/Users_Guide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from threading import Event
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import quote

import requests
from pydantic import ValidationError

from pomp import __version__
from pomp.data.gdc.errors import FetchError
from pomp.data.gdc.patience import DEFAULT_PATIENCE, Patience, TransientError, parse_retry_after, persist
from pomp.data.gdc.remote import Answer, RemoteFile, RemoteProject

GDC_API = "https://api.gdc.cancer.gov"
"""The public address. HTTPS certificates are checked; a proxy is taken from HTTPS_PROXY, as requests does."""

MOST_PARALLEL = 16
_PAGE = 1000
_CHUNK = 1 << 16  # what a dropped connection costs at most
_CONNECT_SECONDS, _READ_SECONDS = 10.0, 30.0
_MAY_PASS = {408, 429, 500, 502, 503, 504}
_CLINICAL = "demographic,diagnoses,follow_ups"
_CASE_FIELDS = "case_id,submitter_id,primary_site,disease_type,project.project_id"
_FILE_FIELDS = (
    "file_id,file_name,md5sum,file_size,state,data_category,data_type,cases.submitter_id,cases.project.project_id,"
    "cases.samples.submitter_id,cases.samples.sample_type,cases.samples.tissue_type"
)


class _Pagination(Answer):
    total: int


class _Data(Answer):
    hits: list[dict[str, Any]]
    pagination: _Pagination


class _Page(Answer):
    data: _Data


class _Status(Answer):
    data_release: str


class _Project(Answer):
    data: RemoteProject


Shape = TypeVar("Shape", bound=Answer)


class Gdc:
    """A client. Its methods may be called from several threads at a time."""

    def __init__(self, address: str = GDC_API, patience: Patience = DEFAULT_PATIENCE) -> None:
        """
        Args:
            address: of the API or a mirror, with http:// or https://.

        Raises:
            FetchError: the address is none.
        """
        if not re.match(r"https?://[^/]", address):
            raise FetchError(f"'{address}' is no address of an API: write it as {GDC_API}.")
        self.address = address.rstrip("/")
        self.patience = patience
        self.stop = Event()  # set it to end every download and wait
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"pomp/{__version__}"
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # nothing that threads would share
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=MOST_PARALLEL))

    def __enter__(self) -> Gdc:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def data_release(self) -> str:
        """The release that the GDC serves now, such as 'Data Release 45.0 - December 04, 2025'."""
        return self._ask("GET", "status", _Status).data_release

    def project(self, project_id: str) -> RemoteProject:
        """
        Raises:
            FetchError: there is no such project.
        """
        try:
            return self._ask("GET", f"projects/{quote(project_id, safe='')}", _Project).data
        except FetchError as error:
            if error.status in {400, 404}:
                raise FetchError(
                    f"The GDC knows no project '{project_id}'. Ids are written as in TCGA-LIHC; all are listed on "
                    "portal.gdc.cancer.gov under Projects.",
                    status=error.status,
                ) from error
            raise

    def cases(self, project_id: str) -> list[dict[str, Any]]:
        """Every patient of a project with demographic, diagnoses and follow-ups, as the API gives them."""
        filters = equal({"project.project_id": project_id})
        return self._list(
            "cases", {"filters": filters, "fields": _CASE_FIELDS, "expand": _CLINICAL, "sort": "case_id:asc"}
        )

    def files(self, values: Mapping[str, str]) -> list[RemoteFile]:
        """Every file for which each field has the value given."""
        hits = self._list("files", {"filters": equal(values), "fields": _FILE_FIELDS, "sort": "file_id:asc"})
        return [self._read(RemoteFile, hit, "files") for hit in hits]

    @contextmanager
    def stream(self, file: RemoteFile, start: int) -> Iterator[tuple[int, Iterator[bytes]]]:
        """A file from `start` on: where the bytes truly begin, which is 0 if the server cannot go on, and the bytes.

        Raises:
            TransientError: the connection was refused or broke off, or the server is busy.
            FetchError: the server does not give the file.
        """
        with self._open(file, start) as response:
            partial = response.status_code == requests.codes.partial_content
            yield start if partial else 0, _chunks(response, file.file_name)

    def _open(self, file: RemoteFile, start: int) -> requests.Response:
        """The answer that goes on at `start`, or begins anew if the server has no such part of a file of this size."""
        path, whole = f"data/{file.file_id}", {"Accept-Encoding": "identity"}  # ranges count the file's own bytes
        if not start:
            return _expect(self._request("GET", path, whole), file)
        try:
            response = self._request("GET", path, whole | {"Range": f"bytes={start}-"})
        except FetchError as error:
            if error.status != requests.codes.requested_range_not_satisfiable:
                raise
            return self._open(file, 0)
        given = response.headers.get("Content-Range", "")
        goes_on = given.startswith(f"bytes {start}-") and given.endswith((f"/{file.file_size}", "/*"))
        if response.status_code == requests.codes.partial_content and goes_on:
            return response
        if response.status_code == requests.codes.ok:
            return _expect(response, file)
        response.close()
        return self._open(file, 0)

    def _list(self, endpoint: str, query: dict[str, Any]) -> list[dict[str, Any]]:
        hits: list[dict[str, Any]] = []
        while True:
            body = query | {"format": "json", "size": _PAGE, "from": len(hits)}
            data = self._ask("POST", endpoint, _Page, body).data
            hits += data.hits
            if len(hits) >= data.pagination.total:
                return hits
            if not data.hits:
                raise FetchError(
                    f"{self.address}/{endpoint} lists {len(hits)} of {data.pagination.total} entries. Run it again."
                )

    def _ask(self, method: str, path: str, shape: type[Shape], body: dict[str, Any] | None = None) -> Shape:
        answer = persist(lambda: self._json(method, path, body), self.patience, self.stop, path)
        return self._read(shape, answer, path)

    def _read(self, shape: type[Shape], answer: object, path: str) -> Shape:
        try:
            return shape.model_validate(answer)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise FetchError(
                f"{self.address}/{path} answers in a shape that is not documented: '{place}' is "
                f"{str(first['input'])[:80]!r}: {first['msg']}. Is it an API of the GDC?"
            ) from error

    def _json(self, method: str, path: str, body: dict[str, Any] | None) -> object:
        with self._request(method, path, body=body) as response:
            content = b"".join(_chunks(response, response.url))
        try:
            return json.loads(content)
        except ValueError as error:
            raise TransientError(
                f"{response.url} answers no JSON: '{_excerpt(content)}'. Is a proxy or a login page in between?"
            ) from error

    def _request(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: dict[str, Any] | None = None
    ) -> requests.Response:
        url = f"{self.address}/{path}"
        try:
            response = self._session.request(
                method,
                url,
                headers=headers,
                json=body,
                stream=True,
                timeout=(_CONNECT_SECONDS, _READ_SECONDS),
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            secure = isinstance(error, requests.exceptions.SSLError)
            hint = " Behind a proxy that opens HTTPS, name its certificate in REQUESTS_CA_BUNDLE." if secure else ""
            raise TransientError(f"{url} cannot be reached: {_reason(error)}.{hint}") from error
        except requests.RequestException as error:
            raise FetchError(f"{url} cannot be asked: {_reason(error)}.") from error
        if response.ok:
            return response
        with response:
            raise _refusal(response)


def equal(values: Mapping[str, str]) -> dict[str, Any]:
    """The filter that asks for each field to have the value given."""
    terms = [{"op": "=", "content": {"field": field, "value": value}} for field, value in values.items()]
    return {"op": "and", "content": terms}


def _expect(response: requests.Response, file: RemoteFile) -> requests.Response:
    """The answer, unless it says that it is something else than the file: nothing is overwritten by a login page."""
    length = response.headers.get("Content-Length", str(file.file_size))
    if length == str(file.file_size):
        return response
    response.close()
    raise TransientError(
        f"{response.url} sends {length} bytes, and {file.file_size} are listed. Is a proxy or a login page in between?"
    )


def _chunks(response: requests.Response, name: str) -> Iterator[bytes]:
    try:
        yield from response.iter_content(_CHUNK)
    except requests.RequestException as error:
        raise TransientError(f"The connection broke off while {name} was coming: {_reason(error)}.") from error


def _refusal(response: requests.Response) -> TransientError | FetchError:
    status = response.status_code
    said = _excerpt(next(_chunks(response, response.url), b""))
    message = f"{response.url} answers {status} {response.reason}: '{said}'."
    if status in _MAY_PASS:
        return TransientError(message, parse_retry_after(response.headers.get("Retry-After"), datetime.now(UTC)))
    return FetchError(message, status=status)


def _excerpt(content: bytes) -> str:
    """The beginning of an answer on one line; the API's own word where it gives one."""
    try:
        told = json.loads(content)
    except ValueError:
        told = None
    words = told.get("message") or told.get("error") if isinstance(told, dict) else None
    return " ".join(str(words or content.decode(errors="replace")).split())[:120]


def _reason(error: requests.RequestException) -> str:
    """The innermost reason, without the objects that requests wraps around it."""
    inner = error.args[0] if error.args else error
    inner = getattr(inner, "reason", inner)
    return re.sub(r"^(<[^>]*>|\w+\(.*?\)): ", "", str(inner)).rstrip(".")
