"""GPDBN: products of every feature with every other, within each modality and between them.

Source: Wang, Li, Wang & Li, "GPDBN: deep bilinear network integrating both genomic data and pathological images for
breast cancer prognosis prediction", Bioinformatics 2021;37(18):2963-2970.

With v and w (d,) the averages of a patient's region and omics tokens, bilinear fusion of two vectors a and b is
BF(a, b) = ReLU(E vec([a'; 1] [b'; 1]ᵀ)), where a' = σ(āᵀ W_a b̄) ⊙ ā is gated by both, and so is b', and ā, b̄ are
shorter projections of a and b. The appended 1 keeps each vector itself among the products. BF(v, v) and BF(w, w) are
the relations within a modality, BF(v, w) those between them; the three side by side go through a network.

Simplified: regions and omics are embedded as in all systems here, in place of 32 selected CellProfiler features of the
slides and 32 genes; the projections are of SIDE numbers, ours; without batch normalisation, which would let a patient's
risk depend on the others.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from pomp.baselines.systems.base import ComparedModel, supervised
from pomp.config import RunConfig
from pomp.training.batches import Batch

SIDE = 20
"""Features of each side of a product: with the appended 1, 441 products."""


class BilinearFusion(nn.Module):
    """BF(a, b) of two vectors, each gated by both."""

    def __init__(self, width: int, side: int) -> None:
        super().__init__()
        self.shorten = nn.ModuleList(nn.Sequential(nn.Linear(width, side), nn.ReLU()) for _ in range(2))
        self.gates = nn.ModuleList(nn.Bilinear(side, side, side) for _ in range(2))
        self.encode = nn.Sequential(nn.Linear((side + 1) ** 2, width), nn.ReLU())

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """(B, d) and (B, d) → (B, d)."""
        short = [layer(vector) for layer, vector in zip(self.shorten, (a, b), strict=True)]
        gated = [gate(*short).sigmoid() * vector for gate, vector in zip(self.gates, short, strict=True)]
        return self.encode(products(*gated))  # type: ignore[no-any-return]


class Gpdbn(ComparedModel):
    """Relations within the slide, within the omics, and between them."""

    def __init__(self, config: RunConfig, types: int, genes: int, features: int | None) -> None:
        super().__init__(config, types, genes, features)
        width, dropout = config.model.width, config.model.dropout
        self.within_slides = BilinearFusion(width, SIDE)
        self.within_omics = BilinearFusion(width, SIDE)
        self.between = BilinearFusion(width, SIDE)
        self.head = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(3 * width, width),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(width, 1, bias=False),
        )

    def forward(self, batch: Batch, embedded: Tensor) -> Tensor:
        """(B,) log relative hazards from (R, d) embedded regions."""
        v = self.region_tokens(embedded, batch.layout).mean()
        w = self.omics_tokens(batch.values, batch.present).mean()
        parts = [self.within_slides(v, v), self.within_omics(w, w), self.between(v, w)]
        return self.head(torch.cat(parts, dim=1)).squeeze(-1)  # type: ignore[no-any-return]


def products(a: Tensor, b: Tensor) -> Tensor:
    """vec([a; 1] [b; 1]ᵀ): (B, p) and (B, q) → (B, (p + 1)(q + 1)), the products with one entry of a side by side."""
    one_a, one_b = (functional.pad(vector, (0, 1), value=1.0) for vector in (a, b))
    return (one_a[:, :, None] * one_b[:, None, :]).flatten(1)


GPDBN = supervised(Gpdbn)
