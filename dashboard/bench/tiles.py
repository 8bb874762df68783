"""A slide's tiles: passed through, made, and as Deep Zoom has them made."""

from __future__ import annotations

import io
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from openslide import OpenSlide
from openslide.deepzoom import DeepZoomGenerator
from PIL import Image

from dashboard.bench.finding import Finding
from pomp.bench.measurement import Scale
from pomp.bench.pyramid import levels_of, palette, write_pyramid
from pomp.slides.deepzoom import SlidePyramid

SIZES: dict[Scale, tuple[int, int]] = {"full": (65536, 49152), "small": (4096, 3072)}
TILES: dict[Scale, int] = {"full": 300, "small": 8}
DEEPZOOM_PX, QUALITY = 254, 80
P95_MS = 50.0
_SEED = 11
_REGION_PX, _BLOCKS = 2048, 64


def measure(scale: Scale, progress: Callable[[str], None]) -> list[Finding]:
    """Tiles of a made slide, chosen at random with a fixed seed: its own, and those between and below its levels."""
    progress("tiles")
    with tempfile.TemporaryDirectory() as folder:
        file = write(Path(folder) / "dense.svs", scale, (1, 4, 16))
        found = SlidePyramid(file)
        places = choose(found.levels[-1].columns, found.levels[-1].rows, TILES[scale])
        passed = times(lambda column, row: found.tile(len(found.levels) - 1, column, row), places)
        with OpenSlide(file) as slide:
            generator = DeepZoomGenerator(slide, DEEPZOOM_PX, 1, limit_bounds=False)
            theirs = times(lambda column, row: encode(generator, column, row), places)
        largest = difference(file, found, places[:8])
        made = made_tiles(write(Path(folder) / "sparse.svs", scale, (1, 16)), scale)
    ours, against = (1e3 * statistics.median(seconds) for seconds in (passed, theirs))
    return [
        Finding(
            "tile of the file's own, against DeepZoomGenerator and Pillow", ours, "ms", against,
            note=f"{against / ours:,.0f} times faster; pixels differ from OpenSlide's by {largest} at most",
        ),
        Finding("tile that has to be made, median", 1e3 * statistics.median(made), "ms"),
        Finding("tile that has to be made, 95th percentile", 1e3 * float(np.percentile(made, 95)), "ms", most=P95_MS),
    ]  # fmt: skip


def write(file: Path, scale: Scale, downsamples: Sequence[int]) -> Path:
    """A slide of repeated tiles of tissue and glass, with levels at these downsamples."""
    width, height = SIZES[scale]
    squares = width * height // _REGION_PX**2 // 3
    levels = levels_of((width, height), downsamples, _REGION_PX, squares, _BLOCKS)
    return write_pyramid(file, palette(_BLOCKS, _SEED), levels)


def made_tiles(file: Path, scale: Scale) -> list[float]:
    """Seconds for tiles of every made level, as many of each; the first of the smallest reads the whole slide."""
    found = SlidePyramid(file)
    made = [level for level, facts in enumerate(found.levels) if facts.native is None]
    seconds: list[float] = []
    for level in made:
        places = choose(found.levels[level].columns, found.levels[level].rows, -(-TILES[scale] // len(made)))
        seconds += times(partial(found.tile, level), places)
    return seconds


def choose(columns: int, rows: int, count: int) -> list[tuple[int, int]]:
    """At most `count` different tiles, as (column, row)."""
    chosen = np.random.default_rng(_SEED).permutation(columns * rows)[:count]
    return [(int(index) % columns, int(index) // columns) for index in chosen]


def times(read: Callable[[int, int], object], places: Sequence[tuple[int, int]]) -> list[float]:
    taken = []
    for column, row in places:
        started = time.perf_counter()
        read(column, row)
        taken.append(time.perf_counter() - started)
    return taken


def encode(generator: DeepZoomGenerator, column: int, row: int) -> bytes:
    """A tile of the deepest level, as servers of Deep Zoom answer."""
    buffer = io.BytesIO()
    generator.get_tile(generator.level_count - 1, (column, row)).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def difference(file: Path, found: SlidePyramid, places: Sequence[tuple[int, int]]) -> int:
    """The largest difference of a tile's pixels from those that OpenSlide reads there."""
    level = found.levels[-1]
    largest = 0
    with OpenSlide(file) as slide:
        for column, row in places:
            corner = column * level.tile_width, row * level.tile_height
            size = min(level.tile_width, level.width - corner[0]), min(level.tile_height, level.height - corner[1])
            theirs = np.asarray(slide.read_region(corner, 0, size).convert("RGB"), int)
            ours = np.asarray(Image.open(io.BytesIO(found.tile(len(found.levels) - 1, column, row))), int)
            largest = max(largest, int(np.abs(ours[: size[1], : size[0]] - theirs).max()))
    return largest
