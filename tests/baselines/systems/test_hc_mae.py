"""HC-MAE: what is hidden, what is to be filled in, and that only hidden places count."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from pomp.baselines.systems.hc_mae import HC_MAE, Hidden, describe_regions, hide, hide_genes, squared_error
from pomp.model import lay_out
from pomp.training.batches import Batch
from tests.baselines.systems.models import system_config, system_model
from tests.small import GENES, TYPES, batch_of, embed


def hidden_of(batch: Batch, regions: bool = False, genes: bool = False) -> Hidden:
    """The first region of each patient, and the first gene of each type, where asked for."""
    which = Hidden(torch.zeros_like(batch.layout.mask), torch.zeros_like(batch.genes))
    which.regions[:, 0] = regions
    which.genes[:, :, 0] = genes
    return which


@pytest.mark.parametrize(("count", "hidden"), [(0, 0), (1, 0), (2, 1), (3, 2), (4, 3), (5, 3), (8, 6), (101, 75)])
def test_three_quarters_of_the_regions_are_hidden_and_one_stays_visible(count: int, hidden: int) -> None:
    layout = lay_out(torch.tensor([count, 9]))
    found = hide(layout.mask, layout.counts)
    assert found.sum(dim=1).tolist() == [hidden, 6]
    assert not (found & ~layout.mask).any()


def test_every_region_is_hidden_equally_often() -> None:
    torch.manual_seed(0)
    layout = lay_out(torch.full((4000,), 4))
    shares = hide(layout.mask, layout.counts).float().mean(dim=0)
    torch.testing.assert_close(shares, torch.full((4,), 0.75), atol=0.03, rtol=0)  # four standard errors


def test_three_quarters_of_the_measured_genes_are_hidden() -> None:
    torch.manual_seed(0)
    measured = torch.ones(50, 2, 40, dtype=torch.bool)
    measured[:, 1, 10:] = False
    found = hide_genes(measured)
    assert not (found & ~measured).any()
    assert (found.sum() / measured.sum()).item() == pytest.approx(0.75, abs=0.035)  # four standard errors


def test_error_by_hand() -> None:
    """Two of three places are hidden, with (1 + 9)/2 and (4 + 0)/2."""
    predicted = torch.tensor([[1.0, 3.0], [50.0, 50.0], [0.0, 5.0]])
    target = torch.tensor([[0.0, 0.0], [0.0, 0.0], [2.0, 5.0]])
    assert squared_error(predicted, target, torch.tensor([True, False, True])).item() == pytest.approx((5 + 2) / 2)
    assert squared_error(predicted, target, torch.zeros(3, dtype=torch.bool)).item() == 0


def test_of_pixels_the_mean_colour_of_each_patch_is_filled_in() -> None:
    """A region of 4 × 4 pixels in patches of 2: patch by patch, colour by colour, then to mean 0 and variance 1."""
    region = torch.arange(48, dtype=torch.uint8).view(1, 4, 4, 3)
    patches = [
        [region[0, row : row + 2, column : column + 2, colour].float().mean() for colour in range(3)]
        for row in (0, 2)
        for column in (0, 2)
    ]
    colours = torch.tensor(patches).flatten()
    expected = (colours - colours.mean()) / (colours.var(unbiased=False) + 1e-5).sqrt()
    found = describe_regions([region, region[:0], region.repeat(2, 1, 1, 1)], 2)
    torch.testing.assert_close(found, expected.repeat(3, 1))


def test_features_are_standardised_region_by_region() -> None:
    features = torch.tensor([[1.0, 3.0], [10.0, 10.0]], dtype=torch.float16)
    expected = torch.tensor([[-1.0, 1.0], [0.0, 0.0]])
    torch.testing.assert_close(describe_regions([features[:1], features[1:]], 16), expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("shape", [(0, 32, 32, 3), (0, 5)])
def test_without_regions_there_is_nothing_to_fill_in(shape: tuple[int, ...]) -> None:
    kind = torch.uint8 if len(shape) == 4 else torch.float16
    assert describe_regions([torch.zeros(shape, dtype=kind)] * 2, 16).shape == (0, 12 if len(shape) == 4 else 5)


def test_a_hidden_region_is_not_read_and_a_visible_one_is(generator: torch.Generator) -> None:
    model, batch = system_model("hc-mae"), batch_of([3, 2], generator)
    which, embedded = hidden_of(batch, regions=True), embed(model, batch)
    regions, genes = model.reconstruct(batch, embedded, which)
    for place, reads in ((0, False), (1, True)):
        changed = embedded.detach().clone()
        changed[place] += 1
        other_regions, other_genes = model.reconstruct(batch, changed, which)
        assert torch.equal(other_regions, regions) is not reads
        assert torch.equal(other_genes, genes) is not reads


def test_a_hidden_gene_is_not_read_and_a_visible_one_is(generator: torch.Generator) -> None:
    model, batch = system_model("hc-mae"), batch_of([3, 2], generator)
    which, embedded = hidden_of(batch, genes=True), embed(model, batch)
    found = model.reconstruct(batch, embedded, which)
    for gene, reads in ((0, False), (1, True)):
        values = batch.values.clone()
        values[:, :, gene] += 1
        other = model.reconstruct(replace(batch, values=values), embedded, which)
        assert torch.equal(other[0], found[0]) is not reads  # the regions read the genes, too
        assert torch.equal(other[1], found[1]) is not reads


def test_what_is_said_of_a_hidden_region_depends_on_its_place(generator: torch.Generator) -> None:
    model, batch = system_model("hc-mae"), batch_of([4], generator)
    which, embedded = hidden_of(batch), embed(model, batch)
    which.regions[0, :2] = True
    regions, _ = model.reconstruct(batch, embedded, which)
    assert (regions[0] - regions[1]).abs().max() > 1e-3
    moved = batch.coordinates.clone()
    moved[0] = moved[1]
    regions, _ = model.reconstruct(replace(batch, coordinates=moved), embedded, which)
    torch.testing.assert_close(regions[0], regions[1])


def test_losses_count_hidden_places_that_were_measured(
    generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a decoder that says 0 everywhere, the loss is the mean square of what is hidden."""
    present = torch.tensor([[True] * TYPES, [True, True, False]])
    batch = batch_of([3, 1], generator, present)
    genes = torch.ones_like(batch.genes)
    genes[:, 1, 5:] = False
    batch = replace(batch, genes=genes)
    model = system_model("hc-mae")
    with torch.no_grad():
        for parameter in (*model.describe.parameters(), *model.fill_in.parameters()):
            parameter.zero_()
    which: list[Tensor] = []

    def remember(measured: Tensor) -> Tensor:
        which.append(hide_genes(measured))
        return which[-1]

    monkeypatch.setattr("pomp.baselines.systems.hc_mae.hide_genes", remember)
    losses = HC_MAE.pretraining(system_config("hc-mae").pretrain)  # type: ignore[misc]
    terms = losses(model, batch, embed(model, batch))
    assert not (which[0] & ~(genes & present[..., None])).any()
    torch.testing.assert_close(terms["mae_genes"], batch.values[which[0]].square().mean())
    assert terms["mae_regions"].item() == pytest.approx(1.0, abs=1e-3)  # variance 1 by construction
    torch.testing.assert_close(terms["total"], terms["mae_regions"] + terms["mae_genes"])


