"""The demo's patients: hidden factors, clinical covariates and follow-up."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pomp.data.demo.design import DemoDesign

_STAGES = np.array(["Stage I", "Stage II", "Stage III", "Stage IV"])
_GRADES = np.array(["G1", "G2", "G3"])


def draw_factors(design: DemoDesign, rng: np.random.Generator) -> pd.DataFrame:
    """Hidden factors, one row a patient: shared (z), pathology (p), omics (o) and log_hazard.

    z, u_p and u_o are made uncorrelated and of unit variance within the sample, so that `design` holds exactly and
    the luck of the draw does not decide how hard the cohort is.
    """
    raw = rng.standard_normal((design.patients, 3))
    basis, triangle = np.linalg.qr(raw - raw.mean(axis=0))
    z, u_p, u_o = (basis * np.sign(np.diag(triangle)) * np.sqrt(design.patients)).T
    common, own = np.sqrt(design.shared), np.sqrt(1 - design.shared)
    pathology, omics = common * z + own * u_p, common * z + own * u_o
    names = pd.Index([f"DEMO-{number:03d}" for number in range(1, design.patients + 1)], name="patient")
    hazard = design.pathology_effect * pathology + design.omics_effect * omics
    columns = {"shared": z, "pathology": pathology, "omics": omics, "log_hazard": hazard}
    return pd.DataFrame(columns, index=names)


def draw_clinical(factors: pd.DataFrame, design: DemoDesign, rng: np.random.Generator) -> pd.DataFrame:
    """clinical.csv: age, sex, stage (loosely tied to z), grade (to p), overall survival, progression-free interval."""
    n = len(factors)
    stage = np.digitize(0.5 * factors["shared"] + rng.standard_normal(n), [-0.7, 0.4, 1.3])
    grade = np.digitize(0.5 * factors["pathology"] + rng.standard_normal(n), [-0.6, 0.7])
    death = _death_days(factors["log_hazard"].to_numpy(), design, rng)
    censoring = rng.uniform(*design.censoring_days, n)
    brief = rng.choice(n, design.short_follow_up, replace=False)
    censoring[brief] = rng.uniform(5, 29, design.short_follow_up)
    progression = death * rng.uniform(0.3, 1.2, n)
    time, event = _observe(death, censoring)
    pfi_time, pfi_event = _observe(np.minimum(death, progression), censoring)
    table = pd.DataFrame(
        {
            "age": np.rint(np.clip(rng.normal(62, 10, n), 30, 90)).astype(int),
            "sex": rng.choice(["female", "male"], n),
            "stage": _STAGES[stage],
            "grade": _GRADES[grade],
            "OS": event,
            "OS.time": time,
            "PFI": pfi_event,
            "PFI.time": pfi_time,
        },
        index=factors.index,
    )
    table.loc[rng.permutation(table.index)[:3], "grade"] = np.nan
    return table


def _death_days(log_hazard: NDArray[np.float64], design: DemoDesign, rng: np.random.Generator) -> NDArray[np.float64]:
    """Weibull, S(t) = exp(−ln 2·(t / median)^k·exp(log hazard)), after a first span without deaths."""
    ratio = rng.exponential(size=len(log_hazard)) / (np.log(2) * np.exp(log_hazard))
    return np.asarray(design.earliest_death_days + design.median_days * ratio ** (1 / design.weibull_shape))


def _observe(
    moment: NDArray[np.float64], censoring: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Whole days until the event or the end of follow-up, and 1 where it was the event."""
    days = np.maximum(1, np.ceil(np.minimum(moment, censoring))).astype(np.int64)
    return days, (moment <= censoring).astype(np.int64)
