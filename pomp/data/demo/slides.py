"""Which slides the demo has, and how one of them is made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pomp.data.demo.design import DemoDesign
from pomp.data.demo.painting import REDUCTION, paint
from pomp.data.demo.pyramid import Scan, write_slide


@dataclass(frozen=True)
class SlidePlan:
    """One slide to be made; its own seed makes it independent of the others."""

    patient: str
    slide: str
    foci_share: float  # of the tissue, 0–1
    seed: np.random.SeedSequence

    @property
    def file(self) -> str:
        """Path within the cohort folder."""
        return f"slides/{self.slide}.svs"


def plan_slides(factors: pd.DataFrame, design: DemoDesign, seed: np.random.SeedSequence) -> list[SlidePlan]:
    """One slide a patient, two for some, none for some; more foci where the pathology factor is high."""
    own, *rest = seed.spawn(1 + len(factors) + design.with_two_slides)
    rng = np.random.default_rng(own)
    chosen = rng.permutation(len(factors))[: design.without_slides + design.with_two_slides]
    number = np.ones(len(factors), dtype=int)
    number[chosen[: design.without_slides]] = 0
    number[chosen[design.without_slides :]] = 2
    plans: list[SlidePlan] = []
    for row, (patient, pathology) in enumerate(factors["pathology"].items()):
        for index in range(number[row]):
            logit = design.foci_centre + design.foci_slope * pathology + design.foci_noise * rng.standard_normal()
            share = float(1 / (1 + np.exp(-logit)))
            plans.append(SlidePlan(str(patient), f"{patient}-S{index + 1}", share, rest[len(plans)]))
    return plans


def make_slide(plan: SlidePlan, folder: Path, design: DemoDesign) -> pd.DataFrame:
    """Paint and write one slide into the cohort `folder`.

    Returns:
        The truth, one row a cell of the grid: slide, x, y (level-0 pixels of its upper left corner), tissue_share and
        foci_share (both of the cell's whole area, 0–1).
    """
    painting = paint(plan.foci_share, design, plan.seed)
    write_slide(folder / plan.file, painting.image, Scan(design.mpp, design.magnification, design.jpeg_quality))
    side = design.cell // REDUCTION
    tissue, foci = _shares(painting.tissue, side), _shares(painting.foci, side)
    row, column = np.indices(tissue.shape).reshape(2, -1)
    return pd.DataFrame(
        {
            "slide": plan.slide,
            "x": column * design.cell,
            "y": row * design.cell,
            "tissue_share": tissue.ravel().round(4),
            "foci_share": foci.ravel().round(4),
        }
    )


def _shares(mask: NDArray[np.bool_], side: int) -> NDArray[np.float64]:
    """Share of true pixels in each `side` × `side` cell of a mask whose own sides are multiples of it."""
    height, width = mask.shape
    return np.asarray(mask.reshape(height // side, side, width // side, side).mean(axis=(1, 3)))
