"""Follow-up by an endpoint other than the cohort's own."""

from __future__ import annotations

import pandas as pd
import pytest

from pomp.data.outcome import explain_gap, find_respelt, outcome_of, read_outcome, usable_endpoints
from pomp.data.problems import Problems
from pomp.data.readers.table import RawTable


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0, "followed for 0 days, fewer than 30"),
        (1, "followed for 1 day, fewer than 30"),
        (1.5, "followed for 1.5 days, fewer than 30"),
        (29, "followed for 29 days, fewer than 30"),
        (30, None),
        (float("nan"), "OS.time is not recorded"),
    ],
)
def test_a_gap_in_words(days: float, said: str | None) -> None:
    assert explain_gap(days, 1.0, "OS", 30.0) == said


def test_only_usable_values_count() -> None:
    clinical = pd.DataFrame(
        {
            "PFI": [1, 0, None, 1, 2, 1, "text", 0],
            "PFI.time": [50, 0, 10, None, 10, -1, 10, float("inf")],
        },
        index=pd.Index(["ok", "day 0", "no event", "no time", "event 2", "before", "word", "endless"], name="patient"),
    )
    found = outcome_of(clinical, "PFI")
    assert found["time_days"].to_dict() == {"ok": 50.0, "day 0": 0.0}
    assert found["event"].to_dict() == {"ok": True, "day 0": False}
    assert (found["time_days"].dtype, found["event"].dtype) == ("float64", "bool")


def read(columns: dict[str, list[object]]) -> list[str]:
    """What is said of such a clinical.csv."""
    cells = pd.DataFrame(columns).set_axis(range(len(columns)), axis=1)
    labels = [f"P{row}" for row in range(len(cells))]
    problems = Problems()
    read_outcome(
        RawTable("c.csv", list(range(2, len(cells) + 2)), labels, list(columns), cells), labels, "OS", problems
    )
    return [str(problem) for problem in problems.found]


MONTHS = (
    "c.csv, column 'OS.time': is {} at most, which looks like months or years, and days are expected. Multiply months "
    "by 30.44, years by 365.25."
)


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ([19.4, 12, 60.5], MONTHS.format("60.5")),
        ([*range(1, 20), 399], MONTHS.format("399")),
        ([*range(1, 20), 400], None),
        ([*range(1, 19), 399], None),  # nineteen patients may all have been followed shortly
        ([19.4, 730.5, 60.5], None),  # days made of months
        ([None, 12.5, float("nan")], MONTHS.format("12.5")),
        ([100, 36525], None),
        (
            [100, 36526],
            "c.csv, column 'OS.time': is up to 36526 days, more than a hundred years: are these days, and is none of "
            "them a placeholder?",
        ),
    ],
)
def test_the_unit_of_time(times: list[object], said: str | None) -> None:
    assert read({"OS": [1] * len(times), "OS.time": times}) == ([said] if said else [])


def test_no_time_has_no_unit() -> None:
    assert read({"OS": [1], "OS.time": [None]}) == []


def test_what_is_to_be_written_for_an_event() -> None:
    assert read({"OS": ["Dead", "Alive", "1"], "OS.time": [100, 200, "soon"]}) == [
        *(
            f"c.csv, row {row}, column 'OS': '{word}' is no event: write 1 where it was seen (dead), 0 where not "
            "(alive), nothing where unknown."
            for row, word in [(2, "Dead"), (3, "Alive")]
        ),
        "c.csv, row 4, column 'OS.time': 'soon' is no number of days. Leave the cell empty where it is not known.",
    ]


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        ([0, 1, 0], "leaves out all 3 patients with any value, also '0'"),
        ([None, 1.0, None], "leaves out the one patient with any value, also '1.0'"),
        (["No", "yes", "no "], "leaves out all 3 patients with any value, also 'No'"),
        ([True, False, True], "leaves out all 3 patients with any value, also 'True'"),
        ([None, "withdrew", None], None),
        (["no", "withdrew", "no"], None),
        ([None, None, None], None),
    ],
)
def test_marks_that_are_no_reasons(marks: list[object], said: str | None) -> None:
    found = read({"OS": [1, 0, 1], "OS.time": [100, 200, 300], "left_out": marks})
    assert len(found) == (said is not None)
    assert all(f"c.csv, column 'left_out': {said}" in line for line in found)


