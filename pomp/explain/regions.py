"""The table that the Slide page reads: one row a region, one column a map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from pomp.explain.attention import alignment, cls_attention
from pomp.explain.occlusion import occlusion, occlusion_blocks
from pomp.model import Pomp
from pomp.progress import OnProgress
from pomp.training.batches import PatientData
from pomp.training.device import Compute
from pomp.training.embedding import PartwiseEmbedding


@torch.inference_mode()
def explain_regions(
    model: Pomp,
    data: PatientData,
    patients: Sequence[str],
    types: Sequence[str],
    compute: Compute,
    on_progress: OnProgress | None = None,
) -> pd.DataFrame:
    """Maps of the patients that have regions.

    Columns: patient, slide, row, column, x, y, size (level-0 pixels; NaN where features have no coordinates),
    cls_attention (sums to 1 over a patient), occlusion (log relative hazard, positive raises the risk), left_out (how
    many regions were left out together for that, 1 but for patients with very many), and alignment_<type> for each
    omics type.

    Args:
        on_progress: called after each patient; what it raises ends the work.
    """
    model.eval()
    embedding = PartwiseEmbedding(model.pathology.embedding, model.width, compute)
    there = [patient for patient in patients if len(data.regions.table(patient))]
    tables = []
    for patient in there:
        tables.append(_explain_one(model, embedding, data, patient, types, compute.device))
        if on_progress is not None:
            on_progress(len(tables), len(there), patient)
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _explain_one(
    model: Pomp,
    embedding: PartwiseEmbedding,
    data: PatientData,
    patient: str,
    types: Sequence[str],
    device: torch.device,
) -> pd.DataFrame:
    batch = data.batch([patient]).to(device)
    embedded = embedding.predict(batch.regions)
    pathology = model.contextualise(embedded, batch.coordinates, batch.layout)
    omics = model.encode_omics(batch.values, batch.present)
    regions = data.regions.table(patient)
    blocks = occlusion_blocks(regions)
    table = regions.drop(columns=["file", "index"]).assign(patient=patient)
    table["cls_attention"] = cls_attention(model.pathology, embedded, batch.coordinates, batch.layout).cpu().numpy()
    effect = occlusion(model, embedded, batch.coordinates, omics, torch.from_numpy(blocks).to(device))
    table["occlusion"], table["left_out"] = effect.cpu().numpy(), np.bincount(blocks)[blocks]
    if model.modalities == "both":
        aligned = alignment(model, pathology, omics, batch).cpu().numpy()
        table[[f"alignment_{name}" for name in types]] = aligned
    return table
