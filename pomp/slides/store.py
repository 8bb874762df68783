"""One HDF5 file a slide, in TRIDENT's layout: where its regions lie, their pixels, thumbnail and tissue mask.

TRIDENT (Zhang et al., 2025) keeps a dataset `coords` whose attributes say how the coordinates were made; its readers
find there what they look for. Ours adds the datasets `regions`, `grid`, `tissue`, `thumbnail` and `mask`, and to the
attributes `mpp`, `note`, `downsample`, `reason`, `schema` and `made_from`. Numbers that a slide does not state are NaN.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from pomp.abandoned import sweep
from pomp.config import SlideConfig
from pomp.errors import SlideError
from pomp.slides.checksum import ChunkWriter

SCHEMA = 2


@dataclass(frozen=True)
class SlideRegions:
    """M regions of a slide of `width` × `height` level-0 pixels, without their pixels. M may be 0: see `reason`."""

    slide: str
    coordinates: np.ndarray  # (M, 2) int64, level-0 x and y of the upper left corner
    grid: np.ndarray  # (M, 2) int64, row and column
    tissue: np.ndarray  # (M,) float32, share of the region that is tissue
    region_px: int  # side of a region at level 0
    downsample: float  # level-0 pixels to a stored one
    mpp: float | None  # micrometres a level-0 pixel
    magnification: float | None  # objective power of level 0
    width: int
    height: int
    thumbnail: np.ndarray  # (h, w, 3) uint8
    mask: np.ndarray  # (h, w) bool
    overlap: int = 0  # pixels of a stored region that its neighbour shows too
    made_from: str = ""  # fingerprint of the slide file, its coordinates and the settings
    reason: str = ""  # why there is no region
    note: str = ""  # why what the slide says of mpp was not taken

    @property
    def side(self) -> int:
        """Of a stored region, in its own pixels."""
        return round(self.region_px / self.downsample)


def regions_path(cohort_folder: Path, slide: str, config: SlideConfig) -> Path:
    """Where a slide's regions are kept. Every setting that decides them is in the name, so that runs do not meet.

    What the cohort says of a slide, its coordinates for one, is not: a cohort that says otherwise is cut again.
    """
    size = f"{config.region_px}px_{config.downsample}x"
    if config.region_um is not None:
        size = f"{_exact(config.region_um)}um_{config.side}px"
    return cohort_folder / "regions" / f"{size}_{_exact(config.min_tissue)}tissue" / f"{slide}.h5"


def write_regions(path: Path, regions: SlideRegions, pixels: Iterable[np.ndarray]) -> None:
    """Write a slide's regions; the file takes its place only when it is complete.

    Args:
        pixels: (side, side, 3) uint8 for each region in order; taken a few at a time, so they need not fit in memory.

    Raises:
        SlideError: the file cannot be written, for example because the disk is full.
    """
    # Not longer than the file's own name, which may be as long as names can be.
    part = path.with_name(f".{hashlib.sha256(path.name.encode()).hexdigest()[:16]}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent, ".*.part")
        # Regions are written once and whole: HDF5's cache of chunks would only copy them. Its format of 1.10 has leaner
        # tables of chunks, and other programs read it.
        with h5py.File(part, "w", libver="v110", rdcc_nbytes=0) as file:
            _write_facts(file, regions, path.parent)
            _write_pixels(file, regions, pixels)
        part.replace(path)
    except OSError as error:
        raise SlideError(
            f"The regions of slide {regions.slide} cannot be written to {path.parent} ({error}). "
            "Free disk space, or make the folder writable."
        ) from error
    finally:
        with suppress(OSError):
            part.unlink()


def read_slide_regions(path: Path) -> SlideRegions:
    """All that is known of a slide's regions but their pixels.

    Raises:
        SlideError: there is no such file, or it is damaged or was not written by `write_regions`.
    """
    with _reading(path) as file:
        coords = file["coords"]
        facts = coords.attrs
        if int(facts["schema"]) != SCHEMA or len(file["regions"]) != len(coords):
            raise ValueError(f"schema {facts['schema']}, {len(file['regions'])} regions, {len(coords)} coordinates")
        regions = SlideRegions(
            slide=str(facts["name"]),
            coordinates=coords[:],
            grid=file["grid"][:],
            tissue=file["tissue"][:],
            region_px=int(facts["patch_size_level0"]),
            downsample=float(facts["downsample"]),
            mpp=_known(facts["mpp"]),
            magnification=_known(facts["level0_magnification"]),
            width=int(facts["level0_width"]),
            height=int(facts["level0_height"]),
            thumbnail=file["thumbnail"][:],
            mask=file["mask"][:],
            overlap=int(facts["overlap"]),
            made_from=str(facts["made_from"]),
            reason=str(facts["reason"]),
            note=str(facts.get("note", "")),  # files of earlier versions have none
        )
        # Files of earlier versions have none.
        if "digest" in facts and facts["digest"] != _digest(regions):
            raise ValueError("what it says of its regions does not match its digest")
        return regions


def read_pixels(path: Path, indices: Sequence[int] | None = None) -> np.ndarray:
    """(M, side, side, 3) uint8: the regions' pixels, or those of `indices`, in that order.

    Raises:
        SlideError: there is no such file, it is damaged, or it has no region of that index.
    """
    with _reading(path) as file:
        stored = file["regions"]
        wanted = range(len(stored)) if indices is None else indices
        pixels = np.empty((len(wanted), *stored.shape[1:]), np.uint8)
        for place, index in enumerate(wanted):
            pixels[place] = stored[index]
        return pixels


def read_at(path: Path, corners: Sequence[tuple[float, float]]) -> list[np.ndarray | None]:
    """The pixels of the regions whose upper left corners these are (level-0 x and y); None where there is no such one.

    Raises:
        SlideError: there is no such file, or it is damaged.
    """
    places = {(float(x), float(y)): place for place, (x, y) in enumerate(read_slide_regions(path).coordinates)}
    wanted = [places.get((float(x), float(y))) for x, y in corners]
    pixels = iter(read_pixels(path, [place for place in wanted if place is not None]))
    return [None if place is None else next(pixels) for place in wanted]


@contextmanager
def _reading(path: Path) -> Iterator[h5py.File]:
    """What h5py raises for damaged and for foreign files is one error here."""
    if not path.is_file():
        raise SlideError(f"There is no region file {path}: prepare the cohort's slides first.")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, KeyError, ValueError, TypeError, AttributeError, IndexError, RuntimeError) as error:
        raise SlideError(
            f"{path} is damaged or no file of regions ({error}). Delete it and prepare the slides again."
        ) from error


def _write_facts(file: h5py.File, regions: SlideRegions, folder: Path) -> None:
    coords = file.create_dataset("coords", data=regions.coordinates)
    magnification = math.nan if regions.magnification is None else regions.magnification
    coords.attrs.update(
        patch_size=regions.side,
        patch_size_level0=regions.region_px,
        level0_magnification=magnification,
        target_magnification=magnification / regions.downsample,
        overlap=regions.overlap,
        name=regions.slide,
        savetodir=str(folder),
        level0_width=regions.width,
        level0_height=regions.height,
        mpp=math.nan if regions.mpp is None else regions.mpp,
        downsample=regions.downsample,
        schema=SCHEMA,
        made_from=regions.made_from,
        reason=regions.reason,
        note=regions.note,
        digest=_digest(regions),
    )
    file["grid"], file["tissue"] = regions.grid, regions.tissue
    # Not compressed: to compress the thumbnail would take as long as all the rest.
    for name, data in (("thumbnail", regions.thumbnail), ("mask", regions.mask)):
        stored = file.create_dataset(name, data.shape, data.dtype, chunks=data.shape, fletcher32=True)
        ChunkWriter(stored).write((0,) * data.ndim, data)


def _digest(regions: SlideRegions) -> str:
    """SHA-256 of all but the pictures, which have checksums of their own."""
    facts = {name: value for name, value in vars(regions).items() if not isinstance(value, np.ndarray)}
    facts["downsample"] = float(regions.downsample)
    if not regions.note:
        del facts["note"]  # as in files of earlier versions
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for array in (regions.coordinates, regions.grid, regions.tissue):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _write_pixels(file: h5py.File, regions: SlideRegions, pixels: Iterable[np.ndarray]) -> None:
    count, shape = len(regions.coordinates), (regions.side, regions.side, 3)
    # A chunk is a region, so that one can be read alone; its checksum tells a flipped bit from a pixel.
    layout = {"chunks": (1, *shape), "fletcher32": True} if count else {}
    stored = file.create_dataset("regions", (count, *shape), np.uint8, **layout)
    if count:
        chunks = ChunkWriter(stored)
        for index, region in zip(range(count), pixels, strict=True):
            chunks.write((index, 0, 0, 0), region)


def _exact(value: float) -> str:
    """All digits, so that two values never share a name."""
    return repr(float(value)).removesuffix(".0")


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
