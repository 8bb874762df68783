"""DeepCorrSurv: who is correlated, and that pre-training finds what both views have in common."""

from __future__ import annotations

from dataclasses import replace

import torch

from pomp.baselines.systems.canonical_correlation import canonical_correlation
from pomp.baselines.systems.deepcorrsurv import DEEPCORRSURV, SHARED
from pomp.training.batches import Batch
from tests.baselines.systems.models import system_config, system_model
from tests.small import TYPES, batch_of, embed, part_of


def test_patients_with_both_are_correlated(generator: torch.Generator) -> None:
    there = torch.ones(8, TYPES, dtype=torch.bool)
    there[1] = False
    model, batch = system_model("deepcorrsurv"), batch_of([3, 2, 0, 1, 2, 1, 4, 1], generator, there)
    terms = DEEPCORRSURV.pretraining(system_config("deepcorrsurv").pretrain)(model, batch, embed(model, batch))  # type: ignore[misc]
    pairs = part_of(batch, [0, 3, 4, 5, 6, 7])
    x, y = model.views(pairs, embed(model, pairs))
    assert x.shape == y.shape == (6, SHARED)
    torch.testing.assert_close(terms["total"], 1 - canonical_correlation(x, y))
    assert terms["total"] is terms["correlation"]


def in_common(patients: int, seed: int) -> Batch:
    """The second of 12 features of each region, and a gene, tell the same of a patient; the rest is noise."""
    generator = torch.Generator().manual_seed(seed)
    told = torch.randn(patients, generator=generator)
    batch = batch_of([3] * patients, generator)
    regions = torch.randn(patients, 3, 12, generator=generator)
    regions[:, :, 1] += 3 * told[:, None]
    values = batch.values.clone()
    values[:, 1, 2] = 3 * told
    return replace(batch, regions=tuple(regions), values=values)


def test_pre_training_finds_what_new_patients_have_in_common_too() -> None:
    model = system_model("deepcorrsurv", features=12).train()
    known, unseen = in_common(100, 1), in_common(100, 2)
    losses = DEEPCORRSURV.pretraining(system_config("deepcorrsurv").pretrain)  # type: ignore[misc]
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=1e-2)

    def strongest() -> float:
        """Canonical correlation of the best direction of the views in new patients, by numpy's definition."""
        x, y = (view.detach().double() for view in model.views(unseen, model.embedding(torch.cat(unseen.regions))))
        q = [torch.linalg.qr(view - view.mean(dim=0)).Q for view in (x, y)]
        return float(torch.linalg.svdvals(q[0].T @ q[1])[0])

    before = strongest()
    for _ in range(40):
        optimiser.zero_grad()
        losses(model, known, model.embedding(torch.cat(known.regions)))["total"].backward()
        optimiser.step()
    assert before < 0.8
    assert strongest() > 0.88
