"""Scripts that pages ask for, each under an address that changes with its content, so that browsers may keep it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import plotly
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

_KEPT: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_LOADER: Final = """
const {{ default: render }} = await import(new URL("{url}", document.baseURI))
export default render
"""


@dataclass(frozen=True)
class Script:
    """A file of JavaScript; it may be missing, or made anew while the server runs."""

    file: Path

    @property
    def url(self) -> str:
        """Where the server offers it."""
        state = self.file.stat()
        return f"/scripts/{_digest(self.file, state.st_mtime_ns, state.st_size)}/{self.file.name}"

    @property
    def loader(self) -> str:
        """What Streamlit is given for a component: inline, the script itself would travel with every rerun."""
        return _LOADER.format(url=self.url)


BROWSER: Final = Script(Path(__file__).parent / "browser" / "browser.js")
FIGURE: Final = Script(Path(__file__).parent / "figure" / "figure.js")
PLOTLY: Final = Script(Path(plotly.__file__).parent / "package_data" / "plotly.min.js")
VIEWER: Final = Script(Path(__file__).parent / "viewer" / "build" / "viewer.js")


@lru_cache(maxsize=16)
def _digest(file: Path, _modified: int, _size: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]


def script_routes() -> list[Route]:
    """The route of all scripts. Its handler is a plain function, so that it runs in the thread pool."""

    def answer(request: Request) -> Response:
        for script in (BROWSER, FIGURE, PLOTLY, VIEWER):
            if script.file.is_file() and request.url.path == script.url:
                return FileResponse(script.file, media_type="text/javascript", headers=_KEPT)
        return PlainTextResponse(
            "This script has changed: reload the page.", status_code=404, headers={"Cache-Control": "no-store"}
        )

    return [Route("/scripts/{rest:path}", answer, methods=["GET"])]
