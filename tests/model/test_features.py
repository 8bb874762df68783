"""A model that reads features in place of pixels."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from pomp.model import FeatureEmbedding, Pomp, RegionEmbedding
from pomp.training.loop import weights
from pomp.training.system import POMP
from tests.small import GENES, TYPES, batch_of, encode_slides, small_config, small_model

F = 24


@pytest.fixture
def model() -> Pomp:
    return POMP.build(small_config(), TYPES, GENES, seed=3, features=F).eval()


def risks(model: Pomp, features: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    batch = replace(batch_of([2, 0, 3], generator), regions=torch.split(features, [2, 0, 3]))
    pathology = encode_slides(model, batch)
    return model.risk(pathology, model.encode_omics(batch.values, batch.present))


def test_features_take_the_place_of_the_vit_and_of_nothing_else(model: Pomp) -> None:
    pixels = weights(small_model())
    features = weights(model)
    changed = {name: value for name, value in features.items() if name not in pixels}
    assert {name: tuple(value.shape) for name, value in changed.items()} == {
        "pathology.embedding.linear.weight": (16, F), "pathology.embedding.linear.bias": (16,),
    }  # fmt: skip
    gone = set(pixels) - set(features)
    assert gone
    assert all(name.startswith("pathology.embedding.vit.") for name in gone)
    assert isinstance(model.pathology.embedding, FeatureEmbedding)
    assert isinstance(small_model().pathology.embedding, RegionEmbedding)


def test_embedding_by_hand() -> None:
    embedding = FeatureEmbedding(small_config().model, 4).eval()
    with torch.no_grad():
        embedding.linear.weight.copy_(torch.eye(16)[:, :4])
        embedding.linear.bias.fill_(1.0)
        found = embedding(torch.tensor([[0.0, 0.0, 2.0, 2.0]], dtype=torch.float16))
    # mean 1, standard deviation 1
    expected = torch.tensor([[0.0, 0.0, 2.0, 2.0, *[1.0] * 12]])
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_the_scale_of_the_foundation_model_does_not_matter(model: Pomp, generator: torch.Generator) -> None:
    features = torch.randn(5, F, generator=generator)
    state = generator.get_state()
    found = risks(model, features, generator)
    scaled = risks(model, features * 500 + 100, generator.set_state(state))
    torch.testing.assert_close(scaled, found, atol=1e-3, rtol=0)
    generator.set_state(state)
    assert not torch.allclose(risks(model, features.flip(0), generator), found, atol=1e-3)


def test_float16_gives_the_same_risks(model: Pomp, generator: torch.Generator) -> None:
    features = torch.randn(5, F, generator=generator)
    state = generator.get_state()
    half = risks(model, features.half(), generator)
    torch.testing.assert_close(half, risks(model, features, generator.set_state(state)), atol=1e-3, rtol=0)
    assert half.dtype == torch.float32
