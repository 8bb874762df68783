"""Random survival forest and permutation importance: ours, scikit-survival's with scikit-learn's, and R's ranger."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import which

import numpy as np
from numpy.typing import NDArray
from sksurv.ensemble import RandomSurvivalForest
from sksurv.util import Surv

from pomp.bench.measurement import Measurement, Rival, Scale, in_turns, seconds_of
from pomp.evaluation.concordance import concordance_index
from pomp.omics.forest import LEAF, SurvivalForest, grow_forest
from pomp.omics.importance import forest_importance, permutation, permutation_importance

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]


@dataclass(frozen=True)
class Size:
    patients: int
    genes: int
    trees: int
    defined: tuple[int, int]  # genes and trees of the importance by definition, which is slow
    scored: int  # genes that scikit-learn would permute, of which its time is extrapolated to all
    repeats: int


SIZES = {
    "full": Size(299, 20_000, 100, defined=(200, 10), scored=5, repeats=5),
    "small": Size(60, 80, 30, defined=(20, 4), scored=2, repeats=1),
}

COHORTS = {"COAD": 250, "LIHC": 323, "STAD": 298, "BRCA": 724, "LUAD": 374, "LGG": 451}
"""Patients of the paper's cohorts (section 4)."""

NESTED = {
    "full": (
        tuple(COHORTS.values()),
        1000,
        {"every gene": (20_000, 500, 20_000), "2,000 candidates": (2_000, 500, 2_000)},
    ),
    "small": ((40, 60), 4, {"every gene": (60, 20, 60)}),
}
"""Patients of each cohort, trees, and the genes of the three omics types."""

FOLDS = 5

SEEDS = 5
"""Forests of each program whose out-of-bag C-index is compared."""

STABILITY = {"full": (299, 20_000, 300, (100, 200, 500, 1000, 2000)), "small": (60, 80, 10, (5, 10))}
"""Patients, genes, the top of their list, and numbers of trees."""

R_SCRIPT = """
suppressMessages(library(ranger))
arguments <- commandArgs(TRUE)
x <- matrix(readBin(arguments[1], "double", file.size(arguments[1]) / 8), as.integer(arguments[2]))
follow_up <- survival::Surv(x[, 1], x[, 2])
x <- x[, -(1:2)]
colnames(x) <- paste0("g", seq_len(ncol(x)))
seconds <- system.time(
  forest <- ranger(x = x, y = follow_up, num.trees = as.integer(arguments[3]), mtry = floor(sqrt(ncol(x))),
                   splitrule = "logrank", min.node.size = 24, importance = "permutation", seed = 1,
                   num.threads = as.integer(arguments[4]))
)
cat(seconds[["elapsed"]], as.character(packageVersion("ranger")), 1 - forest$prediction.error)
"""
"""A leaf of 15 patients holds about 24 draws of a bootstrap sample, which are what ranger counts."""


def measure(scale: Scale) -> list[Measurement]:
    """Forest and importance against others; the selections of the paper; how far two seeds agree."""
    rival, forest = _measure_forest(SIZES[scale])
    return [forest, *_measure_nested(scale, rival), *measure_stability(*STABILITY[scale])]


def simulated(patients: int, genes: int, loading: float = 0.7) -> tuple[Floats, Floats, Bools]:
    """A hidden factor moves the hazard, and one gene in fifty carries it by `loading`; a third of the patients die."""
    random = np.random.default_rng(0)
    factor = random.normal(size=patients)
    x = random.normal(size=(patients, genes))
    x[:, ::50] += loading * factor[:, None]
    death = random.exponential(2500 * np.exp(-0.8 * factor))
    censored = random.exponential(1000, patients)
    return x, np.ceil(np.minimum(death, censored)), death <= censored


