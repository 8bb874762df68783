"""Clinical columns as numbers: hand-worked encodings, training statistics only."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pomp.baselines import clinical_covariates
from pomp.baselines.clinical_covariates import CategoricalColumn, ClinicalCovariates
from pomp.errors import CohortError, TrainingError


def clinical(**columns: list) -> pd.DataFrame:
    return pd.DataFrame(columns, index=[f"P{row}" for row in range(len(next(iter(columns.values()))))])


def test_numbers_are_standardised_after_the_median_took_the_place_of_what_is_missing() -> None:
    training = clinical(age=[40, 60, None, 80])
    fitted = ClinicalCovariates().fit(training)
    sd = np.sqrt(200)  # of 40, 60, 60, 80
    np.testing.assert_allclose(fitted.transform(training)[:, 0], np.array([-20, 0, 0, 20]) / sd)
    others = clinical(age=[90, None, "unknown", "ninety"])
    np.testing.assert_allclose(fitted.transform(others)[:, 0], np.array([30, 0, 0, 0]) / sd)


def test_stage_is_a_number() -> None:
    training = clinical(ajcc_pathologic_tumor_stage=["Stage I", "Stage IIB", "[Discrepancy]", "Stage IIIA", None])
    found = ClinicalCovariates().fit(training).transform(training)[:, 0]
    np.testing.assert_allclose(found, (np.array([1, 2, 2, 3, 2]) - 2) / np.sqrt(2 / 5))


def test_levels_need_five_training_patients() -> None:
    training = clinical(grade=["G1"] * 4 + ["G2"] * 5 + ["G3"] * 6 + [None])
    fitted = ClinicalCovariates().fit(training)
    assert fitted.columns_ == (CategoricalColumn("grade", ("G2", "G3")),)
    others = clinical(grade=["G1", "G2", "G3", None, "G9", "[Unknown]"])
    assert fitted.transform(others).tolist() == [[0, 0], [1, 0], [0, 1], [0, 0], [0, 0], [0, 0]]


def test_numbers_written_as_text_are_numbers() -> None:
    training = clinical(age=["40", "60", "[Not Available]", "80"])
    np.testing.assert_allclose(
        ClinicalCovariates().fit(training).transform(training)[:, 0] * np.sqrt(200), [-20, 0, 0, 20]
    )


AGES = [float(age) for age in range(40, 79)]


@pytest.mark.parametrize(
    ("cells", "as_if"),
    [
        ([*AGES, ">89"], [*AGES, 89]),
        ([*AGES, "ninety"], [*AGES, None]),
        ([f"{age:.1f}".replace(".", ",") for age in AGES], AGES),
    ],
    ids=["a bound", "a text", "decimal commas"],
)
def test_cells_that_are_no_numbers_leave_a_column_of_numbers(cells: list, as_if: list) -> None:
    """Equal to the same column with those cells as numbers, or empty."""
    table, expected = clinical(age=cells), clinical(age=as_if)
    fitted = ClinicalCovariates().fit(table)
    assert [type(column).__name__ for column in fitted.columns_] == ["NumericColumn"]
    np.testing.assert_array_equal(fitted.transform(table), ClinicalCovariates().fit(expected).transform(expected))


def test_commas_that_may_be_thousands_leave_the_column_out() -> None:
    table = clinical(age=[40, 50, 60] * 5, lab=["987", "1,234", "2,345"] * 5)
    assert [column.name for column in ClinicalCovariates().fit(table).columns_] == ["age"]


@pytest.mark.parametrize("cell", ["61,5", "ninety", ">89", "1,234", None, 55])
def test_how_a_column_is_read_is_for_the_training_patients_to_say(cell: object) -> None:
    """Whatever stands in the cells of others, the column is what it was."""
    training, others = clinical(age=AGES), clinical(age=[cell] * 400)
    fitted = ClinicalCovariates().fit(training)
    mean, sd = np.mean(AGES), np.std(AGES)
    value = {">89": 89, 55: 55}.get(cell, np.median(AGES))  # type: ignore[call-overload]
    np.testing.assert_allclose(fitted.transform(others)[:, 0], np.full(400, (value - mean) / sd))


def test_truth_values_are_two_levels() -> None:
    training = clinical(smoker=[True, False] * 5)
    assert ClinicalCovariates().fit(training).columns_ == (CategoricalColumn("smoker", ("False", "True")),)


def test_outcomes_are_no_covariates() -> None:
    table = clinical(age=[40, 50, 60, 70], OS_MONTHS=[1, 2, 3, 4], OS_STATUS=["0:LIVING", "1:DECEASED"] * 2)
    assert [column.name for column in ClinicalCovariates().fit(table).columns_] == ["age"]


USELESS = [
    ("constant", {"gender": ["F"] * 9}),
    ("constant number", {"age": [50] * 9}),
    ("differences too small to square", {"dose": [1e-200, 2e-200]}),
    ("empty", {"grade": [None] * 9}),
    ("an identifier", {"barcode": [f"A-{row}" for row in range(9)]}),
    ("outcome only", {"OS": [0, 1, 0], "OS.time": [1, 2, 3]}),
]


@pytest.mark.parametrize("columns", [case[1] for case in USELESS], ids=[case[0] for case in USELESS])
def test_nothing_that_tells_patients_apart(columns: dict[str, list]) -> None:
    with pytest.raises(TrainingError, match=rf"\({', '.join(columns)}\) can serve as a covariate. Add age"):
        ClinicalCovariates().fit(clinical(**columns))


def test_a_column_that_is_gone() -> None:
    fitted = ClinicalCovariates().fit(clinical(age=[1, 2, 3], sex=[0, 1, 1]))
    with pytest.raises(CohortError, match="no column sex, which the training patients had"):
        fitted.transform(clinical(age=[1, 2, 3]))


def test_the_text_of_a_column_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    made = clinical_covariates.known_text
    monkeypatch.setattr(clinical_covariates, "known_text", lambda column: asked.append(column.name) or made(column))
    training = clinical(age=[40, 60, None, 80], stage=["I", "II", "IV", None], sex=["m", "m", "f", "f"])
    fitted = ClinicalCovariates().fit(training)
    assert asked == ["age", "stage", "sex"]
    fitted.transform(training)
    assert asked[3:] == [encoder.name for encoder in fitted.columns_]
