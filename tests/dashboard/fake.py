"""A small but complete workspace: cohorts, and runs in every state, without a single step of training."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from dashboard.bench.workspace import predict
from pomp.config import PROTOCOLS, ProtocolName, RunConfig, override
from pomp.data.cohort import Cohort, read_cohort
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from pomp.slides.store import SlideRegions, regions_path, write_regions

PATIENTS = 60
HOSTILE_TITLE = "<script>alert(1)</script> ![x](http://example.invalid/x.png) ../../etc/passwd"
HOSTILE_PATIENT = "<script>x</script>"
CONFIG = override(
    RunConfig(), {"folds": 3, "slides.region_px": 64, "slides.downsample": 1, "model.patch_px": 16, "omics.genes": 5}
)


@dataclass(frozen=True)
class FakeWorkspace:
    """A workspace and what is in it."""

    root: Path
    runs: dict[str, Run]  # by what they stand for


def make_workspace(root: Path) -> FakeWorkspace:
    """Cohorts `tumours` (with slides) and `omics_only` (with a hostile title and patient), and runs in every state."""
    workspace = Workspace(root)
    full = make_cohort(workspace.cohorts / "tumours", slides=True)
    bare = make_cohort(workspace.cohorts / "omics_only", slides=False, title=HOSTILE_TITLE, odd_patient=HOSTILE_PATIENT)
    omics = override(CONFIG, {"model.modalities": "omics"})
    runs = {
        "hostile": finish(workspace.runs.create(bare, omics, HOSTILE_TITLE), bare, signal=0.0),
        "released": finish(make_run(workspace, full, "paper-released"), full, signal=2.0),
        "failed": make_run(workspace, full, "honest"),
        "interrupted": make_run(workspace, full, "honest"),
        "empty": make_run(workspace, full, "honest"),
        "honest": finish(make_run(workspace, full, "honest"), full, signal=0.8),
    }
    runs["failed"].write_status(state="FAILED", error="The loss of fold 2 is not finite. Lower the learning rate.")
    runs["interrupted"].write_status(state="RUNNING", stage="finetune", fold=1, epoch=3, epochs=20, progress=0.4)
    add_metrics(runs["interrupted"], folds=2, epochs=3)
    return FakeWorkspace(root, runs)


def make_run(workspace: Workspace, cohort: Cohort, protocol: ProtocolName) -> Run:
    return workspace.runs.create(cohort, override(CONFIG, {"protocol": protocol}))


def make_cohort(folder: Path, *, slides: bool, title: str = "Tumours", odd_patient: str | None = None) -> Cohort:
    """Sixty patients, two omics types, one of which ten lack; two are followed too briefly."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(5)
    names = [f"P-{number:02d}" for number in range(PATIENTS)]
    if odd_patient:
        names[0] = odd_patient
    clinical = pd.DataFrame(
        {
            "patient": names,
            "age": rng.normal(60, 9, PATIENTS).round(),
            "gender": rng.choice(["FEMALE", "MALE"], PATIENTS),
            "stage": rng.choice(["Stage I", "Stage II", "Stage III", None], PATIENTS),
            "OS": rng.integers(0, 2, PATIENTS),
            "OS.time": rng.integers(40, 3000, PATIENTS),
        }
    )
    clinical.loc[[3, 4], "OS.time"] = [5, 12]
    clinical.to_csv(folder / "clinical.csv", index=False)
    for name, rows in (("mrna", names), ("mirna", names[10:])):
        values = pd.DataFrame(rng.normal(size=(len(rows), 8)), rows, [f"{name}-{k}" for k in range(8)])
        values.iloc[0, 0] = np.nan
        values.to_csv(folder / f"{name}.csv", index_label="patient")
    sections = [f'[omics.{name}]\nfile = "{name}.csv"\nkind = "log"\n' for name in ("mrna", "mirna")]
    head = {"name": folder.name, "title": title, "source": "made up", "licence": "none"}
    lines = [f"{key} = {json.dumps(value)}" for key, value in head.items()]
    (folder / "cohort.toml").write_text("\n".join([*lines, "synthetic = true", *sections]), encoding="utf-8")
    if slides:
        add_slides(folder, names[:20])
    return read_cohort(folder)


