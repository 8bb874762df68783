"""Where pre-training has put a patient's slides and omics: two points on one sphere, close where they match."""

from __future__ import annotations

import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from pomp.explain.reading import Reading
from pomp.model import Pomp


@torch.no_grad()
def embeddings(model: Pomp, reading: Reading) -> pd.DataFrame:
    """v and w of each patient, of unit length, so that their products are the cosines of Eq. 6-7.

    They mean likeness before fine-tuning only: afterwards the cosine of a patient's own two is the risk (Eq. 12).

    Columns: patient, pathology and omics, each d numbers or None where the patient lacks the modality.

    Args:
        model: pre-trained, in evaluation mode; it reads slides and omics.
        reading: of B patients.
    """
    batch = reading.batch
    omics = model.encode_omics(batch.values, batch.present)
    return pd.DataFrame(
        {
            "patient": batch.patients,
            "pathology": _rows(reading.pathology.cls, batch.layout.counts > 0),
            "omics": _rows(omics.cls, batch.present.any(dim=1)),
        }
    )


def _rows(vectors: Tensor, there: Tensor) -> pd.Series:
    unit = functional.normalize(vectors, dim=-1).cpu().numpy()
    rows = [row if has else None for row, has in zip(unit, there.tolist(), strict=True)]
    return pd.Series(rows, dtype=object)
