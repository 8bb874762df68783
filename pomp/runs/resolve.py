"""A configuration that fits its cohort."""

from __future__ import annotations

from pomp.config import Modalities, RunConfig, override
from pomp.data.cohort import Cohort
from pomp.errors import ConfigError


def resolve(config: RunConfig, cohort: Cohort) -> RunConfig:
    """`config` with `model.modalities` decided: what is asked for, or for `auto` all that the cohort has.

    Raises:
        ConfigError: the cohort lacks a modality that is asked for, or there is nothing to pre-train on it.
    """
    has_slides, has_omics = not cohort.slides.empty, bool(cohort.omics)
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
    if wanted != "both":
        return override(config, _unimodal_tasks(config, wanted))
    return config


def _unimodal_tasks(config: RunConfig, modality: Modalities) -> dict[str, float]:
    """Contrast and matching need both modalities; masked modelling needs omics."""
    off = {"pretrain.poc": 0.0, "pretrain.pom": 0.0}
    if modality == "pathology":
        off |= {"pretrain.mom": 0.0, "pretrain.epochs": 0}
    elif not config.pretrain.mom:
        off |= {"pretrain.epochs": 0}
    return off