def add_slides(folder: Path, patients: list[str]) -> None:
    """Slide files that nobody opens, and the regions that were cut from them."""
    (folder / "slides").mkdir()
    table = pd.DataFrame({"patient": patients, "file": [f"slides/{name}-DX1.svs" for name in patients]})
    table.to_csv(folder / "slides.csv", index=False)
    for file in table["file"]:
        (folder / file).write_bytes(b"no slide")
        write_regions(
            regions_path(folder, Path(file).stem, CONFIG.slides), make_regions(Path(file).stem), make_pixels()
        )


GRID = np.array([[row, column] for row in range(3) for column in range(4)])


def make_regions(slide: str) -> SlideRegions:
    return SlideRegions(
        slide=slide,
        coordinates=GRID[:, ::-1] * 64,
        grid=GRID,
        tissue=np.full(len(GRID), 0.9, np.float32),
        region_px=64,
        downsample=1,
        mpp=0.5,
        magnification=20.0,
        width=256,
        height=192,
        thumbnail=np.full((96, 128, 3), 220, np.uint8),
        mask=np.ones((96, 128), bool),
    )


def make_pixels() -> list[np.ndarray]:
    return [np.full((64, 64, 3), 200, np.uint8)] * len(GRID)


def finish(run: Run, cohort: Cohort, signal: float) -> Run:
    """Everything that a worker leaves behind. `signal`: how closely the risk follows the time of death."""
    rng = np.random.default_rng(7)
    parts = [predict(fold, cohort, rng, signal=signal, epoch=19) for fold in run.splits().folds]
    predictions = pd.concat([part for part, _ in parts], ignore_index=True)
    run.write_table("predictions", predictions)
    run.write_table("baseline", pd.concat([baseline for _, baseline in parts], ignore_index=True))
    columns = ["patient", "fold", "time_days", "event"]
    models = ("clinical Cox", "ridge Cox (30 components)")
    plain = [predictions[columns].assign(model=model, risk=rng.normal(size=len(predictions))) for model in models]
    run.write_table("comparators", pd.concat(plain, ignore_index=True))
    if len(cohort.slides) and run.config.model.modalities != "omics":
        run.write_table("attention/regions", make_maps(cohort, predictions, rng))
    add_metrics(run, folds=len(parts), epochs=4)
    run.write_status(state="DONE", progress=1.0, finished="2025-01-01T00:00:00+00:00")
    return run


def make_maps(cohort: Cohort, predictions: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    folds = predictions.set_index("patient")["fold"]
    tables = []
    for row in cohort.slides.itertuples():
        table = pd.DataFrame({"row": GRID[:, 0], "column": GRID[:, 1], "x": GRID[:, 1] * 64, "y": GRID[:, 0] * 64})
        table = table.assign(patient=row.patient, slide=row.slide, fold=folds[row.patient], size=64)
        table["cls_attention"] = rng.dirichlet(np.ones(len(GRID)))
        table["occlusion"] = rng.normal(size=len(GRID)) / 50
        has_mirna = row.patient in cohort.omics["mirna"].values.index
        table["alignment_mrna"] = rng.random(len(GRID))
        table["alignment_mirna"] = rng.random(len(GRID)) if has_mirna else np.nan
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def add_metrics(run: Run, folds: int, epochs: int) -> None:
    shared = PROTOCOLS[run.info.protocol].pretraining == "all"
    for fold in [-1] if shared else range(folds):
        for epoch in range(epochs):
            losses = {"poc": 3.0 / (epoch + 1), "pom": 0.7, "mom": 2.0, "total": 2.7 + 3.0 / (epoch + 1)}
            run.append_metrics({"stage": "pretrain", "fold": fold, "epoch": epoch, "seconds": 1.0, **losses})
    for fold in range(folds):
        for epoch in range(epochs):
            row = {"stage": "finetune", "fold": fold, "epoch": epoch, "cox": 2.0 - 0.1 * epoch, "train_c_index": 0.6}
            run.append_metrics(row | {"seconds": 1.0})
