"""Who is in which group, by cuts worked out by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from pomp.errors import RunError
from pomp.evaluation.groups import clinical_choices, clinical_groups, risk_groups, training_cuts

PREDICTIONS = pd.DataFrame({"patient": list("abcdef"), "fold": [0, 0, 0, 1, 1, 1], "risk": [1, 2, 3, 1, 2, 3]})


def test_training_cuts_are_the_quantiles_of_each_fold() -> None:
    table = pd.DataFrame({"fold": [0] * 5 + [1] * 3, "risk": [0, 1, 2, 3, 4, 10, 20, 30]})
    assert training_cuts(table, [0.25, 0.5]) == {0: (1, 2), 1: (15, 20)}


CASES = [
    ("a risk equal to the cut is low", {0: [2], 1: [1]}, "low low high low high high", ("low risk", "high risk")),
    ("each fold has its own cut", {0: [0], 1: [9]}, "high high high low low low", ("low risk", "high risk")),
    ("an empty group is no group", {0: [9], 1: [9]}, "low low low low low low", ("low risk",)),
]


@pytest.mark.parametrize(("cuts", "expected", "names"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_two_risk_groups(cuts: dict, expected: str, names: tuple[str, ...]) -> None:
    found = risk_groups(PREDICTIONS, cuts)
    assert found.of.to_dict() == dict(zip("abcdef", [f"{name} risk" for name in expected.split()], strict=True))
    assert found.names == names
    assert found.ordered


@pytest.mark.parametrize(
    ("cuts", "names"),
    [
        ([1.5, 2.5], ("low risk", "middle risk", "high risk")),
        ([0.5, 1.5, 2.5], ("second quarter", "third quarter", "highest quarter")),
    ],
)
def test_more_risk_groups(cuts: list[float], names: tuple[str, ...]) -> None:
    found = risk_groups(PREDICTIONS, {0: cuts, 1: cuts})
    assert found.names == names
    assert found.of.tolist() == list(names) * 2


def test_a_fold_without_cut() -> None:
    with pytest.raises(RunError, match="Fold 1 has no cut between the groups"):
        risk_groups(PREDICTIONS, {0: [2]})


CLINICAL = [
    ("text by the alphabet", ["II", "I", None, "II"], None, ("I", "II"), ["II", "I", "II"], False),
    ("numbers by size", ["10", "9", "10", None], None, ("9", "10"), ["10", "9", "10"], True),
    ("decimal commas by size", ["10,5", "2", "9,5"], None, ("2", "9.5", "10.5"), ["10.5", "2", "9.5"], True),
    ("a bound is another category", ["2", ">2", "1"], None, ("1", "2", ">2"), ["2", ">2", "1"], False),
    ("what is no number is another category", ["2", "x", "1"], None, ("1", "2", "x"), ["2", "x", "1"], False),
    ("the median", [50, 60, 70, None], 2, ("at most 60", "above 60"), ["at most 60", "at most 60", "above 60"], True),
    ("tertiles", [1, 2, 3, 4], 3, ("at most 2", "above 2 to 3", "above 3"),
     ["at most 2", "at most 2", "above 2 to 3", "above 3"], True),
    ("a bound is its number", ["50", "60", "70", ">89"], 2, ("at most 65", "above 65"),
     ["at most 65", "at most 65", "above 65", "above 65"], True),
    ("decimal commas", ["1,5", "2", "3", "4,5"], 2, ("at most 2.5", "above 2.5"),
     ["at most 2.5", "at most 2.5", "above 2.5", "above 2.5"], True),
    ("quantiles that fall together", [1, 1, 1, 5], 3, ("at most 1", "above 1"),
     ["at most 1", "at most 1", "at most 1", "above 1"], True),
    ("nobody has a value", [None, None], 2, (), [], True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "parts", "names", "expected", "ordered"),
    [case[1:] for case in CLINICAL],
    ids=[case[0] for case in CLINICAL],
)
def test_clinical_groups(
    values: list, parts: int | None, names: tuple[str, ...], expected: list[str], ordered: bool
) -> None:
    column = pd.Series(values, index=list("abcd")[: len(values)], dtype=object)
    found = clinical_groups(column, parts)
    assert (found.names, found.of.tolist(), found.ordered) == (names, expected, ordered)
    assert list(found.of.index) == list(column.dropna().index)


def test_clinical_choices() -> None:
    clinical = pd.DataFrame(
        {
            "age": ["51", "62", "63", "74", "85", "46", "57", None],
            "stage": ["I", "II", "I", "II", "III", None, "I", "I"],
            "grade": [1, 2, 3, 1, 2, 3, 1, 2],
            "name": list("abcdefgh"),
            "cohort": ["x"] * 8,
            "empty": [None] * 8,
            "ajcc_stage": [
                "Stage IA",
                "Stage IB",
                "Stage IIA",
                "Stage IIIA",
                "Stage IIIB",
                "Stage IV",
                "Stage IVA",
                "NA",
            ],
            "size": ["1", "2", "3", "4", "5", "6", "7", "[Not Available]"],
            "vital_status": ["Alive", "Dead"] * 4,
            "OS": [0, 1] * 4,
            "OS.time": range(8),
        }
    )
    assert clinical_choices(clinical) == {
        "age": True,
        "stage": False,
        "grade": False,
        "ajcc_stage": False,
        "size": True,
    }


def test_stages_are_in_order_and_what_is_not_known_is_in_no_group() -> None:
    values = ["Stage II", "[Discrepancy]", "Stage IIIB", "Stage IA", "Unknown", "Stage IIA"]
    found = clinical_groups(pd.Series(values, list("abcdef"), name="stage"))
    assert (found.names, found.ordered) == (("Stage I", "Stage II", "Stage III"), True)
    assert found.of.to_dict() == {"a": "Stage II", "c": "Stage III", "d": "Stage I", "f": "Stage II"}
    assert not clinical_groups(pd.Series(["Stage X", "Stage I"], name="stage")).ordered


def test_large_numbers_that_differ_little_have_names_of_their_own() -> None:
    values = pd.Series([1000001, 1000002, 1000001, 1000003])
    assert clinical_groups(values).names == ("1000001", "1000002", "1000003")
    assert clinical_groups(values, 2).names == ("at most 1000001.5", "above 1000001.5")


def test_numbers_are_told_as_the_clinical_models_tell_them() -> None:
    ages = [str(age) for age in range(40, 79)]
    clinical = pd.DataFrame({"age": [*ages, "ninety"], "lab": [f"{row},{row + 100}" for row in range(40)]})
    assert clinical_choices(clinical) == {"age": True}
    assert len(clinical_groups(clinical["age"], 2).of) == 39  # whose cell is no number is in no group
