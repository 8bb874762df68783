"""All maps of one slide, from the tables of a run, read once until these change."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.data import Stamp, stamp
from dashboard.slide import words
from dashboard.viewer import Pane, RegionMap, ScoreScale
from dashboard.viewer.pane import pool
from dashboard.words import map_columns
from pomp.errors import RunError
from pomp.evaluation.map_agreement import MapAgreement, map_agreement
from pomp.runs.run import RegionTable, Run

PLACE = ["row", "column"]


@dataclass(frozen=True, eq=False)
class SlideMaps:
    """M regions of a slide with all that the run says of them.

    Attributes:
        regions: one row a region: index (where known), row and column (where its place is known), x, y, size, fold,
            left_out (where known) and a column a map, named by its key, but for attention within regions.
        maps: those that have at least one score.
        patches: (M, n, n) uint8, see `Pane`; None where the run has none.
        agreement: of the folds' models; None where the run does not say, or has one fold.
        genes: type, gene, weight, region (its position, iloc); None where the run does not say.
        size_stated: where regions come from says how large they are; otherwise `size` may be a guess.
        lack: what the run has and cannot be shown, and why, as Markdown; empty where nothing is.
    """

    regions: pd.DataFrame
    maps: tuple[RegionMap, ...]
    patches: NDArray[np.uint8] | None
    agreement: MapAgreement | None
    genes: pd.DataFrame | None
    size_stated: bool = True
    lack: str = ""

    @property
    def numbers(self) -> pd.DataFrame:
        """The regions as they are saved: folds count from 1, as on pages."""
        return self.regions.assign(fold=self.regions["fold"] + 1)

    def pane(self, slide_url: str, name: str) -> Pane:
        """As the viewer takes it."""
        return Pane(slide_url, name, self.regions, self.maps, self.patches)


def slides_of(run: Run, patient: str) -> list[str]:
    """The slides of a patient of which there are maps, sorted.

    Raises:
        RunError: the table is not there or damaged.
    """
    return sorted(region_rows(run, "regions", patient)["slide"].unique())


def slide_maps(run: Run, patient: str, slide: str) -> SlideMaps:
    """The maps of a slide.

    Raises:
        RunError: a table is damaged.
    """
    files = [run.folder / "attention" / f"{name}.parquet" for name in ("regions", "within", "by_fold", "region_genes")]
    return _slide_maps(str(run.folder), patient, slide, stamp(files))


@st.cache_resource(max_entries=16, show_spinner="Reading the maps of the slide…")
def _slide_maps(folder: str, patient: str, slide: str, of: Stamp) -> SlideMaps:
    run = Run.open(Path(folder))

    def rows(name: RegionTable) -> pd.DataFrame:
        table = region_rows(run, name, patient)
        return table[table["slide"] == slide].reset_index(drop=True) if len(table) else table

    regions, within, by_fold, tied = rows("regions"), rows("within"), rows("by_fold"), rows("region_genes")
    patches, genes = _patches(regions, within), _genes(regions, tied)
    agreement, seen = _agreement(regions, by_fold)
    lost = any(len(table) and not _key(regions, table) for table in (within, by_fold, tied))
    size_stated = _size_stated(regions, run)
    if regions["x"].isna().all():
        regions = regions.drop(columns=PLACE)  # all of them 0
    if agreement is not None:
        regions[words.AGREEMENT] = agreement.top_share
    scores = {key: regions[key] for key in map_columns(list(regions.columns)) if regions[key].notna().any()}
    if patches is not None:
        scores[words.WITHIN] = regions[words.ATTENTION]
    if agreement is not None:
        scores[words.AGREEMENT] = regions[words.AGREEMENT]
    fold = int(regions["fold"].iloc[0])
    remarks = dict.fromkeys(scores, words.origin(run, fold))
    if words.ATTENTION in scores:
        remarks[words.ATTENTION] += words.evenness(scores[words.ATTENTION])
    if agreement is not None:
        remarks[words.AGREEMENT] = words.origin_of_agreement(agreement.models, seen)
    if patches is not None:
        remarks[words.WITHIN] += words.coarseness(patches.shape[1] // pool(patches).shape[1])
    maps = tuple(_describe(key, values, f"{words.meaning(run, key)} {remarks[key]}") for key, values in scores.items())
    lack = words.not_told_apart(run) if lost else ""
    return SlideMaps(regions, maps, patches, agreement, genes, size_stated, lack)


def region_rows(run: Run, name: RegionTable, patient: str) -> pd.DataFrame:
    """A patient's rows of a table, read once until it changes; none where the run lacks the table.

    Raises:
        RunError: the table is damaged, or it is that of the regions themselves and not there.
    """
    files = [run.folder / "attention" / f"{name}.parquet"]
    table = _read(str(run.folder), name, patient, stamp(files))
    if table is None and name == "regions":
        raise RunError(f"Run {run.id} has no {files[0].name} in its folder attention: it has not read slides.")
    return pd.DataFrame() if table is None else table


@st.cache_resource(max_entries=32, show_spinner=False)
def _read(folder: str, name: RegionTable, patient: str, of: Stamp) -> pd.DataFrame | None:
    return Run.open(Path(folder)).region_table(name, patient)


def _key(regions: pd.DataFrame, other: pd.DataFrame) -> list[str]:
    """The columns by which rows of another table find their region; none where these do not tell regions apart.

    Runs of earlier versions have no index, and their regions may share a row and column.
    """
    for key in (["index"], PLACE):
        known = all(column in table and table[column].notna().all() for table in (regions, other) for column in key)
        if known and not regions.duplicated(key).any():
            return key
    return []


def _patches(regions: pd.DataFrame, within: pd.DataFrame) -> NDArray[np.uint8] | None:
    """(M, n, n); regions that the table lacks are 0."""
    key = _key(regions, within)
    if within.empty or not key:
        return None
    found = regions[key].join(within.set_index(key)["attention"], on=key)["attention"]
    side = round(len(within["attention"].iloc[0]) ** 0.5)
    nothing = np.zeros(side * side, np.uint8)
    squares = [nothing if missing else square for square, missing in zip(found, found.isna(), strict=True)]
    return np.stack(squares).astype(np.uint8).reshape(-1, side, side)


def _genes(regions: pd.DataFrame, tied: pd.DataFrame) -> pd.DataFrame | None:
    key = _key(regions, tied)
    if tied.empty or not key:
        return None
    positions = regions[key].assign(region=np.arange(len(regions)))
    return tied.merge(positions, on=key)[["type", "gene", "weight", "region"]]


def _size_stated(regions: pd.DataFrame, run: Run) -> bool:
    """Runs of earlier versions do not tell: of those, regions that were cut from a slide have the size of the cut."""
    if "size_stated" in regions and regions["size_stated"].notna().all():
        return bool(regions["size_stated"].all())
    return run.config.slides.source != "features"


def _agreement(regions: pd.DataFrame, by_fold: pd.DataFrame) -> tuple[MapAgreement | None, int]:
    """Agreement of the folds, and how many of the models had the patient in their training."""
    key = _key(regions, by_fold)
    if by_fold.empty or not key or by_fold["fold"].nunique() < 2:
        return None, 0
    of_folds = by_fold.pivot_table(index=key, columns="fold", values="cls_attention")
    values = regions[key].join(of_folds, on=key).drop(columns=key).to_numpy(dtype=float)
    if np.isnan(values).any():  # of regions that were cut anew
        return None, 0
    return map_agreement(values.T), int(by_fold.groupby("fold")["seen"].first().sum())


def _describe(key: str, scores: pd.Series, said: str) -> RegionMap:
    title, values = words.label(key), scores.to_numpy(dtype=float)
    if key == words.EFFECT:
        scale = ScoreScale(title, "lowers the risk", "raises the risk", diverging=True, fixed=words.EFFECT_DECIMALS)
        return RegionMap(key, scale, values, said, "Raise the risk most", "Lower the risk most")
    if key == words.WITHIN:
        of_region = words.label(words.ATTENTION)
        scale = ScoreScale(title, "weakest", "strongest")
        return RegionMap(
            key, scale, values, said, "Regions with most attention", "Regions with least", of_region, patches=True
        )
    if key == words.AGREEMENT:
        scale = ScoreScale(title, "share of the models", "to")
        return RegionMap(key, scale, values, said, "Most models look here", "Fewest models look here")
    return RegionMap(key, ScoreScale(title), values, said)