def importance_by_definition(forest: SurvivalForest) -> Floats:
    """What `permutation_importance` is, in plain Python: every patient dropped down every tree for every gene; (G,)."""
    values = forest.sample.values
    total = np.zeros(len(values))
    for tree, seed in enumerate(forest.seeds):
        bag = np.flatnonzero(forest.drawn[tree] == 0)
        intact = _c_index(forest, tree, bag, values[:, bag])
        if np.isnan(intact):  # no comparable pair
            continue
        for gene in range(len(values)):
            permuted = values[:, bag]
            permuted[gene] = permuted[gene, permutation(seed, gene, len(bag))]
            total[gene] += intact - _c_index(forest, tree, bag, permuted)
    return total / len(forest.seeds)


def _c_index(forest: SurvivalForest, tree: int, patients: Ints, values: NDArray[np.float32]) -> float:
    """Harrell's C of one tree's mortality, each of `patients` dropped from the root by its column of `values`."""
    trees, sample = forest.trees, forest.sample
    risk = []
    for column in values.T:
        node = 0
        while (gene := trees.gene[tree, node]) >= 0:
            node = node + 1 if column[gene] <= trees.threshold[tree, node] else trees.right[tree, node]
        risk.append(trees.mortality[tree, node])
    return concordance_index(sample.rank[patients] + 0.5 * ~sample.event[patients], sample.event[patients], risk)


def _measure_forest(size: Size) -> tuple[tuple[float, float], Measurement]:
    """Seconds of scikit-survival's fit and of one permuted gene's score; the measurement."""
    x, time, event = simulated(size.patients, size.genes)
    ours = in_turns({"ours": lambda: forest_importance(x, time, event, size.trees, 0)}, size.repeats)["ours"]
    (fit, score), oob = _scikit_survival(x, time, event, size)
    ranger, ranger_oob = _ranger(x, time, event, size.trees)
    seeds = [
        concordance_index(time, event, grow_forest(x, time, event, size.trees, seed).oob_risk())
        for seed in range(SEEDS)
    ]
    genes, trees = size.defined
    small = grow_forest(x[:, :genes], time, event, trees, 0)
    difference = np.abs(permutation_importance(small) - importance_by_definition(small)).max()
    theirs = Rival(
        "scikit-survival's fit and scikit-learn's permutation_importance",
        fit + score * size.genes,
        f"all cores; fit {fit:.3g} s, and {score:.3g} s a gene extrapolated from {size.scored} to {size.genes:,}",
        least=800,
    )
    measured = Measurement(
        work=f"Random survival forest and permutation importance, {size.patients} patients × {size.genes:,} genes × "
        f"{size.trees} trees",
        seconds=ours,
        rivals=[theirs, ranger, Rival("R's randomForestSRC", None, "not at hand: it has no Debian package")],
        checks=[
            f"out-of-bag C-index, mean ± sd of {SEEDS} seeds: {_spread(seeds)}; scikit-survival {_spread(oob)}"
            f"{ranger_oob}",
            f"importance of {genes} genes in {trees} trees differs from its definition by at most {difference:.1g}",
        ],
    )
    return (fit, score), measured


def _spread(values: list[float]) -> str:
    return f"{np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}"


def _scikit_survival(x: Floats, time: Floats, event: Bools, size: Size) -> tuple[tuple[float, float], list[float]]:
    """Seconds of the fit, and of scoring one permuted gene as permutation_importance does; out-of-bag C by seed."""
    outcome = Surv.from_arrays(event, time)
    settings = {"min_samples_leaf": LEAF, "oob_score": True, "low_memory": True, "n_jobs": -1}
    forests = [RandomSurvivalForest(size.trees, random_state=seed, **settings) for seed in range(SEEDS)]
    forest = forests[0]
    fit = float(np.median([seconds_of(partial(one.fit, x, outcome)) for one in forests]))
    random = np.random.default_rng(0)

    def permute() -> None:
        for gene in range(size.scored):
            permuted = x.copy()
            random.shuffle(permuted[:, gene])
            forest.score(permuted, outcome)

    return (fit, seconds_of(permute) / size.scored), [float(one.oob_score_) for one in forests]


