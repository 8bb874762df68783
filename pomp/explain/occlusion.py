"""What a region does to the risk: leave it out and look again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from pomp.model import OmicsTokens, Pomp, lay_out

TOKENS = 65_536
"""Tokens in one pass: bounds the memory for patients with many regions."""

LOOKS = 512
"""Regions a patient that are left out one by one, at most: of thousands, each look reads all others again."""


@torch.inference_mode()
def occlusion(model: Pomp, embedded: Tensor, coordinates: Tensor, omics: OmicsTokens, blocks: Tensor) -> Tensor:
    """(M,) risk with every region minus the risk without the block that region k belongs to, for one patient.

    Positive: the block raises the patient's risk. The unit is the log relative hazard. With a single block, what is
    left is the model's answer for a patient without slides.

    Args:
        model: in evaluation mode.
        embedded: (M, d) region embeddings of Eq. 1.
        coordinates: (M, 2) row and column.
        omics: the patient's own tokens, a batch of one.
        blocks: (M,) which regions are left out together, numbered from 0 (see `occlusion_blocks`).
    """
    whole = _risk(model, embedded, coordinates, torch.ones_like(blocks, dtype=torch.bool)[None], omics)
    numbers = torch.arange(int(blocks.max()) + 1, device=blocks.device)
    parts = [
        _risk(model, embedded, coordinates, blocks != some[:, None], omics)
        for some in torch.split(numbers, max(1, TOKENS // len(blocks)))
    ]
    return (whole - torch.cat(parts))[blocks]


def occlusion_blocks(table: pd.DataFrame, most: int = LOOKS) -> np.ndarray:
    """(M,) the block of each region, numbered from 0: every region its own where there are at most `most`.

    Otherwise squares of neighbours on one slide, as small as `most` blocks allow; regions whose place is not known are
    taken in stretches of the file's order. Never fewer blocks than slides.

    Args:
        table: columns slide, row, column, x (NaN where the place is not known) and index, one row a region.
    """
    if len(table) <= most:
        return np.arange(len(table))
    slides, known = pd.factorize(table["slide"])[0], table["x"].notna().to_numpy()
    places = table[["row", "column"]].to_numpy()
    order = np.where(known, 0, table["index"].to_numpy())
    for side in range(2, 2 + int(max(places.max(), order.max()))):
        keys = np.column_stack([slides, places // side, order // side**2])
        blocks: np.ndarray = np.unique(keys, axis=0, return_inverse=True)[1].ravel()
        if blocks.max() < most:
            return blocks
    return slides


def _risk(model: Pomp, embedded: Tensor, coordinates: Tensor, kept: Tensor, omics: OmicsTokens) -> Tensor:
    """(b,) risks of one patient seen through b different choices of regions, kept (b, M) bool."""
    chosen = kept.nonzero()[:, 1]
    pathology = model.contextualise(embedded[chosen], coordinates[chosen], lay_out(kept.sum(dim=1)))
    same = torch.zeros(len(kept), dtype=torch.long, device=kept.device)
    return model.risk(pathology, omics.select(same))
