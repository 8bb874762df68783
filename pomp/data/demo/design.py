"""The knobs of the synthetic cohort."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class DemoDesign:
    """What is planted in the demo cohort, and how strongly.

    Each patient has a pathology factor p and an omics factor o, both of unit variance: p = √w·z + √(1−w)·u_p and
    o = √w·z + √(1−w)·u_o, where z is what the modalities share and w is `shared`. The log hazard is
    `pathology_effect`·p + `omics_effect`·o, so that neither modality alone knows all of it. p sets how much of the
    tissue is dense dark foci, o the expression of the programme genes.

    Loadings are high and programmes large because 62 patients train the model of a fold: so the genes chosen are mostly
    planted ones, and a ridge Cox on mean colours and principal components comes close to the oracle.
    """

    patients: int = 80
    shared: float = 0.35
    pathology_effect: float = 1.4
    omics_effect: float = 1.4

    # Follow-up.
    median_days: float = 1100.0
    weibull_shape: float = 1.2
    earliest_death_days: float = 40.0
    censoring_days: tuple[float, float] = (1200.0, 4000.0)
    short_follow_up: int = 2  # patients seen for less than 30 days, whom the funnel leaves out
    without_slides: int = 2
    with_two_slides: int = 2
    without_type: int = 2  # patients who lack the table, for each omics type

    # Slides: foci share = logistic(foci_centre + foci_slope·p + noise).
    width: int = 3584
    height: int = 2560
    cell: int = 512  # side of a cell of the truth's grid, in level-0 pixels
    mpp: float = 0.5
    magnification: int = 20
    jpeg_quality: int = 36
    tissue_share: tuple[float, float] = (0.35, 0.47)
    foci_centre: float = -1.0
    foci_slope: float = 1.1
    foci_noise: float = 0.1
    stain_spread: float = 0.02  # between slides, relative

    # Omics: a programme gene correlates with o by a loading from this interval, up or down.
    loading: tuple[float, float] = (0.8, 0.92)
    missing: float = 0.02
    outliers: int = 6  # values a table that are far off
    constant: int = 4  # genes a table without any variance
    nuisance_factors: int = 3  # hidden factors without a bearing on survival
    nuisance_weight: float = 0.15  # spread of a gene's loading on each of them


@dataclass(frozen=True)
class TableDesign:
    """One omics table: how many genes, how many of them in the programme, and their names' prefix."""

    name: str
    kind: Literal["counts", "m"]
    prefix: str
    genes: int
    programme: int


TABLES = (
    TableDesign("mrna", "counts", "GENE", 400, 80),
    TableDesign("mirna", "counts", "MIR", 120, 48),
    TableDesign("methylation", "m", "CPG", 300, 72),
)
