"""What the systems share: region embeddings, a token an omics type, and what stands for a modality that is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pomp.config import FinetuneConfig, PretrainConfig, RunConfig
from pomp.model import Layout, SurvivalModel, build_embedding
from pomp.training.batches import Batch
from pomp.training.finetune import finetune_losses
from pomp.training.loop import StepLosses
from pomp.training.system import System


class Tokens(NamedTuple):
    """Tokens of B patients, at least one each."""

    values: Tensor  # (B, L, d)
    mask: Tensor  # (B, L) True where a token is real

    def mean(self) -> Tensor:
        """(B, d) of the real tokens of each patient."""
        weight = self.mask.to(self.values.dtype)
        return (self.values * weight[..., None]).sum(dim=1) / weight.sum(dim=1, keepdim=True)


class ComparedModel(SurvivalModel):
    """A model of slides and omics. A patient who lacks one of them has a learnt token in its place, as POMP's has."""

    def __init__(self, config: RunConfig, types: int, genes: int, features: int | None) -> None:
        """For T omics types of G genes, and regions that are pixels or, where given, `features` numbers each."""
        super().__init__()
        model, slides = config.model, config.slides
        self.width, self.modalities = model.width, model.modalities
        self.regions = build_embedding(model, slides.side, features, slides.flips)
        self.genes = nn.ModuleList(
            nn.Sequential(nn.Dropout(model.dropout), nn.Linear(genes, model.width), nn.ELU()) for _ in range(types)
        )
        self.no_slide = nn.Parameter(torch.randn(model.width) * 0.02)
        self.no_omics = nn.Parameter(torch.randn(model.width) * 0.02)

    @property
    def embedding(self) -> nn.Module:
        """(R, …) regions → (R, d)."""
        return self.regions

    def region_tokens(self, embedded: Tensor, layout: Layout) -> Tokens:
        """(R, d) embedded regions → (B, M, d); one learnt token for a patient without any."""
        tokens, none = layout.pad(embedded), ~layout.mask.any(dim=1)
        return _fill(Tokens(tokens, layout.mask), none, self.no_slide)

    def omics_tokens(self, values: Tensor, present: Tensor) -> Tokens:
        """(B, T, G) values and (B, T) present → (B, T, d), each type by its own layer; one learnt token for a patient
        without any.
        """
        tokens = torch.stack([layer(values[:, place]) for place, layer in enumerate(self.genes)], dim=1)
        return _fill(Tokens(tokens, present), ~present.any(dim=1), self.no_omics)


def supervised(
    model: Callable[[RunConfig, int, int, int | None], SurvivalModel],
    pretraining: Callable[[PretrainConfig], StepLosses] | None = None,
) -> System[SurvivalModel]:
    """A system whose model gives risks, which the Cox loss alone trains; `pretraining`: what comes before it."""
    return System(model, _risk, _finetuning, pretraining)


def _risk(model: nn.Module, batch: Batch, embedded: Tensor) -> Tensor:
    return model(batch, embedded)  # type: ignore[no-any-return]


def _finetuning(config: FinetuneConfig) -> StepLosses:
    return finetune_losses(config, _risk)


def _fill(tokens: Tokens, none: Tensor, learnt: Tensor) -> Tokens:
    """The learnt token in the first place of those (B,) who have none."""
    first = torch.zeros_like(tokens.mask)
    first[:, 0] = none
    values = torch.where(first[..., None], learnt.to(tokens.values.dtype), tokens.values)
    return Tokens(values, tokens.mask | first)
