"""The first station of a run: the regions of every slide, as pixels or as features, and what became of each slide."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pomp.config import SlideConfig
from pomp.data.cohort import Cohort
from pomp.data.readers.slides import COLUMNS, SlideRow
from pomp.errors import CohortError, RunError, SlideError
from pomp.progress import OnProgress
from pomp.slides.features import FeatureFile, inspect_features
from pomp.slides.prepare import SlideResult, prepare_slides
from pomp.slides.store import regions_path
from pomp.training.bank import FeatureBank, RegionBank
from pomp.wording import count

OnResults = Callable[[list[SlideResult]], None]
log = logging.getLogger(__name__)

MANY = 4096
"""Regions of a patient above which the log says how to do with fewer."""


def gather_regions(cohort: Cohort, config: SlideConfig, on_progress: OnProgress, on_results: OnResults) -> RegionBank:
    """The regions that a model will read.

    A slide that cannot be used leaves its patient without it, which is said in its result and in the log.

    Args:
        config: its `source` is decided; a run made before there was a choice reads pixels.
        on_results: given one result a slide, in the order of `cohort.slides`, before anything is raised.

    Raises:
        CohortError: feature files differ in their dimension.
        RunError: no slide can be used.
    """
    if config.source == "features":
        return _gather_features(cohort, config.max_regions, on_progress, on_results)
    placed = int((cohort.slides["coordinates"] != "").sum())
    if placed:
        log.info(
            "%d of %d slides are cut where their coordinate files say: region_px, region_um and min_tissue decide "
            "nothing for them.", placed, len(cohort.slides),
        )  # fmt: skip
    results = prepare_slides(cohort.slides, cohort.folder, config, on_progress=on_progress)
    on_results(results)
    _report(results, cohort)
    files: dict[str, list[Path]] = {}
    for result in results:
        if result.reason is None:
            files.setdefault(result.patient, []).append(regions_path(cohort.folder, result.slide, config))
    return _warn_of_many(RegionBank(files, config.side, config.max_regions))


def _gather_features(cohort: Cohort, limit: int | None, on_progress: OnProgress, on_results: OnResults) -> RegionBank:
    results: list[SlideResult] = []
    files: dict[str, dict[str, FeatureFile]] = {}
    rows = [SlideRow(*row) for row in cohort.slides[COLUMNS].itertuples(index=False, name=None)]
    for row in rows:
        result = SlideResult(row.slide, row.patient, row.features, mpp=None if math.isnan(row.mpp) else row.mpp)
        try:
            found = inspect_features(Path(row.features))
        except SlideError as error:
            results.append(replace(result, reason=str(error)))
        else:
            files.setdefault(row.patient, {})[row.slide] = found
            results.append(replace(result, regions=found.count))
        on_progress(len(results), len(rows), row.slide)
    on_results(results)
    _report(results, cohort)
    _check_features([file for own in files.values() for file in own.values()], cohort)
    return _warn_of_many(FeatureBank(files, limit))


def _report(results: list[SlideResult], cohort: Cohort) -> None:
    """Say which slides are left out."""
    for result in results:
        if result.reason is not None:
            log.warning("Slide %s of patient %s is left out: %s", result.slide, result.patient, result.reason)
    if all(result.reason is not None for result in results):
        raise RunError(
            f"None of the {count(len(results), 'slide')} of cohort '{cohort.name}' could be used; the first: "
            f"{results[0].reason} Choose the modality 'omics', or repair the slides."
        )


def _check_features(files: list[FeatureFile], cohort: Cohort) -> None:
    first = files[0]
    for other in files:
        if other.dimension != first.dimension:
            raise CohortError(
                f"The feature files of cohort '{cohort.name}' differ in dimension: {first.path} has {first.dimension} "
                f"features a region, {other.path} has {other.dimension}. Extract all of them with the same model."
            )
    without = [file.path.name for file in files if file.places is None]
    if without:
        log.warning(
            "%d of %d feature files have no coordinates (the first: %s): the model reads their regions as a set, and "
            "their maps show them in the order of the file.", len(without), len(files), without[0],
        )  # fmt: skip


def _warn_of_many(bank: RegionBank) -> RegionBank:
    counts = {patient: len(table) for patient, table in bank.tables.items()}
    largest = max(counts, key=counts.__getitem__)
    if counts[largest] > MANY:
        log.warning(
            "Patient %s has %d regions: attention takes time and memory by their square. Where that is too much, "
            "slides.max_regions=1000 samples them evenly.", largest, counts[largest],
        )  # fmt: skip
    return bank
