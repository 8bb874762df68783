"""What holds for every system, as for POMP: whom it reads, what its stages train, and that no number is waited for."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import pytest
import torch
from torch._subclasses.fake_tensor import FakeCopyMode, FakeTensorMode

from pomp.baselines.systems.registry import SYSTEMS
from pomp.config import SystemName
from pomp.model import SurvivalModel
from pomp.training.batches import Batch
from pomp.training.device import Compute
from pomp.training.embedding import PartwiseEmbedding
from pomp.training.loop import StepLosses, backpropagate
from pomp.training.tally import Losses
from tests.baselines.systems.models import risks, system_config, system_model
from tests.small import TYPES, batch_of, part_of

NAMES: list[SystemName] = [name for name in SYSTEMS if name != "pomp"]
STAGES = [(name, "finetune") for name in NAMES] + [(name, "pretrain") for name in NAMES if SYSTEMS[name].pretraining]
ONE_STAGE_ONLY = {
    "hc-mae": {"pretrain": ("hidden", "decoder", "describe", "fill_in"), "finetune": ("head",)},
    "deepcorrsurv": {"finetune": ("head", "no_slide", "no_omics")},
    "pathomics": {"finetune": ("head", "no_slide", "no_omics")},
}
"""Parameters that only one stage trains, by how their names begin; all others are trained by both."""

ALL, NONE = [True] * TYPES, [False] * TYPES
BATCHES: dict[str, tuple[list[int], list[list[bool]]]] = {
    "two patients": ([3, 2], [ALL, ALL]),
    "one region each": ([1, 1, 1], [ALL, ALL, ALL]),
    "one pair": ([2, 0, 3], [ALL, ALL, NONE]),
    "no pair": ([2, 0], [NONE, ALL]),
    "nobody has a slide": ([0, 0, 0], [ALL, ALL, ALL]),
    "nobody has omics": ([1, 4], [NONE, NONE]),
    "one omics type each": ([1, 4], [[True, False, False], [False, False, True]]),
}


def losses_of(name: SystemName, stage: str) -> StepLosses:
    system, config = SYSTEMS[name], system_config(name)
    if stage == "finetune":
        return system.finetuning(config.finetune)
    assert system.pretraining is not None
    return system.pretraining(config.pretrain)


def step(model: SurvivalModel, batch: Batch, losses: StepLosses, memory: int = 2**40) -> Losses:
    embedding = PartwiseEmbedding(model.embedding, model.width, Compute(torch.device("cpu"), memory=memory, part=4))
    return backpropagate(model, batch, losses, embedding, (0,))


@pytest.mark.parametrize("name", NAMES)
def test_a_risk_is_the_patients_own_whoever_else_is_there(name: SystemName, generator: torch.Generator) -> None:
    model = system_model(name)
    present = torch.tensor([ALL, [True, False, True], NONE, ALL])
    batch = batch_of([3, 5, 2, 0], generator, present)
    together = risks(name, model, batch).detach()
    assert together.shape == (4,)
    assert len(set(together.tolist())) == 4  # so that a constant would not pass
    for row in range(4):
        torch.testing.assert_close(
            together[[row]], risks(name, model, part_of(batch, [row])).detach(), atol=2e-6, rtol=1e-5
        )


@pytest.mark.parametrize("name", [name for name in NAMES if name != "deepsurv"])  # it reads the zeros that a batch has
def test_what_stands_in_place_of_a_type_that_is_missing_is_not_read(
    name: SystemName, generator: torch.Generator
) -> None:
    model, present = system_model(name), torch.tensor([ALL, [True, False, True], NONE])
    batch = batch_of([3, 1, 2], generator, present)
    other = replace(batch, values=torch.where(present[..., None], batch.values, 7.0))
    torch.testing.assert_close(risks(name, model, other), risks(name, model, batch))


@pytest.mark.parametrize("case", BATCHES)
@pytest.mark.parametrize(("name", "stage"), STAGES)
def test_losses_of_any_batch_are_finite_and_connected(
    name: SystemName, stage: str, case: str, generator: torch.Generator
) -> None:
    counts, present = BATCHES[case]
    model, batch = system_model(name).train(), batch_of(counts, generator, torch.tensor(present))
    terms = step(model, batch, losses_of(name, stage))
    assert all(torch.isfinite(term) for term in terms.values())
    gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    assert gradients
    assert all(torch.isfinite(gradient).all() for gradient in gradients)


@pytest.mark.parametrize(("name", "stage"), STAGES)
def test_a_stage_trains_its_parameters_and_no_others(name: SystemName, stage: str, generator: torch.Generator) -> None:
    model = system_model(name).train()
    batch = batch_of([3, 5, 2, 0, 4, 4], generator, torch.tensor([ALL, ALL, NONE, ALL, [False, True, True], ALL]))
    step(model, batch, losses_of(name, stage))
    trained = {key for key, value in model.named_parameters() if value.grad is not None and value.grad.abs().sum() > 0}
    other = "pretrain" if stage == "finetune" else "finetune"
    not_here = ONE_STAGE_ONLY.get(name, {}).get(other, ())
    here = {key: value for key, value in model.named_parameters() if not key.startswith(not_here or "-")}
    assert trained == {key for key, value in here.items() if value.requires_grad}
    # All but the constant of the last layer, which Cox's likelihood does not see.
    assert all(value.tolist() == [0.0] for value in here.values() if not value.requires_grad)


@pytest.mark.parametrize(("name", "stage"), STAGES)
def test_a_step_depends_on_no_value(name: SystemName, stage: str, generator: torch.Generator) -> None:
    """As tests/training/test_no_waiting.py has it for POMP."""
    batch = batch_of([3, 0, 5, 1], generator, torch.tensor([ALL, ALL, NONE, [True, False, True]]))
    mode = FakeTensorMode()
    with FakeCopyMode(mode):
        model, batch = deepcopy(system_model(name, model__dropout=0.1).train()), deepcopy(batch)
    with mode:
        terms = step(model, batch, losses_of(name, stage), memory=0)
    assert terms["total"].shape == ()


@pytest.mark.parametrize(("name", "stage"), STAGES)
def test_a_step_is_decided_by_its_seed(name: SystemName, stage: str, generator: torch.Generator) -> None:
    batch = batch_of([3, 5, 2], generator)
    first, second = (
        step(system_model(name, model__dropout=0.3).train(), batch, losses_of(name, stage))["total"] for _ in range(2)
    )
    assert first == second
