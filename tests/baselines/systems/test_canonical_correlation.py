"""Canonical correlations against numpy and scikit-learn, and their gradient against that of singular values."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.cross_decomposition import CCA
from torch import Tensor

from pomp.baselines.systems.canonical_correlation import canonical_correlation, correlation_loss


def views(patients: int, width: int, seed: int = 5) -> tuple[Tensor, Tensor]:
    """Two correlated views, neither centred nor of one scale."""
    generator = torch.Generator().manual_seed(seed)
    x, noise = torch.randn(2, patients, width, generator=generator, dtype=torch.float64)
    mixed = (x @ torch.randn(width, width, generator=generator, dtype=torch.float64)) + noise
    return 3 * x + 5, mixed - 2


def by_numpy(x: Tensor, y: Tensor, ridge: float) -> float:
    """Andrew et al., Eq. 10, with symmetric roots by eigenvectors."""
    roots = []
    centred = [view.numpy() - view.numpy().mean(axis=0) for view in (x, y)]
    scale = len(x) - 1
    for view in centred:
        values, vectors = np.linalg.eigh(view.T @ view / scale + ridge * np.eye(view.shape[1]))
        roots.append(vectors @ np.diag(values**-0.5) @ vectors.T)
    whitened = roots[0] @ (centred[0].T @ centred[1] / scale) @ roots[1]
    return float(np.linalg.svd(whitened, compute_uv=False).mean())


@pytest.mark.parametrize(
    ("patients", "width", "ridge"),
    [(40, 3, 0.0), (40, 3, 1e-3), (60, 8, 1e-3), (5, 8, 1e-3), (2, 8, 1e-3), (2, 1, 0.5)],
)
def test_as_numpy_has_it(patients: int, width: int, ridge: float) -> None:
    x, y = views(patients, width)
    assert canonical_correlation(x, y, ridge).item() == pytest.approx(by_numpy(x, y, ridge), abs=2e-6)


def test_without_a_ridge_it_is_the_mean_of_scikit_learns_correlations() -> None:
    x, y = views(50, 3)
    first, second = CCA(n_components=3, max_iter=5000, tol=1e-12).fit_transform(x.numpy(), y.numpy())
    expected = np.mean([np.corrcoef(first[:, place], second[:, place])[0, 1] for place in range(3)])
    assert canonical_correlation(x, y, 0.0).item() == pytest.approx(expected, abs=1e-6)


def test_by_hand() -> None:
    """One number a view: r = s_xy / sqrt((s_x² + ridge) (s_y² + ridge)), here 1.5 / sqrt(2 · 2) with variances 1."""
    x, y = torch.tensor([[-1.0], [0.0], [1.0]]), torch.tensor([[-1.0], [0.0], [1.0]])
    assert canonical_correlation(x, y, 0.0).item() == pytest.approx(1.0)
    assert canonical_correlation(x, y, 1.0).item() == pytest.approx(0.5)
    assert canonical_correlation(x, -y, 1.0).item() == pytest.approx(0.5)  # its sign is the networks' to choose


@pytest.mark.parametrize("patients", [4, 40])
def test_its_gradient_is_that_of_the_singular_values(patients: int) -> None:
    x, y = (view.requires_grad_() for view in views(patients, 6))
    found = torch.autograd.grad(canonical_correlation(x, y, 1e-2), [x, y])
    centred = [view - view.mean(dim=0) for view in (x, y)]
    scale, extra = patients - 1, 1e-2 * torch.eye(6, dtype=torch.float64)
    roots = [torch.linalg.cholesky(view.T @ view / scale + extra).inverse() for view in centred]
    values = torch.linalg.svdvals(roots[0] @ (centred[0].T @ centred[1] / scale) @ roots[1].T)
    expected = torch.autograd.grad(values.mean(), [x, y])
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("patients", [0, 1])
def test_fewer_than_two_patients_have_no_correlation(patients: int) -> None:
    x, y = (view[:patients].float().requires_grad_() for view in views(4, 3))
    loss = correlation_loss(x, y)
    loss.backward()
    assert loss.item() == 0
    assert x.grad is not None and torch.isfinite(x.grad).all()


def test_views_that_are_the_same_for_everybody_are_not_correlated_and_have_finite_gradients() -> None:
    x, y = (torch.ones(6, 4, requires_grad=True) for _ in range(2))
    loss = correlation_loss(x, y)
    loss.backward()
    assert loss.item() == pytest.approx(1.0)
    assert x.grad is not None and torch.isfinite(x.grad).all()
