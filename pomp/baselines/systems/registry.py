"""Every system by its name in the settings (`model.system`)."""

from __future__ import annotations

from pomp.baselines.systems.camr import CAMR
from pomp.baselines.systems.cmta import CMTA
from pomp.baselines.systems.deepcorrsurv import DEEPCORRSURV
from pomp.baselines.systems.deepsurv import DEEPSURV
from pomp.baselines.systems.gpdbn import GPDBN
from pomp.baselines.systems.hc_mae import HC_MAE
from pomp.baselines.systems.mcat import MCAT
from pomp.baselines.systems.mean_pool import MEAN_POOL
from pomp.baselines.systems.pathomics import PATHOMICS
from pomp.config import SystemName
from pomp.model import SurvivalModel
from pomp.training.system import POMP, System

SYSTEMS: dict[SystemName, System[SurvivalModel]] = {
    "pomp": POMP,
    "mcat": MCAT,
    "gpdbn": GPDBN,
    "camr": CAMR,
    "cmta": CMTA,
    "hc-mae": HC_MAE,
    "deepcorrsurv": DEEPCORRSURV,
    "pathomics": PATHOMICS,
    "deepsurv": DEEPSURV,
    "mean-pool": MEAN_POOL,
}
