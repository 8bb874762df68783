"""A batch in parts is the batch as a whole, whatever fits into memory."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch._dynamo.exc import BackendCompilerFailed
from torch.utils._python_dispatch import TorchDispatchMode

from pomp.config import RunConfig
from pomp.errors import TrainingError
from pomp.model import Pomp
from pomp.training.batches import Batch
from pomp.training.device import Compute
from pomp.training.embedding import Costs, PartwiseEmbedding, Share, count_saved, parts_of
from pomp.training.finetune import finetune_losses
from pomp.training.loop import StepLosses, losses_seed
from pomp.training.made_up import made_up_batch
from pomp.training.pretrain import pretrain_losses
from pomp.training.system import POMP
from tests.small import GENES, SEED, TYPES, batch_of, gradients, small_config, small_model

CPU = torch.device("cpu")
COUNTS = [3, 1, 0, 5, 2, 11, 4]


def stage_losses(stage: str, config: RunConfig) -> StepLosses:
    return pretrain_losses(config.pretrain) if stage == "pretrain" else finetune_losses(config.finetune)


@pytest.mark.parametrize("stage", ["pretrain", "finetune"])
@pytest.mark.parametrize("part", [1, 4, 7])
@pytest.mark.parametrize("memory", [0, 2**40])
def test_gradients_are_those_of_the_whole_batch(stage: str, part: int, memory: int, generator: torch.Generator) -> None:
    """Against plain autograd through all regions at once, without any of the code for parts."""
    model, batch = small_model().train(), batch_of(COUNTS, generator)
    losses = stage_losses(stage, small_config())
    found = gradients(model, batch, losses, Compute(CPU, memory=memory, part=part))
    model.zero_grad(set_to_none=True)
    torch.manual_seed(losses_seed(SEED))
    total = losses(model, batch, model.pathology.embedding(torch.cat(batch.regions)))["total"]
    total.backward()
    torch.testing.assert_close(found["total"], total.detach())
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            torch.testing.assert_close(found[name], parameter.grad, atol=1e-6, rtol=1e-4)
    assert "pathology.embedding.vit.patch_embed.proj.weight" in found


@pytest.mark.parametrize("stage", ["pretrain", "finetune"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_is_computed_twice_meets_the_same_dropout(
    stage: str, dtype: torch.dtype, generator: torch.Generator
) -> None:
    """All activations kept, one part's kept, and none but the first: the same gradients to the last bit."""
    model, batch = small_model(model__dropout=0.3).train(), batch_of(COUNTS, generator)
    losses = stage_losses(stage, small_config(pretrain__negatives="multinomial"))
    everything = gradients(model, batch, losses, Compute(CPU, dtype, memory=2**40, part=4))
    for memory in (0, 8_000, 20_000, 300_000, 900_000):
        some = gradients(model, batch, losses, Compute(CPU, dtype, memory=memory, part=4))
        for name, expected in everything.items():
            torch.testing.assert_close(some[name], expected, atol=0, rtol=0, msg=name)


def test_memory_decides_what_is_kept(generator: torch.Generator) -> None:
    """Nothing, then more and more products, then more and more activations in their place."""
    model, batch = small_model(), batch_of(COUNTS, generator)
    found = []
    for memory in (0, 8_000, 20_000, 100_000, 400_000, 800_000, 2**40):
        embedding = PartwiseEmbedding(model.embedding, model.width, Compute(CPU, memory=memory, part=4))
        embedding.forward(batch, (0,))
        found.append((len(embedding.kept), len(embedding.noted)))
    assert found[0] == (0, 0)
    assert found[-1] == (7, 0)
    assert found == sorted(found)
    assert any(0 < noted < 7 and not kept for kept, noted in found)
    assert any(0 < kept < 7 and kept + noted == 7 for kept, noted in found)


@pytest.mark.parametrize(
    ("room", "expected"), [(0, (0, 0)), (25, (0, 2)), (50, (0, 5)), (139, (0, 5)), (140, (1, 4)), (500, (5, 0))]
)
def test_afford(room: int, expected: tuple[int, int]) -> None:
    """Five parts of 100 bytes of activations or 10 of products."""
    assert Costs(room, keeping=100, noting=10).afford(5) == expected


def test_bfloat16_is_near_float32(generator: torch.Generator) -> None:
    model, batch = small_model(), batch_of(COUNTS, generator)
    losses = finetune_losses(small_config().finetune)
    exact, coarse = (gradients(model, batch, losses, Compute(CPU, dtype)) for dtype in (torch.float32, torch.bfloat16))
    torch.testing.assert_close(coarse["total"], exact["total"], atol=0, rtol=1e-2)
    weight = "pathology.embedding.vit.blocks.0.mlp.fc1.weight"
    assert not torch.equal(coarse[weight], exact[weight])
    assert torch.cosine_similarity(coarse[weight].flatten(), exact[weight].flatten(), dim=0) > 0.99


