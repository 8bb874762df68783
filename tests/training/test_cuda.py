"""On a GPU: the CPU's losses and gradients, nothing waited for, and a step in whatever memory there is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
import torch
from torch import Tensor

from pomp.config import PRESETS, override
from pomp.data.bundle import assets_folder
from pomp.data.cohort import read_cohort
from pomp.runs.worker import execute
from pomp.runs.workspace import Workspace
from pomp.training.device import Compute
from pomp.training.embedding import PartwiseEmbedding
from pomp.training.finetune import finetune_losses
from pomp.training.loop import StepLosses, backpropagate
from pomp.training.pretrain import pretrain_losses
from tests.small import batch_of, gradients, small_config, small_model

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU (CUDA)")

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
COUNTS = [3, 1, 0, 5, 2, 11, 4]
LOSSES: dict[str, StepLosses] = {
    "pretrain": pretrain_losses(small_config(pretrain__negatives="multinomial").pretrain),
    "finetune": finetune_losses(small_config().finetune),
}
ROOM = {"nothing": 0, "products": 20_000, "some": 300_000, "everything": 2**40}


def same(found: dict[str, Tensor], expected: dict[str, Tensor], atol: float) -> None:
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(
            found[name], value, atol=atol, rtol=1e-3, msg=lambda text, name=name: f"{name}: {text}"
        )


@pytest.mark.parametrize("stage", LOSSES)
@pytest.mark.parametrize("room", ROOM)
def test_a_step_is_that_of_the_cpu(stage: str, room: str, generator: torch.Generator) -> None:
    model, batch = small_model().train(), batch_of(COUNTS, generator)
    expected = gradients(model, batch, LOSSES[stage], Compute(CPU, part=4))
    found = gradients(model, batch, LOSSES[stage], Compute(CUDA, memory=ROOM[room], part=4))
    same(found, expected, atol=1e-5)


@pytest.mark.filterwarnings("ignore")  # torch's compiler has much to say
@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_is_computed_twice_meets_the_same_dropout(
    dtype: torch.dtype, compiled: bool, generator: torch.Generator
) -> None:
    model, batch = small_model(model__dropout=0.3).train(), batch_of(COUNTS, generator)
    kept, *others = (
        gradients(model, batch, LOSSES["pretrain"], Compute(CUDA, dtype, room, part=4, compiled=compiled))
        for room in reversed(ROOM.values())
    )
    for found in others:
        same(found, kept, atol=1e-5 if dtype == torch.float32 else 1e-3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_tokens_between_layers_have_the_type_of_the_products(dtype: torch.dtype, generator: torch.Generator) -> None:
    model, batch = small_model().to(CUDA), batch_of(COUNTS, generator).to(CUDA)
    seen = []
    model.embedding.vit.blocks[0].register_forward_pre_hook(lambda block, tokens: seen.append(tokens[0].dtype))
    with torch.inference_mode(), Compute(CUDA, dtype).autocast():
        embedded = model.embedding(torch.cat(batch.regions))
    assert (seen, embedded.dtype) == ([dtype], torch.float32)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.slow
def test_a_compiled_vit_is_the_same(generator: torch.Generator) -> None:
    model, batch = small_model().train(), batch_of(COUNTS, generator)
    plain, compiled = (
        gradients(model, batch, LOSSES["pretrain"], Compute(CUDA, memory=2**40, part=4, compiled=compiled))
        for compiled in (False, True)
    )
    same(compiled, plain, atol=1e-5)


@contextmanager
def waiting_is_an_error() -> Iterator[None]:
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.filterwarnings("ignore:Synchronization debug mode is a prototype")
@pytest.mark.parametrize("stage", LOSSES)
def test_a_step_does_not_wait_for_the_device(stage: str, generator: torch.Generator) -> None:
    model, batch = small_model().train().to(CUDA), batch_of(COUNTS, generator).to(CUDA)
    optimiser = torch.optim.AdamW(model.parameters(), fused=True)
    embedding = PartwiseEmbedding(model.embedding, model.width, Compute(CUDA, part=4))

    def step() -> Tensor:
        terms = backpropagate(model, batch, LOSSES[stage], embedding, (0,))
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        return terms["total"]

    step()  # what is made once, such as the optimiser's state, may wait
    with waiting_is_an_error():
        total = step()
        with pytest.raises(RuntimeError, match="synchronizing"):  # the check sees what waits
            total.item()


def test_where_the_device_is_full_less_is_kept(generator: torch.Generator, caplog: pytest.LogCaptureFixture) -> None:
    """Real shortness: the plan takes the device to be larger than it is."""
    model, batch = small_model(model__width=64).train(), batch_of([200] * 20, generator)
    expected = gradients(model, batch, LOSSES["finetune"], Compute(CUDA, memory=0, part=64))
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(CUDA).total_memory
    torch.cuda.set_per_process_memory_fraction(400 * 2**20 / total)
    try:
        found = gradients(model, batch, LOSSES["finetune"], Compute(CUDA, memory=2**40, part=64))
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert "Memory was short" in caplog.text
    same(found, expected, atol=1e-5)


@pytest.mark.slow
def test_a_run_gives_the_risks_that_the_cpu_gives(tmp_path: Path) -> None:
    """From slides to out-of-fold risks; without dropout, which every device draws in its own way."""
    few = {"folds": 2, "model.dropout": 0.0, "pretrain.epochs": 2, "finetune.epochs": 2}
    config = override(PRESETS["demo"], few)
    workspace = Workspace(tmp_path)
    workspace.install_bundle(assets_folder())
    cohort = read_cohort(workspace.cohorts / "demo", config.cohort)
    risks = []
    for device in ("cpu", "cuda"):
        run = workspace.runs.create(cohort, config, device)
        execute(run, device)
        assert run.status().device == device
        risks.append(run.require_predictions().set_index("patient")["risk"])
    pd.testing.assert_series_equal(risks[0], risks[1], check_exact=False, rtol=0, atol=1e-3)
