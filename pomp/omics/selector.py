"""Omics of a training fold → the genes that matter, on one scale."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from pomp.config import OmicsConfig
from pomp.data.omics_table import OmicsTable
from pomp.omics.cache import SelectionCache, selection_key
from pomp.omics.matrix import OmicsMatrix
from pomp.omics.panel import GenePanel
from pomp.omics.processes import select_side_by_side
from pomp.omics.training_rows import TrainingRows
from pomp.omics.type_selection import STEPS, SUMMARY_COLUMNS, TypeSelection, measured_panel, select_genes
from pomp.progress import OnProgress

DESEQ_SECONDS = 0.003
"""DESeq2 takes about this long a gene; nothing else in a selection is worth a process of its own."""

START_SECONDS = 5.0
"""What a process costs before it works: it imports everything anew."""


class OmicsSelector(BaseEstimator):  # type: ignore[misc]
    """Chooses genes and learns imputation and scale from training patients (section 3.1 of the paper).

    By omics type: genes missing in more than half of the patients and genes without variance out; differential test
    (see `differential_test`); K-nearest-neighbour imputation of the candidates; a ranking by survival
    (`config.selector`); the `config.genes` genes of the largest importance, ties going to the smaller p-value, then by
    name. The result depends on neither the order of the patients nor that of the genes, nor on `cache` and `workers`.

    Attributes after `fit`:
        panels_: the fitted types, in the order of the tables.
        summary_: one row a gene that reached the ranking: omics, gene, contrast, test, statistic, p_value, q_value,
            tested (genes that the type's differential test compared), selector, importance (its meaning by selector:
            see `RANKINGS`), rank, selected. It is no part of `to_json`: the run folder keeps it as a table.
    """

    def __init__(
        self, config: OmicsConfig, seed: int = 0, cache: SelectionCache | None = None, workers: int | None = None
    ) -> None:
        """
        Args:
            cache: where types selected before are found again. None: all are selected anew.
            workers: processes that take types side by side. None: one a core where DESeq2 makes that pay, as with two
                tables of thousands of counts; otherwise this process alone.
        """
        self.config = config
        self.seed = seed
        self.cache = cache
        self.workers = workers

    def fit(
        self,
        tables: Mapping[str, OmicsTable],
        outcome: pd.DataFrame,
        on_progress: OnProgress | None = None,
        patients: Collection[str] = (),
    ) -> Self:
        """Fit on the patients of `outcome` (index = patient; time_days, event); nothing of other patients is read.

        Normal samples of people who are no patients of the cohort belong to the training side.

        Args:
            on_progress: told of every step; with several processes also about four times a second in between. What it
                raises ends the fit.
            patients: of the cohort, where some may have no tumour row in any of `tables`.

        Raises:
            TrainingError: a type has no patient, no event or no varying gene in the fold, too few patients for its
                contrast, or a ranking that did not converge.
            RunError: the cache could not be written.
        """
        progress = _Progress(on_progress, STEPS * len(tables))
        unseen = {*patients, *(name for table in tables.values() for name in table.values.index)}.difference(
            outcome.index
        )
        types = [TrainingRows.of(table, outcome, unseen) for table in tables.values()]
        selections = self._selections(types, progress)
        progress.tell("genes selected")
        self.panels_ = [selection.panel for selection in selections]
        summaries = [selection.summary for selection in selections]
        self.summary_ = pd.concat(summaries, ignore_index=True) if summaries else pd.DataFrame(columns=SUMMARY_COLUMNS)
        return self

    @classmethod
    def of_genes(
        cls,
        genes: Mapping[str, Collection[str]],
        tables: Mapping[str, OmicsTable],
        outcome: pd.DataFrame,
        config: OmicsConfig,
    ) -> Self:
        """A fitted selector that chooses nothing: it has those genes of each type that the training patients measured.

        What it is for: what another cohort chose, on this one's scale. Genes are not ranked, so it has no `summary_`.

        Args:
            genes: by type, from which the measured ones are taken; types that `tables` lacks are left out.
            tables, outcome: as of `fit`.

        Raises:
            TrainingError: a type has no patient, no event or no varying gene in the fold.
        """
        selector = cls(config)
        rows = [TrainingRows.of(table, outcome) for name, table in tables.items() if name in genes]
        selector.panels_ = [measured_panel(own, genes[own.name], config) for own in rows]
        return selector

    def transform(self, tables: Mapping[str, OmicsTable], patients: Sequence[str]) -> OmicsMatrix:
        """The selected genes of any patients on the training fold's scale; no patient's values depend on another's.

        A type that `tables` lacks is missing in every patient.

        Raises:
            CohortError: a table has none of the selected genes.
        """
        shape = (
            len(patients),
            len(self.panels_),
            max([self.config.genes, *(len(panel.genes) for panel in self.panels_)]),
        )
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

    def _selections(self, types: list[TrainingRows], progress: _Progress) -> list[TypeSelection]:
        """Of every type: from the cache where it is there, otherwise made now and kept."""
        if self.cache is None:
            return list(self._make(types, progress))
        keys = [selection_key(rows, self.config, self.seed) for rows in types]
        found = [self.cache.get(key) for key in keys]
        made = self._make([rows for rows, known in zip(types, found, strict=True) if known is None], progress)
        selections = []
        for key, known, rows in zip(keys, found, types, strict=True):
            if known is None:
                selections.append(next(made))
                self.cache.put(key, selections[-1])  # at once: a stop in the next type does not lose it
            else:
                selections.append(known)
                progress.tell(f"{rows.name}: selected before", STEPS)
        return selections

    def _make(self, types: list[TrainingRows], progress: _Progress) -> Iterator[TypeSelection]:
        workers = min(_workers_that_pay(types) if self.workers is None else self.workers, len(types))
        if workers > 1:
            yield from select_side_by_side(types, self.config, self.seed, workers, progress.tell, progress.repeat)
            return
        for rows in types:
            yield select_genes(rows, self.config, self.seed, progress.tell)


def _workers_that_pay(types: Sequence[TrainingRows]) -> int:
    if multiprocessing.current_process().daemon:  # which may have no children
        return 1
    seconds = [DESEQ_SECONDS * rows.values.shape[1] for rows in types if rows.kind == "counts"]
    saved = sum(seconds) - max(seconds, default=0.0)
    return os.cpu_count() or 1 if saved > START_SECONDS else 1


class _Progress:
    """Steps begun, as `OnProgress` counts them: what is told is under way, what came before is done."""

    def __init__(self, on_progress: OnProgress | None, total: int) -> None:
        self._on_progress, self._total = on_progress, total
        self._done, self._begun, self._what = 0, 0, "starting"

    def tell(self, what: str, steps: int = 1) -> None:
        self._done, self._what = self._begun, what
        self._begun += steps
        self.repeat()

    def repeat(self) -> None:
        if self._on_progress:
            self._on_progress(self._done, self._total, self._what)
