"""The benchmark of loss and C-index runs, and what it compares agrees."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest
import torch

from pomp.bench import survival
from pomp.bench.survival import Patients, efron_by_the_book, measure, pycox_formula, simulated

DIFFERENCES = re.compile(r"(?:a share of|gradient by) ([^\s,]+)")


def test_the_measurements_are_made() -> None:
    threads = torch.get_num_threads()
    measured = measure("small")
    assert torch.get_num_threads() == threads
    assert [re.sub(r"\d+ events.*", "", one.work) for one in measured] == [
        "Cox loss and gradient, 400 patients, ",
        "Harrell's C, 60 patients, ",
        "Harrell's C, 500 patients, ",
    ]
    assert [one.rivals[0].least for one in measured] == [0.5, 50, 200]
    assert all(one.ratio(one.rivals[0]) for one in measured)


def test_what_is_compared_agrees() -> None:
    """Ours is exact with ties and without; pycox's only without, but for the 1e-7 that it adds."""
    loss, *concordances = measure("small")
    for check, least, most in zip(loss.checks, (1e-5, 0), (1, 1e-4), strict=True):
        ours, pycox = check.split("; ")
        assert max(map(float, DIFFERENCES.findall(ours))) < 1e-6
        assert len(DIFFERENCES.findall(pycox)) == 2
        assert all(least <= float(difference) < most for difference in DIFFERENCES.findall(pycox))
    for one in concordances:
        [difference] = re.findall(r"differs from scikit-survival's by (\S+)$", one.checks[0])
        assert float(difference) < 1e-12


def test_by_the_book_by_hand() -> None:
    """Two die at 1 and one is censored at 2; hazards 1, 2 and 3: denominators 6 and 6 - 3/2."""
    patients = Patients(np.array([1.0, 1, 2]), np.array([True, True, False]), np.log([1.0, 2, 3]))
    loss, gradient = efron_by_the_book(patients)
    assert loss == pytest.approx((np.log(6) + np.log(4.5) - np.log(2)) / 2)
    shared, all_of_both = 1 / 6 + 0.5 / 4.5, 1 / 6 + 1 / 4.5
    np.testing.assert_allclose(gradient, [(shared - 1) / 2, (2 * shared - 1) / 2, 3 * all_of_both / 2])


def test_without_pycox_its_formula_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(survival, "import_module", missing)
    loss, *_ = measure("small")
    assert loss.rivals[0].name == "pycox's formula, written again: pycox is not installed"
    assert loss.rivals[0].seconds is not None


def test_the_formula_is_pycoxs() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its source has escapes that Python no longer likes
        pycox = pytest.importorskip("pycox.models.loss", reason="pycox is not installed", exc_type=ImportError)
    patients = simulated(200, seed=5)
    risk, event = torch.tensor(patients.risk), torch.tensor(patients.event)
    time = torch.randperm(200, generator=torch.Generator().manual_seed(5)).double()
    torch.testing.assert_close(pycox_formula(risk, time, event), pycox.cox_ph_loss(risk, time, event))
