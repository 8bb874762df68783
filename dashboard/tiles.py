"""Slide tiles, served beside the pages.

These routes stand outside Streamlit's session: a key that the registry does not know is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from dashboard.registry import SlideRegistry
from pomp.errors import PompError
from pomp.slides.deepzoom import SlidePyramid, pyramid

# Tiles of a key never change while a slide stays where it is: an hour spares the server the panning to and fro.
TILE_HEADERS = {"Cache-Control": "private, max-age=3600"}
INFO_HEADERS = {"Cache-Control": "no-cache"}

TILE = re.compile(r"(\d{1,6})/(\d{1,6})_(\d{1,6})\.jpeg", re.ASCII)
"""Level, column and row. Six digits reach beyond any slide, and cannot overwhelm the conversion to a number."""


def slide_routes(registry: SlideRegistry) -> list[Route]:
    """Routes for the slides of a registry. Handlers are plain functions, so that they run in the thread pool."""

    def info(request: Request) -> Response:
        key = request.path_params["slide_key"]
        return answer(request, lambda slide: JSONResponse(describe(slide, registry.mpp(key)), headers=INFO_HEADERS))

    def tile(request: Request) -> Response:
        place = TILE.fullmatch(request.path_params["place"])
        if place is None:
            return _refuse("There is no such tile.")
        level, column, row = (int(number) for number in place.groups())
        return answer(
            request,
            lambda slide: Response(slide.tile(level, column, row), media_type="image/jpeg", headers=TILE_HEADERS),
        )

    def answer(request: Request, respond: Callable[[SlidePyramid], Response]) -> Response:
        try:
            file = registry.find(request.path_params["slide_key"])
            if file is None:
                return _refuse("This slide is in none of the workspace's cohorts any more.")
            return respond(pyramid(file))
        except PompError as error:
            return _refuse(str(error))

    return [
        Route("/slides/{slide_key}/info.json", info, methods=["GET"]),
        # Whatever else lies below, or it would be answered with Streamlit's page.
        Route("/slides/{slide_key}/{place:path}", tile, methods=["GET"]),
        Route("/slides/{rest:path}", unknown, methods=["GET"]),
    ]


def describe(slide: SlidePyramid, mpp: float | None) -> dict[str, Any]:
    """What a browser must know to ask for tiles: `levels` begin with the smallest, the last is the slide's own size.

    Args:
        mpp: what slides.csv states, which counts more than the slide's own, as it does where regions are cut.
    """
    return {
        "width": slide.width,
        "height": slide.height,
        "mpp": slide.mpp if mpp is None else mpp,
        "levels": [
            {
                "width": level.width,
                "height": level.height,
                "tile_width": level.tile_width,
                "tile_height": level.tile_height,
            }
            for level in slide.levels
        ],
    }


def unknown(_: Request) -> Response:
    return _refuse("There is no such tile.")


def _refuse(why: str) -> Response:
    return PlainTextResponse(why, status_code=404, headers={"Cache-Control": "no-store"})
