"""What a cohort asks of a run: how many patients, slides, regions and genes."""

from __future__ import annotations

from pathlib import Path

from pomp.config import Frozen, RunConfig
from pomp.data.cohort import Cohort
from pomp.errors import ConfigError, SlideError
from pomp.slides.features import inspect_features
from pomp.slides.store import read_slide_regions, regions_path
from pomp.wording import count

PAPER_GENES = (20_000, 500, 20_000)
"""Of mRNA, miRNA and methylation, where no cohort tells."""


class Workload(Frozen):
    """A cohort as far as time and memory go."""

    patients: int  # N
    regions: float  # M, of a patient, on average, those without slides included
    uncut: int  # regions that slides must still be cut into
    genes: tuple[int, ...]  # of each omics type, before any choice
    counts: tuple[int, ...] = ()  # of the types whose values are counts, which DESeq2 tests
    features: int | None = None  # F, where regions are features in place of pixels

    def times(self, patients: float = 1, regions: float = 1) -> Workload:
        """The same with so many times the patients, and of each so many times the regions."""
        changes = {
            "patients": max(1, round(patients * self.patients)),
            "regions": regions * self.regions,
            "uncut": round(patients * regions * self.uncut),
        }
        return self.model_copy(update=changes)


def assume_workload(patients: int, regions: float, config: RunConfig) -> Workload:
    """Of so many patients of whom nothing else is known; `config.model.modalities` is decided.

    Raises:
        ConfigError: a number is out of range, or the settings ask for what only a cohort's files can tell.
    """
    reads_slides = config.model.modalities != "omics"
    if patients < config.folds:
        raise ConfigError(f"{count(patients, 'patient')} cannot be split into {config.folds} folds: plan for more.")
    if reads_slides or regions:
        _check_regions(regions)
    if reads_slides and config.slides.source == "features":
        raise ConfigError("How many features a region has stands in its files: name the cohort to plan with features.")
    regions = _capped(regions, config) if reads_slides else 0
    types = len(PAPER_GENES) if config.cohort.omics is None else len(config.cohort.omics)
    genes = () if config.model.modalities == "pathology" else (PAPER_GENES * types)[:types]
    return Workload(patients=patients, regions=regions, uncut=round(patients * regions), genes=genes)


def count_workload(cohort: Cohort, config: RunConfig, regions: float | None = None) -> Workload:
    """Of a cohort; `config` is resolved for it.

    Args:
        regions: of a patient with slides, on average; None: as its prepared slides have.

    Raises:
        ConfigError: `regions` is less than 1, or is None and no slide has been prepared with these settings.
        SlideError: a file of features is damaged.
    """
    if regions is not None:
        _check_regions(regions)
    tables = {} if config.model.modalities == "pathology" else cohort.omics
    widths = {name: table.values.shape[1] for name, table in tables.items()}
    counts = tuple(widths[name] for name, table in tables.items() if table.kind == "counts")
    total, uncut, features = (0, 0, None) if config.model.modalities == "omics" else _regions(cohort, config, regions)
    patients = len(cohort.patients)
    return Workload(
        patients=patients,
        regions=total / patients,
        uncut=uncut,
        genes=tuple(widths.values()),
        counts=counts,
        features=features,
    )


def _check_regions(stated: float) -> None:
    if stated < 1:
        raise ConfigError(f"A patient with {stated:g} regions has none to be read: plan for 1 or more.")


def _regions(cohort: Cohort, config: RunConfig, stated: float | None) -> tuple[float, int, int | None]:
    """Regions of the whole cohort, how many must still be cut, and F."""
    if config.slides.source == "features":
        files = [inspect_features(Path(name)) for name in cohort.slides["features"]]
        found = [file.count for file in files]
        return _whole(cohort, config, found, stated), 0, files[0].dimension
    paths = [regions_path(cohort.folder, name, config.slides) for name in cohort.slides["slide"]]
    found = [count for path in paths if (count := _cut(path)) is not None]
    if stated is None and not found:
        raise ConfigError(
            f"No slide of cohort '{cohort.name}' has been cut into regions with these settings. Say with --regions how "
            "many a patient has on average, or run `pomp prepare` first."
        )
    total = _whole(cohort, config, found, stated)
    return total, round(total * (1 - len(found) / len(paths))), None


def _cut(path: Path) -> int | None:
    """Regions in a region file; None where there is none, or a damaged one, which preparation will replace."""
    try:
        return len(read_slide_regions(path).coordinates)
    except SlideError:
        return None


def _whole(cohort: Cohort, config: RunConfig, found: list[int], stated: float | None) -> float:
    """Regions of all slides, from those that are known: slides that are not cut yet are taken to be like the others."""
    owners = cohort.slides["patient"].nunique()
    mean = sum(found) / len(found) * len(cohort.slides) / owners if stated is None else stated
    return owners * _capped(mean, config)


def _capped(regions: float, config: RunConfig) -> float:
    limit = config.slides.max_regions
    return regions if limit is None else min(regions, limit)
