"""Eq. 10: masked omics modelling."""

import math

import pytest
import torch

from pomp.objectives.masked import choose_masked, mask_omics, masked_loss
from pomp.training.pretrain import pretrain_losses
from tests.small import GENES, TYPES, batch_of, embed, encode_slides, small_config, small_model


def test_cross_entropy_by_hand() -> None:
    """Target softmax(ln 3, 0) = (3/4, 1/4), prediction softmax(0, 0) = (1/2, 1/2); the third gene is padding."""
    loss = masked_loss(
        torch.tensor([[0.0, 0.0, 9.0]]), torch.tensor([[math.log(3), 0.0, 9.0]]), torch.tensor([[True, True, False]])
    )
    assert loss.item() == pytest.approx(math.log(2), rel=1e-6)


def test_squared_error_by_hand() -> None:
    genes = torch.tensor([[True, True, False], [True, True, True]])
    loss = masked_loss(torch.zeros(2, 3), torch.tensor([[1.0, 3.0, 9.0], [1.0, 2.0, 2.0]]), genes, "mse")
    assert loss.item() == pytest.approx(((1 + 9) / 2 + (1 + 4 + 4) / 3) / 2, rel=1e-6)


def test_cross_entropy_is_bounded_by_the_targets_entropy(generator: torch.Generator) -> None:
    target, genes = torch.randn(4, GENES, generator=generator), torch.ones(4, GENES, dtype=torch.bool)
    share = target.softmax(dim=1)
    entropy = -(share * share.log()).sum(dim=1).mean()
    assert masked_loss(target, target, genes).item() == pytest.approx(entropy.item(), rel=1e-5)
    assert masked_loss(50 * target, target, genes) > entropy


@pytest.mark.parametrize(("fill", "value"), [("zeros", 0.0), ("ones", 1.0)])
def test_the_chosen_type_is_replaced_and_no_other(fill: str, value: float, generator: torch.Generator) -> None:
    values = torch.randn(6, TYPES, GENES, generator=generator)
    chosen = torch.tensor([0, 1, 2, 0, 1, 2])
    masked = mask_omics(values, chosen, fill)
    for patient in range(6):
        for kind in range(TYPES):
            expected = torch.full((GENES,), value) if kind == chosen[patient] else values[patient, kind]
            torch.testing.assert_close(masked[patient, kind], expected)


def test_only_types_the_patient_has_are_chosen() -> None:
    torch.manual_seed(11)
    present = torch.tensor([[True, False, True], [False, True, False]])
    drawn = torch.stack([choose_masked(present) for _ in range(300)])
    assert set(drawn[:, 0].tolist()) == {0, 2}
    assert set(drawn[:, 1].tolist()) == {1}


def test_the_masked_token_is_the_one_reconstructed(monkeypatch: pytest.MonkeyPatch, generator: torch.Generator) -> None:
    """The loss of a whole step is that of f(h of the hidden type) against the values that were hidden."""
    chosen = torch.tensor([2, 0, 1])
    monkeypatch.setattr("pomp.training.pretrain.choose_masked", lambda present: chosen)
    config, model = small_config(pretrain__poc=0.0, pretrain__pom=0.0), small_model()
    batch = batch_of([2, 1, 3], generator)
    loss = pretrain_losses(config.pretrain)(model, batch, embed(model, batch))["mom"]
    pathology = encode_slides(model, batch)
    hidden = batch.values.clone()
    for patient, kind in enumerate(chosen):
        hidden[patient, kind] = 0
    tokens = model.fuse(model.encode_omics(hidden, batch.present), pathology).types
    expected = [
        masked_loss(
            model.reconstruct(tokens[patient, kind])[None],
            batch.values[patient, kind][None],
            batch.genes[patient, kind][None],
        )
        for patient, kind in enumerate(chosen)
    ]
    torch.testing.assert_close(loss, torch.stack(expected).mean())