def _ranger(x: Floats, time: Floats, event: Bools, trees: int) -> tuple[Rival, str]:
    """R's ranger on the same table, and its out-of-bag C-index in words."""
    name = "R's ranger"
    if which("Rscript") is None:
        return Rival(name, None, "Rscript with ranger is not installed"), ""
    threads = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "values.bin"
        np.concatenate([[time, event], x.T]).tofile(table)  # R's matrices run down the columns
        command = ["Rscript", "-e", R_SCRIPT, str(table), str(len(x)), str(trees), str(threads)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return Rival(name, None, f"could not be run: {' '.join(done.stderr.split())}"), ""
    seconds, version, oob = done.stdout.split()
    return Rival(name, float(seconds), f"{version}; {threads} threads", least=10), f", ranger (one) {float(oob):.3f}"


def _measure_nested(scale: Scale, rival: tuple[float, float]) -> list[Measurement]:
    """Every selection of every cohort's folds, extrapolated from one fold of each cohort."""
    cohorts, trees, cases = NESTED[scale]
    size = SIZES[scale]
    return [_measure_case(case, cohorts, trees, genes, rival, size) for case, genes in cases.items()]


def _measure_case(
    case: str, cohorts: tuple[int, ...], trees: int, genes: tuple[int, ...], rival: tuple[float, float], size: Size
) -> Measurement:
    ours = theirs = 0.0
    fit, score = rival
    for patients in cohorts:
        training = patients * (FOLDS - 1) // FOLDS
        larger = trees / size.trees * training / size.patients
        for number in genes:
            x, time, event = simulated(training, number)
            ours += FOLDS * seconds_of(lambda: forest_importance(x, time, event, trees, 0))  # noqa: B023  called at once
            theirs += FOLDS * larger * (fit * np.sqrt(number / size.genes) + score * number)
    selections = len(cohorts) * FOLDS * len(genes)
    note = "extrapolated from the forest above, in proportion to trees, patients, genes scored and √genes in the fit"
    return Measurement(
        work=f"{selections} nested selections, {trees:,} trees, {case}: {len(cohorts)} cohorts × {FOLDS} folds × types "
        f"of {', '.join(f'{number:,}' for number in genes)} genes",
        seconds=ours,
        rivals=[Rival("scikit-survival and scikit-learn", theirs, note)],
        checks=[
            f"extrapolated from one fold of each cohort: {ours / 60:.1f} minutes, against {theirs / 86400:.1f} days"
        ],
    )


def measure_stability(patients: int, genes: int, top: int, trees: tuple[int, ...]) -> list[Measurement]:
    """Agreement of two seeds where genes carry the factor so weakly that most of the list is chance."""
    return agreement("simulated, weak signal", *simulated(patients, genes, loading=0.2), top, trees)


def agreement(
    name: str, x: Floats, time: Floats, event: Bools, top: int, numbers: tuple[int, ...]
) -> list[Measurement]:
    """How many genes of the top of the list two seeds have in common, by the number of trees."""
    found = []
    for trees in numbers:
        lists: list[set[int]] = []

        def rank(trees: int = trees, lists: list[set[int]] = lists) -> None:
            importance = forest_importance(x, time, event, trees, len(lists))
            lists.append(set(np.argsort(-importance, kind="stable")[:top].tolist()))

        seconds = (seconds_of(rank) + seconds_of(rank)) / 2
        shared = len(lists[0] & lists[1]) / top
        work = f"Top {top} of {x.shape[1]:,} genes, {len(x)} patients ({name}), {trees:,} trees"
        chance = top / x.shape[1]
        found.append(Measurement(work, seconds, (), [f"two seeds share {shared:.0%} (by chance {chance:.0%})"]))
    return found
