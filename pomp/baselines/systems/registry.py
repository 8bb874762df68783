"""Every system by its name in the settings (`model.system`)."""

from __future__ import annotations

from pomp.baselines.systems.mean_pool import MEAN_POOL
from pomp.config import SystemName
from pomp.training.system import POMP, System

SYSTEMS: dict[SystemName, System] = {
    "pomp": POMP,
    "mean-pool": MEAN_POOL,
}
