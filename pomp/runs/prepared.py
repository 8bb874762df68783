"""What a run's folds read of omics, for other programs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from pomp.data.importing.prepared import write_prepared
from pomp.errors import RunError
from pomp.omics import OmicsMatrix, OmicsSelector
from pomp.runs.company import Member, read_unchanged
from pomp.runs.run import Run
from pomp.training.fold_names import fold_name, standing_fold


def export_prepared(run: Run, folder: Path) -> list[Path]:
    """Write the chosen genes of every fold as MuData: the model's input, and how each gene was chosen.

    One file a fold, ``fold-0.h5mu`` and so on; a modality an omics type, X standardised by the training fold; obs holds
    time_days, event and `part` (training or test). Genes that were chosen once for all folds are repeated in each.

    Raises:
        CohortError: the cohort cannot be read.
        RunError: the run reads no genes, those of a fold are not chosen yet, the cohort's files have changed since the
            run was made, or a file could not be written.
    """
    if run.config.model.modalities == "pathology":
        raise RunError(f"Run {run.id} reads slides alone: it has no genes that could be written.")
    own = Member(read_unchanged(run, run.info.cohort), run.splits())
    cohort, selections, written = own.cohort, run.selections(), []
    for fold in own.splits.folds:
        index = standing_fold(run.config.rules.selection, fold.index)
        ranked = None if selections is None else selections[selections["fold"] == index].drop(columns="fold")
        if ranked is None or ranked.empty:
            raise RunError(f"Run {run.id} has no genes of fold {fold.index + 1} yet: prepare it first.")
        matrix = _matrix(run, own, index, ranked)
        test = cohort.outcome.index.isin(fold.test)
        obs = cohort.outcome.assign(part=["test" if tested else "training" for tested in test])
        path = folder / f"{fold_name(fold.index)}.h5mu"
        write_prepared(path, matrix.patients, matrix.genes, matrix.values, matrix.present, ranked, obs)
        written.append(path)
    return written


def _matrix(run: Run, own: Member, fold: int, ranked: pd.DataFrame) -> OmicsMatrix:
    """The chosen genes of all patients, by importance, on the scale of who may be seen in the fold.

    A run that was published comes without its fitted selectors. The genes that it chose decide them: on the same files
    they are fitted to the same bits again.
    """
    fitted = run.read_json(f"selectors/{fold_name(fold)}")
    if fitted is not None:
        return OmicsSelector.from_json(fitted).transform(own.cohort.omics, own.cohort.patients)
    chosen = ranked[ranked["selected"]].sort_values("rank")
    genes = {str(omics): tuple(rows["gene"]) for omics, rows in chosen.groupby("omics", sort=False)}
    selector = OmicsSelector.of_genes(genes, own.cohort.omics, own.seen(fold), run.config.omics)
    matrix = selector.transform(own.cohort.omics, own.cohort.patients)
    for place, omics in enumerate(matrix.types):
        columns = [matrix.genes[omics].index(gene) for gene in genes[omics]]
        matrix.values[:, place, : len(columns)] = matrix.values[:, place, columns]
    return replace(matrix, genes={omics: genes[omics] for omics in matrix.types})
