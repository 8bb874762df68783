"""How far two views of the same patients are correlated, as a loss (deep canonical correlation analysis)."""

from __future__ import annotations

import torch
from torch import Tensor

RIDGE = 1e-3
"""r of Andrew et al., added to the variances: small beside those of outputs of order 1, and enough for one patient."""

STEPS = 30
"""Of the iteration in `_polar`, each of which makes a small singular value 1.5 times larger: 1.5⁻³⁰ is 5e-6."""


def correlation_loss(x: Tensor, y: Tensor) -> Tensor:
    """1 - the mean canonical correlation of (P, k) and (P, k), in (0, 1]; 0 for P < 2, still connected to both."""
    return float(len(x) > 1) - canonical_correlation(x, y)


def canonical_correlation(x: Tensor, y: Tensor, ridge: float = RIDGE) -> Tensor:
    """Mean of the k canonical correlations of (P, k) and (P, k): a scalar in [0, 1), 0 for fewer than two patients.

    With the regularised covariances Σ_x = XᵀX/(P-1) + r I and Σ_y, and Σ_xy = XᵀY/(P-1) of the centred views, it is
    1/k of the sum of the singular values of T = Σ_x^(-1/2) Σ_xy Σ_y^(-1/2).

    Roots are taken by Cholesky, which leaves the singular values as they are: the eigenvectors that symmetric roots
    need have no gradient where eigenvalues coincide, as they do with fewer patients than k. Computed in float64 where
    the device has it; nothing waits for the device, which a singular value decomposition on CUDA does.

    Source: Andrew, Arora, Bilmes & Livescu, "Deep canonical correlation analysis", ICML 2013, Eq. 10-11.
    """
    wide = torch.float32 if x.device.type == "mps" else torch.float64  # MPS has no float64
    patients, width = x.shape
    left, right = (view.to(wide) - view.to(wide).sum(dim=0) / max(1, patients) for view in (x, y))
    scale = max(1, patients - 1)
    extra = ridge * torch.eye(width, dtype=wide, device=x.device)
    roots = [_root(view.T @ view / scale + extra) for view in (left, right)]
    half = torch.linalg.solve_triangular(roots[0], left.T @ right / scale, upper=False)
    whitened = torch.linalg.solve_triangular(roots[1], half.T, upper=False)  # with the singular values of T
    # The gradient of the sum of singular values is the polar factor itself, so that is taken as a constant.
    return ((_polar(whitened.detach()) * whitened).sum() / width).to(x.dtype)  # type: ignore[no-any-return]


def _root(covariance: Tensor) -> Tensor:
    """Lower triangular L with L Lᵀ = Σ, which is positive definite by its ridge: no need to ask whether it was."""
    return torch.linalg.cholesky_ex(covariance).L  # type: ignore[no-any-return]


def _polar(matrix: Tensor) -> Tensor:
    """U Vᵀ of a matrix U S Vᵀ with singular values below 1; those below 5e-6 stay below 1.

    Source: the Newton-Schulz iteration, Higham, "Functions of matrices", 2008, section 8.3.
    """
    for _ in range(STEPS):
        matrix = 1.5 * matrix - 0.5 * matrix @ matrix.T @ matrix
    return matrix
