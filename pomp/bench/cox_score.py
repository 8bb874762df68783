"""The univariate Cox score test of all genes: ours, and loops that fit one model a gene in scikit-survival and R."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from shutil import which

import numpy as np
from numpy.typing import NDArray
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.util import Surv

from pomp.bench.measurement import Measurement, Rival, Scale, in_turns, seconds_of
from pomp.omics.cox_score import cox_score_test

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LEAST_RATIO = 1000.0

SIZES = {"full": (299, 20_000, 200), "small": (60, 100, 20)}
"""Patients, genes, genes that the loops fit: their time grows with the number, and is extrapolated to all."""

R_SCRIPT = """
suppressMessages(library(survival))
arguments <- commandArgs(TRUE)
patients <- as.integer(arguments[2])
x <- matrix(readBin(arguments[1], "double", file.size(arguments[1]) / 8), patients)
survival <- Surv(x[, 1], x[, 2])
score <- numeric(ncol(x) - 2)
seconds <- system.time(for (gene in seq_along(score)) score[gene] <- coxph(survival ~ x[, gene + 2])$score)
cat(seconds[["elapsed"]], as.character(packageVersion("survival")), format(score, digits = 15))
"""


def measure(scale: Scale) -> list[Measurement]:
    """One table of genes without effect, a third of the patients with an event, tied times."""
    patients, genes, fitted = SIZES[scale]
    random = np.random.default_rng(0)
    x = random.normal(size=(patients, genes))
    time, event = np.ceil(random.exponential(500, patients)), random.random(patients) < 0.35
    ours = in_turns({"ours": lambda: cox_score_test(x, time, event)}, repeats=5)["ours"]
    chi_square = cox_score_test(x, time, event).statistic ** 2
    note = f"extrapolated from {fitted} of {genes:,} genes"
    outcome = Surv.from_arrays(event, time)

    def loop() -> None:
        for gene in range(fitted):
            CoxPHSurvivalAnalysis(ties="efron").fit(x[:, [gene]], outcome)

    theirs = seconds_of(loop) * genes / fitted
    rival, check = _r(x[:, :fitted], time, event, chi_square[:fitted], genes)
    return [
        Measurement(
            work=f"Univariate Cox score test, {patients} patients × {genes:,} genes, {event.sum()} events",
            seconds=ours,
            rivals=[Rival("a loop over scikit-survival's CoxPHSurvivalAnalysis", theirs, note, LEAST_RATIO), rival],
            checks=[check] if check else [],
        )
    ]


def _r(x: Floats, time: Floats, event: Bools, chi_square: Floats, genes: int) -> tuple[Rival, str | None]:
    """A loop over R's coxph, and how its score tests compare with ours."""
    name = "a loop over R's coxph"
    if which("Rscript") is None:
        return Rival(name, None, "R is not installed"), None
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "values.bin"
        np.concatenate([[time, event], x.T]).tofile(table)  # R's matrices run down the columns
        command = ["Rscript", "-e", R_SCRIPT, str(table), str(len(x))]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return Rival(name, None, f"could not be run: {' '.join(done.stderr.split())}"), None
    seconds, version, *scores = done.stdout.split()
    difference = np.abs(chi_square / np.array(scores, dtype=float) - 1).max()
    return (
        Rival(name, float(seconds) * genes / x.shape[1], f"{version}; extrapolated from {x.shape[1]} genes"),
        f"χ² of {x.shape[1]} genes differs from R's score test by at most a share of {difference:.1g}",
    )
