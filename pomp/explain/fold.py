"""All that is explained of one fold: tables by name, which together are those of the run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from pomp.config import PretrainConfig
from pomp.data.splits import Fold
from pomp.explain.attribution import gene_attributions
from pomp.explain.contributions import contributions
from pomp.explain.joint_space import embeddings
from pomp.explain.reading import Reading, read_patients
from pomp.explain.reconstruction import reconstructions
from pomp.explain.regions import REGION, explain_regions, region_attention
from pomp.model import Pomp
from pomp.omics.matrix import OmicsMatrix
from pomp.progress import OnProgress
from pomp.training.batches import PatientData, region_batches
from pomp.training.device import Compute

Explain = Callable[[Reading], pd.DataFrame]


def explain_fold(
    model: Pomp, data: PatientData, omics: OmicsMatrix, fold: Fold, compute: Compute, on_progress: OnProgress
) -> dict[str, pd.DataFrame]:
    """What the fold's final model makes of its test patients.

    Where slides are read: the tables of `explain_regions`, of which `regions` says the fold, and `by_fold`: the
    attention of every patient's regions (patient, slide, index, row, column, fold, cls_attention), with `seen` where
    the model was fine-tuned on the patient. Where omics are read: `contributions` and `gene_attributions`, with the
    fold.

    Args:
        omics: whose types and genes the data holds.
        on_progress: called as work goes on; what it raises ends the work.
    """
    tables: dict[str, pd.DataFrame] = {}
    if model.modalities != "omics":
        tables = explain_regions(model, data, omics, fold.test, compute, on_progress)
        seen = region_attention(model, data, fold.train, compute, on_progress)
        tables["by_fold"] = _by_fold(seen, tables["regions"], fold.index)
        tables["regions"]["fold"] = fold.index
    if model.modalities != "pathology":
        explained: dict[str, Explain] = {
            "contributions": lambda reading: contributions(model, reading, omics.types),
            "gene_attributions": lambda reading: gene_attributions(model, reading, omics),
        }
        tables |= _explain(explained, model, data, fold, compute, on_progress)
    return tables


def explain_pretraining(
    model: Pomp,
    data: PatientData,
    omics: OmicsMatrix,
    fold: Fold,
    config: PretrainConfig,
    compute: Compute,
    on_progress: OnProgress,
) -> dict[str, pd.DataFrame]:
    """What the pre-trained model makes of the fold's test patients, before fine-tuning changes it.

    `embeddings` where slides and omics are read, `reconstructions` where omics are and the model has learnt to
    reconstruct them; nothing where there was no pre-training. Where the protocol pre-trains on all patients, these have
    been among them.

    Args:
        omics, on_progress: as `explain_fold`.
        config: of the pre-training.
    """
    explained: dict[str, Explain] = {}
    if config.epochs and model.modalities == "both":
        explained["embeddings"] = lambda reading: embeddings(model, reading)
    if config.epochs and config.mom and model.modalities != "pathology":
        explained["reconstructions"] = lambda reading: reconstructions(model, reading, omics, config)
    return _explain(explained, model, data, fold, compute, on_progress) if explained else {}


def _by_fold(seen: pd.DataFrame, unseen: pd.DataFrame, fold: int) -> pd.DataFrame:
    """Attention by one fold's model: of regions of patients it was fine-tuned on, and of others."""
    tables = [table.assign(fold=fold, seen=known) for table, known in ((seen, True), (unseen, False)) if len(table)]
    columns = ["patient", *REGION, "fold", "cls_attention", "seen"]
    return pd.concat([table[columns] for table in tables], ignore_index=True) if tables else pd.DataFrame()


def _explain(
    explained: Mapping[str, Explain],
    model: Pomp,
    data: PatientData,
    fold: Fold,
    compute: Compute,
    on_progress: OnProgress,
) -> dict[str, pd.DataFrame]:
    """Tables by name of the test patients, who are read once for all of them."""
    parts: dict[str, list[pd.DataFrame]] = defaultdict(list)
    done, what = 0, f"Test patients: {' and '.join(explained).replace('_', ' ')}"
    for reading in read_patients(model, data, region_batches(data, fold.test), compute):
        for name, explain in explained.items():
            parts[name].append(explain(reading))
        done += len(reading.batch.patients)
        on_progress(done, len(fold.test), what)
    return {name: _with_fold(tables, fold.index) for name, tables in parts.items()}


def _with_fold(tables: Sequence[pd.DataFrame], fold: int) -> pd.DataFrame:
    together = pd.concat(tables, ignore_index=True)
    together.insert(1, "fold", fold)
    return together
