"""Integrated gradients: complete, and what a hand calculation gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from pomp.explain import attribution
from pomp.explain.attribution import gene_attributions, integrated_gradients
from pomp.explain.reading import Reading
from pomp.model import OmicsTokens, Pomp
from tests.explain.readings import NAMES, omics_of, presence, reading_of
from tests.small import batch_of, small_model

TOLERANCE = 2e-5
"""Of completeness, in log relative hazard: what quadrature and float32 leave."""

MODELS: dict[str, dict[str, Any]] = {
    "cosine": {},
    "fusion": {"model__risk": "fusion"},
    "joint": {"model__risk": "joint"},
    "released": {"model__risk": "released"},
    "keys with CLS-P": {"model__risk": "fusion", "model__cross_attention_keys": "regions_and_cls"},
    "no residual": {"model__risk": "fusion", "model__residual": False},
    "one CLS": {"model__separate_cls": False},
    "no types": {"model__type_embedding": False},
    "omics alone": {"model__modalities": "omics"},
    "four layers": {"model__omics_layers": 4},
}


def risk_at(model: Pomp, reading: Reading, values: torch.Tensor) -> torch.Tensor:
    return model.risk(reading.pathology, model.encode_omics(values, reading.batch.present))


@pytest.mark.parametrize("tokens", [8192, 1])
@pytest.mark.parametrize("case", MODELS)
def test_attributions_sum_to_the_risk_minus_that_of_the_baseline(
    case: str, tokens: int, generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attribution, "TOKENS", tokens)
    model = small_model(**MODELS[case])
    batch = batch_of([3, 0, 2, 1], generator, presence("111", "110", "001", "000"))
    batch.values.mul_(2)  # as far out as standardised values are
    reading = reading_of(model, batch)
    found = integrated_gradients(model, reading)
    with torch.no_grad():
        gap = risk_at(model, reading, batch.values) - risk_at(model, reading, torch.zeros_like(batch.values))
    assert gap.abs().max() > 100 * TOLERANCE
    torch.testing.assert_close(found.sum(dim=(1, 2)), gap, atol=TOLERANCE, rtol=0)
    assert (found[~batch.present] == 0).all()


class Quadratic(nn.Module):
    """In place of a model: the risk is Σ a·x + (Σ b·x)² over all values of a patient."""

    modalities = "omics"

    def __init__(self, a: torch.Tensor, b: torch.Tensor) -> None:
        super().__init__()
        self.a, self.b = a, b

    def encode_omics(self, values: torch.Tensor, present: torch.Tensor) -> OmicsTokens:
        return OmicsTokens(values.flatten(1), values, present)

    def risk(self, _: Any, omics: OmicsTokens) -> torch.Tensor:
        return omics.cls @ self.a.flatten() + (omics.cls @ self.b.flatten()) ** 2


def test_by_hand(generator: torch.Generator) -> None:
    """∫₀¹ (a + 2 α b (b·x)) dα · x = a x + b x (b·x)."""
    batch = batch_of([1, 1], generator)
    reading = reading_of(small_model(), batch)
    a, b = torch.randn(2, *batch.values.shape[1:], generator=generator)
    found = integrated_gradients(Quadratic(a, b), reading)  # type: ignore[arg-type]
    along = (b * batch.values).sum(dim=(1, 2), keepdim=True)
    torch.testing.assert_close(found, a * batch.values + b * batch.values * along, atol=1e-5, rtol=1e-5)


def test_rows_are_the_genes_of_the_types_that_a_patient_has(generator: torch.Generator) -> None:
    model = small_model()
    batch = batch_of([2, 1], generator, presence("101", "010"))
    reading = reading_of(model, batch)
    found = gene_attributions(model, reading, omics_of(batch, fewer=3))
    assert found.groupby(["patient", "type"], sort=False).size().to_dict() == {
        ("P0", "mrna"): 8, ("P0", "methylation"): 5, ("P1", "mirna"): 8,
    }  # fmt: skip
    row = found[(found["patient"] == "P0") & (found["gene"] == "methylation-4")].iloc[0]
    expected = integrated_gradients(model, reading)[0, NAMES.index("methylation"), 4]
    assert (row["value"], row["attribution"]) == (batch.values[0, 2, 4].item(), expected.item())
    assert found["attribution"].dtype == np.float32
