"""GPDBN: its products are the outer product with the appended 1, gated by both vectors."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pomp.baselines.systems.gpdbn import SIDE, BilinearFusion, products
from tests.baselines.systems.models import system_model
from tests.small import batch_of, embed


def test_products_by_hand() -> None:
    a, b = torch.tensor([[2.0, 3.0], [0.0, 1.0]]), torch.tensor([[5.0], [-1.0]])
    expected = [[10, 2, 15, 3, 5, 1], [0, 0, -1, 1, -1, 1]]  # 2·5 2·1 3·5 3·1 1·5 1·1
    assert products(a, b).tolist() == expected


def test_products_are_numpys_outer_product(generator: torch.Generator) -> None:
    a, b = torch.randn(3, 4, generator=generator), torch.randn(3, 6, generator=generator)
    found = products(a, b)
    for row in range(3):
        expected = np.outer(np.append(a[row].numpy(), 1), np.append(b[row].numpy(), 1)).ravel()
        np.testing.assert_allclose(found[row].numpy(), expected, rtol=1e-6)


def test_both_vectors_gate_each() -> None:
    """d = 1 and one feature a side, every weight 1 and every bias 0: a' = σ(a b) a, b' = σ(a b) b."""
    fusion = BilinearFusion(1, 1)
    with torch.no_grad():
        for name, parameter in fusion.named_parameters():
            parameter.fill_(0.0 if name.endswith("bias") else 1.0)
    a, b = 2.0, 0.5
    gate = 1 / (1 + np.exp(-a * b))
    expected = gate * a * gate * b + gate * a + gate * b + 1
    assert fusion(torch.tensor([[a]]), torch.tensor([[b]])).item() == pytest.approx(expected, rel=1e-6)
    # What is below 0 is cut off before the product.
    assert fusion(torch.tensor([[-a]]), torch.tensor([[b]])).item() == pytest.approx(0.5 * b + 1)


def test_the_three_parts_see_what_they_are_named_after(generator: torch.Generator) -> None:
    model, batch = system_model("gpdbn"), batch_of([2, 1], generator)
    seen: dict[str, tuple[torch.Tensor, ...]] = {}
    for name in ("within_slides", "within_omics", "between"):
        getattr(model, name).register_forward_hook(lambda _, inputs, __, name=name: seen.update({name: inputs}))
    embedded = embed(model, batch)
    model(batch, embedded)
    v = torch.stack([embedded[:2].mean(dim=0), embedded[2]])
    w = model.omics_tokens(batch.values, batch.present).values.mean(dim=1)
    for name, expected in {"within_slides": (v, v), "within_omics": (w, w), "between": (v, w)}.items():
        for found, vector in zip(seen[name], expected, strict=True):
            torch.testing.assert_close(found, vector)


def test_sizes() -> None:
    model = system_model("gpdbn")
    assert model.between.encode[0].weight.shape == (16, (SIDE + 1) ** 2)
    assert model.head[1].weight.shape == (16, 3 * 16)
