"""A made workspace as large as anybody's: a cohort of many patients, and many finished runs, without any training."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from pomp.bench.measurement import Scale
from pomp.config import RunConfig, override
from pomp.data.cohort import Cohort, read_cohort
from pomp.data.demo.pyramid import Scan, write_slide
from pomp.data.splits import Fold
from pomp.evaluation.calibration import breslow
from pomp.runs.comparators import MODELS
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from pomp.sealed import seal
from pomp.slides.store import SlideRegions, regions_path, write_regions

OMICS = {"mrna": 500, "mirna": 200}  # genes
PRETRAINING = ("poc", "pom", "mom", "total")
REGION_PX, SIDE = 64, 1024
_SEED = 20


@dataclass(frozen=True)
class Extent:
    """How large the workspace is."""

    patients: int
    slides: int
    runs: int
    epochs: int


EXTENTS: dict[Scale, Extent] = {
    "full": Extent(patients=1000, slides=100, runs=100, epochs=500),
    "small": Extent(patients=60, slides=4, runs=2, epochs=5),
}


def make_workspace(root: Path, scale: Scale, progress: Callable[[str], None]) -> Workspace:
    """The same for the same scale, but for the times in the runs' names."""
    extent = EXTENTS[scale]
    workspace = Workspace(root)
    progress(f"a cohort of {extent.patients} patients")
    cohort = make_cohort(workspace.cohorts / "large", extent)
    config = override(
        RunConfig(), {"slides.region_px": REGION_PX, "slides.downsample": 1, "model.patch_px": 16, "omics.genes": 100}
    )
    add_slides(cohort, config)
    metrics = write_metrics(config.folds, extent.epochs)
    for number in range(extent.runs):
        progress(f"run {number + 1} of {extent.runs}")
        run = workspace.runs.create(cohort, config, f"Run {number + 1}")
        (run.folder / "metrics.jsonl").write_text(metrics, encoding="utf-8")
        fill(run, cohort, np.random.default_rng(_SEED + number))
    return workspace


