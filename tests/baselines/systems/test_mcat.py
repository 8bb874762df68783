"""MCAT: its co-attention is the formula written out, and what it found is what the risk is made of."""

from __future__ import annotations

import torch

from tests.baselines.systems.models import risks, system_model
from tests.small import TYPES, batch_of, embed, part_of


def test_slide_tokens_are_the_regions_weighed_by_the_omics(generator: torch.Generator) -> None:
    """One patient of three regions, in plain matrix products: softmax(G W_q (H W_k)ᵀ / √d) H W_v."""
    model, batch = system_model("mcat"), batch_of([3], generator)
    embedded = embed(model, batch)
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []
    model.slide_set.register_forward_hook(lambda _, inputs, __: seen.append(inputs))
    model(batch, embedded)
    ((tokens, mask),) = seen
    omics, _ = model.omics_tokens(batch.values, batch.present)
    attention = model.coattention
    scores = (omics[0] @ attention.query.weight.T) @ (embedded @ attention.key.weight.T).T / model.width**0.5
    weights = scores.exp() / scores.exp().sum(dim=1, keepdim=True)
    torch.testing.assert_close(tokens[0], weights @ (embedded @ attention.value.weight.T))
    assert tokens.shape == (1, TYPES, model.width)
    assert mask.all()


def test_every_type_asks_by_itself(generator: torch.Generator) -> None:
    """The slide token of a type changes with that type's genes, and no other slide token does."""
    model, batch = system_model("mcat"), batch_of([4], generator)
    seen: list[torch.Tensor] = []
    model.slide_set.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))
    embedded = embed(model, batch)
    model(batch, embedded)
    batch.values[0, 1] += 1
    model(batch, embedded)
    changed = (seen[0] - seen[1]).abs().amax(dim=2)[0] > 1e-6
    assert changed.tolist() == [False, True, False]


def test_a_type_that_is_missing_has_no_slide_token(generator: torch.Generator) -> None:
    present = torch.tensor([[True, False, True], [True, True, True]])
    model, batch = system_model("mcat"), batch_of([3, 2], generator, present)
    masks: list[torch.Tensor] = []
    for module in (model.slide_set, model.omics_set):
        module.register_forward_hook(lambda _, inputs, __: masks.append(inputs[1]))
    model(batch, embed(model, batch))
    assert all(torch.equal(mask, present) for mask in masks)


def test_whoever_lacks_omics_asks_with_the_learnt_token(generator: torch.Generator) -> None:
    model, batch = system_model("mcat"), batch_of([3, 2], generator, torch.tensor([[False] * 3, [True] * 3]))
    before = risks("mcat", model, batch)
    with torch.no_grad():
        model.no_omics += 1
    after = risks("mcat", model, batch)
    assert after[0] != before[0]
    assert after[1] == before[1]
    # The one region of a set of one has all the weight, whatever is asked.
    attended, weights = model.coattention(torch.randn(1, 2, 16), torch.randn(1, 1, 16), torch.ones(1, 1).bool())
    assert torch.equal(weights, torch.ones(1, 2, 1))
    assert torch.equal(attended[0, 0], attended[0, 1])
    assert torch.isfinite(risks("mcat", model, part_of(batch, [0]))).all()
