"""Eq. 1: I_pat = AvgPool(ViT({i_k}))."""

import torch
from timm.layers import PatchEmbed

from pomp.config import PRESETS
from pomp.model import RegionEmbedding
from pomp.model.pathology import PixelPatches
from tests.small import random_regions, small_model


def test_is_the_average_of_the_vits_patch_tokens(generator: torch.Generator) -> None:
    embedding = small_model().pathology.embedding
    pixels, _ = random_regions(3, generator)
    tokens = embedding.vit.forward_features(pixels)
    assert tokens.shape == (3, (32 // 16) ** 2, 16)  # one token a 16-pixel patch, no class token
    torch.testing.assert_close(embedding(pixels), tokens.mean(dim=1))


def test_a_patch_is_embedded_as_timm_does_it_with_pixels_scaled_to_1(generator: torch.Generator) -> None:
    patches = small_model().pathology.embedding.vit.patch_embed
    pixels, _ = random_regions(3, generator)
    scaled = pixels.permute(0, 3, 1, 2).float() / 127.5 - 1
    torch.testing.assert_close(patches(pixels), PatchEmbed.forward(patches, scaled))


def test_bfloat16_takes_pixels_exactly() -> None:
    patches = PixelPatches(img_size=16, patch_size=16, embed_dim=768)
    pixels = torch.arange(768).remainder(256).to(torch.uint8).view(1, 16, 16, 3)
    order = torch.arange(768).view(16, 16, 3).permute(2, 0, 1).flatten()
    with torch.no_grad():
        patches.proj.weight.copy_(torch.eye(768)[:, order].view(768, 3, 16, 16) * 127.5)
        patches.proj.bias.zero_()
        with torch.autocast("cpu", torch.bfloat16):
            found = patches(pixels)
    assert torch.equal(found.flatten().float()[order][order.argsort()], pixels.flatten().float() - 127.5)


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
