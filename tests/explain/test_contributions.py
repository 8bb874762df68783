"""Risk without a part is the risk of a patient who lacks it."""

from __future__ import annotations

import pytest
import torch

from pomp.explain.contributions import contributions
from pomp.model import Pomp
from pomp.training.batches import Batch
from tests.explain.readings import NAMES, presence, reading_of
from tests.small import batch_of, encode_slides, small_model

# Regions and omics types of each patient → the parts that have a row.
PARTS = {
    "everything": ("both", 3, "111", ["slides", *NAMES, "omics"]),
    "two types": ("both", 2, "101", ["slides", "mrna", "methylation", "omics"]),
    "one type": ("both", 2, "010", ["slides", "mirna"]),
    "no slides": ("both", 0, "110", ["mrna", "mirna", "omics"]),
    "slides alone": ("both", 2, "000", []),
    "one type alone": ("both", 0, "001", []),
    "omics model": ("omics", 2, "110", ["mrna", "mirna"]),
    "omics model, one type": ("omics", 2, "100", []),
}


@pytest.mark.parametrize("case", PARTS)
def test_parts_of_a_patient(case: str, generator: torch.Generator) -> None:
    modalities, regions, has, expected = PARTS[case]
    model = small_model(model__modalities=modalities)
    batch = batch_of([regions, 1], generator, presence(has, "111"))
    found = contributions(model, reading_of(model, batch), NAMES)
    assert found.loc[found["patient"] == "P0", "part"].tolist() == expected


def lacking(batch: Batch, part: str) -> Batch:
    """The patients as they would be read if they had never had the part."""
    regions, coordinates, present = batch.regions, batch.coordinates, batch.present.clone()
    if part == "slides":
        regions, coordinates = tuple(own[:0] for own in regions), coordinates[:0]
    elif part == "omics":
        present[:] = False
    else:
        present[:, NAMES.index(part)] = False
    return Batch.of(
        batch.patients, regions, coordinates, batch.values, present, batch.genes, batch.time_days, batch.event
    )


def risk_of(model: Pomp, batch: Batch) -> torch.Tensor:
    return model.risk(encode_slides(model, batch), model.encode_omics(batch.values, batch.present))


@pytest.mark.parametrize("risk", ["cosine", "fusion", "joint", "released"])
@pytest.mark.parametrize("keys", ["regions", "regions_and_cls"])
def test_the_difference_is_the_risk_minus_that_of_who_lacks_the_part(
    risk: str, keys: str, generator: torch.Generator
) -> None:
    model = small_model(model__risk=risk, model__cross_attention_keys=keys)
    batch = batch_of([3, 5], generator)
    found = contributions(model, reading_of(model, batch), NAMES).set_index(["part", "patient"])
    whole = risk_of(model, batch)
    for part in ("slides", *NAMES, "omics"):
        without = risk_of(model, lacking(batch, part))
        assert found.loc[part, "without"].to_list() == pytest.approx(without.tolist(), abs=1e-6)
        assert found.loc[part, "difference"].to_list() == pytest.approx((whole - without).tolist(), abs=1e-6)


def test_it_does_not_depend_on_who_else_is_in_the_batch(generator: torch.Generator) -> None:
    model, batch = small_model(), batch_of([4, 1, 2], generator, presence("111", "110", "011"))
    together = contributions(model, reading_of(model, batch), NAMES)
    (_, alone, _), place = batch.regions, batch.coordinates[4:5]
    one = Batch.of(
        ["P1"], [alone], place, batch.values[1:2], batch.present[1:2], batch.genes[1:2], batch.time_days[1:2],
        batch.event[1:2],
    )  # fmt: skip
    found = contributions(model, reading_of(model, one), NAMES)
    expected = together[together["patient"] == "P1"]
    assert found["difference"].to_list() == pytest.approx(expected["difference"].to_list(), abs=1e-5)
