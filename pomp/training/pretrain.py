"""Pre-training: the three tasks on one batch (section 3.3)."""

from __future__ import annotations

import torch
from torch import Tensor

from pomp.config import PretrainConfig
from pomp.model import OmicsTokens, PathologyTokens, Pomp
from pomp.objectives.contrastive import contrastive_loss, omics_to_pathology, pathology_to_omics
from pomp.objectives.masked import choose_masked, mask_omics, masked_loss
from pomp.objectives.matching import hard_negatives, matching_loss
from pomp.training.batches import Batch
from pomp.training.loop import StepLosses
from pomp.training.tally import Losses

FEWEST_PAIRS = 2
"""A wrong partner can only be found among at least two patients with both modalities."""


def pretrain_losses(config: PretrainConfig) -> StepLosses:
    """The step of pre-training: `poc`, `pom`, `mom` where they are on and the batch allows them, and `total`.

    A patient without slides or without omics takes no part in matching and contrast; one whose only information is the
    masked type takes no part in masked modelling, which counts the genes that the patient's cohort measured.

    Where several cohorts are pre-trained on together, a batch mixes them, and contrast and matching compare all its
    pairs, as the paper does within one. A pair of another cancer is an easier negative than one of the same; for
    matching (Eq. 9) that matters little, as the most similar is taken, of whatever cohort.
    """

    def losses(model: Pomp, batch: Batch, embedded: Tensor) -> Losses:
        pathology = model.contextualise(embedded, batch.coordinates, batch.layout)
        omics = model.encode_omics(batch.values, batch.present)
        pairs = batch.pairs
        terms: Losses = {}
        if len(pairs) >= FEWEST_PAIRS and (config.poc or config.pom):
            slides, genes = pathology.select(pairs), omics.select(pairs)
            if config.poc:
                terms["poc"] = contrastive_loss(slides.cls, genes.cls, model.temperature)
            if config.pom:
                terms["pom"] = _matching(model, slides, genes, config)
        if config.mom:
            masked = _masked(model, batch, pathology, config)
            if masked is not None:
                terms["mom"] = masked
        weighted = [getattr(config, name) * term for name, term in terms.items()]
        # Without any task in this batch the loss is 0, still connected to the model.
        terms["total"] = torch.stack(weighted).sum() if weighted else 0 * omics.cls.sum()
        return terms

    return losses


def _matching(model: Pomp, pathology: PathologyTokens, omics: OmicsTokens, config: PretrainConfig) -> Tensor:
    """Eq. 9 on P right pairs and 2P wrong ones, all 3P in one pass."""
    similarity = (pathology.cls, omics.cls, model.temperature)
    wrong = hard_negatives(pathology_to_omics(*similarity), omics_to_pathology(*similarity), config.negatives)
    own = torch.arange(len(pathology.cls), device=pathology.cls.device)
    slides = torch.cat([own, own, wrong.pathology])
    genes = torch.cat([own, wrong.omics, own])
    fused = model.fuse(omics.select(genes), pathology.select(slides))
    return matching_loss(model.match(fused.cls), slides == genes)


def _masked(model: Pomp, batch: Batch, pathology: PathologyTokens, config: PretrainConfig) -> Tensor | None:
    """Eq. 10 on the patients who have something left when one type is hidden."""
    rows = batch.maskable
    if not len(rows):
        return None
    chosen = choose_masked(batch.present[rows])
    values, own = batch.values[rows], torch.arange(len(rows), device=rows.device)
    omics = model.encode_omics(mask_omics(values, chosen, config.mask), batch.present[rows])
    fused = model.fuse(omics, pathology.select(rows))
    predicted = model.reconstruct(fused.types[own, chosen])
    return masked_loss(predicted, values[own, chosen], batch.genes[rows, chosen], config.mom_loss)