@pytest.mark.parametrize("memory", [0, 2**40], ids=["computed twice", "kept"])
def test_the_weights_are_converted_once_for_all_parts(memory: int, generator: torch.Generator) -> None:
    model, batch = small_model().train(), batch_of(COUNTS, generator)
    weight = model.embedding.vit.blocks[0].mlp.fc1.weight
    embedding = PartwiseEmbedding(model.embedding, model.width, Compute(CPU, torch.bfloat16, memory=memory, part=4))
    embedding.forward(batch, SEED)  # measures the costs, too
    conversions = Conversions(weight)
    with conversions:
        embedded = embedding.forward(batch, SEED)
    assert conversions.count == 1
    with conversions:
        embedding.backward(torch.ones_like(embedded))
    assert conversions.count == (2 if memory == 0 else 1)  # once more for all that is computed twice


class Conversions(TorchDispatchMode):
    """Counts how often a tensor is copied into another type meanwhile."""

    def __init__(self, tensor: Tensor) -> None:
        super().__init__()
        self.tensor, self.count = tensor, 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is torch.ops.aten._to_copy.default and args[0] is self.tensor:
            self.count += 1
        return func(*args, **(kwargs or {}))


def test_predictions_need_no_gradient_and_no_memory(generator: torch.Generator) -> None:
    model, batch = small_model(), batch_of(COUNTS, generator)
    embedding = PartwiseEmbedding(model.embedding, model.width, Compute(CPU, memory=0, part=4))
    with torch.inference_mode():
        found = embedding.predict(batch.regions)
        torch.testing.assert_close(found, model.pathology.embedding(torch.cat(batch.regions)))


def test_where_memory_is_short_after_all_the_step_begins_again(generator: torch.Generator) -> None:
    model, batch = small_model(model__dropout=0.3).train(), batch_of(COUNTS, generator)
    losses = finetune_losses(small_config().finetune)
    expected = gradients(model, batch, losses, Compute(CPU, memory=2**30, part=4))
    left = iter([True, True, False])

    def short(model: Pomp, batch: Batch, embedded: Tensor) -> dict[str, Tensor]:
        terms = losses(model, batch, embedded)
        if next(left):
            terms["total"].backward(retain_graph=True)  # what was added up so far must not count
            raise torch.OutOfMemoryError
        return terms

    found = gradients(model, batch, short, Compute(CPU, memory=2**30, part=4))
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_where_nothing_can_be_given_up_it_is_said(generator: torch.Generator) -> None:
    def never(model: Pomp, batch: Batch, embedded: Tensor) -> dict[str, Tensor]:
        raise torch.OutOfMemoryError

    model, batch = small_model(), batch_of(COUNTS, generator)
    with pytest.raises(TrainingError, match="a batch of 7 patients with 26 regions. Lower batch_size"):
        gradients(model, batch, never, Compute(CPU, memory=2**30, part=4))


def test_costs_are_those_of_a_usual_part_whatever_comes_first(generator: torch.Generator) -> None:
    kept = []
    for counts in ([4, 22], [1]):
        model = small_model()
        embedding = PartwiseEmbedding(model.embedding, model.width, Compute(CPU, memory=200_000, part=4))
        embedding.forward(batch_of(counts, generator), (0,))
        embedding.forward(batch_of([26], generator), (0,))
        kept.append(len(embedding.kept))
    assert kept[0] == kept[1] > 0


@pytest.mark.parametrize("memory", [0, 1_000, 2_000, 5_000])
def test_features_have_nothing_to_note(memory: int, generator: torch.Generator) -> None:
    config = small_config()
    model = POMP.build(config, TYPES, GENES, seed=3, features=64).train()
    batch = made_up_batch(COUNTS, (64,), TYPES, GENES)
    some, everything = (
        gradients(model, batch, finetune_losses(config.finetune), Compute(CPU, memory=room, part=2))
        for room in (memory, 2**40)
    )
    assert all(torch.equal(some[name], expected) for name, expected in everything.items())


def test_what_is_counted_is_not_held(generator: torch.Generator) -> None:
    """A saved output that is kept itself would keep its graph, and so every activation before it, for ever."""
    model, batch = small_model(), batch_of(COUNTS, generator)
    with count_saved(model.embedding) as sizes:
        output = model.embedding(torch.cat(batch.regions)).sigmoid()  # whose backward pass needs its output
    assert sum(sizes) > 0
    held = weakref.ref(output)
    del output
    gc.collect()
    assert held() is None


