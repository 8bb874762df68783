"""`pomp prepare`: everything before training, to be looked at before hours are spent on it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.markup import escape
from rich.table import Table

from pomp.cli.one_run import carry, enqueue, open_queue, open_run
from pomp.cli.options import (
    BackendOption,
    Cohort,
    Home,
    PresetOfNewRun,
    ProtocolOption,
    RayAddress,
    RunName,
    Settings,
)
from pomp.cli.paths import read_path
from pomp.cli.terminal import console
from pomp.errors import ConfigError
from pomp.evaluation.stability import selection_stability
from pomp.runs.prepared import export_prepared
from pomp.runs.run import Run
from pomp.wording import percent


def prepare(
    cohort: Cohort = None,
    run_name: RunName = None,
    preset: PresetOfNewRun = None,
    protocol: ProtocolOption = None,
    settings: Settings = None,
    export: Annotated[
        Path | None,
        typer.Option(
            parser=read_path,
            help="Write the chosen genes of every fold, standardised, as MuData (.h5mu) into this folder.",
        ),
    ] = None,
    home: Home = None,
    backend: BackendOption = None,
    ray_address: RayAddress = None,
) -> None:
    """Cut slides into regions and choose the genes of every fold. What is there already is not done again.

    The result is a run that has not been trained yet: `pomp run --run` goes on from there.
    """
    if backend is not None and export is not None:
        raise ConfigError("With --backend others prepare: leave --export out, and ask for it when they are done.")
    queue = None if backend is None else open_queue(backend, ray_address, run_name, home)
    opened = open_run(cohort, run_name, preset, protocol, settings, "", home, reuse=True)
    if queue is not None:
        enqueue(opened, queue, "prepare")
        return
    try:
        if opened.status().state != "DONE":
            carry(opened, "auto", "prepare")
    finally:
        print_preparation(opened)
    for path in export_prepared(opened, export) if export is not None else ():
        console.print(f"Wrote {path}", highlight=False, markup=False)
    if opened.status().state != "DONE":
        again = f"pomp run --run {shlex.quote(str(opened.folder))}"
        console.print(f"Train it: {again}", highlight=False, markup=False, soft_wrap=True)


def print_preparation(opened: Run) -> None:
    """What has become of each slide, and of the genes, as far as the run has come."""
    slides, genes = opened.table("slides"), opened.selections()
    if slides is not None:
        print_slides(slides)
    if genes is not None:
        print_genes(genes, opened.config.omics.alpha)
        print_agreement(genes)


def print_slides(slides: pd.DataFrame) -> None:
    """A line a slide: how many regions, or why none, and why its own µm/px were not taken."""
    table = Table(title="Slides")
    for title in ("slide", "patient"):
        table.add_column(title)
    for title in ("regions", "µm/px", "seconds"):
        table.add_column(title, justify="right")
    table.add_column("")
    for row in slides.to_dict("records"):
        note = row["reason"] or row.get("note") or ("as before" if row["cached"] else "")
        regions = "" if row["reason"] else str(row["regions"])
        mpp = "not stated" if pd.isna(row["mpp"]) else f"{row['mpp']:.3g}"
        table.add_row(*map(escape, (row["slide"], row["patient"], regions, mpp, f"{row['seconds']:.1f}", note)))
    console.print(table)


def print_genes(genes: pd.DataFrame, alpha: float) -> None:
    """A line an omics type and fold: what was compared, how many genes differed, and how many were chosen.

    Args:
        alpha: the q-value below which a gene differs.
    """
    table = Table(title="Genes")
    for title in ("omics", "fold", "compared", "test"):
        table.add_column(title)
    for title in ("tested", f"q < {alpha:g}", "ranked", "chosen"):
        table.add_column(title, justify="right")
    for _, rows in genes.groupby(["omics", "fold"], sort=False):
        first = rows.iloc[0]
        where = "all patients" if first["fold"] < 0 else str(first["fold"] + 1)
        differ, chosen = int((rows["q_value"] < alpha).sum()), int(rows["selected"].sum())
        tests = ", ".join(rows["test"].unique())
        counts = (first["tested"], differ, len(rows), chosen)
        table.add_row(*map(escape, (first["omics"], where, first["contrast"], tests, *map(str, counts))))
    console.print(table)


def print_agreement(genes: pd.DataFrame) -> None:
    """A line an omics type: how far the folds chose the same genes; nothing where they were chosen once for all."""
    if (genes["fold"] < 0).any():
        return
    table = Table(title="How far folds agree on genes")
    table.add_column("omics")
    for title in (
        "folds",
        "genes tested",
        "chosen",
        "in every fold",
        "common to two folds",
        "by chance",
        "Nogueira's Φ",
    ):
        table.add_column(title, justify="right")
    for found in selection_stability(genes):
        always = sum(times == found.sets for times in found.times_chosen.values())
        shares = percent(found.overlap), percent(found.expected_overlap), f"{found.index:.2f}"
        table.add_row(
            escape(found.omics), str(found.sets), str(found.genes), f"{found.chosen:.0f}", str(always), *shares
        )
    console.print(table)
