"""Eq. 1: I_pat = AvgPool(ViT({i_k}))."""

import torch

from pomp.config import PRESETS
from pomp.model import RegionEmbedding
from pomp.model.pathology import PatchEmbed, PixelPatches, flip_and_turn
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


def test_flips_and_turns_are_the_eight_of_a_square_and_for_training_only() -> None:
    torch.manual_seed(0)
    region = torch.arange(12, dtype=torch.uint8).view(2, 2, 3)
    found = flip_and_turn(region.expand(400, -1, -1, -1))
    counts: dict[tuple[int, ...], int] = {}
    for one in found[..., 0]:
        key = tuple(one.flatten().tolist())
        counts[key] = counts.get(key, 0) + 1
    ways = {
        (0, 3, 6, 9),
        (3, 0, 9, 6),
        (6, 9, 0, 3),
        (9, 6, 3, 0),
        (0, 6, 3, 9),
        (6, 0, 9, 3),
        (3, 9, 0, 6),
        (9, 3, 6, 0),
    }
    assert set(counts) == ways
    assert min(counts.values()) > 25
    assert torch.equal(found[..., 1], found[..., 0] + 1)  # channels stay together


def test_flips_are_a_setting(generator: torch.Generator) -> None:
    pixels, _ = random_regions(16, generator)
    plain, flipped = (small_model(slides__flips=flips).pathology.embedding for flips in (False, True))
    assert torch.equal(plain(pixels), flipped(pixels))  # in evaluation
    assert torch.equal(plain.train()(pixels), plain.eval()(pixels))
    assert not torch.allclose(flipped.train()(pixels), plain(pixels))