def make_cohort(folder: Path, extent: Extent) -> Cohort:
    """Clinical table and omics tables; risk grows with age, so that there is something to see."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(_SEED)
    count = extent.patients
    names = [f"PATIENT-{number:04d}" for number in range(count)]
    age = rng.normal(60, 10, count).round()
    clinical = pd.DataFrame({
        "patient": names, "age": age, "gender": rng.choice(["FEMALE", "MALE"], count),
        "stage": rng.choice(["Stage I", "Stage II", "Stage III"], count), "OS": rng.integers(0, 2, count),
        "OS.time": (rng.exponential(1500, count) * np.exp((60 - age) / 20) + 31).round(),
    })  # fmt: skip
    clinical.to_csv(folder / "clinical.csv", index=False)
    sections = []
    for name, genes in OMICS.items():
        columns = [f"{name.upper()}{gene}" for gene in range(genes)]
        values = pd.DataFrame(rng.normal(size=(count, genes)).round(3), names, columns)
        values.to_csv(folder / f"{name}.csv", index_label="patient")
        sections += [f"[omics.{name}]", f'file = "{name}.csv"', 'kind = "log"']
    slides = pd.DataFrame({"patient": names[: extent.slides]})
    slides["file"] = "slides/" + slides["patient"] + "-S1.svs"
    slides.to_csv(folder / "slides.csv", index=False)
    (folder / "slides").mkdir()
    write_slide(folder / "slide.svs", Image.effect_noise((SIDE, SIDE), 40).convert("RGB"), Scan(0.5, 20, 80))
    for file in slides["file"]:
        (folder / file).hardlink_to(folder / "slide.svs")
    head = [f'name = "{folder.name}"', 'title = "Large cohort"', "synthetic = true"]
    (folder / "cohort.toml").write_text("\n".join([*head, *sections]), encoding="utf-8")
    return read_cohort(folder)


GRID = np.array([[row, column] for row in range(SIDE // REGION_PX) for column in range(SIDE // REGION_PX)])


def add_slides(cohort: Cohort, config: RunConfig) -> None:
    """The regions of every slide: a square grid, all of it tissue."""
    pixels = np.full((REGION_PX, REGION_PX, 3), 200, np.uint8)
    for slide in cohort.slides["slide"]:
        regions = SlideRegions(
            slide=slide, coordinates=GRID[:, ::-1] * REGION_PX, grid=GRID,
            tissue=np.full(len(GRID), 0.9, np.float32), region_px=REGION_PX, downsample=1, mpp=0.5, magnification=20.0,
            width=SIDE, height=SIDE, thumbnail=np.full((128, 128, 3), 220, np.uint8), mask=np.ones((128, 128), bool),
        )  # fmt: skip
        write_regions(regions_path(cohort.folder, slide, config.slides), regions, [pixels] * len(GRID))


def fill(run: Run, cohort: Cohort, rng: np.random.Generator) -> None:
    """What a worker leaves behind, at the end of a run that found some signal."""
    parts = [predict(fold, cohort, rng) for fold in run.splits().folds]
    predictions = pd.concat([part for part, _ in parts], ignore_index=True)
    run.write_table("predictions", predictions)
    run.write_table("baseline", pd.concat([baseline for _, baseline in parts], ignore_index=True))
    columns = ["patient", "fold", "time_days", "event"]
    plain = [predictions[columns].assign(model=model, risk=rng.normal(size=len(predictions))) for model in MODELS]
    run.write_table("comparators", pd.concat(plain, ignore_index=True))
    run.write_table("attention/regions", make_maps(cohort, predictions, rng))
    run.write_status(state="DONE", progress=1.0, finished="2025-01-01T00:00:00+00:00")


def predict(
    fold: Fold, cohort: Cohort, rng: np.random.Generator, *, signal: float = 0.5, epoch: int = 499
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Out-of-fold risks and the training patients' baseline hazard.

    Args:
        signal: how closely the risk follows the time of death.
        epoch: that is reported.
    """

    def risk_of(patients: tuple[str, ...]) -> np.ndarray:
        days = cohort.outcome.loc[list(patients), "time_days"].to_numpy()
        return np.tanh(signal * (1 - days / 1500) + rng.normal(size=len(days)))

    train = cohort.outcome.loc[list(fold.train)]
    training_risk = risk_of(fold.train)
    hazard = breslow(train["time_days"], train["event"], training_risk)
    risk, cutoff = risk_of(fold.test), float(np.median(training_risk))
    outcome = cohort.outcome.loc[list(fold.test)].rename_axis("patient").reset_index()
    table = outcome.assign(fold=fold.index, risk=risk, cutoff=cutoff, high_risk=risk > cutoff, epoch=epoch)
    return table, pd.DataFrame({"fold": fold.index, "time_days": hazard.x, "cumulative_hazard": hazard.y})


def make_maps(cohort: Cohort, predictions: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Every map of every slide, row by row as the worker writes them."""
    slides = cohort.slides[["patient", "slide"]].merge(predictions[["patient", "fold"]], on="patient")
    table = slides.loc[slides.index.repeat(len(GRID))].reset_index(drop=True)
    grid = np.tile(GRID, (len(slides), 1))
    table = table.assign(row=grid[:, 0], column=grid[:, 1], x=grid[:, 1] * REGION_PX, y=grid[:, 0] * REGION_PX)
    table = table.assign(size=REGION_PX, cls_attention=rng.random(len(table)) / len(GRID))
    table["occlusion"] = rng.normal(size=len(table)) / 50
    for name in OMICS:
        table[f"alignment_{name}"] = rng.random(len(table))
    return table


def write_metrics(folds: int, epochs: int) -> str:
    """The losses of both stages as lines of `metrics.jsonl`: at once, as appending syncs the disk after every row."""
    rows: list[dict[str, Any]] = []
    for fold in range(folds):
        for epoch in range(epochs):
            losses = {name: round(2 / (epoch + 1) + 0.5, 4) for name in PRETRAINING}
            rows.append({"stage": "pretrain", "fold": fold, "epoch": epoch, "seconds": 1.0, **losses})
        for epoch in range(epochs):
            row = {"stage": "finetune", "fold": fold, "epoch": epoch, "cox": 2.0 - epoch / epochs, "seconds": 1.0}
            rows.append(row | {"train_c_index": 0.5 + 0.2 * epoch / epochs})
    return "".join(f"{json.dumps(seal(row))}\n" for row in rows)
