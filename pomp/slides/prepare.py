"""Slides → region files, many at a time. What is wrong with a slide is a reason in its result, never an exception.

What is wrong with the machine is no property of a slide: a full disk, or readers that are killed one after the other,
end the work with an error.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from pomp.config import SlideConfig
from pomp.data.digest import read_ends
from pomp.errors import RunError, SlideError
from pomp.progress import OnProgress
from pomp.slides.coordinates import check_places, read_coordinates
from pomp.slides.isolation import LostReaderError, run_isolated
from pomp.slides.opening import LARGEST_MPP, SMALLEST_MPP
from pomp.slides.regions import RegionGrid, place_regions, plan_regions, read_region_pixels, region_side
from pomp.slides.slide import Slide
from pomp.slides.store import SCHEMA, SlideRegions, read_slide_regions, regions_path, write_regions
from pomp.slides.tissue import tissue_mask
from pomp.slides.workers import affordable_workers
from pomp.wording import percent

log = logging.getLogger(__name__)

THUMBNAIL_PX = 1024
"""Longer side of the thumbnail, and of the tissue mask that is made from it, at most."""

SILENCE_SECONDS = 300.0
"""A reader that shows no sign of life for so long is taken to hang: slow disks answer within a minute."""

_HASHED_BYTES = 2**18


@dataclass(frozen=True)
class SlideResult:
    """What became of one slide: `reason` is None where its regions are ready."""

    slide: str
    patient: str
    file: str
    regions: int = 0
    reason: str | None = None
    seconds: float = 0.0
    cached: bool = False  # its region file was there already, made from the same slide with the same settings
    mpp: float | None = None  # micrometres a level-0 pixel; None where neither the slide nor slides.csv states it
    note: str = ""  # why what the slide says of mpp was not taken


@dataclass(frozen=True)
class SlideTask:
    """A slide to be cut."""

    file: Path
    path: Path  # of the region file
    config: SlideConfig
    mpp: float | None  # what slides.csv states
    result: SlideResult  # as far as it is known
    coordinates: Path | None = None  # the file that says where the regions lie; None: our own grid


def prepare_slides(
    slides: pd.DataFrame,
    folder: Path,
    config: SlideConfig,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
    silence_seconds: float = SILENCE_SECONDS,
) -> list[SlideResult]:
    """Cut every slide into regions and keep them under `folder`, the cohort's. What is there already is not done again.

    A slide without a region worth keeping has a region file too, so that its thumbnail and mask show why. Slides are
    read in child processes: one that crashes or hangs, twice, costs the slide it was reading, no other. A script that
    calls this needs the usual `if __name__ == "__main__":`, because its children import it.

    Args:
        slides: columns patient, slide, file, as `Cohort.slides`; mpp where slides.csv states it, which counts more
            than the slide's own; coordinates where its regions are those of TRIDENT or CLAM.
        workers: processes; None: one a core, or fewer where memory is short.
        on_progress: called after each slide, and once a second in between, so that a caller can stop the work by
            raising: what is being read is dropped, what is finished stays, and the exception goes on.
        silence_seconds: a slide of which nothing could be read for so long is given up.

    Returns:
        One result a slide, in the order of `slides`.

    Raises:
        RunError: a region file cannot be written, or several readers were killed or hung, each twice: what is finished
            stays.
    """
    tasks = _list_tasks(slides, folder, config)
    results = [_find_prepared(task) for task in tasks]
    waiting = [place for place, result in enumerate(results) if result is None]
    finished = {place: result for place, result in enumerate(results) if result is not None}
    what = "as before"

    def report() -> None:
        if on_progress is not None:
            on_progress(len(finished), len(tasks), what)

    report()
    todo, lost = [tasks[place] for place in waiting], list[SlideResult]()
    outcomes = run_isolated(prepare_slide, todo, workers or affordable_workers(), report, silence_seconds)
    with closing(outcomes):
        for index, outcome in outcomes:
            task = todo[index]
            result = outcome if isinstance(outcome, SlideResult) else replace(task.result, reason=str(outcome))
            if isinstance(outcome, LostReaderError):
                lost.append(result)
            if result.note:
                log.warning(
                    "Slide %s of patient %s has no mpp: %s The column mpp of slides.csv can state it.",
                    result.slide, result.patient, result.note,
                )  # fmt: skip
            finished[waiting[index]], what = result, result.slide
    if len(lost) > 1:
        raise RunError(
            f"{len(lost)} slides could not be read, among them {lost[0].slide} and {lost[1].slide}: each time the "
            "process was killed or hung, also when it was alone. Memory may be short, or the disk may not answer: "
            "see to that, then resume the run. Take a slide that ends like this on every machine out of slides.csv."
        )
    return [finished[place] for place in range(len(tasks))]


def prepare_slide(task: SlideTask, on_read: Callable[[], object]) -> SlideResult:
    """Cut one slide into regions, here and now. `on_read` is called whenever something was read.

    Raises:
        RunError: the region file cannot be written.
    """
    started = time.monotonic()
    try:
        result = _describe(task, _cut(task, on_read))
    except SlideError as error:
        result = replace(task.result, reason=str(error))
    return replace(result, seconds=time.monotonic() - started)


def _list_tasks(slides: pd.DataFrame, folder: Path, config: SlideConfig) -> list[SlideTask]:
    stated = slides["mpp"] if "mpp" in slides else [math.nan] * len(slides)
    places = slides["coordinates"] if "coordinates" in slides else [""] * len(slides)
    named = slides["slide"], slides["patient"], slides["file"]
    return [
        SlideTask(
            Path(file),
            regions_path(folder, slide, config),
            config,
            None if math.isnan(mpp) else float(mpp),
            SlideResult(slide, patient, file),
            Path(coordinates) if coordinates else None,
        )
        for slide, patient, file, mpp, coordinates in zip(*named, stated, places, strict=True)
    ]


def _find_prepared(task: SlideTask) -> SlideResult | None:
    """The result of an earlier time, or of a file that cannot even be read; None if the slide is to be cut."""
    try:
        made_from = _fingerprint(task)
    except SlideError as error:
        return replace(task.result, reason=str(error))
    try:
        regions = read_slide_regions(task.path)
    except SlideError:  # missing or damaged: it is made again
        return None
    # Earlier versions took the slide's own word for it, whatever it was.
    wrong = task.mpp is None and regions.mpp is not None and not SMALLEST_MPP <= regions.mpp <= LARGEST_MPP
    return replace(_describe(task, regions), cached=True) if regions.made_from == made_from and not wrong else None


def _describe(task: SlideTask, regions: SlideRegions) -> SlideResult:
    count, reason = len(regions.coordinates), regions.reason or None
    return replace(task.result, regions=count, reason=reason, mpp=regions.mpp, note=regions.note)


def _cut(task: SlideTask, on_read: Callable[[], object]) -> SlideRegions:
    """Write the region file; what is in it but the pixels."""
    made_from, config = _fingerprint(task), task.config
    with Slide(task.file, on_read) as slide:
        mpp, note = (slide.mpp, slide.mpp_note) if task.mpp is None else (task.mpp, "")
        thumbnail = slide.thumbnail(THUMBNAIL_PX)
        mask = tissue_mask(thumbnail)
        plan = _plan(task, slide.size, mpp, note, mask)
        region_px = plan.region_px
        regions = SlideRegions(
            slide=task.result.slide,
            coordinates=plan.coordinates,
            grid=plan.grid,
            tissue=plan.tissue,
            region_px=region_px,
            downsample=region_px / config.side,
            mpp=mpp,
            magnification=slide.magnification,
            width=slide.size[0],
            height=slide.size[1],
            thumbnail=thumbnail,
            mask=mask,
            overlap=round(config.side * (1 - plan.step / region_px)),
            made_from=made_from,
            reason="" if len(plan.coordinates) else _describe_lack(task.file, plan, config),
            note=note,
        )
        _write(task, regions, read_region_pixels(slide, plan.coordinates, region_px, config.side))
    return regions


def _write(task: SlideTask, regions: SlideRegions, pixels: Iterable[np.ndarray]) -> None:
    """Tell a slide that cannot be read from a file that cannot be written.

    Raises:
        SlideError: the pixels cannot be read.
        RunError: the file cannot be written.
    """
    unreadable: list[Exception] = []

    def read() -> Iterator[np.ndarray]:
        try:
            yield from pixels
        except Exception as error:
            unreadable.append(error)
            raise

    try:
        write_regions(task.path, regions, read())
    except (SlideError, RuntimeError) as error:  # HDF5 raises the latter where it finds no room when it closes the file
        if unreadable:
            raise
        raise RunError(
            f"The regions of slide {regions.slide} cannot be written to {task.path}: "
            f"{_system_words(error.__cause__ or error)}. Free disk space, or make the folder writable, then resume the "
            "run."
        ) from error


def _system_words(error: BaseException) -> str:
    """'No space left on device', out of what HDF5 wraps it in: lines with times and addresses in memory."""
    wrapped = re.search("error message = '([^']+)'", str(error))
    return wrapped[1] if wrapped else str(getattr(error, "strerror", None) or error)


def _plan(task: SlideTask, size: tuple[int, int], mpp: float | None, note: str, mask: np.ndarray) -> RegionGrid:
    """Our own grid, or the places that slides.csv names a file of."""
    config = task.config
    if task.coordinates is None:
        try:
            side = region_side(config, mpp, task.file.name)
        except SlideError as error:
            raise SlideError(f"{error} {note}".rstrip()) from error
        return plan_regions(size, mask, side, config.min_tissue)
    places = read_coordinates(task.coordinates)
    check_places(places, size, config.side, task.coordinates.name, task.file.name)
    return place_regions(places, size, mask)


def _describe_lack(file: Path, plan: RegionGrid, config: SlideConfig) -> str:
    if plan.best == 0:
        return f"{file.name} shows no tissue: leave it out of slides.csv, or look whether it is the right file."
    setting = "region_px" if config.region_um is None else "region_um"
    return (
        f"{file.name} has too little tissue: no region of {plan.region_px} px is more than {percent(plan.best, 1)} "
        f"tissue, and min_tissue asks for {percent(config.min_tissue, 1)}. Choose a smaller slides.{setting} or "
        "slides.min_tissue."
    )


def _fingerprint(task: SlideTask) -> str:
    """SHA-256 of the size and both ends of the slide file and its coordinates, and of all that decides its regions.

    Both ends, because a whole file of gigabytes would take longer to hash than to cut, and OpenSlide's own quick hash
    would mean opening a file that may be damaged.
    """
    config = task.config
    size, ends = _read_ends(task.file)
    extent = ("px", config.region_px) if config.region_um is None else ("um", config.region_um)
    settings = [SCHEMA, size, extent, config.side, config.min_tissue, THUMBNAIL_PX, task.mpp]
    if task.coordinates is not None:
        length, places = _read_ends(task.coordinates)
        settings, ends = [*settings, length], ends + places
    return hashlib.sha256(json.dumps(settings).encode() + ends).hexdigest()


def _read_ends(file: Path) -> tuple[int, bytes]:
    try:
        return read_ends(file, _HASHED_BYTES)
    except OSError as error:
        raise SlideError(f"{file} cannot be read: {error.strerror}. Put it back, or correct slides.csv.") from error
