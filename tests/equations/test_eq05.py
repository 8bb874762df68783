"""Eq. 5: H = LN(Multi-Transformer(H_cross) + O_final)."""

import pytest
import torch

from tests.small import GENES, TYPES, random_regions, small_model


@pytest.mark.parametrize("residual", [True, False])
def test_is_what_is_written(residual: bool, generator: torch.Generator) -> None:
    model = small_model(model__residual=residual)
    pathology = model.pathology(*random_regions(6, generator), torch.tensor([2, 4]))
    present = torch.ones(2, TYPES, dtype=torch.bool)
    omics = model.encode_omics(torch.randn(2, TYPES, GENES, generator=generator), present)
    encoder = model.multimodal
    crossed, _ = encoder.cross(omics.all, pathology.regions, pathology.mask)
    fused = encoder.transformer(crossed, torch.ones(2, 1 + TYPES, dtype=torch.bool))
    expected = encoder.norm(fused + omics.all if residual else fused)
    result = model.fuse(omics, pathology)
    torch.testing.assert_close(result.cls, expected[:, 0])
    torch.testing.assert_close(result.types, expected[:, 1:])


def test_a_missing_type_is_not_read(generator: torch.Generator) -> None:
    model = small_model()
    pathology = model.pathology(*random_regions(3, generator), torch.tensor([3]))
    present = torch.ones(1, TYPES, dtype=torch.bool).index_fill(1, torch.tensor([1]), False)
    omics = model.encode_omics(torch.randn(1, TYPES, GENES, generator=generator), present)
    other = omics._replace(types=omics.types.index_fill(1, torch.tensor([1]), 7.0))
    torch.testing.assert_close(model.fuse(omics, pathology).cls, model.fuse(other, pathology).cls, rtol=0, atol=0)


def test_layer_norm_is_last(generator: torch.Generator) -> None:
    model = small_model()
    pathology = model.pathology(*random_regions(3, generator), torch.tensor([3]))
    omics = model.encode_omics(
        torch.randn(1, TYPES, GENES, generator=generator), torch.ones(1, TYPES, dtype=torch.bool)
    )
    fused = model.fuse(omics, pathology)
    torch.testing.assert_close(fused.cls.mean(dim=1), torch.zeros(1), atol=1e-5, rtol=0)
    torch.testing.assert_close(fused.cls.var(dim=1, unbiased=False), torch.ones(1), atol=1e-3, rtol=0)
