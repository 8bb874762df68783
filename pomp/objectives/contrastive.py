"""Pathology-omics contrastive learning, POC (Eq. 6-8). N is the number of patients, v and w are (N, d)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def similarity_logits(v: Tensor, w: Tensor, temperature: Tensor | float) -> Tensor:
    """(N, N) cosines of every pathology (row) with every omics representation (column), over σ.

    Eq. 6-7 write v·w; section 3.3 calls the method "based on cosine similarity", so both are normalised here.
    """
    return functional.normalize(v, dim=-1) @ functional.normalize(w, dim=-1).T / temperature


def pathology_to_omics(v: Tensor, w: Tensor, temperature: Tensor | float) -> Tensor:
    """Eq. (6): (N, N) s^p2o; row i is the distribution of patient i's slide over the batch's omics."""
    return similarity_logits(v, w, temperature).softmax(dim=1)


def omics_to_pathology(v: Tensor, w: Tensor, temperature: Tensor | float) -> Tensor:
    """Eq. (7): (N, N) s^o2p; row i is the distribution of patient i's omics over the batch's slides."""
    return similarity_logits(v, w, temperature).T.softmax(dim=1)


def contrastive_loss(v: Tensor, w: Tensor, temperature: Tensor | float) -> Tensor:
    """Eq. (8): mean cross-entropy of both directions with the patient's own partner as target; ln N at random."""
    logits = similarity_logits(v, w, temperature)
    own = torch.arange(len(v), device=v.device)
    return (functional.cross_entropy(logits, own) + functional.cross_entropy(logits.T, own)) / 2
