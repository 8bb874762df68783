"""Averaged regions beside averaged omics types, and a network on both."""

from __future__ import annotations

import torch

from tests.baselines.systems.models import system_model
from tests.small import batch_of, embed


def test_risk_is_the_network_on_both_averages(generator: torch.Generator) -> None:
    present = torch.tensor([[True, False, True], [True] * 3, [False] * 3])
    model, batch = system_model("mean-pool"), batch_of([3, 0, 2], generator, present)
    embedded = embed(model, batch)
    slides = torch.stack([embedded[:3].mean(dim=0), model.no_slide, embedded[3:].mean(dim=0)])
    tokens = torch.stack([layer(batch.values[:, place]) for place, layer in enumerate(model.genes)], dim=1)
    omics = torch.stack([(tokens[0, 0] + tokens[0, 2]) / 2, tokens[1].mean(dim=0), model.no_omics])
    expected = model.head(torch.cat([slides, omics], dim=1)).squeeze(1)
    torch.testing.assert_close(model(batch, embedded), expected)


def test_each_type_has_its_own_layer(generator: torch.Generator) -> None:
    """The same genes in another type give another token."""
    model = system_model("mean-pool")
    values = torch.randn(1, 1, 8, generator=generator).expand(1, 3, 8)
    tokens = model.omics_tokens(values, torch.ones(1, 3, dtype=torch.bool)).values
    assert not torch.allclose(tokens[0, 0], tokens[0, 1])


def test_no_token_looks_at_another(generator: torch.Generator) -> None:
    """A region more moves the slide's average by its distance over M + 1, in whatever company."""
    model, batch = system_model("mean-pool"), batch_of([4], generator)
    embedded = embed(model, batch)
    found = model.region_tokens(embedded, batch.layout).mean()
    fewer = model.region_tokens(embedded[:3], batch_of([3], generator).layout).mean()
    torch.testing.assert_close(found, fewer + (embedded[3] - fewer) / 4)
