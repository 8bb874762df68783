"""What each gene's value does to the risk: integrated gradients."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from pomp.explain.gene_rows import gene_rows
from pomp.explain.reading import Reading
from pomp.model import Pomp
from pomp.omics.matrix import OmicsMatrix

STEPS = 32
"""Places between the baseline and the patient at which the gradient is taken, those of Gauss and Legendre."""

TOKENS = 8192
"""Tokens in one pass: bounds the memory, of which gradients want more than looking does."""


def gene_attributions(model: Pomp, reading: Reading, omics: OmicsMatrix) -> pd.DataFrame:
    """Integrated gradients of each patient's risk, for every gene of the omics types that the patient has.

    Columns: patient, type, gene, value (standardised) and attribution (log relative hazard; positive: the value raises
    the risk).

    Args:
        model: in evaluation mode; it reads omics.
        reading: of B patients.
        omics: whose types and genes the batch holds.
    """
    batch = reading.batch
    found = integrated_gradients(model, reading)
    there = batch.present[:, : len(omics.types)].cpu().numpy()
    values, attribution = batch.values.cpu().numpy(), found.cpu().numpy()
    return gene_rows(batch.patients, there, omics, value=values, attribution=attribution)


def integrated_gradients(model: Pomp, reading: Reading) -> Tensor:
    """(B, T, G) x · ∫₀¹ ∂risk/∂x (αx) dα: how the risk comes to differ from that of the baseline 0.

    Values are standardised, so 0 is the mean of the patients on whom genes and scalers were fitted. A patient's numbers
    sum to risk(x) - risk(0), with the slides as they are and the types that the patient lacks masked in both.

    Source: Sundararajan, Taly and Yan, ICML 2017, Eq. 1; the integral by Gauss-Legendre quadrature.
    """
    values = reading.batch.values
    steps = np.polynomial.legendre.leggauss(STEPS)  # places in [-1, 1] and their weights, which sum to 2
    places, weights = (torch.tensor(part / 2, dtype=values.dtype, device=values.device) for part in steps)
    tokens = len(values) * (values.shape[1] + reading.pathology.mask.shape[1])
    at_once = max(1, TOKENS // tokens)
    mean = torch.zeros_like(values)
    for place, weight in zip(torch.split(places + 0.5, at_once), torch.split(weights, at_once), strict=True):
        mean += (weight[:, None, None, None] * _gradients(model, reading, place)).sum(dim=0)
    return values * mean


def _gradients(model: Pomp, reading: Reading, places: Tensor) -> Tensor:
    """(S, B, T, G) of each patient's risk by the values, at S places between the baseline, 0, and the patient, 1."""
    batch, count = reading.batch, len(places)
    same = torch.arange(len(batch.patients), device=places.device).repeat(count)
    with torch.enable_grad():
        values = (places[:, None, None, None] * batch.values).flatten(0, 1).requires_grad_()
        risk = model.risk(reading.pathology.select(same), model.encode_omics(values, batch.present[same]))
    # A patient's risk depends on that patient alone, so the gradient of the sum is everybody's own.
    return torch.autograd.grad(risk.sum(), values)[0].view(count, *batch.values.shape)
