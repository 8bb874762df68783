"""DeepSurv: a network on all genes side by side, which looks at nothing else."""

from __future__ import annotations

import torch
from torch import nn

from tests.baselines.systems.models import risks, system_model
from tests.small import GENES, TYPES, batch_of, part_of


def test_risk_is_the_network_written_out(generator: torch.Generator) -> None:
    model, batch = system_model("deepsurv", model__omics_layers=1), batch_of([0, 0], generator)
    hidden, last = (layer for layer in model.network if isinstance(layer, nn.Linear))
    genes = batch.values.reshape(2, TYPES * GENES)
    expected = ((genes @ hidden.weight.T + hidden.bias).clamp_min(0) @ last.weight.T).squeeze(1)
    torch.testing.assert_close(risks("deepsurv", model, batch), expected)


def test_sizes_follow_the_settings() -> None:
    for layers in (1, 3):
        model = system_model("deepsurv", model__omics_layers=layers, model__dropout=0.3)
        linear = [layer for layer in model.network if isinstance(layer, nn.Linear)]
        assert [tuple(layer.weight.shape) for layer in linear] == [
            (16, TYPES * GENES), *[(16, 16)] * (layers - 1), (1, 16),
        ]  # fmt: skip
        assert [layer.p for layer in model.network if isinstance(layer, nn.Dropout)] == [0.3] * (layers + 1)
    assert not list(model.embedding.parameters())


def test_slides_are_not_looked_at_and_a_missing_type_is_0(generator: torch.Generator) -> None:
    model = system_model("deepsurv")
    present = torch.tensor([[True, False, True], [False] * 3])
    batch, bare = batch_of([2, 1], generator, present), batch_of([0, 0], generator, present)
    bare.values.copy_(batch.values)
    found = risks("deepsurv", model, batch)
    assert torch.equal(found, risks("deepsurv", model, bare))
    assert not batch.values[0, 1].any()
    zero = part_of(batch, [1])
    torch.testing.assert_close(found[1:], model.network(torch.zeros(1, TYPES * GENES)).squeeze(1))
    assert not zero.values.any()
