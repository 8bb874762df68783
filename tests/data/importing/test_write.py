"""An import is there as a whole or not at all, and says why."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from pomp.data.cohort import read_cohort
from pomp.data.importing import convert, write
from pomp.data.importing.plan import ImportPlan
from pomp.data.importing.scan import scan
from pomp.data.importing.write import import_cohort, stage
from pomp.data.omics_table import UnusedSample
from pomp.data.readers.omics import TWIN
from pomp.errors import CohortError
from tests.data.importing.sources import write_files, write_gdc

CLINICAL = "id,OS,OS.time\nP1,1,100\nP2,0,200\nP3,1,300\n"
RNA = "id,TP53,ESR1\nP1,1.5,2\nP2,2.25,3\nP3,4.75,1\n"
FILES: dict[str, str | bytes] = {"clinical.csv": CLINICAL, "rna.csv": RNA, "meth.csv": "id,cg1\nP1,0.1\nP2,0.25\n"}


@pytest.fixture
def plan(tmp_path: Path) -> ImportPlan:
    return scan(write_files(tmp_path / "source", FILES))


def test_progress_ends_with_the_check(plan: ImportPlan, tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    import_cohort(plan, tmp_path / "cohorts", lambda *told_now: told.append(told_now))
    assert told == [(0, 4, "follow-up"), (1, 4, "meth.csv"), (2, 4, "rna.csv"), (3, 4, "checking the cohort")]


def test_progress_counts_the_gdcs_files(tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    import_cohort(scan(write_gdc(tmp_path / "gdc")), tmp_path / "cohorts", lambda *told_now: told.append(told_now))
    assert [done for done, _, _ in told] == list(range(8))
    assert {total for _, total, _ in told} == {8}


def test_numbers_on_the_disk(plan: ImportPlan, tmp_path: Path) -> None:
    folder = import_cohort(plan, tmp_path / "cohorts")
    beta, mrna = (parquet.read_table(folder / f"{name}.parquet") for name in ("methylation", "mrna"))
    assert beta.schema.field("P1").type == "float"
    assert mrna.schema.field("P1").type == "double"
    assert mrna.column_names == ["gene", "P1", "P2", "P3"]
    assert mrna.column("gene").to_pylist() == ["ESR1", "TP53"]
    cohort = read_cohort(folder)
    assert cohort.omics["methylation"].values["cg1"].to_list() == [np.float32(0.1), 0.25]


def test_samples_left_out_by_an_import_are_still_named(tmp_path: Path) -> None:
    clinical = "id,OS,OS.time\nTCGA-AA-0001,1,100\nTCGA-AA-0002,0,200\n"
    rna = "id,TP53,ESR1\nTCGA-AA-0001-01A,1,2\nTCGA-AA-0002-06A,3,4\nTCGA-AA-0002-01A,5,6.5\n"
    source = write_files(tmp_path / "source", {"clinical.csv": clinical, "rna.csv": rna})
    folder = import_cohort(scan(source), tmp_path / "cohorts")
    (unused,) = read_cohort(folder).omics["mrna"].unused
    assert unused == UnusedSample("TCGA-AA-0002-06A", "TCGA-AA-0002", "TCGA-AA-0002-01A", TWIN)


def test_without_such_samples_there_is_no_table_of_them(plan: ImportPlan, tmp_path: Path) -> None:
    assert not (import_cohort(plan, tmp_path / "cohorts") / "unused.csv").exists()


REFUSED: dict[str, tuple[dict[str, object], dict[str, str | bytes], str]] = {
    "a name that is there": ({"name": "there"}, {}, r"cohorts/there exists already: choose another name, or move"),
    "a name that leads elsewhere": ({"name": "../x"}, {}, r"'\.\./x' is no name for a folder: use letters"),
    "a hidden name": ({"name": ".x"}, {}, r"'\.x' is no name for a folder"),
    "no name": ({"name": ""}, {}, r"'' is no name for a folder"),
    "a wrong kind": (
        {},
        {"rna.csv": RNA.replace("1.5", "high")},
        r"rna\.csv, row 2, column 'TP53': 'high' is no number",
    ),
    "no endpoint": ({"endpoint": "DSS"}, {}, r"clinical\.csv: endpoint 'DSS' needs the column DSS and DSS\.time"),
    "no table": ({"omics": ()}, {}, r"there is no omics table and no slide to use"),
    "a file that went away": ({"clinical": "/nowhere/c.csv"}, {}, r"c\.csv: there is no such file in /nowhere"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_leaves_nothing(case: str, plan: ImportPlan, tmp_path: Path) -> None:
    changes, files, message = REFUSED[case]
    write_files(tmp_path / "source", files)
    cohorts = tmp_path / "cohorts"
    (cohorts / "there").mkdir(parents=True)
    with pytest.raises(CohortError, match=message):
        import_cohort(plan.model_copy(update=changes), cohorts)
    assert [path.name for path in cohorts.rglob("*")] == ["there"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cohorts", "source"]


def test_every_error_is_listed(plan: ImportPlan, tmp_path: Path) -> None:
    write_files(tmp_path / "source", {"rna.csv": RNA.replace("1.5", "high"), "meth.csv": "id,cg1\nP1,1.1\n"})
    with pytest.raises(CohortError, match="source cannot be imported") as caught:
        import_cohort(plan, tmp_path / "cohorts")
    assert caught.value.problems == (
        "meth.csv, row 2, column 'cg1': '1.1' is no beta value: they lie in 0–1. M-values have kind = \"m\".",
        "rna.csv, row 2, column 'TP53': 'high' is no number. Leave the cell empty where the value is missing.",
    )


def test_a_full_disk(plan: ImportPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(convert.parquet, "write_table", full)
    with pytest.raises(CohortError, match=r"could not be written: No space left on device\. Free disk space"):
        import_cohort(plan, tmp_path / "cohorts")
    assert list((tmp_path / "cohorts").iterdir()) == []


def test_whoever_stops_it_leaves_nothing(plan: ImportPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(write, "check_cohort", stop)
    with pytest.raises(KeyboardInterrupt):
        import_cohort(plan, tmp_path / "cohorts")
    assert list((tmp_path / "cohorts").iterdir()) == []


def test_staging_needs_an_empty_folder(plan: ImportPlan, tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=r"source is not empty: choose a new folder"):
        stage(plan, tmp_path / "source")


def test_names_of_types_are_no_paths(plan: ImportPlan, tmp_path: Path) -> None:
    names = ("../../x", "a/b")
    omics = tuple(table.model_copy(update={"name": name}) for table, name in zip(plan.omics, names, strict=True))
    folder = import_cohort(plan.model_copy(update={"omics": omics}), tmp_path / "cohorts")
    assert list(read_cohort(folder).omics) == list(names)
    assert sorted(path.name for path in folder.iterdir()) == ["a-b.parquet", "clinical.csv", "cohort.toml", "x.parquet"]


@pytest.mark.parametrize("name", ["mrna", "slides", " "])
def test_types_need_names_of_their_own(name: str, plan: ImportPlan, tmp_path: Path) -> None:
    omics = tuple(table.model_copy(update={"name": name}) for table in plan.omics)
    with pytest.raises(CohortError, match=f"'{name}' cannot be the name of an omics type: each needs one of its own"):
        import_cohort(plan.model_copy(update={"omics": omics}), tmp_path / "cohorts")
