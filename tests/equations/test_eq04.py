"""Eq. 4: H_cross = Softmax(W_q O (W_k I)ᵀ / √d) W_v I."""

import pytest
import torch

from pomp.model.multimodal import CrossAttention
from tests.small import GENES, TYPES, batch_of, encode_slides, random_regions, small_model


def test_by_hand() -> None:
    """d = 1, one query, two keys: scores 1·1 and 1·3, weights e¹ and e³, values 2·1 and 2·3."""
    cross = CrossAttention(1)
    with torch.no_grad():
        cross.query.weight.fill_(1.0)
        cross.key.weight.fill_(1.0)
        cross.value.weight.fill_(2.0)
    crossed, weights = cross(torch.ones(1, 1, 1), torch.tensor([[[1.0], [3.0]]]), torch.ones(1, 2, dtype=torch.bool))
    first = 1 / (1 + torch.e**2)
    assert weights.squeeze().tolist() == pytest.approx([first, 1 - first])
    assert crossed.item() == pytest.approx(2 * first + 6 * (1 - first))


def test_no_bias_and_one_head() -> None:
    assert {name for name, _ in CrossAttention(8).named_parameters()} == {"query.weight", "key.weight", "value.weight"}


def test_padding_gets_no_weight_and_no_keys_give_zeros(generator: torch.Generator) -> None:
    cross = CrossAttention(8)
    keys = torch.randn(2, 5, 8, generator=generator)
    mask = torch.tensor([[True, True, False, False, False], [False] * 5])
    crossed, weights = cross(torch.randn(2, 4, 8, generator=generator), keys, mask)
    assert (weights[0, :, 2:] == 0).all()
    torch.testing.assert_close(weights[0].sum(dim=1), torch.ones(4))
    assert (crossed[1] == 0).all()
    crossed.sum().backward()
    assert torch.isfinite(cross.query.weight.grad).all()


@pytest.mark.parametrize(("keys", "count"), [("regions", 4), ("regions_and_cls", 5)])
def test_keys_are_the_regions_as_in_the_paper(keys: str, count: int, generator: torch.Generator) -> None:
    model = small_model(model__cross_attention_keys=keys)
    pathology = model.pathology(*random_regions(4, generator), torch.tensor([4]))
    omics = model.encode_omics(
        torch.randn(1, TYPES, GENES, generator=generator), torch.ones(1, TYPES, dtype=torch.bool)
    )
    assert model.fuse(omics, pathology).attention.shape == (1, 1 + TYPES, count)


def test_where_cls_is_a_key_it_is_read_also_by_a_patient_without_regions(generator: torch.Generator) -> None:
    model, batch = small_model(model__cross_attention_keys="regions_and_cls"), batch_of([4, 0], generator)
    omics, pathology = model.encode_omics(batch.values, batch.present), encode_slides(model, batch)
    some, none = model.fuse(omics, pathology).attention
    assert (some > 0).all()
    torch.testing.assert_close(none, torch.tensor([1.0, 0, 0, 0, 0]).expand(1 + TYPES, 5))
