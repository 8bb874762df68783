"""What clinical columns are taken for: outcomes under the names of every portal, missing values, stages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pomp.data.clinical import is_stage, known_at_start, known_text, main_stage, stage_number

OUTCOMES = [
    # TCGA's clinical data resource and its extra endpoints
    "OS", "OS.time", "DSS", "DSS.time", "PFI", "PFI.time", "DFI", "DFI.time", "PFI.1", "PFI.time.1", "PFI.2", "PFI.cr",
    "DSS_cr", "DSS.time.cr", "DFI.cr", "Redaction", "vital_status", "tumor_status", "new_tumor_event_type",
    "last_contact_days_to", "death_days_to", "cause_of_death", "treatment_outcome_first_course",
    # cBioPortal
    "OS_MONTHS", "OS_STATUS", "DFS_MONTHS", "DFS_STATUS", "PFS_STATUS", "DSS_MONTHS",
    # UCSC Xena
    "_OS", "_OS_IND", "_RFS", "_RFS_IND", "_EVENT", "_TIME_TO_EVENT", "OS.days",
    "person_neoplasm_cancer_status", "days_to_last_known_alive", "days_to_last_followup", "days_to_death",
    "additional_radiation_therapy",
    # others
    "os_days", "os_time", "OStime", "PFS", "RFS.time", "TTP_days", "progression", "time", "status", "censored",
]  # fmt: skip


@pytest.mark.parametrize("name", OUTCOMES)
def test_outcomes_are_not_known_at_the_start(name: str) -> None:
    assert known_at_start(["age", name]) == ["age"]


def test_a_column_with_a_time_beside_it_is_an_outcome() -> None:
    assert known_at_start(["TTX", "age", "TTX.time"]) == ["age"]
    assert known_at_start(["TTX", "age"]) == ["TTX", "age"]


@pytest.mark.parametrize(
    "name",
    ["age", "gender", "position", "cosmic", "time_of_day", "lifetime_dose", "dose", "ajcc_pathologic_tumor_stage",
     "histological_grade", "residual_tumor", "race", "radiation_therapy", "MSI_status"],
)  # fmt: skip
def test_covariates_are_not_taken_for_outcomes(name: str) -> None:
    assert known_at_start([name]) == [name]


def test_what_stands_for_no_value_is_none() -> None:
    column = pd.Series([" II ", "[Not Available]", "NA", "unknown", "", None, np.nan, "Not Reported", 3, False])
    assert known_text(column).dropna().tolist() == ["II", "3", "False"]


STAGES = [
    ("Stage I", 1), ("Stage IIB", 2), ("Stage IIIC", 3), ("Stage IV", 4), ("stage iva", 4), ("II", 2), ("3", 3),
    ("Stage 0", 0), ("Stage IA1", 1), ("IIIC2", 3),
    ("Stage X", np.nan), ("[Discrepancy]", np.nan), ("I/II NOS", np.nan), ("T2", np.nan), ("", np.nan),
    ("Stage V", np.nan),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), STAGES)
def test_stage_number(text: str, expected: float) -> None:
    np.testing.assert_equal(stage_number(text), expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Stage IIA", "Stage II"), ("Stage IIIC2", "Stage III"), ("stage iva", "stage iv"), ("Stage X", "Stage X")],
)
def test_main_stage(text: str, expected: str) -> None:
    assert main_stage(text) == expected


@pytest.mark.parametrize(("name", "expected"), [("ajcc_pathologic_tumor_Stage", True), ("grade", False), (None, False)])
def test_is_stage(name: str | None, expected: bool) -> None:
    assert is_stage(name) == expected