def compiled_and_not(generator: torch.Generator, losses: StepLosses) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    model, batch = small_model().train(), batch_of(COUNTS, generator)
    found = [
        gradients(model, batch, losses, Compute(CPU, memory=2**40, part=4, compiled=compiled))
        for compiled in (True, False)
    ]
    return found[0], found[1]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's compiler warns of torch.jit, which it uses itself
def test_a_compiled_vit_is_the_same(generator: torch.Generator) -> None:
    fast, plain = compiled_and_not(generator, finetune_losses(small_config().finetune))
    for name, expected in plain.items():
        torch.testing.assert_close(fast[name], expected, atol=1e-6, rtol=1e-4, msg=name)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_is_computed_twice_is_the_same_where_it_is_compiled(generator: torch.Generator) -> None:
    """Nothing kept, products noted and recalled, and activations kept: each is another graph for the compiler."""
    model, batch = small_model(model__dropout=0.3).train(), batch_of(COUNTS, generator)
    losses = finetune_losses(small_config().finetune)
    kept, *others = (
        gradients(model, batch, losses, Compute(CPU, memory=memory, part=4, compiled=True))
        for memory in (2**40, 20_000, 0)
    )
    for found in others:
        assert all(torch.equal(found[name], expected) for name, expected in kept.items())


def test_parts_of_the_usual_size_are_compiled(generator: torch.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def noting(module: nn.Module, dynamic: bool) -> Callable[[Tensor], Tensor]:
        return lambda regions: seen.append(len(regions)) or module(regions)  # type: ignore[func-returns-value]

    monkeypatch.setattr(torch, "compile", noting)
    fast, plain = compiled_and_not(generator, finetune_losses(small_config().finetune))
    assert seen == [4] * (1 + 6)  # to learn the costs, and 26 regions: the last two are no whole part
    assert torch.equal(fast["total"], plain["total"])


def test_without_a_compiler_training_goes_on(
    generator: torch.Generator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(module: nn.Module, dynamic: bool) -> Callable[[Tensor], Tensor]:
        def fail(regions: Tensor) -> Tensor:
            raise BackendCompilerFailed(compiled_and_not, RuntimeError("no g++"), None)

        return fail

    monkeypatch.setattr(torch, "compile", broken)
    fast, plain = compiled_and_not(generator, finetune_losses(small_config().finetune))
    assert "The ViT is not compiled" in caplog.text
    assert all(torch.equal(fast[name], plain[name]) for name in plain)


@pytest.mark.parametrize("parts", [0, 1, 2, 7])
@pytest.mark.parametrize("members", [1, 2, 3])
def test_shares_are_all_parts_in_order(parts: int, members: int) -> None:
    shares = [Share(rank, members).of(parts) for rank in range(members)]
    assert [index for share in shares for index in share] == list(range(parts))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize("members", [1, 2, 3])
def test_who_is_needed_has_regions_in_the_share(members: int) -> None:
    whose = [torch.full((count,), patient) for patient, count in enumerate(COUNTS)]
    parts = list(parts_of(whose, 4))
    for share in (Share(rank, members) for rank in range(members)):
        embedding = PartwiseEmbedding(nn.Identity(), 1, Compute(CPU, part=4), share)
        embedded = {patient for index in share.of(len(parts)) for patient in parts[index].join().tolist()}
        assert embedding.needs(COUNTS) == [patient in embedded for patient in range(len(COUNTS))]


@pytest.mark.parametrize(
    ("lengths", "size", "expected"),
    [
        ([], 3, []),
        ([0, 0], 3, []),
        ([3, 3], 3, [[0, 1, 2], [3, 4, 5]]),
        ([1, 0, 1, 5], 3, [[0, 1, 2], [3, 4, 5], [6]]),
        ([7], 3, [[0, 1, 2], [3, 4, 5], [6]]),
        ([2], 9, [[0, 1]]),
    ],
)
def test_parts(lengths: list[int], size: int, expected: list[list[int]]) -> None:
    whole = torch.arange(sum(lengths))
    parts = list(parts_of(torch.split(whole, lengths), size))
    assert [part.join().tolist() for part in parts] == expected
    assert [part.size for part in parts] == list(map(len, expected))


def test_a_part_within_one_patient_is_not_copied() -> None:
    whole = torch.arange(6)
    first, second = (part.join() for part in parts_of([whole], 3))
    assert (first.data_ptr(), second.data_ptr()) == (whole.data_ptr(), whole[3:].data_ptr())
