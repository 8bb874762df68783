"""Genes tied to regions: gradient times input of the logits of Eq. 4."""

from __future__ import annotations

import pytest
import torch

from pomp.explain.reading import Reading
from pomp.explain.region_genes import GENES, tied_genes
from pomp.model import Pomp
from tests.explain.readings import presence, reading_of
from tests.small import TYPES, batch_of, small_model


def logit(model: Pomp, reading: Reading, values: torch.Tensor, kind: int, region: int) -> torch.Tensor:
    """Eq. 4 before its softmax, of one type and one region."""
    query = model.multimodal.cross.query(model.encode_omics(values, reading.batch.present).types[0, kind])
    key = model.multimodal.cross.key(reading.pathology.regions[0, region])
    return query @ key / model.width**0.5


@pytest.mark.parametrize("regions", [2, 21])  # fewer and more than the model is wide
def test_weights_are_gradient_times_input_region_by_region(regions: int, generator: torch.Generator) -> None:
    model = small_model()
    reading = reading_of(model, batch_of([regions], generator))
    found = tied_genes(model, reading)
    assert found.genes.shape == (TYPES, regions, GENES)
    for kind in range(TYPES):
        for region in range(regions):
            values = reading.batch.values.clone().requires_grad_()
            (gradient,) = torch.autograd.grad(logit(model, reading, values, kind, region), values)
            expected = (gradient * values).detach()[0, kind]
            strongest = expected[expected.abs().topk(GENES).indices]
            torch.testing.assert_close(found.weights[kind, region], strongest, atol=1e-6, rtol=1e-4)
            torch.testing.assert_close(expected[found.genes[kind, region]], strongest, atol=1e-6, rtol=1e-4)


def test_a_gene_without_which_the_type_would_turn_away_weighs_more_than_0(generator: torch.Generator) -> None:
    """Where the tokens are linear in the values, the weight is exactly what the logit loses."""
    model = small_model(model__omics_layers=1)
    with torch.no_grad():  # the block adds nothing, and the norm does nearly nothing to tokens that are large alike
        for parameter in model.omics.transformer.blocks.parameters():
            parameter.zero_()
    model.omics.transformer.norm = torch.nn.Identity()  # type: ignore[assignment]
    reading = reading_of(model, batch_of([3], generator))
    found, values = tied_genes(model, reading), reading.batch.values
    for region in range(3):
        gene = int(found.genes[1, region, 0])
        without = values.clone()
        without[0, 1, gene] = 0
        lost = logit(model, reading, values, 1, region) - logit(model, reading, without, 1, region)
        assert found.weights[1, region, 0].item() == pytest.approx(lost.item(), abs=1e-5)


def test_padding_is_never_named_before_a_gene(generator: torch.Generator) -> None:
    model, batch = small_model(), batch_of([4], generator, presence("111"))
    batch.genes[:, 1, 2:] = False
    batch.genes[:, 2, 5:] = False
    found = tied_genes(model, reading_of(model, batch))
    assert set(found.genes[1, :, :2].flatten().tolist()) == {0, 1}
    assert found.genes[2].max() < 5
