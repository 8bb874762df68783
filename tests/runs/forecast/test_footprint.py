"""What is counted on a model, against what training counts and keeps itself."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from pomp.config import PRESETS, override
from pomp.runs.forecast.footprint import count_footprint
from pomp.runs.forecast.memory import _rest_bytes
from pomp.runs.forecast.workload import Workload
from pomp.training.batches import Batch
from pomp.training.device import Compute
from pomp.training.embedding import PartwiseEmbedding, count_saved
from pomp.training.pretrain import pretrain_losses
from pomp.training.system import POMP
from tests.small import batch_of, small_config, small_model

CPU = torch.device("cpu")
PAPER = override(PRESETS["paper"], {"model.modalities": "both"})


@pytest.mark.parametrize(("dtype", "kept", "noted", "shared"), [
    (torch.float32, 13.8e6, 2 * 256 * 384 * 4, 0),
    # Half of it, but for float32 sums and the 2 · 6 · 256² weights of attention, which the fused kernel of float32 does
    # not keep; bfloat16 copies of 3.9 million weights come once a pass.
    (torch.bfloat16, 9.05e6, 2 * 256 * 384 * 2, 7.86e6),
])  # fmt: skip
def test_the_papers_model(dtype: torch.dtype, kept: float, noted: int, shared: float) -> None:
    found = count_footprint(PAPER, 3, None, dtype)
    assert found.embedding_parameters == 3_943_296
    assert found.stored == 256 * 256 * 3
    assert found.kept == pytest.approx(kept, rel=0.02)
    assert found.noted == noted
    assert found.shared == pytest.approx(shared, rel=0.02)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_as_training_measures_it(dtype: torch.dtype, generator: torch.Generator) -> None:
    """The costs of a part of five regions, as `PartwiseEmbedding` finds them before its first step."""
    model, config = small_model().train(), small_config()
    embedding = PartwiseEmbedding(model.embedding, model.width, Compute(CPU, dtype, 2**40, part=5))
    embedding.forward(batch_of([3, 7], generator), (0,))
    assert embedding._costs is not None
    counted = count_footprint(config, 3, None, dtype).costs(5, embedding._costs.room)
    assert counted.afford(10) == embedding._costs.afford(10)
    assert counted.keeping == pytest.approx(embedding._costs.keeping, rel=0.01)
    assert counted.noting == embedding._costs.noting


def test_parameters_are_those_of_the_model() -> None:
    expected = sum(parameter.numel() for parameter in small_model().parameters())
    config = small_config(omics__genes=8)
    assert count_footprint(config, 3, None, torch.float32).parameters == expected


def test_regions_that_are_features() -> None:
    """1,024 numbers a region, stored in two bytes each; a linear layer keeps them in float32."""
    found = count_footprint(PAPER, 3, 1024, torch.float32)
    assert (found.stored, found.noted, found.embedding_parameters) == (2048, 0, 1024 * 384 + 384)
    assert found.kept == 4 * 1024


def test_counting_leaves_the_generator_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    count_footprint(small_config(), 3, None, torch.float32)
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize("changes", [{}, {"pretrain.pom": 0}, {"pretrain.mom": 0}])
def test_activations_of_the_rest(changes: dict[str, Any], generator: torch.Generator) -> None:
    """Within a tenth of what the three losses keep, at the paper's width, of 6 patients with 40 regions."""
    config = override(PAPER, {"omics.genes": 8, **changes})
    model = POMP.build(config, 3, 8, seed=0).train()
    batch: Batch = batch_of([40] * 6, generator)
    embedded = torch.randn(240, model.width, generator=generator, requires_grad=True)
    with count_saved(model) as saved:
        pretrain_losses(config.pretrain)(model, batch, embedded)
    workload = Workload(patients=6, regions=40, uncut=0, genes=(8, 8, 8))
    assert _rest_bytes(config, 6, workload) == pytest.approx(sum(saved), rel=0.1)
