"""What a run's folds read of omics, for other programs."""

from __future__ import annotations

from pathlib import Path

from pomp.data.cohort import read_cohort
from pomp.data.importing.prepared import write_prepared
from pomp.errors import RunError
from pomp.omics.selector import OmicsSelector
from pomp.runs.run import Run
from pomp.training.fold_names import fold_name, standing_fold


def export_prepared(run: Run, folder: Path) -> list[Path]:
    """Write the chosen genes of every fold as MuData: the model's input, and how each gene was chosen.

    One file a fold, ``fold-0.h5mu`` and so on; a modality an omics type, X standardised by the training fold; obs holds
    time_days, event and `part` (training or test). Genes that were chosen once for all folds are repeated in each.

    Raises:
        RunError: the genes of a fold are not chosen yet, or a file could not be written.
    """
    cohort = read_cohort(run.cohort_folder, run.config.cohort)
    selections, written = run.selections(), []
    for fold in run.splits().folds:
        index = standing_fold(run.config.rules.selection, fold.index)
        fitted = run.read_json(f"selectors/{fold_name(index)}")
        if fitted is None or selections is None:
            raise RunError(f"Run {run.id} has no genes of fold {fold.index + 1} yet: prepare it first.")
        matrix = OmicsSelector.from_json(fitted).transform(cohort.omics, cohort.patients)
        test = cohort.outcome.index.isin(fold.test)
        obs = cohort.outcome.assign(part=["test" if tested else "training" for tested in test])
        path = folder / f"{fold_name(fold.index)}.h5mu"
        summary = selections[selections["fold"] == index].drop(columns="fold")
        write_prepared(path, matrix.patients, matrix.genes, matrix.values, matrix.present, summary, obs)
        written.append(path)
    return written
