"""CAMR: what both modalities say alike is brought to one distribution; what each says alone is kept beside it.

Source: Wu, Shi, Wang & Li, "CAMR: cross-aligned multimodal representation learning for cancer survival prediction",
Bioinformatics 2023;39(1):btad025.

Of each modality m two networks make a shared part s_m and a specific part p_m, (d) each. Alignment brings the
distributions of s_slide and s_omics over patients together; a transformer fuses the two, f, and

    risk = network([f, p_slide, p_omics]),    loss = Cox + λ · D(s_slide, s_omics),

D being the energy distance, which is 0 where the distributions are one and the same and above 0 otherwise. Shared parts
are normalised, so that they cannot come together by becoming small. Patients who lack a modality take no part in D.

Simplified: the paper brings the distributions together by training a discriminator against the networks, in turns. In
the single step of this project's loop that game went in circles: the shared parts drew near, overshot and parted. The
distance has the same goal and no opponent. The modalities' vectors are averages of this project's regions and omics
types, where the paper has hand-crafted image features and selected genes, and the average of two tokens stands for its
fusion module.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from pomp.baselines.systems.base import ComparedModel
from pomp.config import FinetuneConfig, RunConfig
from pomp.model.survival_model import log_hazard_layer
from pomp.model.transformer import Transformer
from pomp.objectives.cox import cox_loss
from pomp.training.batches import Batch
from pomp.training.loop import StepLosses
from pomp.training.system import System
from pomp.training.tally import Losses

ALIGNMENT = 1.0
"""λ. It is ours, as the distance is."""


class Parts(NamedTuple):
    """Of B patients, (B, d) each."""

    slide_shared: Tensor
    omics_shared: Tensor
    slide_specific: Tensor
    omics_specific: Tensor


class Camr(ComparedModel):
    """Shared and specific parts of both modalities, fused."""

    def __init__(self, config: RunConfig, types: int, genes: int, features: int | None) -> None:
        super().__init__(config, types, genes, features)
        width, heads, dropout = config.model.width, config.model.heads, config.model.dropout
        norm = nn.LayerNorm(width, elementwise_affine=False)
        self.slide_shared = nn.Sequential(_part(width, dropout), norm)
        self.omics_shared = nn.Sequential(_part(width, dropout), norm)
        self.slide_specific, self.omics_specific = _part(width, dropout), _part(width, dropout)
        self.fusion = Transformer(width, heads, config.model.multimodal_layers, dropout)
        self.head = nn.Sequential(nn.Linear(3 * width, width), nn.ReLU(), nn.Dropout(dropout), log_hazard_layer(width))

    def parts(self, batch: Batch, embedded: Tensor) -> Parts:
        """Of each patient, from (R, d) embedded regions."""
        slides = self.region_tokens(embedded, batch.layout).mean()
        omics = self.omics_tokens(batch.values, batch.present).mean()
        return Parts(
            self.slide_shared(slides), self.omics_shared(omics), self.slide_specific(slides), self.omics_specific(omics)
        )

    def risk(self, parts: Parts) -> Tensor:
        """(B,) log relative hazards."""
        shared = torch.stack([parts.slide_shared, parts.omics_shared], dim=1)  # (B, 2, d)
        fused = self.fusion(shared, torch.ones_like(shared[..., 0], dtype=torch.bool)).mean(dim=1)
        together = torch.cat([fused, parts.slide_specific, parts.omics_specific], dim=1)
        return self.head(together).squeeze(-1)  # type: ignore[no-any-return]


def energy_distance(x: Tensor, y: Tensor) -> Tensor:
    """2 E|X - Y| - E|X - X'| - E|Y - Y'| of two samples (P, d), over √d: a scalar, 0 or more; 0 for P = 0.

    |·| is the Euclidean length, and means run over all P² pairs, a patient with the own partner included.

    Source: Székely & Rizzo, "Energy statistics", Journal of Statistical Planning and Inference 2013;143:1249-1272.
    """
    exact = "donot_use_mm_for_euclid_dist"  # by products, a patient would be at some distance from itself
    between, within_x, within_y = (
        torch.cdist(one, other, compute_mode=exact).sum() for one, other in ((x, y), (x, x), (y, y))
    )
    return (2 * between - within_x - within_y) / (max(1, len(x) ** 2) * x.shape[1] ** 0.5)  # type: ignore[no-any-return]


def _part(width: int, dropout: float) -> nn.Module:
    return nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, width))


def _risk(model: Camr, batch: Batch, embedded: Tensor) -> Tensor:
    return model.risk(model.parts(batch, embedded))


def _finetuning(config: FinetuneConfig) -> StepLosses:
    def losses(model: Camr, batch: Batch, embedded: Tensor) -> Losses:
        parts = model.parts(batch, embedded)
        cox = cox_loss(model.risk(parts), batch.time_days, batch.event, config.ties)
        alignment = energy_distance(parts.slide_shared[batch.pairs], parts.omics_shared[batch.pairs])
        return {"cox": cox, "alignment": alignment, "total": cox + ALIGNMENT * alignment}

    return losses


CAMR = System(Camr, _risk, _finetuning, None)
