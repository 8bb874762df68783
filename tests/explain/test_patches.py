"""Attention that patches receive in the last layer of the ViT."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from pomp.explain.patches import received_attention, scale_to_bytes, watching_patches
from pomp.training.device import Compute
from pomp.training.embedding import PartwiseEmbedding
from tests.small import random_regions, small_model


def test_it_is_what_the_last_layer_weighs_values_by(generator: torch.Generator) -> None:
    """With values that name their patch, the layer's own output says how much each patch was attended to."""
    attention = small_model(model__vit_layers=2).pathology.embedding.vit.blocks[-1].attn
    patches, width, heads = 4, 16, attention.num_heads
    tokens = torch.randn(3, patches, width, generator=generator)
    found = received_attention(attention, tokens)
    query, key, _ = attention.qkv(tokens).unflatten(-1, (3, heads, -1)).permute(2, 0, 3, 1, 4)
    named = torch.eye(patches).expand(3, heads, -1, -1)
    with torch.no_grad():
        weights = nn.functional.scaled_dot_product_attention(query, key, named)  # (3, heads, patches, patches)
    torch.testing.assert_close(found, weights.mean(dim=(1, 2)))
    torch.testing.assert_close(found.sum(dim=1), torch.ones(3))


@pytest.mark.parametrize("part", [1, 2, 16])
def test_every_region_is_seen_once_whatever_the_parts(part: int, generator: torch.Generator) -> None:
    model, (pixels, _) = small_model(), random_regions(5, generator)
    embedding = PartwiseEmbedding(model.embedding, model.width, Compute(torch.device("cpu"), part=part))
    with watching_patches(model.pathology.embedding) as seen, torch.no_grad():
        embedding.predict([pixels[:2], pixels[2:]])
    whole: list[torch.Tensor] = []
    layer = model.pathology.embedding.vit.blocks[-1].attn
    handle = layer.register_forward_pre_hook(lambda _, inputs: whole.append(inputs[0]))
    model.pathology.embedding(pixels)
    handle.remove()
    torch.testing.assert_close(torch.cat(seen), received_attention(layer, whole[0]))
    model.pathology.embedding(pixels)  # nobody watches any more
    assert sum(map(len, seen)) == 5


def test_features_have_no_patches() -> None:
    with watching_patches(nn.Linear(2, 2)) as seen:
        assert seen == []


def test_bytes_are_shares_of_the_strongest_patch() -> None:
    found = scale_to_bytes(torch.tensor([[0.2, 0.1, 0.0], [0.3, 0.3, 0.3]]))
    assert found.tolist() == [[255, 128, 0], [255, 255, 255]]
    assert found.dtype == torch.uint8
