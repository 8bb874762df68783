"""The whole selection: what it may see, what it must not depend on, and whether it finds what was planted."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from pomp.config import OmicsConfig
from pomp.data.omics_table import OmicsTable
from pomp.errors import CohortError, TrainingError
from pomp.omics import OmicsMatrix, OmicsSelector
from pomp.omics.panel import CLIP
from pomp.omics.ranking import SelectorName
from tests.omics.cohorts import CONFIG, Small, small_cohort

NAN = float("nan")

COHORT = small_cohort()
TRAINING, TEST = COHORT.patients[:65], COHORT.patients[65:]


def fit(cohort: Small = COHORT, training: list[str] = TRAINING, config: OmicsConfig = CONFIG) -> OmicsSelector:
    return OmicsSelector(config, seed=1).fit(cohort.tables, cohort.outcome.loc[training])


@pytest.fixture(scope="module")
def selector() -> OmicsSelector:
    return fit()


def same(one: OmicsSelector, other: OmicsSelector) -> None:
    """Both are fitted alike, to the last bit."""
    assert json.dumps(one.to_json()) == json.dumps(other.to_json())
    pd.testing.assert_frame_equal(one.summary_, other.summary_, check_exact=True)


def with_values(cohort: Small, change: Callable[[pd.DataFrame], pd.DataFrame]) -> dict[str, OmicsTable]:
    return {name: replace(table, values=change(table.values)) for name, table in cohort.tables.items()}


def test_shapes_and_masks(selector: OmicsSelector) -> None:
    matrix = selector.transform(COHORT.tables, TEST)
    assert matrix.values.shape == (25, 3, 12)
    assert matrix.values.dtype == np.float32
    assert matrix.types == ("mrna", "mirna", "mutation")
    assert matrix.patients == tuple(TEST)
    assert matrix.gene_mask.sum(axis=1).tolist() == [12, 12, 8]
    assert [len(matrix.genes[name]) for name in matrix.types] == [12, 12, 8]
    assert not matrix.values[:, ~matrix.gene_mask].any()
    assert np.abs(matrix.values).max() <= CLIP


def test_the_training_fold_has_mean_0_and_deviation_1(selector: OmicsSelector) -> None:
    matrix = selector.transform(COHORT.tables, TRAINING)
    for place, panel in enumerate(selector.panels_):
        values = matrix.values[matrix.present[:, place], place, : len(panel.genes)].astype(float)
        inside = np.abs(values).max(axis=0) < CLIP
        np.testing.assert_allclose(values[:, inside].mean(axis=0), 0, atol=1e-6)
        np.testing.assert_allclose(values[:, inside].std(axis=0), 1, atol=1e-6)


def test_a_patient_without_a_type_is_zeros_and_not_present(selector: OmicsSelector) -> None:
    tables = dict(COHORT.tables)
    emptied = tables["mrna"].values.copy()
    emptied.loc[TEST[0]] = NAN
    tables["mrna"] = replace(tables["mrna"], values=emptied)
    del tables["mirna"]
    matrix = selector.transform(tables, [TEST[0], TEST[1], TRAINING[0], "nobody"])
    assert matrix.present.tolist() == [
        [False, False, False],  # all NaN; no table; no row
        [True, False, False],
        [True, False, True],
        [False, False, False],
    ]
    assert not matrix.values[~matrix.present].any()
    assert matrix.values[matrix.present].any(axis=1).all()


def with_own_normals(cohort: Small, patients: Sequence[str]) -> Small:
    """Normal miRNA samples of these patients too, called as they are, and as high as no other sample."""
    mirna = cohort.tables["mirna"]
    own = pd.DataFrame(500.0, [*patients], mirna.values.columns)
    return replace(cohort, tables=cohort.tables | {"mirna": replace(mirna, normals=pd.concat([mirna.normals, own]))})


TINY = small_cohort(patients=50, genes=12, planted=2)
SEEN, UNSEEN = TINY.patients[:36], TINY.patients[36:]
TINY = with_own_normals(TINY, TINY.patients[30:42])
SELECTORS: list[SelectorName] = ["forest", "cox_score", "elastic_net", "stability"]


def tiny_config(selector: SelectorName) -> OmicsConfig:
    return OmicsConfig(genes=5, neighbours=3, candidates=10, trees=10, selector=selector)


@pytest.fixture(scope="module")
def intact() -> dict[SelectorName, OmicsSelector]:
    return {selector: fit(TINY, SEEN, tiny_config(selector)) for selector in SELECTORS}


@pytest.mark.parametrize("seed", range(52))
def test_test_patients_leave_no_trace(intact: dict[SelectorName, OmicsSelector], seed: int) -> None:
    random = np.random.default_rng(seed)

    def scramble(values: pd.DataFrame) -> pd.DataFrame:
        values = values.copy()
        rows = values.index.isin(UNSEEN)
        values[rows] = random.integers(0, 1000, (rows.sum(), values.shape[1])) * 1.0
        return values.mask(random.random(values.shape) < (0.3 * rows)[:, None])

    tables = {
        name: replace(table, normals=None if table.normals is None else scramble(table.normals))
        for name, table in with_values(TINY, scramble).items()
    }
    scrambled = replace(TINY, tables=tables, outcome=TINY.outcome.copy())
    scrambled.outcome.loc[UNSEEN, "time_days"] = random.uniform(1, 9000, len(UNSEEN))
    scrambled.outcome.loc[UNSEEN, "event"] = random.random(len(UNSEEN)) < 0.5
    selector = SELECTORS[seed % len(SELECTORS)]
    before, after = intact[selector], fit(scrambled, SEEN, tiny_config(selector))
    same(before, after)  # genes, scaler, imputation, library sizes, the day that cuts the contrast
    np.testing.assert_array_equal(
        before.transform(TINY.tables, SEEN).values, after.transform(scrambled.tables, SEEN).values
    )


def test_normals_of_test_patients_are_left_out_and_all_others_stay() -> None:
    def compared(tables: dict[str, OmicsTable], seen: list[str], **named: Any) -> str:
        selector = OmicsSelector(tiny_config("cox_score")).fit(tables, TINY.outcome.loc[seen], **named)
        return str(selector.summary_.query("omics == 'mirna'")["contrast"].iloc[0])

    assert compared(TINY.tables, SEEN).endswith("vs normal (18)")  # 12 of no patient, 6 of the training fold
    assert compared(TINY.tables, TINY.patients).endswith("vs normal (24)")
    without_tumours = with_values(TINY, lambda values: values[values.index.isin(SEEN)])
    assert compared(without_tumours, SEEN, patients=TINY.patients).endswith("vs normal (18)")


def test_a_patient_does_not_depend_on_the_others(selector: OmicsSelector) -> None:
    together = selector.transform(COHORT.tables, TEST)
    for place, patient in enumerate(TEST):
        alone = selector.transform(with_values(COHORT, lambda v, p=patient: v[v.index == p]), [patient])
        np.testing.assert_array_equal(alone.values[0], together.values[place])
        np.testing.assert_array_equal(alone.present[0], together.present[place])


def test_order_of_patients_and_genes_changes_nothing(selector: OmicsSelector) -> None:
    shuffled = with_values(COHORT, lambda v: v.sample(frac=1, random_state=0).sample(frac=1, axis=1, random_state=0))
    outcome = COHORT.outcome.loc[TRAINING].sample(frac=1, random_state=1)
    same(selector, OmicsSelector(CONFIG, seed=1).fit(shuffled, outcome))


def test_the_seed_decides(selector: OmicsSelector) -> None:
    same(selector, fit())
    other = OmicsSelector(CONFIG, seed=2).fit(COHORT.tables, COHORT.outcome.loc[TRAINING])
    assert not np.array_equal(other.summary_["importance"], selector.summary_["importance"])


def equal(one: OmicsMatrix, other: OmicsMatrix) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("values", "present", "gene_mask"))


def test_reloaded_from_json_it_transforms_to_the_same_bits(selector: OmicsSelector) -> None:
    again = OmicsSelector.from_json(json.loads(json.dumps(selector.to_json())))
    before, after = selector.transform(COHORT.tables, TEST), again.transform(COHORT.tables, TEST)
    assert equal(before, after)
    assert (before.types, before.genes, before.patients) == (after.types, after.genes, after.patients)
    assert again.to_json() == selector.to_json()


def test_summary(selector: OmicsSelector) -> None:
    summary = selector.summary_
    assert summary.columns.tolist() == [
        *("omics", "gene", "contrast", "test", "statistic", "p_value", "q_value", "tested"),
        *("selector", "importance", "rank", "selected"),
    ]
    assert summary.groupby("omics", sort=False)["tested"].unique().map(list).tolist() == [[40], [40], [8]]
    assert set(summary["selector"]) == {"forest"}
    assert summary.groupby("omics", sort=False)["contrast"].first().str.replace(r"\d+", "#", regex=True).tolist() == [
        "event by day # (#) vs followed longer (#)",
        "tumour (#) vs normal (#)",
        "event by day # (#) vs followed longer (#)",
    ]
    for name, rows in summary.groupby("omics"):
        assert rows["rank"].tolist() == list(range(1, len(rows) + 1))
        assert rows["importance"].is_monotonic_decreasing
        assert rows["selected"].sum() == min(CONFIG.genes, len(rows))
        assert tuple(rows["gene"][rows["selected"]]) == selector.transform(COHORT.tables, TEST).genes[str(name)]
    assert not summary.isna().any(axis=None)


@pytest.mark.parametrize("selector", SELECTORS)
def test_the_selector_and_the_test_are_settings(selector: SelectorName) -> None:
    config = CONFIG.model_copy(update={"selector": selector, "test": "wilcoxon"})
    fitted = fit(config=config)
    assert set(fitted.summary_["selector"]) == {selector}
    tests = fitted.summary_.groupby("omics")["test"].unique().map(list)
    assert tests.to_dict() == {"mrna": ["Wilcoxon"], "mirna": ["DESeq2 Wald"], "mutation": ["Fisher"]}
    same(fitted, fit(config=config))


def test_is_a_scikit_learn_estimator() -> None:
    estimator = OmicsSelector(CONFIG, seed=1, workers=1)
    copy = clone(estimator)
    assert copy.get_params() == {"config": CONFIG, "seed": 1, "cache": None, "workers": 1}
    assert copy.set_params(seed=2).seed == 2
    assert not hasattr(clone(estimator.fit(only(MRNA), COHORT.outcome)), "panels_")


def test_progress() -> None:
    told: list[tuple[int, int, str]] = []
    OmicsSelector(CONFIG).fit(COHORT.tables, COHORT.outcome, lambda *step: told.append(step))
    assert [(done, total) for done, total, _ in told] == [(done, 9) for done in range(10)]
    assert told[1][2] == "mrna: imputation"


def test_outliers_constants_and_gaps() -> None:
    values = COHORT.tables["mrna"].values - 6
    values.loc[TRAINING[3], "G00"] = 3965.0
    values["flat"] = 1.0
    values["mostly missing"] = values["G01"].where(np.arange(len(values)) % 2 == 0).mask(np.arange(len(values)) < 6)
    values["half missing"] = values["G02"].fillna(0).where(np.arange(len(values)) % 2 == 0)
    table = OmicsTable("mrna", "zscore", values, None)
    config = OmicsConfig(genes=100, trees=5)
    training = TRAINING[:64]  # even, so that exactly half of them miss a gene
    selector = OmicsSelector(config).fit({"mrna": table}, COHORT.outcome.loc[training])
    assert set(selector.summary_["gene"]) == {*(f"G{gene:02d}" for gene in range(40)), "half missing"}
    g00 = selector.panels_[0].genes.index("G00")
    assert selector.panels_[0].sd[g00] < 3
    assert np.abs(selector.transform({"mrna": table}, training).values).max() == CLIP


def test_another_cohort_may_lack_some_genes(selector: OmicsSelector) -> None:
    missing, *others = selector.panels_[0].genes
    patient = TRAINING[0]
    tables = only(COHORT.tables["mrna"].values[others])
    values = selector.transform(tables, [patient]).values[0, 0]
    measured = MRNA.loc[patient, others].notna().to_numpy()
    whole = selector.transform(COHORT.tables, [patient]).values[0, 0, 1:12]
    assert np.isfinite(values).all()
    np.testing.assert_array_equal(values[1:12][measured], whole[measured])
    assert missing not in tables["mrna"].values.columns


NO_EVENT = COHORT.outcome.assign(event=False)
THREE_EVENTS = COHORT.outcome.assign(event=np.arange(90) < 3)


def only(values: pd.DataFrame, kind: Any = "log") -> dict[str, OmicsTable]:
    return {"mrna": OmicsTable("mrna", kind, values, None)}


MRNA = COHORT.tables["mrna"].values
FAILURES: list[tuple[dict[str, OmicsTable], pd.DataFrame, str]] = [
    (only(MRNA), NO_EVENT, r"'mrna' has 90 of the training patients and no event among them.*Leave the type out"),
    (only(MRNA[:0]), COHORT.outcome, "'mrna' has 0 of the training patients"),
    (only(MRNA * NAN), COHORT.outcome, "'mrna' has 0 of the training patients"),
    (only(MRNA * 0, "copies"), COHORT.outcome, "none of 40 genes varies over its 90 training.*kind is 'copies'"),
    (only(MRNA), THREE_EVENTS, "with 3 events, [12] had theirs by the median event time.*needs 5 in each group"),
]


@pytest.mark.parametrize(("tables", "outcome", "message"), FAILURES)
def test_failures(tables: dict[str, OmicsTable], outcome: pd.DataFrame, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        OmicsSelector(CONFIG).fit(tables, outcome)


def test_a_table_with_other_gene_names_is_refused(selector: OmicsSelector) -> None:
    renamed = with_values(COHORT, lambda v: v.rename(columns=lambda name: f"ENSG{name}"))
    with pytest.raises(CohortError, match=r"'mrna' has none of the 12 genes.*its first column is 'ENSGG00'"):
        selector.transform(renamed, TEST)


def univariate_c(cohort: Small, config: OmicsConfig) -> float:
    """C-index on held-out patients of a sum of the selected genes, each signed by its training correlation."""
    half = len(cohort.patients) // 2
    training, test = cohort.patients[:half], cohort.patients[half:]
    selector = OmicsSelector(config).fit(cohort.tables, cohort.outcome.loc[training])
    ranks = cohort.outcome.loc[training, "time_days"].rank().to_numpy()
    x = selector.transform(cohort.tables, training).values[:, 0]
    sign = np.sign((x * (ranks.mean() - ranks)[:, None]).sum(axis=0))
    risk = selector.transform(cohort.tables, test).values[:, 0] @ sign
    time, event = (cohort.outcome.loc[test, name].to_numpy() for name in ("time_days", "event"))
    pairs = event[:, None] & (time[:, None] < time)
    return float(((np.sign(risk[:, None] - risk) + 1) / 2)[pairs].mean())


@pytest.mark.parametrize("seed", range(3))
def test_planted_genes_are_selected(seed: int) -> None:
    cohort = small_cohort(patients=200, genes=200, planted=4, effect=0.8, seed=seed)
    tables = {"mrna": cohort.tables["mrna"]}
    selector = OmicsSelector(OmicsConfig(genes=12, trees=100)).fit(tables, cohort.outcome)
    assert set(cohort.planted) <= set(selector.panels_[0].genes[:6])


def test_noise_predicts_nothing_on_held_out_patients() -> None:
    config = OmicsConfig(genes=10, candidates=60, trees=30)
    scores = []
    for seed in range(6):
        cohort = small_cohort(patients=120, genes=150, effect=0.0, seed=seed)
        scores.append(univariate_c(replace(cohort, tables={"mrna": cohort.tables["mrna"]}), config))
    assert np.mean(scores) == pytest.approx(0.5, abs=0.06)


def test_planted_signal_predicts_on_held_out_patients() -> None:
    cohort = small_cohort(patients=120, genes=150, effect=0.9, seed=0)
    assert univariate_c(replace(cohort, tables={"mrna": cohort.tables["mrna"]}), OmicsConfig(genes=10, trees=50)) > 0.65
