"""The demo as a cohort folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from lifelines.utils import concordance_index

from pomp.config import CohortConfig
from pomp.data.demo.design import TABLES, DemoDesign
from pomp.data.demo.omics import DemoTable, draw_table
from pomp.data.demo.patients import draw_clinical, draw_factors
from pomp.data.demo.slides import SlidePlan, make_slide, plan_slides
from pomp.data.manifest import CLINICAL, SLIDES, Manifest, OmicsEntry
from pomp.data.manifest_writer import write_manifest
from pomp.errors import CohortError
from pomp.progress import OnProgress

SEED = 2025
DESIGN = DemoDesign()


@dataclass(frozen=True)
class Demo:
    """Everything but the slides' pixels."""

    seed: int
    design: DemoDesign
    factors: pd.DataFrame
    clinical: pd.DataFrame
    tables: dict[str, DemoTable]
    slides: list[SlidePlan]


def draw_demo(seed: int = SEED, design: DemoDesign = DESIGN) -> Demo:
    """Draw patients and tables and plan the slides. Each part has its own stream of random numbers."""
    patients, slides, *tables = np.random.SeedSequence(seed).spawn(2 + len(TABLES))
    rng = np.random.default_rng(patients)
    factors = draw_factors(design, rng)
    return Demo(
        seed=seed,
        design=design,
        factors=factors,
        clinical=draw_clinical(factors, design, rng),
        tables={
            table.name: draw_table(factors, table, design, np.random.default_rng(stream))
            for table, stream in zip(TABLES, tables, strict=True)
        },
        slides=plan_slides(factors, design, slides),
    )


def build_demo(folder: Path, seed: int = SEED, on_progress: OnProgress | None = None) -> None:
    """Write the synthetic cohort: the files a user would bring, and beside them `truth/`, which no model reads.

    The same seed gives the same tables and, but for differences between JPEG libraries, the same slides.

    Args:
        folder: where to; made if absent.
        seed: of everything drawn.
        on_progress: called after each slide.

    Raises:
        CohortError: `folder` holds something already.
    """
    if folder.exists() and any(folder.iterdir()):
        raise CohortError(f"{folder} is not empty. Choose a new folder for the demo, or remove this one first.")
    demo = draw_demo(seed)
    write_tables(demo, folder)
    (folder / "slides").mkdir()
    cells = []
    for done, plan in enumerate(demo.slides, start=1):
        cells.append(make_slide(plan, folder, demo.design))
        if on_progress is not None:
            on_progress(done, len(demo.slides), "slides")
    pd.concat(cells).to_csv(folder / "truth" / "foci.csv", index=False)


def write_tables(demo: Demo, folder: Path) -> None:
    """Write everything but the slides and the truth about their areas."""
    (folder / "truth").mkdir(parents=True)
    write_manifest(folder, _manifest())
    demo.clinical.to_csv(folder / CLINICAL)
    for name, table in demo.tables.items():
        gzip: dict[str, Any] = {"method": "gzip", "mtime": 0}  # no time stamp: the same bytes each time
        table.values.to_csv(folder / f"{name}.csv.gz", compression=gzip)
    slides = pd.DataFrame({"patient": [p.patient for p in demo.slides], "file": [p.file for p in demo.slides]})
    slides.to_csv(folder / SLIDES, index=False)
    demo.factors.round(6).to_csv(folder / "truth" / "patients.csv")
    (folder / "truth" / "truth.json").write_text(json.dumps(_truth(demo), indent=2) + "\n", encoding="utf-8")


def _manifest() -> Manifest:
    return Manifest(
        name="demo",
        title="Demo (synthetic)",
        endpoint="OS",
        source="Made by pomp from a seed; no patient is real",
        licence="Apache-2.0",
        synthetic=True,
        omics={table.name: OmicsEntry(file=f"{table.name}.csv.gz", kind=table.kind) for table in TABLES},
    )


def _truth(demo: Demo) -> dict[str, Any]:
    return {
        "seed": demo.seed,
        "oracle_c_index": {
            "both": oracle_concordance(demo, "log_hazard"),
            "pathology": oracle_concordance(demo, "pathology"),
            "omics": oracle_concordance(demo, "omics"),
        },
        "programme": {name: list(table.programme) for name, table in demo.tables.items()},
    }


def oracle_concordance(demo: Demo, factor: str) -> float:
    """Harrell's C of a hidden factor against overall survival, among patients followed for 30 days or more."""
    kept = demo.clinical["OS.time"] >= CohortConfig().min_days
    follow_up = demo.clinical[kept]
    score = concordance_index(follow_up["OS.time"], -demo.factors.loc[kept, factor], follow_up["OS"])
    return round(float(score), 4)
