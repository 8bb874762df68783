"""Eq. 11: h(t|X) = h₀(t) exp(x₁β₁ + … + x_pβ_p)."""

import math

import torch

from pomp.objectives.cox import hazard


def test_by_hand() -> None:
    covariates = torch.tensor([[1.0, 0.0], [1.0, 2.0]])
    coefficients = torch.tensor([math.log(2), math.log(3)])
    found = hazard(torch.tensor([0.1, 0.2, 0.5]), covariates, coefficients)
    torch.testing.assert_close(found, torch.tensor([[0.2, 0.4, 1.0], [1.8, 3.6, 9.0]]))
