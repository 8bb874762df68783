"""Eq. 1: I_pat = AvgPool(ViT({i_k}))."""

import torch

from pomp.config import PRESETS
from pomp.model import RegionEmbedding
from tests.small import random_regions, small_model


def test_is_the_average_of_the_vits_patch_tokens(generator: torch.Generator) -> None:
    embedding = small_model().pathology.embedding
    pixels, _ = random_regions(3, generator)
    tokens = embedding.vit.forward_features(pixels.float() / 127.5 - 1)
    assert tokens.shape == (3, (32 // 16) ** 2, 16)  # one token a 16-pixel patch, no class token
    torch.testing.assert_close(embedding(pixels), tokens.mean(dim=1))


def test_weights_are_shared_by_all_regions(generator: torch.Generator) -> None:
    embedding = small_model().pathology.embedding
    pixels, _ = random_regions(1, generator)
    twice = embedding(pixels.expand(2, -1, -1, -1))
    torch.testing.assert_close(twice[0], twice[1])


def test_paper_sizes() -> None:
    vit = RegionEmbedding(PRESETS["paper"].model, PRESETS["paper"].slides.side).vit
    assert (vit.patch_embed.num_patches, len(vit.blocks), vit.embed_dim, vit.blocks[0].attn.num_heads) == (
        256,
        2,
        384,
        6,
    )
    assert sum(parameter.numel() for parameter in vit.parameters()) == 3_943_296
