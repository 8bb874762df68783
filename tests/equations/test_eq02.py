"""Eq. 2: I'_final = Pat-Transformer([I_pat ⊕ I_cls] + E_pos)."""

import math

import pytest
import torch

from pomp.model.positions import sinusoid, sinusoid_2d
from tests.small import random_regions, small_model


def test_positions_by_hand() -> None:
    expected = [math.sin(2), math.sin(2 / 100), math.cos(2), math.cos(2 / 100)]
    torch.testing.assert_close(sinusoid(torch.tensor(2), 4), torch.tensor(expected))
    both = sinusoid_2d(torch.tensor([2, 0]), 8)
    torch.testing.assert_close(both, torch.tensor([*expected, 0, 0, 1, 1]))


def test_shuffling_regions_with_their_coordinates_changes_nothing(generator: torch.Generator) -> None:
    encoder = small_model().pathology
    pixels, places = random_regions(9, generator)
    order = torch.randperm(9, generator=generator)
    plain = encoder(pixels, places, torch.tensor([9]))
    shuffled = encoder(pixels[order], places[order], torch.tensor([9]))
    torch.testing.assert_close(plain.cls, shuffled.cls)
    torch.testing.assert_close(plain.regions[:, order], shuffled.regions)


@pytest.mark.parametrize("positions", ["coordinates", "list_order"])
def test_places_matter(positions: str, generator: torch.Generator) -> None:
    encoder = small_model(model__positions=positions).pathology
    pixels, places = random_regions(9, generator)
    order = torch.arange(8, -1, -1)
    moved = (pixels, places[order]) if positions == "coordinates" else (pixels[order], places[order])
    plain = encoder(pixels, places, torch.tensor([9])).cls
    assert not torch.allclose(plain, encoder(*moved, torch.tensor([9])).cls, atol=1e-4)


def test_padding_and_other_patients_change_nothing(generator: torch.Generator) -> None:
    encoder = small_model().pathology
    counts = [1, 40, 0, 7]
    pixels, places = random_regions(sum(counts), generator)
    together = encoder(pixels, places, torch.tensor(counts))
    start = 0
    for patient, count in enumerate(counts):
        own = slice(start, start + count)
        alone = encoder(pixels[own], places[own], torch.tensor([count]))
        torch.testing.assert_close(together.cls[patient], alone.cls[0], atol=1e-5, rtol=1e-5)
        assert int(together.mask[patient].sum()) == count
        start += count


def test_from_1_to_1300_regions_in_one_batch(generator: torch.Generator) -> None:
    encoder = small_model().pathology
    counts = torch.tensor([1, 1300])
    pixels, places = random_regions(1301, generator)
    tokens = encoder(pixels, places, counts)
    assert tokens.regions.shape == (2, 1300, 16)
    alone = encoder(pixels[:1], places[:1], counts[:1])
    torch.testing.assert_close(tokens.cls[0], alone.cls[0], atol=1e-5, rtol=1e-5)


def test_without_slides_v_is_one_learnt_vector(generator: torch.Generator) -> None:
    encoder = small_model().pathology
    nothing = torch.zeros(0, 3, 32, 32, dtype=torch.uint8)
    tokens = encoder(nothing, torch.zeros(0, 2, dtype=torch.long), torch.tensor([0, 0]))
    torch.testing.assert_close(tokens.cls[0], tokens.cls[1])
    assert torch.isfinite(tokens.cls).all()
    assert not tokens.mask.any()
