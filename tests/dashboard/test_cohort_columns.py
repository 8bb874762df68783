"""Clinical columns, what filters let through, and the groups that columns make."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard.cohort.columns import NOT_RECORDED, OTHERS, ClinicalColumn, first_columns, read_columns
from dashboard.cohort.filter_bar import Limits
from dashboard.cohort.filters import Filters, owners, select_patients
from dashboard.cohort.grouping import MOST_GROUPS, group_table, make_groups
from pomp.data.cohort import Cohort, read_cohort
from pomp.evaluation.curves import kaplan_meier
from tests.data.folder import write_cohort

MANY = [f"site {number}" for number in range(20)]


def column(name: str, values: list[Any]) -> ClinicalColumn | None:
    index = pd.Index([f"p{number}" for number in range(len(values))], name="patient")
    return read_columns(pd.DataFrame({name: values}, index=index)).get(name)


class TestColumns:
    @pytest.mark.parametrize(
        ("name", "values", "categories"),
        [
            ("stage", ["II", "I", None, "II"], ("I", "II", NOT_RECORDED)),
            ("grade", [10, 2, 2, 1], ("1", "2", "10")),
            ("sex", [" F ", "[Not Available]", "M", "[Discrepancy]"], ("F", "M", NOT_RECORDED)),
            ("smoker", [True, False, None], ("False", "True", NOT_RECORDED)),
            ("nodes", [0, 1, 2] * 9 + [">2"], ("0", "1", "2", ">2")),
            ("grade", ["1.0", "2.0", "3.0"] * 9 + ["high"], ("1", "2", "3", "high")),
        ],
    )
    def test_categories(self, name: str, values: list[Any], categories: tuple[str, ...]) -> None:
        found = column(name, values)
        assert found is not None
        assert found.categories == categories

    @pytest.mark.parametrize(
        ("name", "values"),
        [
            ("age", [50, 60, 50]),  # few, and yet no categories
            ("score", [0.5, 1.5, 0.5]),
            ("nodes", list(range(13))),
            ("age", ["50", "60", "[Not Available]"]),
        ],
    )
    def test_numbers(self, name: str, values: list[Any]) -> None:
        found = column(name, values)
        assert found is not None
        assert found.numeric
        np.testing.assert_equal(found.values.to_numpy(), pd.to_numeric(pd.Series(values), errors="coerce").to_numpy())

    @pytest.mark.parametrize(
        ("values", "numbers"),
        [
            ([*range(39), "many"], [*range(39), math.nan]),
            ([*range(39), ">89"], [*range(39), 89]),
            (["0,5", "1,5", "2"], [0.5, 1.5, 2]),
        ],
    )
    def test_numbers_as_the_models_read_them(self, values: list[Any], numbers: list[float]) -> None:
        found = column("score", values)
        assert found is not None
        assert found.numeric
        assert found.values.tolist() == pytest.approx(numbers, nan_ok=True)

    @pytest.mark.parametrize(
        ("patients", "said"),
        [
            (slice(0, 39), "median 19"),
            (slice(0, 40), 'median 19 · 1 patient not drawn: no number, such as "many"'),
            (
                slice(39, 41),
                'no number recorded · 1 patient not recorded · 1 patient not drawn: no number, such as "many"',
            ),
            (slice(38, 41, 2), "median 38 · 1 patient not recorded"),
        ],
    )
    def test_text_among_numbers_was_recorded(self, patients: slice, said: str) -> None:
        found = column("score", [*range(39), "many", None])
        assert found is not None
        assert found.describe_numbers(found.values.index[patients]) == said

    def test_rare_values_are_together(self) -> None:
        found = column("site", [*MANY, *MANY[:5], *MANY[:5]])
        assert found is not None
        assert len(found.categories) == 12
        assert found.categories[-1] == OTHERS
        assert (found.values == OTHERS).sum() == 9

    @pytest.mark.parametrize(
        ("name", "values"),
        [
            ("uuid", MANY),
            ("empty", [None, None]),
            ("text", ["[Unknown]", None]),
            ("lab", ["987", "1,234", "987"]),
            ("left_out", ["died", None]),
        ],
    )
    def test_nothing_to_chart(self, name: str, values: list[Any]) -> None:
        assert column(name, values) is None

    def test_endpoints_have_filters_of_their_own(self) -> None:
        clinical = pd.DataFrame({"OS": [0, 1], "OS.time": [1, 2], "OS_note": ["a", "b"]}, index=["p", "q"])
        assert list(read_columns(clinical)) == ["OS_note"]

    @pytest.mark.parametrize(
        ("name", "title"),
        [
            ("age_at_diagnosis", "age at diagnosis (years)"),
            ("days_to_birth", "days to birth (days)"),
            ("pack_years", "pack years"),
        ],
    )
    def test_units_where_the_name_tells(self, name: str, title: str) -> None:
        found = column(name, [0.5, 2, 3])
        assert found is not None
        assert found.title == title

    def test_age_sex_and_stage_come_first(self) -> None:
        names = ["dosage", "ajcc_pathologic_tumor_stage", "gender", "age_at_initial_pathologic_diagnosis"]
        assert first_columns(names) == [names[3], names[2], names[1]]


@pytest.fixture
def cohort(tmp_path: Path) -> Cohort:
    """P1–P6; P5 lacks mRNA, P6 methylation; slides of P1 and P2."""
    files: dict[str, str | bytes | None] = {"slides.csv": "patient,file\nP1,a.svs\nP2,b.svs\nP2,c.svs\n"}
    return read_cohort(write_cohort(tmp_path, files | {f"{name}.svs": b"x" + name.encode() for name in "abc"}))


class TestFilters:
    @pytest.mark.parametrize(
        ("filters", "patients"),
        [
            (Filters(), "P1 P2 P3 P4 P5 P6"),
            (Filters(event=True), "P1 P3 P5"),
            (Filters(event=False), "P2 P4 P6"),
            (Filters(followed_days=(200, 400)), "P2 P3 P4"),
            (Filters(has=("mrna", "methylation")), "P1 P2 P3 P4"),
            (Filters(lacks=("mrna",)), "P5"),
            (Filters(has=("slides",), event=True), "P1"),
            (Filters(lacks=("slides", "methylation")), "P6"),
            (Filters(among={"stage": ("I", "III")}), "P3 P4"),
            (Filters(among={"stage": (NOT_RECORDED,)}), "P2"),  # [Discrepancy]
            (Filters(between={"age": (55, 66)}), "P1 P3 P6"),  # P5's age is not recorded
            (Filters(event=True, among={"stage": ("II",)}, between={"age": (0, 100)}), "P1"),
            (Filters(has=("mrna",), lacks=("mrna",)), ""),
        ],
    )
    def test_who_is_let_through(self, filters: Filters, patients: str, cohort: Cohort) -> None:
        columns = read_columns(cohort.clinical)
        assert select_patients(cohort, columns, owners(cohort), filters) == patients.split()

    def test_only_a_choice_is_a_filter(self) -> None:
        assert not Filters().active
        assert Filters(lacks=("mrna",)).active


class TestLimits:
    @pytest.mark.parametrize(
        ("values", "limits"),
        [
            ([31, 90, math.nan], Limits(31, 90, 1)),
            ([0.5, 4000.25], Limits(0, 4001, 1)),
            ([0.012, 0.987], Limits(0.01, 0.99, 0.01)),
            ([-1.25, 1.31], Limits(-1.3, 1.4, 0.1)),
            ([5, 5], None),
            ([math.nan], None),
        ],
    )
    def test_of_values(self, values: list[float], limits: Limits | None) -> None:
        assert Limits.of(pd.Series(values, dtype=float)) == limits


class TestGroups:
    def test_numbers_are_cut_at_the_median_of_those_shown(self) -> None:
        ages = column("age", [40, 50, 60, 70, None, 1000])
        assert ages is not None
        found = make_groups(ages, ages.values.index[:5])
        assert found.order == ("up to 55 years", "above 55 years")
        assert found.labels.tolist() == ["up to 55 years"] * 2 + ["above 55 years"] * 2

    def test_sub_stages_count_with_their_stage(self) -> None:
        stages = column("stage", ["Stage I", "Stage IIA", "Stage IIB", "Stage III", "Stage IVA1", None])
        assert stages is not None
        found = make_groups(stages, stages.values.index)
        assert found.order == ("Stage I", "Stage II", "Stage III", "Stage IV")
        assert len(found.labels) == 5
        assert "IIA with II" in found.note

    def test_no_more_groups_than_colours(self) -> None:
        sites = column("site", [*MANY[:9], *MANY[:6]])
        assert sites is not None
        found = make_groups(sites, sites.values.index)
        assert found.order == (*MANY[:6], OTHERS)
        assert len(found.order) == MOST_GROUPS
        assert (found.labels == OTHERS).sum() == 3

    def test_groups_without_a_patient_shown_are_left_out(self) -> None:
        sexes = column("sex", ["F", "M", "F"])
        assert sexes is not None
        assert make_groups(sexes, sexes.values.index[[0, 2]]).order == ("F",)

    def test_table(self) -> None:
        """By R: coxph(Surv(time, event) ~ group) of these eight patients; medians of survfit."""
        outcome = pd.DataFrame(
            {"time_days": [5.0, 8, 12, 20, 2, 4, 6, 9], "event": [True, True, False, True, True, True, True, False]},
            index=[f"p{number}" for number in range(8)],
        )
        sexes = column("sex", ["F"] * 4 + ["M"] * 4)
        assert sexes is not None
        grouping = make_groups(sexes, outcome.index)
        parts = {name: outcome[grouping.labels == name] for name in grouping.order}
        curves = {name: kaplan_meier(part["time_days"], part["event"]) for name, part in parts.items()}
        table = group_table(outcome, grouping, curves)
        assert table[["group", "patients", "events", "median_days"]].to_numpy().tolist() == [
            ["F", 4, 3, 14],
            ["M", 4, 3, 5],
        ]
        assert math.isnan(table["hazard_ratio"][0])
        ratio = table[["hazard_ratio", "ratio_lower", "ratio_upper"]].to_numpy()[1]
        np.testing.assert_allclose(ratio, [2.49663967, 0.404749044, 15.4001838], rtol=1e-6)
