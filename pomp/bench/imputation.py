"""Imputation of missing values by the nearest genes: ours, scikit-learn's on the transposed table, R's impute.knn."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from shutil import which

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.impute import KNNImputer

from pomp.bench.measurement import Measurement, Rival, Scale, in_turns, peak_memory, seconds_of
from pomp.omics.impute import GeneWiseKNNImputer

Floats = NDArray[np.float64]

NEIGHBOURS = 10
LEAST_RATIO = 20.0

SIZES = {"full": (374, 100_000, (0.003, 0.05)), "small": (40, 600, (0.02, 0.2))}
"""Patients, genes, shares of the genes that have gaps."""

COMPARED = {"full": 300, "small": 30}
"""Genes with gaps that scikit-learn fills; its time grows with their number, and for more of them is extrapolated."""

R_SCRIPT = """
suppressMessages(library(impute))
arguments <- commandArgs(TRUE)
genes <- as.integer(arguments[2]); patients <- as.integer(arguments[3])
x <- matrix(readBin(arguments[1], "double", genes * patients), genes, patients)
x[is.nan(x)] <- NA
sink(nullfile())
seconds <- system.time(impute.knn(x, k = as.integer(arguments[4]), rowmax = 1, colmax = 1))
sink()
cat(seconds[["elapsed"]], as.character(packageVersion("impute")))
"""


def measure(scale: Scale) -> list[Measurement]:
    """Filling one table of log expression, few and many of its genes with gaps."""
    patients, genes, (few, many) = SIZES[scale]
    seldom = _measure(incomplete_table(patients, genes, few), COMPARED[scale])
    table = incomplete_table(patients, genes, many)
    often = _measure(table, COMPARED[scale])
    return [seldom, replace(often, checks=[*often.checks, _memory(table)])]


def incomplete_table(patients: int, genes: int, share: float, seed: int = 0) -> pd.DataFrame:
    """Log expression with gaps in a share of the genes; patients in rows.

    Twenty shared factors and noise; deviations differ between genes. A gene with gaps lacks between nearly none and
    half of the patients (Beta(1/2, 3)), and a poor sample (gamma-distributed quality) lacks several times as many
    genes as the mean one.
    """
    random = np.random.default_rng(seed)
    x = random.normal(size=(patients, 20)) @ random.normal(0, 0.3, (20, genes))
    x += random.normal(size=x.shape)
    x *= random.gamma(2, 0.5, genes)
    x += random.normal(8, 2, genes)
    gaps = random.choice(genes, round(share * genes), replace=False)
    chance = np.minimum(random.beta(0.5, 3, len(gaps)), 0.5) * random.gamma(2, 0.5, (patients, 1))
    x[:, gaps] = np.where(random.random(chance.shape) < chance, np.nan, x[:, gaps])
    return pd.DataFrame(x, [f"P{row}" for row in range(patients)], [f"G{column}" for column in range(genes)])


def _measure(values: pd.DataFrame, compared: int) -> Measurement:
    missing = values.isna().to_numpy()
    gaps = np.flatnonzero(missing.any(axis=0))
    ours = in_turns({"ours": lambda: GeneWiseKNNImputer(NEIGHBOURS).fit_transform(values)}, repeats=3)["ours"]
    filled = GeneWiseKNNImputer(NEIGHBOURS).fit_transform(values).to_numpy()
    chosen = gaps[np.linspace(0, len(gaps) - 1, min(compared, len(gaps))).astype(int)]
    theirs, agreement = _scikit_learn(values, filled, chosen)
    note = "" if len(chosen) == len(gaps) else f"extrapolated from {len(chosen)} of {len(gaps)} genes with gaps"
    return Measurement(
        work=f"KNN imputation, {len(values)} patients × {len(missing[0]):,} genes, {len(gaps):,} of them with gaps",
        seconds=ours,
        rivals=[Rival("scikit-learn", theirs * len(gaps) / len(chosen), note, LEAST_RATIO), _r(values)],
        checks=[_gaps_in_words(missing), agreement],
    )


def _scikit_learn(values: pd.DataFrame, filled: Floats, genes: NDArray[np.intp]) -> tuple[float, str]:
    """Seconds that KNNImputer takes to fill `genes` (places), genes as its samples, and how its values compare."""
    means = values.mean().to_numpy()
    centred = np.ascontiguousarray((values.to_numpy() - means).T)
    imputer = KNNImputer(n_neighbors=NEIGHBOURS, weights="distance").fit(centred)
    theirs: list[Floats] = []
    seconds = seconds_of(lambda: theirs.append(imputer.transform(centred[genes])))
    difference = np.abs(theirs[0].T + means[genes] - filled[:, genes]).max()
    count = int(np.isnan(centred[genes]).sum())
    return seconds, f"{count:,} filled values differ from scikit-learn's by at most {difference:.1g}"


def _r(values: pd.DataFrame) -> Rival:
    """R's impute.knn. Other values: it weights the neighbours alike, and seeks them within clusters of 1,500 genes."""
    name = "R's impute.knn"
    if which("Rscript") is None:
        return Rival(name, None, "R is not installed")
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "values.bin"
        np.ascontiguousarray(values.to_numpy()).tofile(table)  # R's matrices run down the columns: genes × patients
        command = ["Rscript", "-e", R_SCRIPT, str(table), *map(str, values.shape[::-1]), str(NEIGHBOURS)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return Rival(name, None, f"could not be run: {' '.join(done.stderr.split())}")
    seconds, version = done.stdout.split()
    return Rival(name, float(seconds), f"{version}; not the same values: weights alike, neighbours within clusters")


def _gaps_in_words(missing: NDArray[np.bool_]) -> str:
    by_gene, by_patient = missing.sum(axis=0), missing.sum(axis=1)
    some = by_gene[by_gene > 0]
    return (
        f"{missing.sum():,} values are missing: a gene with gaps lacks {some.min()} to {some.max()} patients "
        f"(median {np.median(some):.0f}), a patient {by_patient.min()} to {by_patient.max()} genes"
    )


def _memory(values: pd.DataFrame) -> str:
    """What a fresh process holds at most, over its libraries, while it reads the table and fills it."""
    x = np.ascontiguousarray(values.to_numpy())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "values.npy"
        np.save(path, x)
        held = peak_memory(fill_file, path)
    size = x.nbytes / 1e6
    return (
        f"a process that reads the table ({size:.0f} MB) and fills it holds at most {held / 1e6:.0f} MB over its "
        f"libraries, {held / x.nbytes:.2f}× the table: the table, the filled one, and {held / 1e6 - 2 * size:.0f} MB"
    )


def fill_file(path: Path) -> Sequence[int]:
    """The shape of the filled table in a .npy file."""
    return GeneWiseKNNImputer(NEIGHBOURS).fit_transform(pd.DataFrame(np.load(path))).shape
