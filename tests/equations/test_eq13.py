"""Eq. 13: h(t|v, w) = h₀(t) exp(c(v, w))."""

import math

import torch

from pomp.objectives.cox import cosine_hazard, cosine_risk, hazard


def test_by_hand() -> None:
    found = cosine_hazard(torch.tensor([0.5, 2.0]), torch.tensor([0.0, 1.0, -1.0]))
    e = math.e
    torch.testing.assert_close(found, torch.tensor([[0.5, 2.0], [0.5 * e, 2 * e], [0.5 / e, 2 / e]]))


def test_is_eq11_with_normalised_covariates_and_coefficients() -> None:
    v, w, baseline = torch.tensor([[1.0, 2.0, 2.0]]), torch.tensor([[0.0, 3.0, 4.0]]), torch.tensor([0.3])
    expected = hazard(baseline, v / 3, w[0] / 5)
    torch.testing.assert_close(cosine_hazard(baseline, cosine_risk(v, w)), expected)