NO_EVENT = "is no event: 1 means that it was seen, 0 that it was not."
FROM_ONE = (
    "holds 1 and 2 and no 0, which is probably the coding of R's survival package, 1 for censored and 2 for the event. "
    "If so, write 0 in place of 1 and 1 in place of 2: nothing is recoded unasked."
)
WRITE = "is no event: write 1 where it was seen (dead), 0 where not (alive), nothing where unknown."
LEFT_OUT, UNUSABLE = "These patients are left out by this endpoint.", "This endpoint cannot be used as it is."
OTHERS: dict[str, tuple[list[object], list[object], list[str], int]] = {
    # PFI, PFI.time, what is said, patients with that outcome
    "as it should be": ([1, 0, None, 0], [50, 60, None, 800], [], 3),
    "nobody had the event": ([0, 0, None, 0], [50, 60, None, 800], [], 3),
    "1 and 2": (
        [1, 2, 2, 1],
        [50, 60, 70, 800],
        [f"c.csv, column 'PFI': {FROM_ONE} {UNUSABLE}"],
        0,
    ),
    "words": (
        ["Dead", "Alive", None, "Dead"],
        [50, 60, 70, 800],
        [f"c.csv, row 2, column 'PFI': 'Dead' {WRITE} So it is in 2 more rows. {UNUSABLE}"],
        0,
    ),
    "another value beside 0 and 1": (
        [1, 0, 2, 0],
        [50, 60, 70, 800],
        [f"c.csv, row 4, column 'PFI': '2' {NO_EVENT} {LEFT_OUT}"],
        3,
    ),
    "times that cannot be": (
        [1, 0, 1, 0],
        [-3, "soon", 70, "1,200"],
        [
            f"c.csv, row 3, column 'PFI.time': 'soon' is no number of days. Leave the cell empty where it is not "
            f"known. So it is in 1 more row. {LEFT_OUT}",
            f"c.csv, row 2, column 'PFI.time': '-3' is no time: days from diagnosis are 0 or more. {LEFT_OUT}",
        ],
        1,
    ),
    "months": ([1, 0, 1, 0], [1.5, 2.5, 3.5, 60.5], [MONTHS.format("60.5").replace("OS", "PFI")], 4),
}


@pytest.mark.parametrize(("events", "said"), [
    ([1, 2, None, "2"], [f"c.csv, column 'OS': {FROM_ONE}"]),
    ([2, 2], [f"c.csv, row {row}, column 'OS': '2' {NO_EVENT}" for row in (2, 3)]),
    ([0, 1, 2], [f"c.csv, row 4, column 'OS': '2' {NO_EVENT}"]),
    ([1, 1], []),  # nobody can tell
])  # fmt: skip
def test_events_that_count_from_one_are_said_to_once(events: list[object], said: list[str]) -> None:
    assert read({"OS": events, "OS.time": [500] * len(events)}) == said


@pytest.mark.parametrize(("columns", "found"), [
    (["os", "os.time"], {"os": "OS", "os.time": "OS.time"}),
    (["OS", "OS_time"], {"OS_time": "OS.time"}),
    (["Pfi", "PFI Time", "age"], {"Pfi": "PFI", "PFI Time": "PFI.time"}),
    (["dss", "dsstime"], {"dss": "DSS", "dsstime": "DSS.time"}),
    (["OS", "OS.time"], {}),
    (["OS", "OS.time", "os"], {}),  # it is there
    (["os", "OS_time", "os.time"], {}),  # either may be meant
    (["os"], {}),
    (["DSS", "DSS.time", "death", "death_time"], {}),
])  # fmt: skip
def test_endpoints_in_another_spelling(columns: list[str], found: dict[str, str]) -> None:
    assert find_respelt(columns) == found


def test_no_endpoint_is_named() -> None:
    table = RawTable("c.csv", [2], ["P1"], ["OS", "OS.time"], pd.DataFrame([[1, 50]]))
    problems = Problems()
    assert read_outcome(table, ["P1"], "", problems) is None
    assert [str(problem) for problem in problems.found] == [
        "c.csv: no endpoint is named of which it should have the columns. Endpoints there: OS. Choose one of them as "
        "endpoint."
    ]


def test_a_column_that_looks_like_what_is_needed_is_named() -> None:
    (said,) = read({"os": [1, 0], "OS_time": [500, 600]})
    assert said == (
        "c.csv: endpoint 'OS' needs the column OS and OS.time, which is not there. There is no other endpoint: each "
        "needs a column <endpoint> and <endpoint>.time. 'os' looks like it: call it OS. 'OS_time' looks like it: call "
        "it OS.time."
    )


@pytest.mark.parametrize("case", OTHERS)
def test_another_endpoint(case: str) -> None:
    event, time, said, patients = OTHERS[case]
    columns: dict[str, list[object]] = {"OS": [1, 0, 1, 0], "OS.time": [500] * 4, "PFI": event, "PFI.time": time}
    assert read(columns) == said
    clinical = pd.DataFrame(columns)
    assert len(outcome_of(clinical, "PFI")) == patients
    assert usable_endpoints(clinical) == (["OS", "PFI"] if patients else ["OS"])
