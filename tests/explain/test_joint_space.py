"""The embeddings' products are the cosines that pre-training compares."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pomp.explain.joint_space import embeddings
from pomp.objectives.contrastive import similarity_logits
from tests.explain.readings import presence, reading_of
from tests.small import batch_of, small_model


def test_products_are_the_cosines_of_the_contrast(generator: torch.Generator) -> None:
    model, batch = small_model(), batch_of([3, 1, 2], generator)
    reading = reading_of(model, batch)
    found = embeddings(model, reading)
    v, w = (np.stack(found[side]) for side in ("pathology", "omics"))
    with torch.no_grad():
        expected = similarity_logits(reading.pathology.cls, model.encode_omics(batch.values, batch.present).cls, 1.0)
    assert v @ w.T == pytest.approx(expected.numpy(), abs=1e-6)
    assert np.linalg.norm(v, axis=1) == pytest.approx(1.0, abs=1e-6)
    assert (v.dtype, found["patient"].tolist()) == (np.float32, ["P0", "P1", "P2"])


def test_what_a_patient_lacks_is_none(generator: torch.Generator) -> None:
    model, batch = small_model(), batch_of([2, 0, 1], generator, presence("010", "111", "000"))
    found = embeddings(model, reading_of(model, batch))
    assert found["pathology"].isna().tolist() == [False, True, False]
    assert found["omics"].isna().tolist() == [False, False, True]
