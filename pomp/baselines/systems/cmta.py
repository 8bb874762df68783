"""CMTA: each modality is translated into the other, and what comes out is to equal what the other was encoded to.

Source: Zhou & Chen, "Cross-modal translation and alignment for survival analysis", ICCV 2023.

Two encoder-decoders side by side. Encoders give the summaries v, w (d,) and the tokens V (M, d), W (T, d) of regions
and omics. Cross-modal attention in the middle rebuilds each token from the other modality: V̂ = softmax(V A (W B)ᵀ / √d)
W C, and likewise Ŵ from V. Decoders read the rebuilt tokens and give v̂, which knows the slide by its omics, and ŵ. Risk
is that of a network on [(v + v̂)/2; (w + ŵ)/2]. Alignment adds ALPHA · (|v̂ - sg(v)|₁ + |ŵ - sg(w)|₁), means over d and
over the patients who have both modalities; sg lets no gradient through, so that the encoders do not move towards what
is easily translated.

Simplified: full attention in place of Nyström's, which the paper needs for ten thousands of patches, and no position
embedding by convolution; regions are embedded and omics types read as by all systems here in place of ResNet-50
features and six groups of genes; the loss is Cox's in place of the likelihood of discrete times.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from pomp.baselines.systems.base import ComparedModel, Tokens
from pomp.config import FinetuneConfig, ModelConfig, RunConfig
from pomp.model.multimodal import CrossAttention
from pomp.model.transformer import Transformer
from pomp.objectives.cox import cox_loss
from pomp.training.batches import Batch
from pomp.training.loop import StepLosses
from pomp.training.system import System
from pomp.training.tally import Losses

ALPHA = 1.0
"""Weight of the alignment. The paper leaves it open, as a weight to be tuned; 1 adds it as it is."""


class Translation(NamedTuple):
    """What the two encoder-decoders make of B patients."""

    risk: Tensor  # (B,)
    slide: Tensor  # (B, d) v
    omics: Tensor  # (B, d) w
    slide_from_omics: Tensor  # (B, d) v̂
    omics_from_slide: Tensor  # (B, d) ŵ


class Reader(nn.Module):
    """A transformer over tokens and one learnt token more, the summary."""

    def __init__(self, config: ModelConfig, layers: int) -> None:
        super().__init__()
        self.cls = nn.Parameter(torch.randn(config.width) * 0.02)
        self.transformer = Transformer(config.width, config.heads, layers, config.dropout)

    def forward(self, tokens: Tokens) -> tuple[Tensor, Tokens]:
        """(B, d) the summary, and the tokens."""
        values = torch.cat([self.cls.expand(len(tokens.values), 1, -1), tokens.values], dim=1)
        final = self.transformer(values, functional.pad(tokens.mask, (1, 0), value=True))
        return final[:, 0], Tokens(final[:, 1:], tokens.mask)


class Cmta(ComparedModel):
    """A patient who lacks a modality is encoded from its learnt token, and takes no part in the alignment."""

    def __init__(self, config: RunConfig, types: int, genes: int, features: int | None) -> None:
        super().__init__(config, types, genes, features)
        model = config.model
        width = model.width
        self.slide_encoder = Reader(model, model.pathology_layers)
        self.omics_encoder = Reader(model, model.omics_layers)
        self.omics_to_slide = CrossAttention(width)
        self.slide_to_omics = CrossAttention(width)
        self.slide_decoder = Reader(model, model.multimodal_layers)
        self.omics_decoder = Reader(model, model.multimodal_layers)
        self.head = nn.Sequential(
            nn.Linear(2 * width, width), nn.ReLU(), nn.Dropout(model.dropout), nn.Linear(width, 1, bias=False)
        )

    def forward(self, batch: Batch, embedded: Tensor) -> Translation:
        """Log relative hazards, and what is aligned, from (R, d) embedded regions."""
        v, regions = self.slide_encoder(self.region_tokens(embedded, batch.layout))
        w, types = self.omics_encoder(self.omics_tokens(batch.values, batch.present))
        rebuilt_regions, _ = self.omics_to_slide(regions.values, types.values, types.mask)  # (B, M, d)
        rebuilt_types, _ = self.slide_to_omics(types.values, regions.values, regions.mask)  # (B, T, d)
        v_hat, _ = self.slide_decoder(Tokens(rebuilt_regions, regions.mask))
        w_hat, _ = self.omics_decoder(Tokens(rebuilt_types, types.mask))
        risk = self.head(torch.cat([(v + v_hat) / 2, (w + w_hat) / 2], dim=1)).squeeze(-1)
        return Translation(risk, v, w, v_hat, w_hat)


def alignment_loss(found: Translation, pairs: Tensor) -> Tensor:
    """|v̂ - sg(v)|₁ + |ŵ - sg(w)|₁ of the patients of those indices (P,), P ≥ 1; means over them and over d."""
    slide, omics = (
        functional.l1_loss(translated[pairs], encoded[pairs].detach())
        for translated, encoded in ((found.slide_from_omics, found.slide), (found.omics_from_slide, found.omics))
    )
    return slide + omics


def _risk(model: Cmta, batch: Batch, embedded: Tensor) -> Tensor:
    return model(batch, embedded).risk  # type: ignore[no-any-return]


def _finetuning(config: FinetuneConfig) -> StepLosses:
    """`cox`, and `align` where somebody has both modalities."""

    def losses(model: Cmta, batch: Batch, embedded: Tensor) -> Losses:
        found = model(batch, embedded)
        cox = cox_loss(found.risk, batch.time_days, batch.event, config.ties)
        if not len(batch.pairs):
            return {"cox": cox, "total": cox}
        align = alignment_loss(found, batch.pairs)
        return {"cox": cox, "align": align, "total": cox + ALPHA * align}

    return losses


CMTA = System(Cmta, _risk, _finetuning, None)
