"""The order in which genes enter the elastic net: conditions at the optimum, and planted genes."""

from __future__ import annotations

import numpy as np
import pytest
from sksurv.linear_model import CoxnetSurvivalAnalysis
from sksurv.util import Surv

from pomp.errors import TrainingError
from pomp.omics.cox_score import risk_set_shares
from pomp.omics.elastic_net import MIXING, entry_penalty


def cohort(seed: int = 0, effect: float = 0.9) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """150 patients, 40 genes, no tied times; G0 and G1 move the hazard, G2 is G0 again, G3 does not vary."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(150, 40))
    x[:, 2], x[:, 3] = x[:, 0], 7.0
    time = random.exponential(np.exp(-effect * (x[:, 0] - x[:, 1])))
    return x, time, random.random(150) < 0.6


def test_planted_genes_enter_first() -> None:
    penalty = entry_penalty(*cohort())
    assert set(np.argsort(-penalty, kind="stable")[:3]) == {0, 1, 2}
    assert penalty[0] == penalty[2]
    assert penalty[3] == 0
    assert penalty.max() == 1
    assert penalty.min() >= 0


def test_the_first_is_the_gene_of_the_steepest_slope() -> None:
    # At β = 0 the slope of the log partial likelihood is the score; a gene enters where it reaches the penalty.
    x, time, event = cohort(effect=0.0)
    scaled = (x - x.mean(axis=0)) / np.where(x.std(axis=0) > 0, x.std(axis=0), 1)
    slope = np.abs((event - risk_set_shares(time, event).sum(axis=0)) @ scaled)
    assert entry_penalty(x, time, event).argmax() == slope.argmax()


def test_one_fit_on_either_side_of_the_entry_agrees() -> None:
    x, time, event = cohort()
    penalty = entry_penalty(x, time, event)
    gene = int(np.argsort(-penalty, kind="stable")[10])
    varying = np.flatnonzero(x.std(axis=0) > 0)
    scaled = ((x - x.mean(axis=0))[:, varying] / x[:, varying].std(axis=0)).copy()
    score = np.abs((event - risk_set_shares(time, event).sum(axis=0)) @ scaled).max() / len(x) / MIXING
    step = 0.01 ** (1 / 99)  # the path's first penalty shuts out every gene; the first gene enters one step below
    for factor, inside in ((1 / step**2, False), (1.0, True)):
        alpha = score * step * penalty[gene] * factor
        model = CoxnetSurvivalAnalysis(alphas=[alpha], l1_ratio=MIXING).fit(scaled, Surv.from_arrays(event, time))
        assert bool(model.coef_[varying.tolist().index(gene), 0] != 0) == inside


def test_scale_does_not_matter() -> None:
    x, time, event = cohort()
    scale = 10.0 ** np.random.default_rng(1).integers(-3, 4, x.shape[1])
    np.testing.assert_allclose(entry_penalty(x * scale, time, event), entry_penalty(x, time, event), rtol=1e-9)


@pytest.mark.parametrize("x", [np.ones((30, 4)), np.random.default_rng(0).normal(size=(30, 4))],
                         ids=["nothing varies", "all die together"])  # fmt: skip
def test_nothing_to_tell_apart(x: np.ndarray) -> None:
    assert entry_penalty(x, np.ones(30), np.ones(30, bool)).tolist() == [0.0] * 4


def test_a_path_that_is_cut_short_is_refused() -> None:
    # The only death is of the last patient followed: nobody is at risk beside, and the slope is rounding error.
    x = np.random.default_rng(0).normal(size=(30, 4))
    with pytest.raises(
        TrainingError, match=r"of 4 genes in 30 patients with 1 event did not converge.*omics\.selector"
    ):
        entry_penalty(x, np.arange(1.0, 31.0), np.arange(30) == 29)
