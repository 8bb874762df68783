"""What a run's model is called wherever its numbers are shown, so that no other system is taken for POMP."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pomp.config import RunConfig, SystemName

SYSTEM_NAMES: Mapping[SystemName, str] = MappingProxyType(
    {
        "pomp": "POMP",
        "mcat": "MCAT",
        "gpdbn": "GPDBN",
        "camr": "CAMR",
        "cmta": "CMTA",
        "hc-mae": "HC-MAE",
        "deepcorrsurv": "DeepCorrSurv",
        "pathomics": "PathOmics",
        "deepsurv": "DeepSurv",
        "mean-pool": "Mean pool",
    }
)
"""As in the paper's Table 1."""


def system_name(config: RunConfig) -> str:
    """'POMP', 'HC-MAE', …"""
    return SYSTEM_NAMES[config.model.system]


def is_pomp(config: RunConfig) -> bool:
    """Whether the model is POMP, which alone is explained: other systems have no maps, shares or gene effects."""
    return config.model.system == "pomp"
