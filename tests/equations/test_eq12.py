"""Eq. 12: the log relative hazard is the cosine of v (covariates) and w (coefficients)."""

import math

import pytest
import torch

from pomp.model import Pomp
from pomp.objectives.cox import cosine_risk
from tests.small import batch_of, encode_slides, small_config, small_model


def test_by_hand() -> None:
    v = torch.tensor([[3.0, 4.0], [1.0, 0.0], [1.0, 1.0]])
    w = torch.tensor([[4.0, 3.0], [0.0, 2.0], [-2.0, -2.0]])
    torch.testing.assert_close(cosine_risk(v, w), torch.tensor([24 / 25, 0.0, -1.0]))


def test_is_the_models_risk_and_within_1(generator: torch.Generator) -> None:
    model, batch = small_model(), batch_of([3, 1, 2, 0], generator)
    pathology = encode_slides(model, batch)
    omics = model.encode_omics(batch.values, batch.present)
    risk = model.risk(pathology, omics)
    torch.testing.assert_close(risk, cosine_risk(pathology.cls, omics.cls))
    assert (risk.abs() <= 1).all()


def test_scaled_it_is_the_cosine_times_a_positive_number_that_is_learnt(generator: torch.Generator) -> None:
    """It begins as the cosine, orders patients alike whatever the scale, and is not bounded by 1 any more."""
    plain, scaled = small_model(), small_model(model__risk="scaled_cosine")
    batch = batch_of([3, 1, 2, 0], generator)

    def risk(model: Pomp) -> torch.Tensor:
        return model.risk(encode_slides(model, batch), model.encode_omics(batch.values, batch.present))

    cosine = risk(plain)
    torch.testing.assert_close(risk(scaled), cosine)
    risk(scaled).square().sum().backward()
    assert scaled.log_risk_scale.grad is not None
    assert scaled.log_risk_scale.grad.item() == pytest.approx(2 * cosine.square().sum().item(), rel=1e-5)
    with torch.no_grad():
        scaled.log_risk_scale.fill_(math.log(5.0))
    torch.testing.assert_close(risk(scaled), 5 * cosine)
    assert "log_risk_scale" not in dict(plain.named_parameters())
    assert small_config().model.bounded
    assert not small_config(model__risk="scaled_cosine").model.bounded


@pytest.mark.parametrize("kind", ["cosine", "scaled_cosine", "fusion", "joint", "released"])
def test_a_patients_risk_does_not_depend_on_the_others(kind: str, generator: torch.Generator) -> None:
    model = small_model(model__risk=kind)
    counts = [5, 0, 1, 20]
    present = torch.tensor([[True, True, True], [True, False, True], [False, False, False], [True, True, False]])
    batch = batch_of(counts, generator, present)
    pathology = encode_slides(model, batch)
    together = model.risk(pathology, model.encode_omics(batch.values, batch.present))
    start = 0
    for patient, count in enumerate(counts):
        regions = slice(start, start + count)
        own = slice(patient, patient + 1)
        slides = model.pathology(
            torch.cat(batch.regions)[regions], batch.coordinates[regions], batch.layout.counts[own]
        )
        alone = model.risk(slides, model.encode_omics(batch.values[own], batch.present[own]))
        torch.testing.assert_close(together[own], alone, atol=1e-5, rtol=1e-4)
        start += count


@pytest.mark.parametrize("modalities", ["pathology", "omics"])
def test_one_modality_goes_through_its_own_layer(modalities: str, generator: torch.Generator) -> None:
    model, batch = small_model(model__modalities=modalities), batch_of([2, 3], generator)
    pathology = encode_slides(model, batch)
    omics = model.encode_omics(batch.values, batch.present)
    layer, tokens = (model.pathology_risk, pathology) if modalities == "pathology" else (model.omics_risk, omics)
    torch.testing.assert_close(model.risk(pathology, omics), layer(tokens.cls).squeeze(-1))
