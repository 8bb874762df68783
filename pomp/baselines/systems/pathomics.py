"""PathOmics: slide and omics representations are brought together by their squared distance, then fine-tuned.

Source: Ding, Zhou, Metaxas & Zhang, "Pathology-and-genomics multimodal transformer for survival outcome prediction",
MICCAI 2023.

Each modality has a transformer over its tokens, and a gated attention pools them: v of the slide and w of the omics,
both (d). Pre-training, which sees no outcome, minimises over the P patients who have both

    MSE = 1/(P d) Σ_i ‖v_i - w_i‖².

Fine-tuning puts [v, w] through a small network to the risk, trained with the Cox loss; a patient may lack a modality,
which is the paper's point of fine-tuning on any of them.

Nothing in the squared distance keeps patients apart: it is lowest where all have the same representation. The paper has
nothing against that and neither has this: it is what contrast (Eq. 8) adds. On made-up patients whose slides and omics
share one number, 400 steps drew all representations together (spread over length from 0.94 to 0.07), and partners
nearer than strangers all the same (median rank of the own omics among 100 from 65 to 23).

Simplified: tokens are this project's regions and omics types, where the paper groups patches of a pre-trained network
and genes of families; the Cox loss stands for its likelihood in four intervals of time.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pomp.baselines.systems.base import ComparedModel, supervised
from pomp.baselines.systems.gated_pooling import GatedPooling
from pomp.config import PretrainConfig, RunConfig
from pomp.model.survival_model import log_hazard_layer
from pomp.model.transformer import Transformer
from pomp.training.batches import Batch
from pomp.training.loop import StepLosses
from pomp.training.tally import Losses


class PathOmics(ComparedModel):
    """Two encoders that do not see each other, aligned before they are fused."""

    def __init__(self, config: RunConfig, types: int, genes: int, features: int | None) -> None:
        super().__init__(config, types, genes, features)
        model = config.model
        self.slide_transformer = Transformer(model.width, model.heads, model.pathology_layers, model.dropout)
        self.omics_transformer = Transformer(model.width, model.heads, model.omics_layers, model.dropout)
        self.slide_pooling = GatedPooling(model.width, model.dropout)
        self.omics_pooling = GatedPooling(model.width, model.dropout)
        self.head = nn.Sequential(
            nn.Linear(2 * model.width, model.width), nn.ReLU(), nn.Dropout(model.dropout), log_hazard_layer(model.width)
        )

    def encode(self, batch: Batch, embedded: Tensor) -> tuple[Tensor, Tensor]:
        """v and w, (B, d) each, from (R, d) embedded regions."""
        slides = self.region_tokens(embedded, batch.layout)
        omics = self.omics_tokens(batch.values, batch.present)
        slides = slides._replace(values=self.slide_transformer(*slides))
        omics = omics._replace(values=self.omics_transformer(*omics))
        return self.slide_pooling(slides), self.omics_pooling(omics)

    def forward(self, batch: Batch, embedded: Tensor) -> Tensor:
        """(B,) log relative hazards from (R, d) embedded regions."""
        return self.head(torch.cat(self.encode(batch, embedded), dim=1)).squeeze(-1)  # type: ignore[no-any-return]


def squared_distance(v: Tensor, w: Tensor) -> Tensor:
    """Mean squared error of (P, d) and (P, d) over all P d numbers; 0 for P = 0, still connected to both."""
    return (v - w).square().sum() / max(1, v.numel())


def _pretraining(_: PretrainConfig) -> StepLosses:
    def losses(model: PathOmics, batch: Batch, embedded: Tensor) -> Losses:
        v, w = model.encode(batch, embedded)
        loss = squared_distance(v[batch.pairs], w[batch.pairs])
        return {"distance": loss, "total": loss}

    return losses


PATHOMICS = supervised(PathOmics, _pretraining)
