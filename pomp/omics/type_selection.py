"""The selection of one omics type, from training rows to a panel of genes (section 3.1)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pomp.config import OmicsConfig
from pomp.errors import TrainingError
from pomp.omics.differential import DifferentialGenes
from pomp.omics.impute import GeneWiseKNNImputer
from pomp.omics.normalise import Normaliser
from pomp.omics.panel import GenePanel
from pomp.omics.ranking import SurvivalRanking
from pomp.omics.training_rows import TrainingRows
from pomp.omics.varying import VaryingGenes

MAX_MISSING = 0.5
"""A gene missing in more of the training patients is left out: its imputation would be mostly invention."""

STEPS = 3
"""How often `select_genes` tells what it does."""

SUMMARY_COLUMNS = [
    *("omics", "gene", "contrast", "test", "statistic", "p_value", "q_value", "tested"),
    *("selector", "importance", "rank", "selected"),
]


@dataclass(frozen=True)
class TypeSelection:
    """What one omics type came to: the fitted panel, and its rows of `OmicsSelector.summary_`."""

    panel: GenePanel
    summary: pd.DataFrame

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` gives the same bits."""
        return {"panel": self.panel.to_json(), "summary": self.summary.to_dict(orient="list")}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(GenePanel.from_json(data["panel"]), pd.DataFrame(data["summary"], columns=SUMMARY_COLUMNS))


def select_genes(rows: TrainingRows, config: OmicsConfig, seed: int, tell: Callable[[str], None]) -> TypeSelection:
    """Zero variance out, differential test, imputation of the candidates, ranking by survival.

    The same bits come out whatever the number of threads, as matrix products run on one.

    Raises:
        TrainingError: no gene varies, there are too few patients for the contrast, or the ranking failed.
    """
    with threadpool_limits(1, user_api="blas"):
        values, normaliser, known = _normalised(rows)
        genes = _varying(known, rows)
        tell(f"{rows.name}: differential test")
        differential = _differential(rows, config, normaliser).fit(values, rows.outcome, genes)
        candidates = list(differential.get_feature_names_out())
        tell(f"{rows.name}: imputation")
        imputer = GeneWiseKNNImputer(config.neighbours).fit(known[genes], candidates)
        filled = imputer.transform(known)
        tell(f"{rows.name}: ranking by survival ({config.selector})")
        ranking = SurvivalRanking(config.selector, config.genes, config.trees, seed)
        ranking.fit(filled, rows.outcome, differential.tested_.loc[candidates, "p_value"].to_numpy())
    summary = _summary(rows.name, differential, ranking)
    chosen = summary.loc[summary["selected"], "gene"].tolist()
    panel = _panel(rows.name, values, normaliser, imputer.restricted(chosen), filled[chosen].to_numpy())
    return TypeSelection(panel, summary)


def measured_panel(rows: TrainingRows, genes: Collection[str], config: OmicsConfig) -> GenePanel:
    """A panel of those of `genes` that the training patients measured, sorted; nothing is chosen.

    As in a selection, a gene that is missing in more than half of them, or that does not vary, counts as not measured.
    A gene that a selection on the same rows chose gets the same values as from its panel, to the bit.

    Raises:
        TrainingError: no gene varies.
    """
    with threadpool_limits(1, user_api="blas"):
        values, normaliser, known = _normalised(rows)
        donors = _varying(known, rows)
        measured = sorted(set(genes).intersection(donors))
        imputer = GeneWiseKNNImputer(config.neighbours).fit(known[donors], measured)
        filled = imputer.transform(known)
    return _panel(rows.name, values, normaliser, imputer.restricted(measured), filled[measured].to_numpy())


def _normalised(rows: TrainingRows) -> tuple[pd.DataFrame, Normaliser, pd.DataFrame]:
    """The columns with enough values, as they are; what normalises them; and normalised."""
    values = rows.values.loc[:, rows.values.isna().mean() <= MAX_MISSING]
    normaliser = Normaliser.fit(values.to_numpy(), rows.kind)
    return values, normaliser, pd.DataFrame(normaliser.transform(values.to_numpy()), values.index, values.columns)


def _varying(known: pd.DataFrame, rows: TrainingRows) -> list[str]:
    genes = [str(gene) for gene in VaryingGenes().fit(known).get_feature_names_out()]
    if not genes:
        raise TrainingError(
            f"Omics type '{rows.name}': none of {rows.values.shape[1]} genes varies over its {len(known)} training "
            f"patients. Leave the type out (cohort.omics), or check that its kind is '{rows.kind}'."
        )
    return genes


def _differential(rows: TrainingRows, config: OmicsConfig, normaliser: Normaliser) -> DifferentialGenes:
    return DifferentialGenes(
        normaliser,
        normals=rows.normals,
        contrast=config.contrast,
        test=config.test,
        alpha=config.alpha,
        least=config.least_ranked,
        most=config.candidates,
        omics=rows.name,
    )


def _summary(omics: str, differential: DifferentialGenes, ranking: SurvivalRanking) -> pd.DataFrame:
    """The candidates, best first."""
    candidates = differential.tested_.loc[list(ranking.feature_names_in_)].reset_index()
    candidates = candidates.assign(
        omics=omics,
        tested=len(differential.tested_),
        selector=ranking.selector,
        importance=ranking.importances_,
        rank=ranking.ranks_,
        selected=ranking.support_,
    )
    return candidates.sort_values("rank", ignore_index=True)[SUMMARY_COLUMNS]


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
