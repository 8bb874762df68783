"""A hidden type is predicted the way pre-training does it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pomp.explain.reconstruction import reconstructions
from pomp.objectives.masked import mask_omics, masked_loss
from tests.explain.readings import NAMES, omics_of, presence, reading_of
from tests.small import GENES, batch_of, small_config, small_model


@pytest.mark.parametrize("mask", ["zeros", "ones"])
@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_the_loss_of_the_table_is_the_loss_of_the_task(loss: str, mask: str, generator: torch.Generator) -> None:
    """Eq. 10 of what is listed, with each type of each patient hidden in turn; the shift does not change it."""
    config = small_config(pretrain__mom_loss=loss, pretrain__mask=mask).pretrain
    model, batch = small_model(), batch_of([2, 3], generator)
    reading = reading_of(model, batch)
    found = reconstructions(model, reading, omics_of(batch), config)
    for place, name in enumerate(NAMES):
        rows = found[found["type"] == name]
        listed, observed = (
            torch.from_numpy(rows[column].to_numpy().reshape(2, GENES)) for column in ("reconstructed", "observed")
        )
        chosen = torch.full((2,), place)
        with torch.no_grad():
            hidden = model.encode_omics(mask_omics(batch.values, chosen, config.mask), batch.present)
            predicted = model.reconstruct(model.fuse(hidden, reading.pathology).types[:, place])
        assert torch.equal(observed, batch.values[:, place])
        own = masked_loss(listed, observed, batch.genes[:, place], config.mom_loss)
        task = masked_loss(predicted, batch.values[:, place], batch.genes[:, place], config.mom_loss)
        assert own.item() == pytest.approx(task.item(), abs=1e-5)
        if loss == "cross_entropy":
            torch.testing.assert_close(listed.mean(dim=1), observed.mean(dim=1))
            assert np.ptp((listed - predicted).numpy(), axis=1) == pytest.approx(0.0, abs=1e-5)
        else:
            assert torch.equal(listed, predicted)


def test_padding_takes_no_part_in_the_shift(generator: torch.Generator) -> None:
    model, batch = small_model(), batch_of([2], generator)
    batch.genes[:, -1, 5:] = False
    found = reconstructions(model, reading_of(model, batch), omics_of(batch, fewer=3), small_config().pretrain)
    last = found[found["type"] == "methylation"]
    assert len(last) == 5
    assert last["reconstructed"].mean() == pytest.approx(last["observed"].mean(), abs=1e-6)


LISTED = {
    "everything": (2, "111", list(NAMES)),
    "no slides": (0, "110", ["mrna", "mirna"]),
    "one type and slides": (1, "010", ["mirna"]),
    "one type alone": (0, "010", []),
    "slides alone": (1, "000", []),
}


@pytest.mark.parametrize("case", LISTED)
def test_a_type_needs_something_to_be_predicted_from(case: str, generator: torch.Generator) -> None:
    regions, has, expected = LISTED[case]
    model, batch = small_model(), batch_of([regions, 1], generator, presence(has, "111"))
    found = reconstructions(model, reading_of(model, batch), omics_of(batch), small_config().pretrain)
    assert found.loc[found["patient"] == "P0", "type"].drop_duplicates().tolist() == expected
