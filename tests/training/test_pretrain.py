"""Which patients take part in which task."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from pomp.objectives.matching import HardNegatives
from pomp.training.batches import Batch
from pomp.training.pretrain import pretrain_losses
from tests.small import batch_of, embed, encode_slides, part_of, small_config, small_model

ALL = [True, True, True]
CASES = {
    # regions a patient, omics types a patient has, tasks that the batch allows
    "everybody has everything": ([2, 1, 3], [ALL, ALL, ALL], {"poc", "pom", "mom"}),
    "one pair only": ([2, 0, 0], [ALL, ALL, ALL], {"mom"}),
    "no slides": ([0, 0, 0], [ALL, ALL, ALL], {"mom"}),
    "no omics": ([2, 1, 3], [[False] * 3] * 3, set()),
    "nothing is left when the one type is hidden": ([0, 0], [[True, False, False]] * 2, set()),
    "slides are left when the one type is hidden": ([1, 1], [[True, False, False]] * 2, {"poc", "pom", "mom"}),
}


@pytest.mark.parametrize("case", CASES)
def test_tasks_of_a_batch(case: str, generator: torch.Generator) -> None:
    counts, present, tasks = CASES[case]
    model, batch = small_model(), batch_of(counts, generator, torch.tensor(present))
    losses = pretrain_losses(small_config().pretrain)(model, batch, embed(model, batch))
    assert set(losses) - {"total"} == tasks
    losses["total"].backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)


@pytest.mark.parametrize("task", ["poc", "pom", "mom"])
def test_a_task_with_weight_0_is_off_and_weights_multiply(task: str, generator: torch.Generator) -> None:
    model, batch = small_model(), batch_of([2, 1, 3], generator)
    torch.manual_seed(0)
    off = pretrain_losses(small_config(**{f"pretrain__{task}": 0.0}).pretrain)(model, batch, embed(model, batch))
    assert task not in off
    torch.manual_seed(0)
    heavy = pretrain_losses(small_config(**{f"pretrain__{task}": 3.0}).pretrain)(model, batch, embed(model, batch))
    expected = sum((3.0 if name == task else 1.0) * value.item() for name, value in heavy.items() if name != "total")
    assert heavy["total"].item() == pytest.approx(expected, rel=1e-5)


def test_matching_asks_about_the_own_pair_and_both_wrong_ones(
    monkeypatch: pytest.MonkeyPatch, generator: torch.Generator
) -> None:
    wrong = HardNegatives(omics=torch.tensor([1, 2, 0]), pathology=torch.tensor([1, 0, 0]))
    monkeypatch.setattr("pomp.training.pretrain.hard_negatives", lambda *given: {"multinomial": wrong}[given[2]])
    model, batch = small_model(), batch_of([2, 1, 3], generator)
    slides, omics = encode_slides(model, batch), model.encode_omics(batch.values, batch.present)
    asked, fuse = [], model.fuse
    monkeypatch.setattr(model, "fuse", lambda *pair: (asked.append(pair), fuse(*pair))[1])
    torch.nn.init.zeros_(model.match.weight)
    model.match.bias = torch.nn.Parameter(torch.tensor([0.0, math.log(3)]))  # a match with a probability of 3/4
    config = small_config(pretrain__poc=0.0, pretrain__mom=0.0, pretrain__negatives="multinomial").pretrain
    loss = pretrain_losses(config)(model, batch, embed(model, batch))["pom"]
    assert loss.item() == pytest.approx(-(math.log(3 / 4) + 2 * math.log(1 / 4)) / 3)
    ((genes, shown),) = asked
    torch.testing.assert_close(shown.cls, slides.cls[[0, 1, 2, 0, 1, 2, 1, 0, 0]])
    torch.testing.assert_close(genes.cls, omics.cls[[0, 1, 2, 1, 2, 0, 0, 1, 2]])


@pytest.mark.parametrize(
    ("tasks", "taking_part"),
    [(("poc", "pom"), [2, 3, 5]), (("mom",), [0, 2, 3, 5])],
)
def test_who_takes_no_part_in_a_task_does_not_matter_to_it(
    tasks: tuple[str, ...], taking_part: list[int], generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P0 has no slides, P1 no omics, P4 one type of omics alone; those without stand before those who take part."""
    monkeypatch.setattr(
        "pomp.training.pretrain.choose_masked", lambda present: torch.ones(len(present), dtype=torch.int64)
    )
    present = torch.ones(6, 3, dtype=torch.bool)
    present[1], present[4] = False, torch.tensor([False, True, False])
    batch = batch_of([0, 2, 1, 3, 0, 2], generator, present)
    genes = torch.rand(batch.genes.shape, generator=generator) < 0.7  # as of many cohorts
    batch, model = replace(batch, genes=genes), small_model()
    step = pretrain_losses(small_config().pretrain)
    found, expected = (step(model, one, embed(model, one)) for one in (batch, part_of(batch, taking_part)))
    for task in tasks:
        torch.testing.assert_close(found[task], expected[task])


def test_the_temperature_is_learnt_from_the_contrast_alone(generator: torch.Generator) -> None:
    """Hard negatives are chosen by it, which has no gradient."""
    for task, learnt in (("poc", True), ("pom", False), ("mom", False)):
        model, batch = small_model(), batch_of([2, 1, 3], generator)
        pretrain_losses(small_config().pretrain)(model, batch, embed(model, batch))[task].backward()
        gradient = model.log_temperature.grad
        assert (gradient is not None and gradient.item() != 0) == learnt


@pytest.mark.parametrize("fill", ["zeros", "ones"])
def test_the_hidden_type_is_filled_as_the_settings_say(
    fill: str, generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, batch = small_model(), batch_of([2, 1, 3], generator)
    read, encode = [], model.encode_omics
    monkeypatch.setattr(
        model, "encode_omics", lambda values, present: (read.append(values), encode(values, present))[1]
    )
    pretrain_losses(small_config(pretrain__mask=fill).pretrain)(model, batch, embed(model, batch))
    whole, masked = read
    assert torch.equal(whole, batch.values)
    changed = (masked != whole).any(dim=2)
    assert changed.sum(dim=1).tolist() == [1, 1, 1]
    assert masked[changed].unique().tolist() == [{"zeros": 0.0, "ones": 1.0}[fill]]


def two_cohorts(rows: list[int]) -> Batch:
    """Some of two patients, of whom the first lacks the last gene of every type and the second the first two."""
    whole = batch_of([2, 2], torch.Generator().manual_seed(1))
    genes = torch.ones_like(whole.genes)
    genes[0, :, -1] = False
    genes[1, :, :2] = False
    return part_of(replace(whole, values=whole.values * genes, genes=genes), rows)


@pytest.mark.parametrize("kind", ["cross_entropy", "mse"])
def test_masked_modelling_counts_the_genes_of_each_patients_own_cohort(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "pomp.training.pretrain.choose_masked", lambda present: torch.ones(len(present), dtype=torch.int64)
    )
    step, model = pretrain_losses(small_config(pretrain__mom_loss=kind).pretrain), small_model()
    found = []
    for rows in ([0, 1], [0], [1]):
        batch = two_cohorts(rows)
        model.zero_grad()
        found.append(step(model, batch, embed(model, batch))["mom"])
        found[-1].backward()
        assert model.reconstruct.bias.grad is not None
        counted = model.reconstruct.bias.grad != 0
        assert torch.equal(counted, batch.genes[:, 1].any(dim=0))
    torch.testing.assert_close(found[0], (found[1] + found[2]) / 2)
