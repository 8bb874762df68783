"""What goes wrong between a user and the Genomic Data Commons."""

from __future__ import annotations

from pomp.errors import CohortError


class FetchError(CohortError):
    """Data could not be fetched. `problems` names every file that failed; `status` is the server's, if it gave one."""

    def __init__(self, message: str, problems: tuple[str, ...] = (), status: int | None = None) -> None:
        super().__init__(message, problems)
        self.status = status


class DiskError(FetchError):
    """The folder takes no more data: nothing else can be fetched either."""


class StoppedError(FetchError):
    """Somebody asked the fetch to stop; what has come so far is kept."""
