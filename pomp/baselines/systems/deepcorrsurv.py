"""DeepCorrSurv: what slide and omics have in common is found by their correlation, and the risk is read from that.

Source: Yao, Zhu, Zhu & Huang, "Deep correlational learning for survival prediction from multi-modality data",
MICCAI 2017.

Each view has a network of its own, down to few numbers: x of the slide and y of the omics, both (k). Pre-training
maximises their canonical correlations ρ over the P patients of the batch who have both; the loss is

    1 - 1/k Σ_j ρ_j(x, y),

`correlation_loss`. Fine-tuning reads the risk from [x, y] by one layer, trained with the Cox loss, and adapts both
networks on the way.

Simplified: the slide's view is the average of its regions, where the paper has a convolutional network on few patches
that pathologists chose; the correlations are those of deep CCA, all k of them, regularised.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pomp.baselines.systems.base import ComparedModel, supervised
from pomp.baselines.systems.canonical_correlation import correlation_loss
from pomp.config import PretrainConfig, RunConfig
from pomp.model.survival_model import log_hazard_layer
from pomp.training.batches import Batch
from pomp.training.loop import StepLosses
from pomp.training.tally import Losses

SHARED = 8
"""k. It is ours: a batch of 50 patients tells about eight correlations; more would be largely chance."""


class DeepCorrSurv(ComparedModel):
    """Two views that meet in a few correlated numbers."""

    def __init__(self, config: RunConfig, types: int, genes: int, features: int | None) -> None:
        super().__init__(config, types, genes, features)
        self.slide_view = _view(config.model.width, config.model.dropout)
        self.omics_view = _view(config.model.width, config.model.dropout)
        self.head = log_hazard_layer(2 * SHARED)

    def views(self, batch: Batch, embedded: Tensor) -> tuple[Tensor, Tensor]:
        """x and y, (B, k) each, from (R, d) embedded regions."""
        slides = self.region_tokens(embedded, batch.layout).mean()
        omics = self.omics_tokens(batch.values, batch.present).mean()
        return self.slide_view(slides), self.omics_view(omics)

    def forward(self, batch: Batch, embedded: Tensor) -> Tensor:
        """(B,) log relative hazards from (R, d) embedded regions."""
        return self.head(torch.cat(self.views(batch, embedded), dim=1)).squeeze(-1)  # type: ignore[no-any-return]


def _view(width: int, dropout: float) -> nn.Module:
    return nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, SHARED))


def _pretraining(_: PretrainConfig) -> StepLosses:
    def losses(model: DeepCorrSurv, batch: Batch, embedded: Tensor) -> Losses:
        x, y = model.views(batch, embedded)
        loss = correlation_loss(x[batch.pairs], y[batch.pairs])
        return {"correlation": loss, "total": loss}

    return losses


DEEPCORRSURV = supervised(DeepCorrSurv, _pretraining)
