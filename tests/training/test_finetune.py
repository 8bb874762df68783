"""The step of fine-tuning has the settings' treatment of ties, and a prediction draws nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from pomp.objectives.cox import Ties, cox_loss
from pomp.training.finetune import finetune_losses, pomp_risk
from tests.small import batch_of, embed, small_config, small_model


@pytest.mark.parametrize("ties", ["efron", "breslow", "strict"])
def test_tied_days_are_treated_as_the_settings_say(ties: Ties, generator: torch.Generator) -> None:
    model, batch = small_model(), batch_of([2, 1, 3, 1, 2, 1], generator)
    batch = replace(batch, time_days=torch.tensor([5.0, 5.0, 5.0, 9.0, 9.0, 12.0]), event=torch.arange(6) < 5)
    embedded = embed(model, batch)
    risk = pomp_risk(model, batch, embedded)
    expected = {
        kind: cox_loss(risk, batch.time_days, batch.event, kind).item() for kind in ("efron", "breslow", "strict")
    }
    assert len({round(value, 3) for value in expected.values()}) == 3
    terms = finetune_losses(small_config(finetune__ties=ties).finetune)(model, batch, embedded)
    assert {name: term.item() for name, term in terms.items()} == dict.fromkeys(("cox", "total"), expected[ties])
