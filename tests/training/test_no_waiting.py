"""A step never asks the device for a number: what has a shape is known from the batch before it is sent.

Fake tensors have shapes and no values, so whatever depends on a value (`item`, `nonzero`, a boolean index) raises an
error on them. On a GPU each such place would wait for all that the device has been given to do.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import torch
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeCopyMode, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from pomp.training.device import Compute
from pomp.training.embedding import PartwiseEmbedding
from pomp.training.finetune import finetune_losses
from pomp.training.loop import StepLosses, backpropagate
from pomp.training.pretrain import pretrain_losses
from tests.small import batch_of, small_config, small_model

CASES: dict[str, Callable[[], StepLosses]] = {
    "pretrain": lambda: pretrain_losses(small_config().pretrain),
    "pretrain as released": lambda: pretrain_losses(
        small_config(pretrain__negatives="multinomial", pretrain__mom_loss="mse").pretrain
    ),
    "finetune": lambda: finetune_losses(small_config().finetune),
    "finetune, Breslow": lambda: finetune_losses(small_config(finetune__ties="breslow").finetune),
    "finetune, strict": lambda: finetune_losses(small_config(finetune__ties="strict").finetune),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("memory", [0, 2**40])
def test_a_step_depends_on_no_value(case: str, memory: int, generator: torch.Generator) -> None:
    losses = CASES[case]()
    batch = batch_of([3, 0, 5, 1], generator, torch.tensor([[True] * 3, [True] * 3, [False] * 3, [True, False, True]]))
    mode = FakeTensorMode()
    with FakeCopyMode(mode):
        model, batch = deepcopy(small_model(model__dropout=0.1).train()), deepcopy(batch)
    with mode:
        optimiser = torch.optim.AdamW(model.parameters(), fused=True)
        compute = Compute(torch.device("cpu"), memory=memory, part=4)
        embedding = PartwiseEmbedding(model.embedding, model.width, compute)
        terms = backpropagate(model, batch, losses, embedding, (0,))
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    assert terms["total"].shape == ()


def test_the_check_would_see_it(generator: torch.Generator) -> None:
    with FakeTensorMode() as mode, pytest.raises(DataDependentOutputException):
        mode.from_tensor(torch.ones(3)).sum().item()


class SentAndWaitedFor(TorchDispatchMode):
    """Notes the shape of every tensor that is copied from one device to another while the CPU waits."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes: list[tuple[int, ...]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func is torch.ops.aten._to_copy.default and args[0].device != result.device:
            self.shapes += [] if (kwargs or {}).get("non_blocking") else [tuple(result.shape)]
        return result


@pytest.mark.parametrize("case", CASES)
def test_what_is_drawn_on_the_cpu_is_sent_without_waiting(case: str, generator: torch.Generator) -> None:
    """On a device without values in place of a GPU. It has no autocast, which the ViT asks for: its output is given."""
    losses, device = CASES[case](), torch.device("meta")
    model, batch = small_model(model__dropout=0.1).train().to(device), batch_of([3, 0, 5, 1], generator).to(device)
    embedded = torch.empty(9, model.width, device=device, requires_grad=True)
    with SentAndWaitedFor() as sent:
        losses(model, batch, embedded)["total"].backward()
    assert sent.shapes == []
    assert embedded.grad is not None


def test_what_is_sent_and_waited_for_would_be_seen() -> None:
    with SentAndWaitedFor() as sent:
        torch.ones(3).to("meta")
        torch.ones(4).to("meta", non_blocking=True)
    assert sent.shapes == [(3,)]
