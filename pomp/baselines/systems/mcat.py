"""MCAT: omics tokens look for the regions that concern them, and two small transformers read what they found.

Source: Chen, Lu, Weng, Chen, Williamson, Manz, Shady & Mahmood, "Multimodal co-attention transformer for survival
prediction in gigapixel whole slide images", ICCV 2021.

With G (T, d) the omics tokens and H (M, d) the region tokens of a patient, genomic-guided co-attention leaves one
slide token an omics type, H_co = softmax(G W_q (H W_k)ᵀ / √d) H W_v, of shape (T, d): the formula of Eq. 4. Each of G
and H_co goes through a set-based transformer and gated attention pooling; both vectors side by side go through a
network.

Simplified: the paper's six groups of genes (tumour suppression, oncogenesis, …) are the omics types here, one layer
each in place of two; regions are embedded by what all systems here have in place of ResNet-50 on patches of 256 px at
20×; and the loss is Cox's in place of the likelihood of discrete times.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pomp.baselines.systems.base import ComparedModel, Tokens, supervised
from pomp.baselines.systems.gated_pooling import GatedPooling
from pomp.config import RunConfig
from pomp.model.multimodal import CrossAttention
from pomp.model.transformer import Transformer
from pomp.training.batches import Batch


class Mcat(ComparedModel):
    """A type that a patient lacks asks for no region, and no slide token stands for it."""

    def __init__(self, config: RunConfig, types: int, genes: int, features: int | None) -> None:
        super().__init__(config, types, genes, features)
        model = config.model
        width, heads, dropout = model.width, model.heads, model.dropout
        self.coattention = CrossAttention(width)
        self.slide_set = Transformer(width, heads, model.pathology_layers, dropout)
        self.omics_set = Transformer(width, heads, model.omics_layers, dropout)
        self.slide_pooling = GatedPooling(width, dropout)
        self.omics_pooling = GatedPooling(width, dropout)
        self.head = nn.Sequential(
            nn.Linear(2 * width, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, width), nn.ReLU(),
            nn.Linear(width, 1, bias=False),
        )  # fmt: skip

    def forward(self, batch: Batch, embedded: Tensor) -> Tensor:
        """(B,) log relative hazards from (R, d) embedded regions."""
        regions = self.region_tokens(embedded, batch.layout)
        omics = self.omics_tokens(batch.values, batch.present)
        guided, _ = self.coattention(omics.values, regions.values, regions.mask)  # (B, T, d)
        slide = self.slide_pooling(Tokens(self.slide_set(guided, omics.mask), omics.mask))
        genes = self.omics_pooling(Tokens(self.omics_set(*omics), omics.mask))
        return self.head(torch.cat([slide, genes], dim=1)).squeeze(-1)  # type: ignore[no-any-return]


MCAT = supervised(Mcat)
