"""CMTA: each modality is rebuilt from the other, and the alignment counts those who have both."""

from __future__ import annotations

import pytest
import torch

from pomp.baselines.systems.base import Tokens
from pomp.baselines.systems.cmta import ALPHA, CMTA, Translation, alignment_loss
from tests.baselines.systems.models import system_config, system_model
from tests.small import batch_of, embed, part_of


def test_alignment_by_hand() -> None:
    """Of patients 0 and 2: |v̂ - v| is 1, 3, 0, 2 and |ŵ - w| is 4, 0, 0, 0; patient 1 would count for 100."""
    found = Translation(
        risk=torch.zeros(3),
        slide=torch.tensor([[1.0, 2.0], [0.0, 0.0], [5.0, 5.0]]),
        omics=torch.tensor([[0.0, 1.0], [0.0, 0.0], [1.0, 1.0]]),
        slide_from_omics=torch.tensor([[2.0, -1.0], [100.0, 100.0], [5.0, 7.0]]),
        omics_from_slide=torch.tensor([[-4.0, 1.0], [100.0, 100.0], [1.0, 1.0]]),
    )
    assert alignment_loss(found, torch.tensor([0, 2])).item() == pytest.approx((1 + 3 + 0 + 2) / 4 + 4 / 4)


def test_no_gradient_of_the_alignment_reaches_what_is_aligned_with(generator: torch.Generator) -> None:
    parts = [torch.randn(2, 4, generator=generator, requires_grad=True) for _ in range(4)]
    alignment_loss(Translation(torch.zeros(2), *parts), torch.tensor([0, 1])).backward()
    assert [part.grad is not None and bool(part.grad.any()) for part in parts] == [False, False, True, True]


def test_regions_are_rebuilt_from_omics_and_omics_from_regions(generator: torch.Generator) -> None:
    """v̂ depends on the slide by what its regions ask alone: the values that are read are the other modality's."""
    model, batch = system_model("cmta"), batch_of([3], generator)
    embedded = embed(model, batch)
    with torch.no_grad():
        model.omics_to_slide.value.weight.zero_()
        found = model(batch, embedded)
        empty, _ = model.slide_decoder(Tokens(torch.zeros(1, 3, model.width), batch.layout.mask))
    torch.testing.assert_close(found.slide_from_omics, empty)  # nothing came over from the omics
    assert not torch.allclose(found.omics_from_slide, empty)


def test_rebuilt_tokens_are_the_attention_written_out(generator: torch.Generator) -> None:
    model, batch = system_model("cmta"), batch_of([3], generator)
    seen: list[tuple[torch.Tensor, ...]] = []
    model.omics_to_slide.register_forward_hook(lambda _, inputs, outputs: seen.append((*inputs, outputs[0])))
    model(batch, embed(model, batch))
    ((regions, types, _, rebuilt),) = seen
    attention = model.omics_to_slide
    scores = (regions[0] @ attention.query.weight.T) @ (types[0] @ attention.key.weight.T).T / model.width**0.5
    torch.testing.assert_close(rebuilt[0], scores.softmax(dim=1) @ (types[0] @ attention.value.weight.T))


def test_risk_is_read_from_both_halves(generator: torch.Generator) -> None:
    model, batch = system_model("cmta"), batch_of([3, 2], generator)
    found = model(batch, embed(model, batch))
    halves = [(found.slide + found.slide_from_omics) / 2, (found.omics + found.omics_from_slide) / 2]
    torch.testing.assert_close(found.risk, model.head(torch.cat(halves, dim=1)).squeeze(-1))


def test_losses_and_who_takes_part_in_them(generator: torch.Generator) -> None:
    """The alignment is that of the two with both; without them there is none, and the total is the Cox loss."""
    present = torch.tensor([[True] * 3, [True] * 3, [False] * 3, [True] * 3])
    model, batch = system_model("cmta"), batch_of([3, 0, 2, 1], generator, present)
    losses = CMTA.finetuning(system_config("cmta").finetune)
    terms = losses(model, batch, embed(model, batch))
    assert set(terms) == {"cox", "align", "total"}
    torch.testing.assert_close(terms["total"], terms["cox"] + ALPHA * terms["align"])
    both = part_of(batch, [0, 3])
    torch.testing.assert_close(losses(model, both, embed(model, both))["align"], terms["align"])
    neither = part_of(batch, [1, 2])
    terms = losses(model, neither, embed(model, neither))
    assert set(terms) == {"cox", "total"}
    assert terms["total"] == terms["cox"]


def test_a_modality_that_follows_from_the_other_is_learnt_to_be_translated(generator: torch.Generator) -> None:
    """With regions that are a linear function of the omics, the alignment falls to a fraction of what it was."""
    model = system_model("cmta", features=8)
    losses = CMTA.finetuning(system_config("cmta").finetune)
    batch = batch_of([1] * 24, generator)
    mixing = torch.randn(batch.values[0].numel(), 8, generator=generator)
    told = torch.nn.functional.layer_norm(batch.values.flatten(1) @ mixing, (8,))
    with torch.no_grad():
        model.regions.linear.weight.normal_(generator=generator)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.0)
    found = []
    for _ in range(60):
        optimiser.zero_grad()
        terms = losses(model, batch, model.embedding(told))
        terms["align"].backward()
        optimiser.step()
        found.append(terms["align"].item())
    assert found[-1] < 0.5 * found[0]
