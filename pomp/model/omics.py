"""Omics encoder: one token an omics type and [CLS-O] (Eq. 3)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from pomp.config import ModelConfig
from pomp.model.transformer import Transformer


class OmicsTokens(NamedTuple):
    """Output of Eq. 3."""

    cls: Tensor  # (B, d) w, the final [CLS-O]
    types: Tensor  # (B, T, d) h^w
    mask: Tensor  # (B, T) True where the patient has the type

    @property
    def all(self) -> Tensor:
        """O_final, (B, 1+T, d)."""
        return torch.cat([self.cls[:, None], self.types], dim=1)

    def select(self, patients: Tensor) -> OmicsTokens:
        """The tokens of some patients of the batch, by index."""
        return OmicsTokens(self.cls[patients], self.types[patients], self.mask[patients])


class OmicsEncoder(nn.Module):
    """A linear layer shared by all omics types, then the Omics-Transformer."""

    def __init__(self, config: ModelConfig, types: int, genes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(genes, config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.cls = nn.Parameter(torch.randn(config.width) * 0.02)
        self.type_embedding = nn.Parameter(torch.randn(types, config.width) * 0.02) if config.type_embedding else None
        self.transformer = Transformer(config.width, config.heads, config.omics_layers, config.dropout)

    def forward(self, values: Tensor, present: Tensor) -> OmicsTokens:
        """Eq. (3): values (B, T, G) and present (B, T) → [CLS-O] and one token a type.

        A type that a patient lacks is not attended to. Without any, w is the same learnt vector for every such patient.
        """
        tokens = self.linear(self.dropout(values))  # (B, T, d)
        if self.type_embedding is not None:
            tokens = tokens + self.type_embedding
        tokens = torch.cat([self.cls.expand(len(tokens), 1, -1), tokens], dim=1)
        final = self.transformer(tokens, nn.functional.pad(present, (1, 0), value=True))
        return OmicsTokens(final[:, 0], final[:, 1:], present)
