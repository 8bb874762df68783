"""Made-up patients have the sizes that are asked for."""

from __future__ import annotations

import pytest
import torch

from pomp.training.made_up import made_up_batch


@pytest.mark.parametrize(("shape", "kind"), [((8, 8, 3), torch.uint8), ((5,), torch.float16)])
def test_sizes(shape: tuple[int, ...], kind: torch.dtype) -> None:
    batch = made_up_batch([2, 0, 3], shape, types=2, genes=4)
    assert [tuple(own.shape) for own in batch.regions] == [(2, *shape), (0, *shape), (3, *shape)]
    assert {own.dtype for own in batch.regions} == {kind}
    assert batch.values.shape == batch.genes.shape == (3, 2, 4)
    assert batch.pairs.tolist() == [0, 2]
    assert sorted(batch.time_days.tolist()) == [1, 2, 3]
    again = made_up_batch([2, 0, 3], shape, types=2, genes=4)
    assert all(torch.equal(one, other) for one, other in zip(batch.regions, again.regions, strict=True))


def test_types_that_nobody_has() -> None:
    batch = made_up_batch([1], (8, 8, 3), types=1, genes=4, measured=False)
    assert not batch.present.any()
    assert not batch.genes.any()
    assert not batch.values.any()
