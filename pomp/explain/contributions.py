"""What each part of a patient's data does to the risk: take it away and look again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from pomp.explain.reading import Reading
from pomp.model import PathologyTokens, Pomp, lay_out
from pomp.training.batches import Batch

SLIDES, OMICS = "slides", "omics"
"""All slides of a patient, and all omics types together, among the parts that are otherwise omics types."""


@torch.no_grad()
def contributions(model: Pomp, reading: Reading, types: Sequence[str]) -> pd.DataFrame:
    """Risk of each patient without one part, and the difference that the part makes.

    A part is taken away as if the patient lacked it, the way training meets such patients: an omics type is not
    attended to, and without regions [CLS-P] attends to itself alone. Differences do not sum to the risk, since the
    model is not additive in the parts.

    Columns: patient, part ("slides", an omics type, or "omics": all types of a patient with several, where slides are
    read too), without (log relative hazard) and difference (risk minus `without`; positive: the part raises the risk).
    What a patient lacks has no row, and a patient with a single part has none.

    Args:
        model: in evaluation mode; it reads omics.
        reading: of B patients.
        types: T names of omics types.
    """
    batch, pathology = reading.batch, reading.pathology
    types_there = batch.present[:, : len(types)]
    parts: dict[str, tuple[Tensor, Tensor]] = {}  # name → (B,) who has it, (B,) risk without it
    for place, name in enumerate(types):
        others = batch.present.clone()
        others[:, place] = False
        parts[name] = types_there[:, place], _risk(model, pathology, batch, others)
    several = types_there.sum(dim=1)
    if model.modalities == "both":
        slides = batch.layout.counts > 0
        several = several + slides
        nothing = torch.zeros_like(batch.present)
        without_omics = types_there.sum(dim=1) > 1, _risk(model, pathology, batch, nothing)
        without_slides = slides, _risk(model, _no_slides(model, reading), batch, batch.present)
        parts = {SLIDES: without_slides, **parts, OMICS: without_omics}
    whole = _risk(model, pathology, batch, batch.present)
    there = torch.stack([has for has, _ in parts.values()], dim=1) & (several > 1)[:, None]  # (B, parts)
    without = torch.stack([risk for _, risk in parts.values()], dim=1).double()
    return _table(batch.patients, tuple(parts), there, without, whole.double()[:, None] - without)


def _risk(model: Pomp, pathology: PathologyTokens, batch: Batch, present: Tensor) -> Tensor:
    return model.risk(pathology, model.encode_omics(batch.values, present))


def _no_slides(model: Pomp, reading: Reading) -> PathologyTokens:
    nobody = lay_out(torch.zeros_like(reading.batch.layout.counts))
    return model.contextualise(reading.embedded[:0], reading.batch.coordinates[:0], nobody)


def _table(
    patients: Sequence[str], parts: Sequence[str], there: Tensor, without: Tensor, difference: Tensor
) -> pd.DataFrame:
    listed = there.cpu().numpy()
    patient, part = listed.nonzero()
    return pd.DataFrame(
        {
            "patient": np.array(patients, dtype=object)[patient],
            "part": np.array(parts, dtype=object)[part],
            "without": without.cpu().numpy()[listed],
            "difference": difference.cpu().numpy()[listed],
        }
    )
