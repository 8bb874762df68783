"""Slides to regions: reading, the whole stage, sides that divide badly, slides of a single level, and memory."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path

import numpy as np
import simplejpeg
from openslide import OpenSlide
from PIL import Image
from scipy import ndimage
from threadpoolctl import threadpool_limits

from pomp.bench.measurement import Measurement, Rival, Scale, in_turns, in_turns_apart, peak_memory, seconds_of
from pomp.bench.pyramid import TILE, levels_of, palette, write_pyramid
from pomp.config import SlideConfig
from pomp.slides.morphology import closed, majority
from pomp.slides.prepare import SlideResult, SlideTask, prepare_slide
from pomp.slides.slide import Slide
from pomp.slides.store import read_pixels, read_slide_regions, regions_path

CONFIG = SlideConfig()
LEVELS = (1, 4, 16)
BLOCKS = 24
SIDE = CONFIG.side

Corners = list[tuple[int, int]]


@dataclass(frozen=True)
class _Sizes:
    size: tuple[int, int]
    odd: tuple[int, int]  # no multiple of 16
    regions: int
    single: int  # of them read from the slide of a single level
    repeats: int
    sides: tuple[int, int]  # of the slides whose memory is compared


SIZES: dict[Scale, _Sizes] = {
    "full": _Sizes((40_000, 30_000), (40_009, 30_011), 41, 4, 9, (10_000, 60_000)),
    "small": _Sizes((12_288, 8_192), (12_297, 8_203), 3, 1, 1, (5_000, 9_000)),
}


def measure(scale: Scale) -> list[Measurement]:
    """Slides of repeated JPEG tiles, with regions of 4096 pixels stored at 256."""
    sizes = SIZES[scale]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = _write(folder / "round.svs", sizes.size, LEVELS, sizes.regions)
        odd = _write(folder / "odd.svs", sizes.odd, LEVELS, sizes.regions)
        single = _write(folder / "single.svs", sizes.size, (1,), sizes.regions)
        corners = _prepared_corners(whole, folder)
        level_0 = seconds_of(lambda: _read_naively(whole, corners, lambda _: 0))
        return [
            _reading(whole, corners, sizes, Rival("OpenSlide, level 0, and resizing", level_0, "timed once", 700)),
            _stage(whole, corners, sizes, level_0),
            _odd_sides(whole, odd, corners, sizes),
            _single_level(single, corners[: sizes.single], sizes),
            _memory(folder, sizes),
        ]


def _write(path: Path, size: tuple[int, int], downsamples: tuple[int, ...], regions: int) -> Path:
    levels = levels_of(size, downsamples, CONFIG.region_px, regions, BLOCKS)
    return write_pyramid(path, palette(BLOCKS, seed=0), levels)


def _task(file: Path, folder: Path) -> SlideTask:
    path = regions_path(folder, file.stem, CONFIG)
    return SlideTask(file, path, CONFIG, None, SlideResult(file.stem, file.stem, str(file)))


def _prepare(file: Path, folder: Path) -> SlideResult:
    return prepare_slide(_task(file, folder), lambda: None)


def _cutting(file: Path, folder: Path) -> Callable[[], SlideResult]:
    """In a process like those that cut slides, which have one thread each."""
    threadpool_limits(1)
    return partial(_prepare, file, folder)


def _looking_as_clam(file: Path) -> Callable[[], Corners]:
    return partial(_grid_of_tissue, file)


def _prepared_corners(file: Path, folder: Path) -> Corners:
    _prepare(file, folder)
    coordinates = read_slide_regions(regions_path(folder, file.stem, CONFIG)).coordinates
    return [(int(x), int(y)) for x, y in coordinates]


def _read(slide: Slide, corners: Corners) -> list[np.ndarray]:
    extent = float(CONFIG.region_px)
    return [slide.read(corner, (extent, extent), (SIDE, SIDE)) for corner in corners]


def _read_naively(file: Path, corners: Corners, choose: Callable[[OpenSlide], int]) -> list[np.ndarray]:
    """Read the chosen level through OpenSlide, and shrink what it gives."""
    with OpenSlide(file) as slide:
        level = choose(slide)
        length = round(CONFIG.region_px / slide.level_downsamples[level])
        pictures = (slide.read_region(corner, level, (length, length)).convert("RGB") for corner in corners)
        return [np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX)) for picture in pictures]


def _opened(file: Path, repeats: int) -> Callable[[], Slide]:
    """A slide for each run, opened beforehand, that has nothing in its memory yet."""
    slides = [Slide(file) for _ in range(repeats + 1)]
    return slides.pop


def _reading(file: Path, corners: Corners, sizes: _Sizes, level_0: Rival) -> Measurement:
    slide, blocks = _opened(file, sizes.repeats), palette(BLOCKS, seed=0)[:BLOCKS]

    def decode() -> None:
        for _, block in zip(corners, cycle(blocks), strict=False):
            simplejpeg.decode_jpeg(block)

    taken = in_turns({"ours": lambda: _read(slide(), corners), "tiles": decode}, sizes.repeats)
    with Slide(file) as opened:
        ours = _read(opened, corners)
    theirs = _read_naively(file, corners, lambda opened: opened.level_count - 1)
    return Measurement(
        work=f"reading {len(corners)} regions of {CONFIG.region_px}² as {SIDE}² from a slide of {_times(sizes.size)}",
        seconds=taken["ours"],
        rivals=[level_0, Rival(f"decoding as many JPEG tiles of {TILE}²", taken["tiles"], least=0.8)],
        checks=[f"equal to OpenSlide's pixels of the level at 16: {np.array_equal(ours, theirs)}"],
    )


def _stage(file: Path, corners: Corners, sizes: _Sizes, level_0: float) -> Measurement:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = regions_path(folder, file.stem, CONFIG)

        def forget() -> None:  # a slide is cut once: to delete an older file of regions is no part of it
            with suppress(FileNotFoundError):
                path.unlink()

        makers: dict[str, Callable[[], Callable[[], object]]] = {
            "ours": partial(_cutting, file, folder), "theirs": partial(_looking_as_clam, file),
        }  # fmt: skip
        taken = {way: found.seconds for way, found in in_turns_apart(makers, sizes.repeats, before=forget).items()}
        _prepare(file, folder)
        equal = np.array_equal(read_pixels(path), _read_naively(file, corners, lambda opened: opened.level_count - 1))
    return Measurement(
        work=f"tissue mask, coordinates, {len(corners)} regions and thumbnail of {_times(sizes.size)} to HDF5",
        seconds=taken["ours"],
        rivals=[
            Rival(
                "CLAM's steps, mask and coordinates only",
                taken["theirs"],
                "without OpenCV: HSV by Pillow, the median by its faster equal",
                10,
            ),
            Rival("CLAM's steps, and regions from level 0", taken["theirs"] + level_0, "level 0 timed once", 600),
        ],
        checks=[
            f"the same regions as CLAM's steps find: {sorted(corners) == sorted(_grid_of_tissue(file))}",
            f"stored pixels equal to OpenSlide's of the level at 16: {equal}",
        ],
    )


def _grid_of_tissue(file: Path) -> Corners:
    """Mask and coordinates as CLAM (Lu et al., 2021) makes them, written anew.

    The level nearest to 64, saturation, a 7×7 median, a fixed threshold, closing, areas large enough, and the regions
    whose middle lies in one. The median is taken after the threshold, which gives the same and is faster.
    """
    with OpenSlide(file) as slide:
        level = slide.get_best_level_for_downsample(64)
        downsample = slide.level_downsamples[level]
        picture = slide.read_region((0, 0), level, slide.level_dimensions[level]).convert("RGB")
        width, height = slide.dimensions
    saturation = np.asarray(picture.convert("HSV"))[..., 1]
    labels, _ = ndimage.label(closed(majority(saturation > 8, 3), 2))
    large = np.bincount(labels.ravel()) >= min(100 * (512 / downsample) ** 2, labels.size / 100)
    large[0] = False
    mask = ndimage.binary_fill_holes(large[labels])
    step = CONFIG.region_px
    middles = ((x, y) for y in range(0, height, step) for x in range(0, width, step))
    return [(x, y) for x, y in middles if _at(mask, (x + step / 2) / downsample, (y + step / 2) / downsample)]


def _at(mask: np.ndarray, x: float, y: float) -> bool:
    return y < mask.shape[0] and x < mask.shape[1] and bool(mask[int(y), int(x)])


def _odd_sides(whole: Path, odd: Path, corners: Corners, sizes: _Sizes) -> Measurement:
    whole_slide, odd_slide = _opened(whole, sizes.repeats), _opened(odd, sizes.repeats)
    ways = {
        "ours": lambda: _read(odd_slide(), corners),
        "round": lambda: _read(whole_slide(), corners),
        "naive": lambda: _read_naively(odd, corners, lambda slide: slide.get_best_level_for_downsample(16)),
    }
    taken = in_turns(ways, sizes.repeats)
    with OpenSlide(odd) as slide:
        downsample = slide.level_downsamples[-1]
    return Measurement(
        work=f"reading {len(corners)} regions from a slide of {_times(sizes.odd)}, whose last level is at "
        f"{downsample:.5g}",
        seconds=taken["ours"],
        rivals=[
            Rival(f"ours, from a slide of {_times(sizes.size)}", taken["round"], least=0.8),
            Rival("OpenSlide's get_best_level_for_downsample", taken["naive"], "passes over that level", 10),
        ],
    )


def _single_level(file: Path, corners: Corners, sizes: _Sizes) -> Measurement:
    slide, found = _opened(file, sizes.repeats), {}

    def ours() -> None:
        found["ours"] = _read(slide(), corners)

    def theirs() -> None:
        found["theirs"] = _read_naively(file, corners, lambda _: 0)

    taken = in_turns({"ours": ours, "theirs": theirs}, min(3, sizes.repeats))
    difference = np.abs(np.array(found["ours"], np.int16) - np.array(found["theirs"]))
    return Measurement(
        work=f"reading {len(corners)} regions from a slide of one level, JPEG tiles decoded to an eighth",
        seconds=taken["ours"],
        rivals=[Rival("OpenSlide, all pixels, and their mean", taken["theirs"], least=3)],
        checks=[
            f"difference to the mean of all pixels: {difference.mean():.2f} grey levels on average, "
            f"{difference.max()} at most"
        ],
    )


def _memory(folder: Path, sizes: _Sizes) -> Measurement:
    """The whole stage in a fresh process for a small and a large slide, a quarter of each tissue."""
    found, seconds = [], 0.0
    for side in sizes.sides:
        regions = max(1, (side // CONFIG.region_px) ** 2 // 4)
        file = _write(folder / f"{side}.svs", (side, side), LEVELS, regions)
        seconds = seconds_of(lambda file=file: _prepare(file, folder))  # type: ignore[misc]
        found.append(f"{side:,}²: {peak_memory(_prepare, file, folder) / 2**20:.0f} MiB")
    return Measurement(
        work=f"the whole stage on a slide of {sizes.sides[1]:,}²",
        seconds=seconds,
        rivals=[],
        checks=[f"peak memory over the libraries' own, slides of {', '.join(found)}"],
    )


def _times(size: tuple[int, int]) -> str:
    return f"{size[0]:,} × {size[1]:,}"
