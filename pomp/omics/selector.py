"""Omics of a training fold → the genes that matter, on one scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any, Self

import numpy as np
import pandas as pd

from pomp.config import OmicsConfig
from pomp.data.omics_table import OmicsTable
from pomp.errors import TrainingError
from pomp.omics.contrast import choose_contrast
from pomp.omics.differential import differential_test, pick_candidates
from pomp.omics.importance import forest_importance
from pomp.omics.impute import GeneWiseKNNImputer
from pomp.omics.matrix import OmicsMatrix
from pomp.omics.normalise import Normaliser
from pomp.omics.panel import GenePanel
from pomp.progress import OnProgress

MAX_MISSING = 0.5
"""A gene missing in more of the training patients is left out: its imputation would be mostly invention."""

STEPS = 3

SUMMARY_COLUMNS = [
    *("omics", "gene", "contrast", "test", "statistic", "p_value", "q_value"),
    *("importance", "rank", "selected"),
]


class OmicsSelector:
    """Chooses genes and learns imputation and scale from training patients (section 3.1 of the paper).

    By omics type: genes missing in more than half of the patients and genes without variance out; differential test
    (see `differential_test`); K-nearest-neighbour imputation of the candidates; random survival forest; the
    `config.genes` genes of the largest importance, ties going to the smaller p-value, then by name.
    The result depends on neither the order of the patients nor that of the genes.

    Attributes after `fit`:
        panels_: the fitted types, in the order of the tables.
        summary_: one row a gene that reached the forest: omics, gene, contrast, test, statistic, p_value, q_value,
            importance, rank, selected. It is no part of `to_json`: the run folder keeps it as a table.
    """

    def __init__(self, config: OmicsConfig, seed: int = 0) -> None:
        self.config = config
        self.seed = seed

    def fit(
        self, tables: Mapping[str, OmicsTable], outcome: pd.DataFrame, on_progress: OnProgress | None = None
    ) -> Self:
        """Fit on the patients of `outcome` (index = patient; time_days, event); no other tumour row is read.

        Normal samples belong to the training side, whosoever they are: they carry no follow-up.

        Raises:
            TrainingError: a type has no patient, no event or no varying gene in the fold, or too few patients for its
                contrast.
        """
        done = count()

        def tell(what: str) -> None:
            if on_progress:
                on_progress(next(done), STEPS * len(tables), what)

        fitted = [_fit_panel(table, outcome, self.config, self.seed, tell) for table in tables.values()]
        tell("genes selected")
        self.panels_ = [panel for panel, _ in fitted]
        summaries = [summary for _, summary in fitted]
        self.summary_ = pd.concat(summaries, ignore_index=True) if summaries else pd.DataFrame(columns=SUMMARY_COLUMNS)
        return self

    def transform(self, tables: Mapping[str, OmicsTable], patients: Sequence[str]) -> OmicsMatrix:
        """The selected genes of any patients on the training fold's scale; no patient's values depend on another's.

        A type that `tables` lacks is missing in every patient.

        Raises:
            CohortError: a table has none of the selected genes.
        """
        shape = len(patients), len(self.panels_), self.config.genes
        values, present = np.zeros(shape, np.float32), np.zeros(shape[:2], np.bool_)
        gene_mask = np.zeros(shape[1:], np.bool_)
        for place, panel in enumerate(self.panels_):
            gene_mask[place, : len(panel.genes)] = True
            if panel.omics in tables:
                standardised, present[:, place] = panel.transform(tables[panel.omics].values, patients)
                values[:, place, : len(panel.genes)] = standardised
        return OmicsMatrix(
            values=values,
            present=present,
            gene_mask=gene_mask,
            types=tuple(panel.omics for panel in self.panels_),
            genes={panel.omics: panel.genes for panel in self.panels_},
            patients=tuple(patients),
        )

    def to_json(self) -> dict[str, Any]:
        """The fitted state as plain data; what `from_json` makes of it transforms to the same bits."""
        panels = [panel.to_json() for panel in self.panels_]
        return {"config": self.config.model_dump(mode="json"), "seed": self.seed, "panels": panels}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        selector = cls(OmicsConfig.model_validate(data["config"]), data["seed"])
        selector.panels_ = [GenePanel.from_json(panel) for panel in data["panels"]]
        return selector


def _fit_panel(
    table: OmicsTable, outcome: pd.DataFrame, config: OmicsConfig, seed: int, tell: Callable[[str], None]
) -> tuple[GenePanel, pd.DataFrame]:
    """The panel of one type and its rows of the summary."""
    values, outcome = _training_rows(table, outcome)
    normaliser = Normaliser.fit(values.to_numpy(), table.kind)
    known = pd.DataFrame(normaliser.transform(values.to_numpy()), values.index, values.columns)
    genes = [str(gene) for gene in known.columns[known.max() > known.min()]]
    if not genes:
        raise TrainingError(
            f"Omics type '{table.name}': none of {values.shape[1]} genes varies over its {len(values)} training "
            f"patients. Leave the type out (cohort.omics), or check that its kind is '{table.kind}'."
        )
    tell(f"{table.name}: differential test")
    contrast = choose_contrast(values, table.normals, outcome, config.contrast, table.name)
    tested = differential_test(contrast, normaliser, genes)
    candidates = pick_candidates(tested, config.alpha, config.genes, config.candidates)
    tell(f"{table.name}: imputation")
    imputer = GeneWiseKNNImputer(config.neighbours).fit(known[genes], candidates)
    filled = imputer.transform(known)
    tell(f"{table.name}: random survival forest")
    time, event = outcome["time_days"].to_numpy(np.float64), outcome["event"].to_numpy(np.bool_)
    importance = forest_importance(filled.to_numpy(), time, event, config.trees, seed)
    summary = _rank(tested.loc[candidates].assign(importance=importance), table.name, config.genes)
    chosen = summary.loc[summary["selected"], "gene"].tolist()
    return _panel(table.name, values, normaliser, imputer.restricted(chosen), filled[chosen].to_numpy()), summary


def _training_rows(table: OmicsTable, outcome: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Values of the training patients that have the type, and their outcome; patients and genes sorted.

    Sorted, because ties and sums are decided by order, and no result may depend on how a file was written.
    """
    patients = sorted(outcome.index.intersection(table.values.index))
    values = table.values.loc[patients, sorted(table.values.columns)].astype(np.float64).dropna(how="all")
    outcome = outcome.loc[values.index]
    if not outcome["event"].any():
        raise TrainingError(
            f"Omics type '{table.name}' has {len(values)} of the training patients and no event among them: genes "
            "cannot be chosen. Leave the type out (cohort.omics), or use fewer folds."
        )
    return values.loc[:, values.isna().mean() <= MAX_MISSING], outcome


def _rank(candidates: pd.DataFrame, omics: str, genes: int) -> pd.DataFrame:
    """The candidates by importance, then p-value, then name."""
    summary = candidates.reset_index().assign(omics=omics)
    summary = summary.sort_values(["importance", "p_value", "gene"], ascending=[False, True, True], ignore_index=True)
    summary["rank"] = np.arange(1, len(summary) + 1)
    summary["selected"] = summary["rank"] <= genes
    return summary[SUMMARY_COLUMNS]


def _panel(
    omics: str, values: pd.DataFrame, normaliser: Normaliser, imputer: GeneWiseKNNImputer, filled: np.ndarray
) -> GenePanel:
    """A panel that reads no more columns of a table than it needs."""
    reads = values.columns.isin(imputer.donors_)
    if normaliser.kind == "counts":
        reads |= ~np.isnan(normaliser.log_reference)
    return GenePanel(
        omics=omics,
        reads=tuple(values.columns[reads]),
        normaliser=normaliser.restricted(np.flatnonzero(reads)),
        imputer=imputer,
        mean=filled.mean(axis=0),
        sd=filled.std(axis=0),
    )
