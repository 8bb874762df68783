"""Deep-zoom tiles and the viewer's script, served beside the pages.

These routes stand outside Streamlit's session: a key that the registry does not know is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from dashboard.registry import SlideRegistry
from dashboard.viewer import component
from pomp.errors import SlideError

# Tiles of a key never change while a slide stays where it is: an hour spares the server the panning to and fro.
TILE_HEADERS = {"Cache-Control": "private, max-age=3600"}
INFO_HEADERS = {"Cache-Control": "no-cache"}
SCRIPT_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable"}


class Pyramid(Protocol):
    """A slide cut into JPEG tiles: level 0 is one pixel, the last level is the slide's own size."""

    width: int
    height: int
    mpp: float | None
    tile_size: int
    overlap: int
    max_level: int

    def tile(self, level: int, column: int, row: int) -> bytes: ...


OpenPyramid = Callable[[Path], Pyramid]


def slide_routes(registry: SlideRegistry, open_pyramid: OpenPyramid) -> list[Route]:
    """Routes for the slides of a registry. Handlers are plain functions, so that they run in the thread pool."""

    def info(request: Request) -> Response:
        found = find(request)
        if isinstance(found, Response):
            return found
        fields = ("width", "height", "mpp", "tile_size", "overlap", "max_level")
        return JSONResponse({name: getattr(found, name) for name in fields}, headers=INFO_HEADERS)

    def tile(request: Request) -> Response:
        found = find(request)
        if isinstance(found, Response):
            return found
        level, column, row = (request.path_params[name] for name in ("level", "column", "row"))
        try:
            jpeg = found.tile(level, column, row)
        except SlideError as error:
            return _refuse(str(error))
        return Response(jpeg, media_type="image/jpeg", headers=TILE_HEADERS)

    def find(request: Request) -> Pyramid | Response:
        file = registry.find(request.path_params["slide_key"])
        if file is None:
            return _refuse("This slide is in none of the workspace's cohorts any more.")
        try:
            return open_pyramid(file)
        except SlideError as error:
            return _refuse(str(error))

    return [
        Route("/slides/{slide_key}/info.json", info, methods=["GET"]),
        Route("/slides/{slide_key}/{level:int}/{column:int}_{row:int}.jpeg", tile, methods=["GET"]),
        Route("/viewer/{name}", viewer_script, methods=["GET"]),
    ]


def viewer_script(request: Request) -> Response:
    """The viewer's JavaScript, under the address that names its content."""
    if not component.available() or request.url.path != component.script_url():
        return _refuse("The slide viewer has changed: reload the page.")
    return FileResponse(component.SCRIPT, media_type="text/javascript", headers=SCRIPT_HEADERS)


def _refuse(why: str) -> Response:
    return PlainTextResponse(why, status_code=404, headers={"Cache-Control": "no-store"})
