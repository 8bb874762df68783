"""An import is there as a whole or not at all, and says why."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from pyarrow import parquet

from pomp.data.cohort import CohortCheck, read_cohort
from pomp.data.importing import convert, write
from pomp.data.importing.plan import ImportPlan, PlannedTable
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


@pytest.mark.parametrize("hours", [23, 25])
def test_what_a_killed_import_left_is_removed_after_a_day(plan: ImportPlan, tmp_path: Path, hours: int) -> None:
    left = tmp_path / "cohorts" / ".import-abcdefgh"
    (left / "half").mkdir(parents=True)
    then = time.time() - hours * 3600
    os.utime(left, (then, then))
    import_cohort(plan, tmp_path / "cohorts")
    assert left.exists() == (hours < 24)


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
    "a name that is too long": ({"name": "x" * 256}, {}, r"'x{20}…' is too long for a folder: .* at most 255 letters"),
    "no name": ({"name": ""}, {}, r"'' is no name for a folder"),
    "a wrong kind": (
        {},
        {"rna.csv": RNA.replace("1.5", "high")},
        r"rna\.csv, row 2, column 'TP53': 'high' is no number",
    ),
    "a type of two lines": (
        {"omics": (PlannedTable(name="a\nb", file="/rna.csv", kind="log", note=""),)},
        {},
        r"'a\\nb' cannot be the name of an omics type: it holds a line break or a tab",
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


def test_errors_of_the_scan_forbid_the_import(tmp_path: Path) -> None:
    plan = scan(write_files(tmp_path / "source", {**FILES, "x.h5ad": b"torn"}))
    with pytest.raises(CohortError, match="source cannot be imported") as caught:
        import_cohort(plan, tmp_path / "cohorts")
    (problem,) = caught.value.problems
    assert problem.startswith("x.h5ad: cannot be read as AnnData or MuData: ")
    assert problem.endswith("Write it again. Or take it out of the folder, to go on without it.")


TORN: dict[str, tuple[dict[str, str | bytes], str]] = {
    "a table torn further down": ({"rna.csv": RNA.replace("P3,", "P3\n")}, "rna.csv, row 4: has 1 field where "),
    "the only container": ({"x.h5ad": b"torn"}, "x.h5ad: cannot be read as AnnData or MuData: "),
    "another encoding": (
        {"rna.csv": RNA.replace("TP53", "\xe4").encode("latin-1")},
        "source: there is no omics table and no slide to use: see what is said of rna.csv, or put a table of genes ",
    ),
    "follow-up alone": (
        {}, "source: there is no omics table and no slide to use: put a table of genes (csv, tsv or parquet) or ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TORN)
def test_what_cannot_be_read_is_the_only_error(case: str, tmp_path: Path) -> None:
    """Nor is anybody said to lack it."""
    files, said = TORN[case]
    plan = scan(write_files(tmp_path / "source", {"clinical.csv": FILES["clinical.csv"], **files}))
    check = stage(plan, tmp_path / "cohort")
    (error,) = [str(problem) for problem in check.problems if problem.severity == "error"]
    assert error.startswith(said)
    assert check.log.left_out == {}
    assert check.cohort is None


def test_wrong_slides_are_in_the_way_only_where_they_are_used(tmp_path: Path) -> None:
    slides = "patient,file,mpp\nP3,b.svs,\nP1,a.svs,-1\n"
    files = {**FILES, "slides.csv": slides, "a.svs": b"x", "b.svs": b"x"}
    plan = scan(write_files(tmp_path / "source", files))
    check = stage(plan, tmp_path / "cohort")
    assert check.cohort is None
    (error,) = [problem for problem in check.problems if problem.severity == "error"]
    assert (error.file, error.row, error.value) == ("slides.csv", 3, "-1.0")
    without = plan.model_copy(update={"slides": None, "slide_files": ()})
    assert stage(without, tmp_path / "without").cohort is not None


def test_errors_name_the_row_of_the_source(tmp_path: Path) -> None:
    clinical = "id,age,OS,OS.time\nP9,1,Dead,100\n,,,\nP2,2,2,200\nP1,3,1,-5\n"
    more = "id,OS,OS.time\nP8,1,soon\nP7,1,300\n"
    files = {"follow.tsv": clinical.replace(",", "\t"), "more.csv": more, "rna.csv": RNA}
    plan = scan(write_files(tmp_path / "source", dict(files)))
    assert [str(problem) for problem in stage(plan, tmp_path / "cohort").problems if problem.row] == [
        "follow.tsv, row 2, column 'OS': 'Dead' is no event: write 1 where it was seen (dead), 0 where not (alive), "
        "nothing where unknown.",
        "follow.tsv, row 4, column 'OS': '2' is no event: 1 means that it was seen, 0 that it was not.",
        "more.csv, row 2, column 'OS.time': 'soon' is no number of days. Leave the cell empty where it is not known.",
        "follow.tsv, row 5, column 'OS.time': '-5' is no time: days from diagnosis are 0 or more.",
    ]


def test_ids_that_cannot_be_are_named_by_the_row_of_the_source(tmp_path: Path) -> None:
    files = {name: content.replace("P3,", '"P\n3",') for name, content in FILES.items() if isinstance(content, str)}
    check = stage(scan(write_files(tmp_path / "source", {**files})), tmp_path / "cohort")
    said = {str(problem).partition(" holds a line break")[0] for problem in check.problems if problem.row}
    assert "clinical.csv, row 4: 'P\\n3'" in said
    assert "rna.csv, row 4: 'P\\n3'" in said
    assert check.cohort is None


def test_without_rows_errors_name_the_patient(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    obs = pd.DataFrame({"OS": ["Dead", "1"], "OS.time": [100.0, 200.0]}, pd.Index(["P2", "P1"]))
    genes = pd.DataFrame(index=pd.Index(["TP53"]))
    anndata.AnnData(np.array([[1.5], [2.5]]), obs, genes).write_h5ad(tmp_path / "source" / "x.h5ad")
    (error,) = stage(scan(tmp_path / "source"), tmp_path / "cohort").problems
    assert str(error).startswith("x.h5ad, column 'OS': 'Dead' of P2 is no event: write 1 where")


def test_observations_name_endpoints_in_any_spelling(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    obs = pd.DataFrame({"os": [1, 0], "OS_time": [100.0, 200.0]}, pd.Index(["P2", "P1"]))
    genes = pd.DataFrame(index=pd.Index(["TP53"]))
    anndata.AnnData(np.array([[1.5], [2.5]]), obs, genes).write_h5ad(tmp_path / "source" / "x.h5ad")
    plan = scan(tmp_path / "source")
    assert plan.endpoint == "OS"
    check = stage(plan, tmp_path / "cohort")
    assert check.cohort is not None
    assert [str(problem) for problem in check.problems] == [
        "x.h5ad, column 'os': is read as OS.", "x.h5ad, column 'OS_time': is read as OS.time."
    ]  # fmt: skip


def test_the_result_is_spoken_of_by_the_names_of_the_source(tmp_path: Path) -> None:
    clinical = pd.DataFrame({"OS": [1, 0], "OS.time": [1.5, 2.5]}, pd.Index(["P1", "P4"], name="id"))
    folder = write_files(tmp_path / "source", {"rna.csv": RNA})
    clinical.to_parquet(folder / "follow.parquet")
    assert [problem.file for problem in stage(scan(folder), tmp_path / "cohort").problems] == [
        "follow.parquet", "rna.csv", "follow.parquet"
    ]  # fmt: skip


def test_whoever_asks_is_told_every_warning(tmp_path: Path) -> None:
    rna = "id,TP53,ESR1\nTCGA-AA-0001-01A,1,2\nTCGA-AA-0002-06A,3,4\nTCGA-AA-0002-01A,5,6.5\n"
    clinical = "id,OS,OS.time\nTCGA-AA-0001,1,100\nTCGA-AA-0002,0,200\n"
    plan = scan(write_files(tmp_path / "source", {"clinical.csv": clinical, "rna.csv": rna}))
    checks: list[CohortCheck] = []
    import_cohort(plan, tmp_path / "cohorts", on_check=checks.append)
    ((problem,),) = [check.problems for check in checks]
    assert "1 patient is there more than once" in problem.message


def test_every_error_is_listed(plan: ImportPlan, tmp_path: Path) -> None:
    write_files(tmp_path / "source", {"rna.csv": RNA.replace("1.5", "high"), "meth.csv": "id,cg1\nP1,1.1\n"})
    with pytest.raises(CohortError, match="source cannot be imported") as caught:
        import_cohort(plan, tmp_path / "cohorts")
    assert caught.value.problems == (
        "meth.csv, row 2, column 'cg1': '1.1' is no beta value: they lie in 0–1. M-values have kind = \"m\". The table "
        "is taken as kind 'beta': if it is of another, choose that, as in `--kind methylation=log`.",
        "rna.csv, row 2, column 'TP53': 'high' is no number. Leave the cell empty where the value is missing.",
    )


def test_the_first_value_that_its_kind_cannot_have_names_the_option(plan: ImportPlan, tmp_path: Path) -> None:
    write_files(tmp_path / "source", {"rna.csv": "id,TP53,ESR1\nP1,15,2\nP2,1,0\nP3,0,700\n"})
    omics = tuple(table.model_copy(update={"kind": "binary"}) for table in plan.omics if table.name == "mrna")
    check = stage(plan.model_copy(update={"omics": omics}), tmp_path / "cohort")
    assert [str(problem) for problem in check.problems] == [
        "rna.csv, row 2, column 'TP53': '15' is neither 0 nor 1. The table is taken as kind 'binary': if it is of "
        "another, choose that, as in `--kind mrna=counts`.",
        "rna.csv, row 2, column 'ESR1': '2' is neither 0 nor 1.",
        "rna.csv, row 4, column 'ESR1': '700' is neither 0 nor 1.",
    ]


def test_genes_that_a_spreadsheet_turned_into_dates_are_named(tmp_path: Path) -> None:
    rna = "gene,P1,P2,P3\n1-Mar,1.5,2,3\nSep-02,2.5,3,4\n2025-12-01 00:00:00,1,2,3\nMAR-7A,1,2,3\nTP53,5,6,7\n"
    source = write_files(tmp_path / "source", {"clinical.csv": CLINICAL, "rna.csv": rna})
    check = stage(scan(source), tmp_path / "cohort")
    assert [(problem.severity, str(problem)) for problem in check.problems] == [
        (
            "warning",
            "rna.csv: 3 genes are called like dates, as spreadsheets do with MARCH1, SEPT2 and the like: 1-Mar, "
            "2025-12-01 00:00:00, Sep-02. Give them their names again: 1-Mar may be MARCHF1 or MTARC1.",
        )
    ]
    assert check.cohort is not None


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
