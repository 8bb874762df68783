"""Follow-up in several rows or tables: put together where it agrees, an error where it does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest

from pomp.data.cohort import read_cohort
from pomp.data.importing.patients import read_patients
from pomp.data.importing.scan import scan
from pomp.data.importing.write import import_cohort, stage
from pomp.data.problems import Problems
from tests.data.importing.sources import tsv, write_files

RNA = "id,TP53\nP1,1.5\nP2,2.5\nP3,3.5\nP4,4.5\n"


def case(patient: str, days: int, status: str = "Dead") -> dict[str, Any]:
    return {"submitter_id": patient, "demographic": {"vital_status": status, "days_to_death": days}}


PARTS: dict[str, dict[str, str | bytes]] = {
    "tables": {
        "COAD_survival.txt": "id\tOS\tOS.time\nP1\t1\t100\nP2\t1\t200\n",
        "READ_survival.txt": "id\tOS\tOS.time\nP3\t1\t300\nP4\t1\t400\n",
    },
    "tables that share a patient": {
        "a.csv": "id,OS,OS.time\nP1,1,100\nP2,1,200\nP3,1,\n",
        "b.csv": "id,OS,OS.time\nP2,1,200.0\nP3,,300\nP4,1,400\n",
    },
    "the GDC's cases": {
        "clinical.a.json": json.dumps([case("P1", 100), case("P2", 200)]),
        "clinical.b.json": json.dumps([case("P3", 300), case("P4", 400)]),
    },
    "a table and cases": {
        "a.csv": "id,OS,OS.time\nP1,1,100\nP2,1,200\n",
        "clinical.json": json.dumps([case("P2", 200), case("P3", 300), case("P4", 400)]),
    },
}


@pytest.mark.parametrize("parts", PARTS)
def test_patients_of_every_table_are_there(parts: str, tmp_path: Path) -> None:
    plan = scan(write_files(tmp_path / "s", {**PARTS[parts], "rna.csv": RNA}))
    assert plan.findings == ()
    cohort = read_cohort(import_cohort(plan, tmp_path / "cohorts"))
    assert cohort.outcome["time_days"].to_dict() == {"P1": 100, "P2": 200, "P3": 300, "P4": 400}
    assert cohort.outcome["event"].all()


def test_a_table_of_genes_of_the_second_tables_patients_is_recognised(tmp_path: Path) -> None:
    plan = scan(write_files(tmp_path / "s", {**PARTS["tables"], "rna.csv": "id,TP53\nP3,3.5\nP4,4.5\n"}))
    assert [table.name for table in plan.omics] == ["mrna"]


def test_endpoints_of_every_table_are_offered(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a.csv": "id,OS,OS.time\nP1,1,100\n", "b.csv": "id,PFI,PFI.time\nP1,1,90\n"}
    assert scan(write_files(tmp_path / "s", {**files, "rna.csv": RNA})).endpoints == ("OS", "PFI")


@pytest.mark.parametrize(
    ("header", "row", "endpoint", "offered"),
    [
        ("OS,OS.time,PFI,PFI.time", "{0},100,{1},90", "OS", ("OS",)),
        ("OS,OS.time,PFI,PFI.time", "{1},100,{0},90", "OS", ("OS", "PFI")),  # nothing else is chosen unasked
        ("DFI,DFI.time,PFI,PFI.time", "{1},100,{0},90", "PFI", ("PFI",)),
    ],
)
def test_an_endpoint_of_1_and_2_is_not_offered(
    header: str, row: str, endpoint: str, offered: tuple[str, ...], tmp_path: Path
) -> None:
    rows = f"P1,{row.format(1, 1)}\nP2,{row.format(0, 2)}\n"
    plan = scan(write_files(tmp_path / "s", {"a.csv": f"id,{header}\n{rows}", "rna.csv": RNA}))
    assert (plan.endpoint, plan.endpoints) == (endpoint, offered)


def test_whole_numbers_stay_whole_and_covariates_add_nobody(tmp_path: Path) -> None:
    files = {
        "a.csv": "id,OS,OS.time,age\nP1,1,100,50\n",
        "b.csv": "id,OS,OS.time,age\nP2,1,200,60\n",
        "c.csv": "id,grade\nP2,G1\nP9,G2\n",
    }
    folder = write_files(tmp_path, dict(files))
    found = read_patients(folder / "a.csv", [folder / "c.csv", folder / "b.csv"], Problems())
    assert found.to_csv() == "patient,OS,OS.time,age,grade\nP1,1,100,50,\nP2,1,200,60,G1\n"


CONTRADICTIONS: dict[str, tuple[dict[str, str | bytes], list[str]]] = {
    "two tables": (
        {"a.csv": "id,OS,OS.time\nP1,1,100\nP2,1,200\n", "b.csv": "id,OS,OS.time\nP1,0,100\nP2,0,250\n"},
        [
            "b.csv, column 'OS': is 0 of patient P1, and 1 in a.csv, and 1 more patient differs. Correct one of the "
            "files, or take it out of the folder.",
            "b.csv, column 'OS.time': is 250 of patient P2, and 200 in a.csv. Correct one of the files, or take it out "
            "of the folder.",
        ],
    ),
    "a third table and the second": (
        {
            "a.csv": "id,OS,OS.time\nP1,1,100\n",
            "b.csv": "id,OS,OS.time\nP2,1,200\n",
            "c.csv": "id,OS,OS.time\nP2,1,201\n",
        },
        [
            "c.csv, column 'OS.time': is 201 of patient P2, and 200 in b.csv. Correct one of the files, or take it out "
            "of the folder."
        ],
    ),
    "a table and cases": (
        {"a.csv": "id,OS,OS.time\nP1,0,100\n", "clinical.json": json.dumps([case("P1", 100)])},
        [
            "clinical.json, column 'OS': is 1 of patient P1, and 0 in a.csv. Correct one of the files, or take it out "
            "of the folder."
        ],
    ),
    "a case twice": (
        {"clinical.json": json.dumps([case("P1", 100), case("P2", 200), case("P1", 900)])},
        [
            "clinical.json, column 'OS.time': 'P1' has different values in case 1 and case 3: correct them, or keep "
            "one row a patient."
        ],
    ),
    "rows of the GDC's table": (
        {
            "clinical.tsv": tsv(
                [
                    ["case_submitter_id", "vital_status", "days_to_death", "days_to_last_follow_up"],
                    ["P1", "Dead", "100", "'--"],
                    ["P2", "Dead", "200", "'--"],
                    ["P1", "Dead", "900", "'--"],
                ]
            )
        },
        [
            "clinical.tsv, column 'OS.time': 'P1' has different values in row 2 and row 4: correct them, or keep one "
            "row a patient."
        ],
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_contradictions_are_errors(name: str, tmp_path: Path) -> None:
    files, expected = CONTRADICTIONS[name]
    check = stage(scan(write_files(tmp_path / "s", {**files, "rna.csv": RNA})), tmp_path / "cohort")
    assert check.cohort is None
    assert [str(problem) for problem in check.problems if problem.severity == "error"] == expected


def test_a_container_that_contradicts_a_table(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "s", {"clinical.csv": "id,OS,OS.time\nP1,1,100\nP2,0,200\n"})
    obs = pd.DataFrame({"OS": [1, 1], "OS.time": [100.0, 200.0]}, pd.Index(["P1", "P2"]))
    values = np.array([[1.5, 2.0], [0.5, 3.0]])
    anndata.AnnData(values, obs, pd.DataFrame(index=pd.Index(["TP53", "ESR1"]))).write_h5ad(folder / "x.h5ad")
    check = stage(scan(folder), tmp_path / "cohort")
    assert [str(problem) for problem in check.problems] == [
        "x.h5ad, column 'OS': is 1 of patient P2, and 0 in clinical.csv. Correct one of the files, or take it out of "
        "the folder."
    ]


def test_a_case_that_says_the_same_twice_is_one(tmp_path: Path) -> None:
    path = tmp_path / "clinical.json"
    path.write_text(json.dumps([case("P1", 100), case("P1", 100)]))
    problems = Problems()
    assert read_patients(path, (), problems)["OS.time"].to_dict() == {"P1": 100}
    assert problems.found == []


FOLLOW_UP = "id,OS,OS.time,age,grade\nP1,1,100,60,G1\nP2,1,200,,G2\nP3,0,300,,\n"
JOINED: dict[str, tuple[str, str, list[str]]] = {
    # a second table, both together, what is said
    "gaps are filled": (
        "id,age,sex\nP1,60.0,f\nP2,51,m\n",
        "P1,1,100,60,G1,f\nP2,1,200,51,G2,m\nP3,0,300,,,\n",
        [],
    ),
    "the first table's values stay": (
        "id,age,grade,sex\nP1,30,G1,f\nP2,51,G3,m\nP3,52,G3,f\n",
        "P1,1,100,60,G1,f\nP2,1,200,51,G2,m\nP3,0,300,52,G3,f\n",
        [
            "b.csv: 2 of its cells differ from the tables read before it, whose values are used: 'age' of patient P1 "
            "is 30, and was 60."
        ],
    ),
    "ids in small letters": (
        "id,sex\nP1,f\np2,m\np3,f\n",
        "P1,1,100,60,G1,f\nP2,1,200,,G2,\nP3,0,300,,,\n",
        [
            "b.csv: 2 of its 3 patients have no follow-up, and are not used: p2, p3. p2 is spelt P2 there: spell ids "
            "alike."
        ],
    ),
    "strangers": (
        "id,sex\nP1,f\nQ2,m\n",
        "P1,1,100,60,G1,f\nP2,1,200,,G2,\nP3,0,300,,,\n",
        ["b.csv: 1 of its 2 patients has no follow-up, and is not used: Q2."],
    ),
    "a row that is repeated with another value": (
        "id,sex,side\nP1,f,\nP2,m,left\nP1,m,right\nP2,m,left\n",
        "P1,1,100,60,G1,f,right\nP2,1,200,,G2,m,left\nP3,0,300,,,,\n",
        [
            "b.csv, row 4: 'P1' has rows 2 and 4: of each column, the first value is used; 'sex' is 'f' and 'm'.",
            "b.csv, row 5: 'P2' has rows 3 and 5: of each column, the first value is used.",
        ],
    ),
}


@pytest.mark.parametrize("name", JOINED)
def test_a_table_without_follow_up_fills_gaps_and_says_what_it_cannot(name: str, tmp_path: Path) -> None:
    table, expected, said = JOINED[name]
    folder, problems = write_files(tmp_path, {"a.csv": FOLLOW_UP, "b.csv": table}), Problems()
    found = read_patients(folder / "a.csv", [folder / "b.csv"], problems)
    assert found.to_csv(header=False).replace(".0,", ",") == expected
    assert [str(problem) for problem in problems.found] == said
    assert not problems.errors


def test_columns_beside_an_endpoint_that_differ_are_a_warning(tmp_path: Path) -> None:
    files = {"a.csv": "id,OS,OS.time,age\nP1,1,100,50\n", "b.csv": "id,OS,OS.time,age\nP1,1,100,60\nP2,1,200,70\n"}
    folder, problems = write_files(tmp_path, dict(files)), Problems()
    assert read_patients(folder / "a.csv", [folder / "b.csv"], problems)["age"].to_dict() == {"P1": 50, "P2": 70}
    assert [str(problem) for problem in problems.found] == [
        "b.csv: 1 of its cells differ from the tables read before it, whose values are used: 'age' of patient P1 is "
        "60, and was 50."
    ]
    assert not problems.errors
