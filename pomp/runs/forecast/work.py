"""Floating-point operations of a patient's forward pass beyond the ViT; a multiplication with its addition is two."""

from __future__ import annotations

from pomp.config import RunConfig
from pomp.explain.occlusion import LOOKS
from pomp.model.flops import region_flops

_FUSED = {"fusion", "released"}  # risks that read the fused token


def embedding_flops(config: RunConfig, features: int | None) -> int:
    """Of one region: Eq. 1, or the layer that stands for it where regions are F features."""
    return region_flops(config) if features is None else 2 * features * config.model.width


def context_flops(config: RunConfig, regions: float) -> float:
    """Eq. 2: M regions and [CLS-P]. It grows with M²."""
    return config.model.pathology_layers * _layer(1 + regions, config.model.width)


def omics_flops(config: RunConfig, types: int) -> float:
    """Eq. 3: T types of G genes and [CLS-O]."""
    model = config.model
    return 2 * types * config.omics.genes * model.width + model.omics_layers * _layer(1 + types, model.width)


def fusion_flops(config: RunConfig, regions: float, types: int) -> float:
    """Eq. 4–5: 1 + T queries over M regions, and the Multi-Transformer. No matrix of Eq. 4 meets all regions."""
    model, queries = config.model, 1 + types
    projected = 2 * model.width**2 * 3 * queries
    attended = 4 * queries * regions * model.width
    return projected + attended + model.multimodal_layers * _layer(queries, model.width)


def pretraining_flops(config: RunConfig, regions: float, types: int) -> float:
    """The three tasks: matching fuses three pairs a patient (Eq. 9), masked modelling encodes and fuses once more."""
    tasks, fused = config.pretrain, fusion_flops(config, regions, types)
    flops = context_flops(config, regions) + omics_flops(config, types)
    if tasks.pom:
        flops += 3 * fused
    if tasks.mom:
        flops += omics_flops(config, types) + fused + 2 * config.model.width * config.omics.genes
    return flops


def risk_flops(config: RunConfig, regions: float, types: int) -> float:
    """From region embeddings and omics to a risk; the cosine itself is nothing."""
    fused = fusion_flops(config, regions, types) if config.model.risk in _FUSED else 0
    return context_flops(config, regions) + omics_flops(config, types) + fused


def occlusion_flops(config: RunConfig, regions: float, types: int) -> float:
    """One risk for each region that is left out, from embeddings that are known. It grows with M³ up to 512 regions."""
    return min(regions, LOOKS) * (risk_flops(config, regions, types) - omics_flops(config, types))


def _layer(tokens: float, width: int) -> float:
    """A transformer layer: 24 d² a token, and 4 L d for attention over the L tokens."""
    return tokens * (24 * width**2 + 4 * tokens * width)
