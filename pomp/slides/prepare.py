"""Slides → region files, many at a time. What is wrong with a slide is a reason in its result, never an exception."""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from pomp.config import SlideConfig
from pomp.errors import SlideError
from pomp.progress import OnProgress
from pomp.slides.isolation import run_isolated
from pomp.slides.regions import RegionGrid, plan_regions, read_region_pixels
from pomp.slides.slide import Slide
from pomp.slides.store import SCHEMA, SlideRegions, read_slide_regions, regions_path, write_regions
from pomp.slides.tissue import tissue_mask

THUMBNAIL_PX = 1024
"""Longer side of the thumbnail, and of the tissue mask that is made from it, at most."""

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


@dataclass(frozen=True)
class _Task:
    file: Path
    path: Path  # of the region file
    config: SlideConfig
    result: SlideResult  # as far as it is known


def prepare_slides(
    slides: pd.DataFrame,
    folder: Path,
    config: SlideConfig,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> list[SlideResult]:
    """Cut every slide into regions and keep them under `folder`, the cohort's. What is there already is not done again.

    Slides are read in child processes: one that crashes costs the slide it was reading, no other. A script that calls
    this needs the usual `if __name__ == "__main__":`, because its children import it.

    Args:
        slides: columns patient, slide, file, as `Cohort.slides`.
        workers: processes; None: one a core.
        on_progress: called after each slide, and once a second in between, so that a caller can stop the work by
            raising: what is being read is dropped, what is finished stays, and the exception goes on.

    Returns:
        One result a slide, in the order of `slides`.
    """
    tasks = [
        _Task(Path(file), regions_path(folder, slide, config), config, SlideResult(slide, patient, file))
        for slide, patient, file in slides[["slide", "patient", "file"]].itertuples(index=False, name=None)
    ]
    results = [_find_prepared(task) for task in tasks]
    waiting = [place for place, result in enumerate(results) if result is None]
    finished = {place: result for place, result in enumerate(results) if result is not None}
    what = "as before"

    def report() -> None:
        if on_progress is not None:
            on_progress(len(finished), len(tasks), what)

    report()
    todo = [tasks[place] for place in waiting]
    with closing(run_isolated(prepare_slide, todo, workers or os.cpu_count() or 1, report)) as outcomes:
        for index, outcome in outcomes:
            task = todo[index]
            result = outcome if isinstance(outcome, SlideResult) else replace(task.result, reason=str(outcome))
            finished[waiting[index]], what = result, result.slide
    return [finished[place] for place in range(len(tasks))]


def prepare_slide(task: _Task) -> SlideResult:
    """Cut one slide into regions, here and now."""
    started = time.monotonic()
    try:
        count, reason = _cut(task), None
    except SlideError as error:
        count, reason = 0, str(error)
    return replace(task.result, regions=count, reason=reason, seconds=time.monotonic() - started)


def _find_prepared(task: _Task) -> SlideResult | None:
    """The result of an earlier time, or of a file that cannot even be read; None if the slide is to be cut."""
    try:
        made_from = _fingerprint(task.file, task.config)
    except SlideError as error:
        return replace(task.result, reason=str(error))
    try:
        regions = read_slide_regions(task.path)
    except SlideError:  # missing or damaged: it is made again
        return None
    if regions.made_from != made_from:
        return None
    return replace(task.result, regions=len(regions.coordinates), cached=True)


def _cut(task: _Task) -> int:
    """Write the region file; the number of regions."""
    made_from = _fingerprint(task.file, task.config)
    with Slide(task.file) as slide:
        thumbnail = np.asarray(slide.thumbnail(THUMBNAIL_PX))
        mask = tissue_mask(thumbnail)
        plan = plan_regions(slide.size, mask, task.config)
        if not len(plan.coordinates):
            raise SlideError(_describe_lack(task.file, plan, task.config))
        regions = SlideRegions(
            slide=task.result.slide,
            coordinates=plan.coordinates,
            grid=plan.grid,
            tissue=plan.tissue,
            region_px=task.config.region_px,
            downsample=task.config.downsample,
            mpp=slide.mpp,
            magnification=slide.magnification,
            width=slide.size[0],
            height=slide.size[1],
            thumbnail=thumbnail,
            mask=mask,
            made_from=made_from,
        )
        pixels = (read_region_pixels(slide, (int(x), int(y)), task.config) for x, y in plan.coordinates)
        write_regions(task.path, regions, pixels)
    return len(plan.coordinates)


def _describe_lack(file: Path, plan: RegionGrid, config: SlideConfig) -> str:
    if plan.best == 0:
        return f"{file.name} shows no tissue: leave it out of slides.csv, or look whether it is the right file."
    return (
        f"{file.name} has too little tissue: no region of {config.region_px} px is more than {plan.best:.1%} tissue, "
        f"and min_tissue asks for {config.min_tissue:.1%}. Choose a smaller slides.region_px or slides.min_tissue."
    )


def _fingerprint(file: Path, config: SlideConfig) -> str:
    """SHA-256 of the size and both ends of the slide file, and of all that decides its regions.

    Both ends, because a whole file of gigabytes would take longer to hash than to cut, and OpenSlide's own quick hash
    would mean opening a file that may be damaged.
    """
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            ends = stream.read(_HASHED_BYTES)
            stream.seek(max(0, size - _HASHED_BYTES))
            ends += stream.read(_HASHED_BYTES)
    except OSError as error:
        raise SlideError(f"{file} cannot be read: {error.strerror}. Put it back, or correct slides.csv.") from error
    settings = [SCHEMA, size, config.region_px, config.downsample, config.min_tissue, THUMBNAIL_PX]
    return hashlib.sha256(json.dumps(settings).encode() + ends).hexdigest()