def test_pre_training_learns_one_modality_from_the_other() -> None:
    """Regions and genes are the same number in all places: what is visible of either tells what is hidden of both."""
    generator = torch.Generator().manual_seed(4)
    batch, told = batch_of([4] * 40, generator), torch.randn(40, generator=generator)
    direction = torch.randn(12, generator=generator)
    regions = torch.sign(told)[:, None, None] * direction + 0.1 * torch.randn(40, 4, 12, generator=generator)
    values = told[:, None, None].expand(40, TYPES, GENES) + 0.1 * torch.randn(40, TYPES, GENES, generator=generator)
    batch = replace(batch, regions=tuple(regions), values=values.contiguous())
    model = system_model("hc-mae", features=12).train()
    losses = HC_MAE.pretraining(system_config("hc-mae").pretrain)  # type: ignore[misc]
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)
    torch.manual_seed(0)
    for _ in range(60):
        optimiser.zero_grad()
        terms = losses(model, batch, model.embedding(torch.cat(batch.regions)))
        terms["total"].backward()
        optimiser.step()
    assert terms["mae_regions"] < 0.3
    assert terms["mae_genes"] < 0.3 * told.square().mean()
    # All regions hidden, and all genes of two types: what is left is the other modality alone.
    only_genes = Hidden(torch.ones_like(batch.layout.mask), torch.zeros_like(batch.genes))
    only_regions = Hidden(torch.zeros_like(batch.layout.mask), torch.ones_like(batch.genes))
    embedded, everywhere = embed(model, batch), torch.ones(160, dtype=torch.bool)
    target = describe_regions(batch.regions, 16)
    assert squared_error(model.reconstruct(batch, embedded, only_genes)[0], target, everywhere) < 0.4
    said = model.reconstruct(batch, embedded, only_regions)[1].mean(dim=(1, 2))
    assert torch.corrcoef(torch.stack([said, told]))[0, 1] > 0.6
