"""What the risks rest on: each part of the data left out in turn, and the genes that weigh most."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.selection import gene_table
from dashboard.report.document import Block, Section, figure, section, table, text
from dashboard.theme import BLUE, TEMPLATE
from dashboard.words import PART_NAMES
from pomp.runs.run import Run
from pomp.runs.system_name import is_pomp, system_name

TOP = 10
_GENES = {"mean_weight": "mean weight", "folds": "folds that read it", "high_value": "a high value"}
_CHOSEN = {
    "omics": "type", "folds": "folds that chose it", "mean_rank": "mean rank", "mean_importance": "mean importance",
    "lowest_q": "lowest q",
}  # fmt: skip


def explanation_section(run: Run) -> Section:
    """Contributions and leading genes, as far as the run has them; of a system that is not POMP, chosen genes alone."""
    if not is_pomp(run.config):
        said = f"What a risk rests on is worked out for POMP alone; the model of this run is {system_name(run.config)}."
        return section("explanation", "What the risks rest on", [text(said), *_selected(run)])
    return section("explanation", "What the risks rest on", [*_contributions(run), *_genes(run), *_selected(run)])


def contribution_table(contributions: pd.DataFrame) -> pd.DataFrame:
    """A row a part, the weightiest first: part, patients, mean_change, largest (both absolute), raises (of patients).

    Args:
        contributions: a row a patient and part: patient, part, difference (of the log relative hazard).
    """
    change = contributions.assign(size=contributions["difference"].abs(), up=contributions["difference"] > 0)
    grouped = change.groupby("part", sort=False, observed=True).agg(
        patients=("patient", "nunique"), mean_change=("size", "mean"), largest=("size", "max"), raises=("up", "mean")
    )
    table = grouped.reset_index().sort_values("mean_change", ascending=False, ignore_index=True)
    return table.assign(part=[PART_NAMES.get(str(part), str(part)) for part in table["part"]])


def leading_genes(attributions: pd.DataFrame, top: int = TOP) -> pd.DataFrame:
    """The genes of each type that weigh most: type, gene, mean_weight (absolute), folds, high_value (what it does).

    A gene's weight is the mean over all patients of the part of the risk that is owed to it, without sign; it is 0 in
    folds that have not chosen it.

    Args:
        attributions: a row a patient and gene: patient, fold, type, gene, value, attribution.
        top: genes of each type.
    """
    patients = attributions.groupby("type", observed=True)["patient"].nunique()
    rows = attributions.assign(
        size=attributions["attribution"].abs(), product=attributions["value"] * attributions["attribution"]
    )
    found = rows.groupby(["type", "gene"], sort=False, observed=True).agg(
        size=("size", "sum"), product=("product", "sum"), folds=("fold", "nunique")
    ).reset_index()  # fmt: skip
    found["mean_weight"] = found["size"] / found["type"].map(patients).astype(float)
    found["high_value"] = np.where(found["product"] > 0, "raises the risk", "lowers the risk")
    order = found.sort_values(["mean_weight", "gene"], ascending=[False, True])
    best = order.groupby("type", sort=False, observed=True).head(top)
    columns = ["type", "gene", "mean_weight", "folds", "high_value"]
    return best.sort_values(["type", "mean_weight"], ascending=[True, False], ignore_index=True)[columns]


def part_figure(parts: pd.DataFrame) -> go.Figure:
    """A bar a part of the data. `parts`: as `contribution_table` makes it."""
    drawn = go.Figure(
        go.Bar(
            x=parts["mean_change"], y=[escape(str(part)) for part in parts["part"]], orientation="h", marker_color=BLUE,
            text=[f"{value:.3f}" for value in parts["mean_change"]], textposition="outside", cliponaxis=False,
        )
    )  # fmt: skip
    drawn.update_yaxes(autorange="reversed", type="category")
    drawn.update_xaxes(
        title_text="Mean change of the risk without the part (log relative hazard)",
        range=[0, 1.2 * float(parts["mean_change"].max()) or 1.0],
    )
    drawn.update_layout(template=TEMPLATE, height=34 * len(parts) + 90, showlegend=False)
    return drawn


def _contributions(run: Run) -> list[Block]:
    found = run.table("contributions")
    if found is None or found.empty:
        return [text("The run does not say what each part of the data adds: it rests on one type alone, or is of an "
                     "older version.")]  # fmt: skip
    parts = contribution_table(found)
    return [figure(
        "contributions", part_figure(parts), parts, "How far the risk changes when a part of the data is left out",
        "The model is told that the part is missing; mean over patients of the change, without its sign. Bars need not "
        "add up, because the model weighs the parts against each other.",
    )]  # fmt: skip


def _genes(run: Run) -> list[Block]:
    found = run.table("gene_attributions")
    if found is None or found.empty:
        return [text("The run has not kept which genes its risks rest on.")]
    return [table(
        leading_genes(found).rename(columns=_GENES),
        f"The {TOP} genes of each type that weigh most: mean over patients of the part of the risk that is owed to the "
        "gene (integrated gradients, log relative hazard), in how many folds it was read, and what a high value does. "
        "Genes that are measured together share their weight in any way: a gene here is a lead, not a proof.",
        name="leading-genes",
    )]  # fmt: skip


def _selected(run: Run) -> list[Block]:
    selections = run.selections()
    if selections is None:
        return [text("No genes were chosen: the model reads slides alone.")]
    once = bool((selections["fold"] < 0).all())
    chosen = gene_table(selections)
    best = chosen[chosen["folds"] > 0].groupby("omics", sort=False, observed=True).head(TOP)
    said = (
        "Genes chosen once, on all patients, by rank: under this protocol it cannot be told how far folds agree."
        if once
        else f"The {TOP} genes of each type that most folds chose, by mean rank."
    )
    ordered = best.sort_values("omics", kind="stable").drop(columns=["ranked", *(["folds"] if once else [])])
    return [table(ordered.rename(columns=_CHOSEN), said, name="chosen-genes")]
