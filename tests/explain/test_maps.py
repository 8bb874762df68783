"""Maps over regions: they are the model's own numbers."""

from __future__ import annotations

import math

import pandas as pd
import pytest
import torch

from pomp.explain import occlusion as occlusion_module
from pomp.explain.attention import alignment, cls_attention
from pomp.explain.occlusion import occlusion, occlusion_blocks
from pomp.model import Pomp, lay_out
from tests.small import batch_of, encode_slides, small_model


def risk_of(model: Pomp, batch, kept: list[int]) -> float:  # type: ignore[no-untyped-def]
    count = torch.tensor([len(kept)])
    pathology = model.pathology(torch.cat(batch.regions)[kept], batch.coordinates[kept], count)
    return model.risk(pathology, model.encode_omics(batch.values, batch.present)).item()


@pytest.mark.parametrize("tokens", [65_536, 7])
@pytest.mark.parametrize("count", [1, 6])
def test_occlusion_is_the_risk_with_minus_the_risk_without(
    count: int, tokens: int, generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(occlusion_module, "TOKENS", tokens)
    model, batch = small_model(), batch_of([count], generator)
    embedded = model.pathology.embedding(torch.cat(batch.regions))
    omics = model.encode_omics(batch.values, batch.present)
    found = occlusion(model, embedded, batch.coordinates, omics, torch.arange(count))
    everything = list(range(count))
    whole = risk_of(model, batch, everything)
    expected = [whole - risk_of(model, batch, [k for k in everything if k != left_out]) for left_out in everything]
    assert found.tolist() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("tokens", [65_536, 7])
def test_regions_of_a_block_are_left_out_together(
    tokens: int, generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(occlusion_module, "TOKENS", tokens)
    model, batch = small_model(), batch_of([6], generator)
    embedded = model.pathology.embedding(torch.cat(batch.regions))
    omics = model.encode_omics(batch.values, batch.present)
    found = occlusion(model, embedded, batch.coordinates, omics, torch.tensor([0, 1, 0, 2, 1, 0])).tolist()
    whole = risk_of(model, batch, [0, 1, 2, 3, 4, 5])
    effects = [whole - risk_of(model, batch, kept) for kept in ([1, 3, 4], [0, 2, 3, 5], [0, 1, 2, 4, 5])]
    assert found == pytest.approx([effects[block] for block in (0, 1, 0, 2, 1, 0)], abs=1e-6)


BLOCKS = {
    # most, (slide, row, column, x, index) of each region, block of each region
    "few enough": (3, [("a", 0, 0, 0, 0), ("a", 0, 1, 8, 1), ("b", 0, 0, 0, 0)], [0, 1, 2]),
    "squares of two": (
        3, [("a", 0, 0, 0, 0), ("a", 0, 1, 8, 1), ("a", 1, 1, 8, 2), ("a", 0, 2, 16, 3), ("a", 2, 0, 0, 4)],
        [0, 0, 0, 1, 2],
    ),
    "squares of three": (2, [("a", 0, 0, 0, 0), ("a", 0, 2, 16, 1), ("a", 0, 4, 32, 2)], [0, 0, 1]),
    "slides stay apart": (2, [("a", 0, 0, 0, 0), ("b", 0, 0, 0, 0), ("b", 0, 1, 8, 1)], [0, 1, 1]),
    "no fewer than slides": (1, [("a", 0, 0, 0, 0), ("b", 0, 0, 0, 0)], [0, 1]),
    "in the file's order without places": (2, [("a", 0, 0, math.nan, k) for k in range(6)], [0, 0, 0, 0, 1, 1]),
}  # fmt: skip


@pytest.mark.parametrize("case", BLOCKS)
def test_blocks(case: str) -> None:
    most, rows, expected = BLOCKS[case]
    table = pd.DataFrame(rows, columns=["slide", "row", "column", "x", "index"])
    assert occlusion_blocks(table, most).tolist() == expected


def test_cls_attention_is_the_last_layers_softmax(generator: torch.Generator) -> None:
    model, batch = small_model(), batch_of([5, 1, 3], generator)
    embedded = model.pathology.embedding(torch.cat(batch.regions))
    found = cls_attention(model.pathology, embedded, batch.coordinates, batch.layout)
    for own in torch.split(found, batch.layout.counts.tolist()):
        assert own.sum().item() == pytest.approx(1.0, abs=1e-5)
        assert (own > 0).all()
    alone = cls_attention(model.pathology, embedded[6:], batch.coordinates[6:], lay_out(torch.tensor([3])))
    torch.testing.assert_close(found[6:], alone, atol=1e-5, rtol=1e-4)


def test_cls_attention_by_hand(generator: torch.Generator) -> None:
    """With a zero query every region weighs the same."""
    model, batch = small_model(), batch_of([4], generator)
    attention = model.pathology.transformer.blocks[-1].attn
    with torch.no_grad():
        attention.qkv.weight[:16] = 0
        attention.qkv.bias[:16] = 0
    embedded = model.pathology.embedding(torch.cat(batch.regions))
    found = cls_attention(model.pathology, embedded, batch.coordinates, batch.layout)
    torch.testing.assert_close(found, torch.full((4,), 0.25))


def test_cls_attention_is_what_cls_weighs_the_regions_by(generator: torch.Generator) -> None:
    model, batch = small_model(), batch_of([4], generator)
    attention = model.pathology.transformer.blocks[-1].attn
    attention.fused_attn, seen = False, []
    attention.attn_drop.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        attention.qkv.weight *= 10  # far from weighing all alike
    embedded = model.pathology.embedding(torch.cat(batch.regions))
    found = cls_attention(model.pathology, embedded, batch.coordinates, batch.layout)
    weights = seen[0][0, :, 0, 1:]  # (heads, M)
    torch.testing.assert_close(found, (weights / weights.sum(dim=1, keepdim=True)).mean(dim=0))
    assert found.max() > 0.3


@pytest.mark.parametrize("keys", ["regions", "regions_and_cls"])
def test_alignment_has_a_column_a_type_and_nan_for_a_missing_one(keys: str, generator: torch.Generator) -> None:
    model = small_model(model__cross_attention_keys=keys)
    batch = batch_of([3, 2], generator, torch.tensor([[True, True, True], [True, False, True]]))
    pathology = encode_slides(model, batch)
    found = alignment(model, pathology, model.encode_omics(batch.values, batch.present), batch)
    assert found.shape == (5, 3)
    assert torch.isnan(found[3:, 1]).all()
    if keys == "regions":
        torch.testing.assert_close(found[:3].sum(dim=0), torch.ones(3))
        types = model.encode_omics(batch.values, batch.present).types
        weights = model.multimodal.cross(types, pathology.regions, pathology.mask)[1]  # (B, T, M)
        torch.testing.assert_close(found[:3], weights[0].T)
