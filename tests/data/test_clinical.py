"""What clinical columns are taken for: outcomes under the names of every portal, missing values, numbers, stages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pomp.data.clinical import (
    Notation,
    find_spelling,
    is_stage,
    known_at_start,
    known_text,
    main_stage,
    read_column,
    report_odd_cells,
    stage_number,
    to_numbers,
)
from pomp.data.problems import Problems

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


AGES = [str(age) for age in range(40, 79)]  # 39, so that one cell more is one in forty

SPELLINGS = [
    ("numbers", [40, 60.5, None], "point"),
    ("one text in twenty", [*AGES[:19], "ninety"], "point"),
    ("two texts in twenty", [*AGES[:18], "ninety", "old"], None),
    ("only what is known counts", [*AGES[:19], "ninety", *[None] * 9, "[Not Available]", "unknown"], "point"),
    ("a bound", [*AGES[:3], ">89"], "point"),
    ("bounds alone", ["<65", "≥65"] * 9, None),
    ("a bound a number", ["1", "2", "<1", "> 2"], None),
    ("decimal commas", ["61,5", "70", "48,25"], "comma"),
    ("decimal commas and a bound", ["61,5", "70", ">89,5"], "comma"),
    ("decimal commas and a text", [*(f"{age},5" for age in AGES[:19]), "ninety"], "comma"),
    ("three digits after the only comma", ["61,5", "1,234"], "unclear"),
    ("thousands", ["987", "1,234", "2,500"], "unclear"),
    ("two commas", ["1,5", "1,234,567"], "unclear"),
    ("comma and point in one number", ["1.234,5", "2.345,6"], "unclear"),
    ("three digits after a point beside commas", ["1.234", "567,8"], "unclear"),
    ("few commas among points", [*AGES, "61,5"], "point"),
    ("text", ["I", "II, NOS", "III"], None),
    ("truth", [True, False], None),
    ("no end", ["inf"] * 3, None),
    ("nothing", [None, ""], None),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "expected"), [case[1:] for case in SPELLINGS], ids=[case[0] for case in SPELLINGS])
def test_how_a_column_writes_numbers(cells: list, expected: str | None) -> None:
    assert find_spelling(known_text(pd.Series(cells, dtype=object))) == expected


@pytest.mark.parametrize(
    ("notation", "cells", "values"),
    [
        ("point", ["61.5", ">89", "<= 5", "≥7", "61,5", "ninety", "inf", None], [61.5, 89, 5, 7] + [np.nan] * 4),
        ("comma", ["61,5", ">89,5", "70", "61.5", "1,234", "1.234", "1,2,3"], [61.5, 89.5, 70, 61.5] + [np.nan] * 3),
        ("stage", ["Stage IIB", "Stage X", None], [2, np.nan, np.nan]),
        ("point", [None, None], [np.nan, np.nan]),
    ],
)
def test_numbers(notation: Notation, cells: list, values: list[float]) -> None:
    np.testing.assert_array_equal(to_numbers(known_text(pd.Series(cells, dtype=object)), notation), values)


READINGS = [
    ("age", [*AGES, "ninety"], ("point", (), "", ["ninety"], [])),
    ("age", [*AGES, ">89"], ("point", (), "", [], [">89"])),
    ("age", ["61,5", "70"], ("comma", (), "", [], [])),
    ("age", ["50", "50", None], ("point", (), "all known values are the same", [], [])),
    ("stage", ["Stage I", "Stage X", "Stage II"], ("stage", (), "", ["Stage X"], [])),
    ("grade", ["G1"] * 4 + ["G2"] * 5 + ["G3"] * 6, (None, ("G2", "G3"), "", [], [])),
    ("sex", ["F"] * 9, (None, (), "all known values are the same", [], [])),
    ("barcode", list("abcdefgh"), (None, (), "no value is that of 5 patients or more", [], [])),
    ("lab", ["1,234", "2,345"], (None, (), "nobody can tell whether its commas stand before decimals or thousands",
                                 [], [])),
    ("empty", [None, "NA"], (None, (), "nothing is recorded", [], [])),
]  # fmt: skip


@pytest.mark.parametrize(("name", "cells", "expected"), READINGS)
def test_how_a_column_is_read(name: str, cells: list, expected: tuple) -> None:
    found = read_column(name, known_text(pd.Series(cells, dtype=object)))
    assert (found.notation, found.levels, found.left_out, found.odd.tolist(), found.bounds.tolist()) == expected


ODD = [
    ("a text", [*AGES, "ninety"], "'ninety' of patient P39 is no number, and all but 1 of the column's 40 known values "
     "are numbers: what is none counts as missing."),
    ("thousands", ["987", "1,234"], "'1,234' of patient P1 has a comma, as have 1 of the column's 2 known values, and "
     "nobody can tell whether its commas stand before decimals or thousands: no model reads the column."),
    ("too many texts", [*AGES[:20], "old", "new", "x"], "'old' of patient P20 is no number, and of the column's 23 "
     "known values so are 3: too many for a column of numbers, so that it is read as categories."),
    ("bounds", [*AGES, ">89"], None),
    ("decimal commas", ["61,5", "70"], None),
    ("codes", ["1", "2", "3", "4a", "4b"] * 9, None),
    ("more text than numbers", [*AGES[:15], *"abcdefghijklmnopqr"], None),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "expected"), [case[1:] for case in ODD], ids=[case[0] for case in ODD])
def test_cells_that_are_no_numbers_among_numbers_are_warned_of(cells: list, expected: str | None) -> None:
    table = pd.DataFrame({"lab": cells, "sex": "F", "OS": "x"}, index=[f"P{row}" for row in range(len(cells))])
    problems = Problems()
    report_odd_cells(table, "clinical.csv", problems)
    assert [str(one).startswith(f"clinical.csv, column 'lab': {expected}") for one in problems.found] == (
        [] if expected is None else [True]
    )
    assert not problems.errors


def test_unknown_stages_are_no_odd_numbers() -> None:
    problems = Problems()
    report_odd_cells(pd.DataFrame({"stage": ["1", "2", "Stage X"] * 20}), "clinical.csv", problems)
    assert not problems.found
