"""A configuration that fits its cohort."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pomp.config import PRETRAINED_SYSTEMS, Modalities, RunConfig, override
from pomp.data.cohort import Cohort
from pomp.data.readers.slides import has_image
from pomp.errors import ConfigError


def resolve(config: RunConfig, cohort: Cohort) -> RunConfig:
    """`config` with `model.modalities` and `slides.source` decided: what is asked for, or for `auto` what is there.

    Of the modalities that is all that the cohort has and the system reads; of the sources, features where every slide
    has them. A model that reads no slides leaves the source as it is.

    Raises:
        ConfigError: the cohort lacks a modality or a source that is asked for, the system does not read what is asked
            for, or other cohorts are to join a pre-training that there is not.
    """
    has_slides, has_omics = not cohort.slides.empty, bool(cohort.omics)
    config = _for_system(config, cohort.name, has_slides, has_omics)
    wanted = config.model.modalities
    if wanted == "auto":
        found: Modalities = "both" if has_slides and has_omics else "pathology" if has_slides else "omics"
        return resolve(override(config, {"model.modalities": found}), cohort)
    if wanted in {"both", "pathology"} and not has_slides:
        raise ConfigError(
            f"Cohort '{cohort.name}' has no slides: choose the modality 'omics', or add slides.csv to it."
        )
    if wanted in {"both", "omics"} and not has_omics:
        raise ConfigError(f"Cohort '{cohort.name}' has no omics table: choose the modality 'pathology'.")
    if wanted == "pathology" and config.pretrain.with_cohorts:
        raise ConfigError(
            f"pretrain.with_cohorts names {', '.join(config.pretrain.with_cohorts)}, and a model that reads slides "
            "alone is not pre-trained: leave it empty, or choose a modality with omics."
        )
    if config.model.system not in PRETRAINED_SYSTEMS and config.pretrain.with_cohorts:
        raise ConfigError(
            f"pretrain.with_cohorts names {', '.join(config.pretrain.with_cohorts)}, and the system "
            f"'{config.model.system}' is not pre-trained: leave it empty."
        )
    hides = wanted == "both" or (wanted == "omics" and (has_two_types([cohort]) or bool(config.pretrain.with_cohorts)))
    return override(config, _tasks(config, wanted, hides) | ({} if wanted == "omics" else _source(config, cohort)))


def has_two_types(cohorts: Iterable[Cohort]) -> bool:
    """Whether any patient of them has two types of omics: of one alone, masked modelling can hide nothing."""
    owners = [table.values.index for cohort in cohorts for table in cohort.omics.values()]
    return bool(owners) and bool(owners[0].append(owners[1:]).has_duplicates)


def _for_system(config: RunConfig, cohort: str, has_slides: bool, has_omics: bool) -> RunConfig:
    """`model.modalities` as the system needs it: POMP reads what there is, the others both or, deepsurv, omics."""
    system, wanted = config.model.system, config.model.modalities
    if system == "pomp":
        return config
    needed: Modalities = "omics" if system == "deepsurv" else "both"
    if wanted not in {"auto", needed}:
        what = "omics alone" if needed == "omics" else "slides and omics together"
        raise ConfigError(f"The system '{system}' reads {what}: choose the modalities 'auto' instead of '{wanted}'.")
    if needed == "both" and not (has_slides and has_omics):
        lacking = "omics table" if has_slides else "slides"
        raise ConfigError(
            f"The system '{system}' reads slides and omics together, and cohort '{cohort}' has no {lacking}."
        )
    return override(config, {"model.modalities": needed})


def check_companion(config: RunConfig, cohort: Cohort) -> None:
    """Whether a cohort can join the pre-training of a run with these settings, which `resolve` has decided.

    It needs omics. Its slides are read if the run reads slides; a cohort without any takes part all the same.

    Raises:
        ConfigError: it has no omics, or not the source that the run's regions come from.
    """
    if not cohort.omics:
        raise ConfigError(
            f"Cohort '{cohort.name}' has no omics table, and without one it cannot join the pre-training: leave it out "
            "of pretrain.with_cohorts."
        )
    if config.model.modalities == "both" and not cohort.slides.empty:
        _source(config, cohort)


def _source(config: RunConfig, cohort: Cohort) -> dict[str, str]:
    """What stands for a region."""
    wanted, has_features = config.slides.source, (cohort.slides["features"] != "").all()
    if wanted == "features" and not has_features:
        raise ConfigError(
            f"Cohort '{cohort.name}' has no region features: choose slides.source 'pixels', or name a feature file for "
            "every slide in the column 'features' of slides.csv."
        )
    if wanted == "pixels" and not has_image(cohort.slides).any():
        raise ConfigError(
            f"Cohort '{cohort.name}' has no slide images, only features: choose slides.source 'features', or name the "
            "images in the column 'file' of slides.csv and the features in the column 'features'."
        )
    return {"slides.source": ("features" if has_features else "pixels") if wanted == "auto" else wanted}


def _tasks(config: RunConfig, modality: Modalities, hides: bool) -> dict[str, Any]:
    """Contrast and matching need both modalities, masked modelling omics and something beside what it `hides`. Other
    systems have none of the three.

    No epoch and no task are the same thing, and get one form, so that the same training is not done twice.
    """
    if config.model.system != "pomp":
        epochs = config.pretrain.epochs if config.model.system in PRETRAINED_SYSTEMS else 0
        return {f"pretrain.{name}": 0.0 for name in ("poc", "pom", "mom")} | {"pretrain.epochs": epochs}
    weights = {name: getattr(config.pretrain, name) for name in ("poc", "pom", "mom")}
    if modality != "both":
        weights |= {"poc": 0.0, "pom": 0.0}
    if not hides:
        weights["mom"] = 0.0
    if config.pretrain.epochs and any(weights.values()):
        return {f"pretrain.{name}": weight for name, weight in weights.items()}
    return {f"pretrain.{name}": 0.0 for name in weights} | {"pretrain.epochs": 0}
