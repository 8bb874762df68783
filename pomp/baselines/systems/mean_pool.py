"""The plainest fusion: averages of a patient's regions and of the omics types, side by side, and a small network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pomp.baselines.systems.base import ComparedModel, supervised
from pomp.config import RunConfig
from pomp.training.batches import Batch


class MeanPool(ComparedModel):
    """No token looks at another: what attention and alignment add is what other systems have more than this one."""

    def __init__(self, config: RunConfig, types: int, genes: int, features: int | None) -> None:
        super().__init__(config, types, genes, features)
        width, dropout = config.model.width, config.model.dropout
        self.head = nn.Sequential(
            nn.Linear(2 * width, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, 1, bias=False)
        )

    def forward(self, batch: Batch, embedded: Tensor) -> Tensor:
        """(B,) log relative hazards from (R, d) embedded regions."""
        slides = self.region_tokens(embedded, batch.layout).mean()
        omics = self.omics_tokens(batch.values, batch.present).mean()
        return self.head(torch.cat([slides, omics], dim=1)).squeeze(-1)  # type: ignore[no-any-return]


MEAN_POOL = supervised(MeanPool)
