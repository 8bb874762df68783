"""Patients as a model reads them: where every explanation begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from pomp.model import PathologyTokens, Pomp
from pomp.training.batches import Batch, PatientData
from pomp.training.device import Compute
from pomp.training.embedding import PartwiseEmbedding


class Reading(NamedTuple):
    """A batch of patients and what the model makes of their slides. No gradient goes back beyond it."""

    batch: Batch
    embedded: Tensor  # (R, d) of Eq. 1
    pathology: PathologyTokens  # of Eq. 2


def read_patients(
    model: Pomp, data: PatientData, batches: Iterable[Sequence[str]], compute: Compute
) -> Iterator[Reading]:
    """One batch after another, on the device, with the model in evaluation mode."""
    model.eval()
    embedding = PartwiseEmbedding(model.embedding, model.width, compute)
    for patients in batches:
        with torch.no_grad():
            batch = data.batch(patients).to(compute.device)
            embedded = embedding.predict(batch.regions)
            pathology = model.contextualise(embedded, batch.coordinates, batch.layout)
        yield Reading(batch, embedded, pathology)
