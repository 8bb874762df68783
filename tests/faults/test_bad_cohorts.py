"""Cohort folders with one thing wrong: what is said about it. Nothing here ends in another exception."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pomp.config import CohortConfig
from pomp.data.cohort import check_cohort, read_cohort
from pomp.errors import CohortError
from tests.data.folder import CLINICAL, METHYLATION, MRNA, TOML, write_cohort

Files = dict[str, str | bytes | None]
KINDS = "'counts', 'log', 'zscore', 'beta', 'm', 'binary' or 'copies'"


def with_kind(kind: str) -> str:
    return TOML.replace('"counts"', f'"{kind}"')


ERRORS: dict[str, tuple[Files, str]] = {
    # cohort.toml
    "no cohort.toml": ({"cohort.toml": None}, r"^cohort\.toml: is missing in .* A cohort folder holds cohort\.toml"),
    "not TOML": ({"cohort.toml": "name = small"}, r"^cohort\.toml: cannot be read as TOML: .*line 1"),
    "TOML in another encoding": ({"cohort.toml": b'name = "\xfc"'}, r"^cohort\.toml: cannot be read as TOML: "),
    "unknown key": (
        {"cohort.toml": 'titel = "x"\n' + TOML},
        r"^cohort\.toml, key 'titel': 'x' stands under an unknown key; known at the top: name, title, endpoint,",
    ),
    "unknown section": ({"cohort.toml": TOML + "[images]\nfile = 'x'"}, r"key 'images': stands under an unknown key"),
    "unknown key of a type": (
        {"cohort.toml": TOML + 'unit = "tpm"'},
        r"key 'omics\.methylation\.unit': 'tpm' stands under an unknown key; known in .*methylation\]: file, kind",
    ),
    "unknown kind": ({"cohort.toml": with_kind("tpm")}, rf"key 'omics\.mrna\.kind': 'tpm' is not valid: .*{KINDS}"),
    "no kind": ({"cohort.toml": TOML.replace('kind = "beta"', "")}, r"'omics\.methylation\.kind': is required"),
    "no file": ({"cohort.toml": TOML.replace('file = "mrna.csv"', "")}, r"'omics\.mrna\.file': is required"),
    "no name": ({"cohort.toml": TOML.replace('name = "small"', "")}, r"key 'name': is required and missing"),
    "omics is no section": (
        {"cohort.toml": 'name = "x"\nomics = "mrna.csv"'},
        r"key 'omics': 'mrna\.csv' is not valid",
    ),
    "a type is no section": (
        {"cohort.toml": 'name = "x"\n[omics]\nmrna = "f"'},
        r"key 'omics\.mrna': 'f' is not valid",
    ),
    "wrong type of a value": ({"cohort.toml": "synthetic = 'no'\n" + TOML}, r"key 'synthetic': 'no' is not valid"),
    "a type called slides": (
        {"cohort.toml": TOML.replace("omics.mrna", "omics.slides")},
        r"'slides' is not valid: .*'slides' cannot be the name of an omics type",
    ),
    "a name of two lines": (
        {"cohort.toml": TOML.replace('"small"', '"sm\\nall"')},
        r"key 'name': 'sm\\nall' is not valid: 'sm\\nall' holds a line break or a tab: take it out",
    ),
    "a type's name with a tab": (
        {"cohort.toml": TOML.replace("omics.mrna", 'omics."m\\trna"')},
        r"is not valid: 'm\\trna' holds a line break or a tab: take it out",
    ),
    "no tables": ({"cohort.toml": 'name = "x"'}, r"there is no omics table and no slide to use"),
    # clinical.csv
    "no clinical.csv": ({"clinical.csv": None}, r"^clinical\.csv: there is no such file in "),
    "empty clinical.csv": ({"clinical.csv": ""}, r"^clinical\.csv: the file is empty"),
    "duplicate patient": (
        {"clinical.csv": CLINICAL + "P3,1,I,1,1,1,1\n"},
        r"^clinical\.csv, row 10: 'P3' is a patient in rows 4 and 10: keep one of them",
    ),
    "two samples of a patient": (
        {"clinical.csv": CLINICAL + "TCGA-AA-0001-01,1,I,1,1,1,1\nTCGA-AA-0001-11,1,I,1,1,1,1\n"},
        r"^clinical\.csv, row 11: 'TCGA-AA-0001' has rows 10 and 11: keep one row a patient",
    ),
    "a patient's id of two lines": (
        {"clinical.csv": CLINICAL.replace("P2,", '"P\n2",')},
        r"^clinical\.csv, row 3: 'P\\n2' holds a line break or a tab, which cannot be in the name of a ",
    ),
    "a sample's id with a tab": (
        {"mrna.csv": MRNA.replace("P2,", "P\t2,")},
        r"^mrna\.csv, row 3: 'P\\t2' holds a line break or a tab, which cannot be in the name of a ",
    ),
    "the same where patients are columns": (
        {"mrna.csv": "gene,P1,P\t2\nTP53,1,2\n"},
        r"^mrna\.csv, row 1: 'P\\t2' holds a line break or a tab, which cannot be in the name of a ",
    ),
    "nameless patient": (
        {"clinical.csv": CLINICAL.replace("P2,", ",")},
        r"row 3: the first field, which names the pat",
    ),
    "duplicate column": (
        {"clinical.csv": CLINICAL.replace("stage", "age")},
        r"row 1: 'age' heads the columns 2 and 3: give each column its own name",
    ),
    "nameless column": ({"clinical.csv": CLINICAL.replace("stage", "")}, r"no name in the header above column 3"),
    "no endpoint": (
        {"cohort.toml": TOML.replace('"OS"', '"DSS"')},
        r"^clinical\.csv: endpoint 'DSS' needs the column DSS and DSS\.time, .* Endpoints there: OS, PFI\.",
    ),
    "no time": (
        {"clinical.csv": CLINICAL.replace("OS.time", "OS_time")},
        r"endpoint 'OS' needs the column OS\.time, which is not there\. Endpoints there: PFI\.",
    ),
    "no endpoint at all": (
        {"clinical.csv": CLINICAL.replace("OS.time", "OS_time").replace("PFI.time", "PFI_time")},
        r"column OS\.time, which is not there\. There is no other endpoint: each needs a column <endpoint> and <endpo",
    ),
    "text as event": (
        {"clinical.csv": CLINICAL.replace("II,1", "II,Dead")},
        r"row 2, column 'OS': 'Dead' is no event: write 1 where it was seen \(dead\), 0 where not \(alive\), nothing",
    ),
    "two as event": (
        {"clinical.csv": CLINICAL.replace("II,1", "II,2")},
        r"row 2, column 'OS': '2' is no event: 1 means",
    ),
    "text as time": (
        {"clinical.csv": CLINICAL.replace("0,200", "0,[Discrepancy]")},
        r"row 3, column 'OS\.time': '\[Discrepancy\]' is no number of days\. Leave the cell empty",
    ),
    "negative time": (
        {"clinical.csv": CLINICAL.replace("0,200", "0,-2")},
        r"row 3, column 'OS\.time': '-2.*' is no time",
    ),
    "infinite time": (
        {"clinical.csv": CLINICAL.replace("0,200", "0,inf")},
        r"row 3, column 'OS\.time': 'inf' is no time",
    ),
    "too short": (
        {"clinical.csv": CLINICAL.replace("00,", ",").replace("30,", "3,")},
        r"^clinical\.csv: no patient is left: loaded 9 → has follow-up 0 → .* → kept 0\. "
        r"Followed for fewer than 30 days: 7; lower min_days to keep them\. "
        r"In other tables alone: 1; look whether patients are spelt alike in all tables\. "
        r"Without OS or OS\.time: 1; fill it in, or choose another endpoint \(PFI\)\.$",
    ),
    "nobody's follow-up is recorded": (
        {"clinical.csv": re.sub(r"(?m)^(P\d,[^,]*,[^,]*),[01]?,\d*,", r"\1,,,", CLINICAL)},
        r"kept 0\. Without OS or OS\.time: 8; fill it in, or choose another endpoint \(PFI\)\. In other tables "
        r"alone: 1; look whether patients are spelt alike in all tables\.$",
    ),
    "everybody is marked": (
        {
            "clinical.csv": re.sub(r"(?m)$", ",withdrew", CLINICAL.strip()).replace(
                "PFI.time,withdrew", "PFI.time,left_out"
            )
        },
        r"kept 0\. With a reason in the column left_out: 8; empty the cell of whoever stays\. In other tables",
    ),
    # Tables
    "no table": ({"mrna.csv": None}, r"^mrna\.csv: there is no such file in "),
    "empty table": ({"mrna.csv": ""}, r"^mrna\.csv: the file is empty"),
    "text": ({"mrna.csv": MRNA.replace("30,1", "30,high")}, r"^mrna\.csv, row 4, column 'ESR1': 'high' is no number"),
    "truth values": ({"mrna.csv": "id,A\nP1,True\nP2,False\n"}, r"row 2, column 'A': 'True' is no number"),
    "decimal comma": (
        {"methylation.tsv": METHYLATION.replace("0.4", "0,4")},
        r"row 5, column 'cg1': '0,4' is no number",
    ),
    "infinite": ({"mrna.csv": MRNA.replace("30,1", "inf,1")}, r"row 4, column 'TP53': 'inf' is not finite"),
    "negative count": ({"mrna.csv": MRNA.replace("30,1", "-30,1")}, r"row 4, column 'TP53': '-30' is no count"),
    "fractional count": ({"mrna.csv": MRNA.replace("30,1", "30.5,1")}, r"row 4, column 'TP53': '30\.5' is no count"),
    "beta above 1": ({"methylation.tsv": METHYLATION.replace("0.4", "1.4")}, r"column 'cg1': '1\.4' is no beta value"),
    "beta below 0": ({"methylation.tsv": METHYLATION.replace("0.4", "-.4")}, r"column 'cg1': '-0\.4' is no beta value"),
    "binary": ({"cohort.toml": with_kind("binary")}, r"row 2, column 'TP53': '10' is neither 0 nor 1"),
    "duplicate sample": (
        {"mrna.csv": MRNA + "P3,1,1,1\n"},
        r"^mrna\.csv, row 8: 'P3' is a sample in rows 4 and 8: keep one of them",
    ),
    "duplicate gene": (
        {"mrna.csv": MRNA.replace("ESR1", "TP53")},
        r"row 1: 'TP53' heads the columns 2 and 3: give each",
    ),
    "duplicate gene in rows": (
        {"mrna.csv": "gene,P1,P2\nTP53,1,2\nTP53,3,4\n"},
        r"^mrna\.csv, row 3: 'TP53' is a gene in rows 2 and 3: keep one of them",
    ),
    "nobody known": (
        {"mrna.csv": MRNA.replace("P", "Q")},
        r"neither its rows \(Q1, Q2 and 4 more\) nor its columns \(.*\) are patients of clinical\.csv \(P1, P2 and 6",
    ),
    "no barcode known": (
        {"mrna.csv": "id,A\nTCGA-AA-0001-01,1\nTCGA-AA-0002-01,2\n"},
        r"none of its 2 patients \(TCGA-AA-0001, TCGA-AA-0002\) is in clinical\.csv \(P1, .*spelt alike",
    ),
    "rows or columns": (
        {"mrna.csv": MRNA.replace("ESR1", "P4")},
        r"5 of the row labels and 1 of the column names are patients: it cannot be told which are the genes",
    ),
    "no value at all": ({"mrna.csv": "id,A\nP1,\nP2,\n"}, r"^mrna\.csv: holds no value of any tumour sample"),
    "normals only": ({"mrna.csv": "id,A\nTCGA-AA-0001-11,1\n"}, r"^mrna\.csv: holds no value of any tumour sample"),
    # slides.csv
    "no file column": (
        {"slides.csv": "patient,path\nP1,a.svs\n"},
        r"^slides\.csv, row 1: has no column 'file'; it has path",
    ),
    "two slides of a name": (
        {"slides.csv": "patient,file\nP1,a/x.svs\nP2,b/x.svs\n"},
        r"^slides\.csv, row 3, column 'file': 'x' is the slide of rows 2 and 3: every slide needs a name",
    ),
    "slide without a file": (
        {"slides.csv": "patient,file\nP1,\nP2,x.svs\n"},
        r"row 2, column 'file': a slide needs a pat",
    ),
    "slides named and absent": ({"cohort.toml": TOML + '[slides]\nfile = "s.csv"'}, r"^s\.csv: there is no such file"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_error(case: str, tmp_path: Path) -> None:
    files, message = ERRORS[case]
    folder = write_cohort(tmp_path, files)
    check = check_cohort(folder)
    errors = [str(problem) for problem in check.problems if problem.severity == "error"]
    assert check.cohort is None
    assert any(re.search(message, error) for error in errors), errors
    with pytest.raises(CohortError, match="cannot be used") as caught:
        read_cohort(folder)
    assert list(caught.value.problems) == errors


WARNINGS: dict[str, tuple[Files, str]] = {
    "slide not on disk": (
        {"slides.csv": "patient,file\nP1,gone.svs\n"},
        r"^slides\.csv, row 2, column 'file': 'gone\.svs' is not on this disk: the patient goes on without this slide",
    ),
    "slide of normal tissue": (
        {"slides.csv": "patient,file\nTCGA-AA-0001-11A,cohort.toml\n"},
        r"^slides\.csv, row 2: 'TCGA-AA-0001-11A' is no tumour sample",
    ),
    "strangers": ({}, r"^mrna\.csv: 1 of its 6 patients is not in clinical\.csv: P9"),
    "no event": (
        {"clinical.csv": re.sub(r"(?m)(,[IV]+|,\[Discrepancy\]),1,", r"\1,0,", CLINICAL)},
        r"^clinical\.csv: none of the 6 patients kept has an event: no model can be trained",
    ),
}


@pytest.mark.parametrize("case", WARNINGS)
def test_warning(case: str, tmp_path: Path) -> None:
    files, message = WARNINGS[case]
    check = check_cohort(write_cohort(tmp_path, files))
    assert check.cohort is not None, check.problems
    assert any(re.search(message, str(problem)) for problem in check.problems), check.problems


def test_every_problem_in_one_pass(tmp_path: Path) -> None:
    folder = write_cohort(
        tmp_path,
        {
            "cohort.toml": 'colour = "red"\n' + TOML.replace('"beta"', '"betas"'),
            "clinical.csv": CLINICAL.replace("II,1", "II,yes").replace("P4", "P3"),
            "mrna.csv": MRNA.replace("30,1", "30,x").replace("40", "-4"),
            "methylation.tsv": METHYLATION.replace("0.5", "?"),
            "slides.csv": "patient,file\nP1,a.svs\nP1,a.svs\n",
        },
    )
    problems = check_cohort(folder, CohortConfig(omics=("mrna", "methylation", "protein"))).problems
    found = {(problem.file, problem.row, problem.column, problem.value) for problem in problems}
    assert found >= {
        ("cohort.toml", None, "colour", "red"),
        ("cohort.toml", None, "omics.methylation.kind", "betas"),
        ("cohort.toml", None, None, "protein"),
        ("clinical.csv", 2, "OS", "yes"),
        ("clinical.csv", 5, None, "P3"),
        ("mrna.csv", 4, "ESR1", "x"),
        ("mrna.csv", 5, "TP53", "-4"),
        ("methylation.tsv", 6, "cg1", "?"),
        ("methylation.tsv", 6, "cg2", "?"),
        ("slides.csv", 3, "file", "a"),
    }


def test_types_that_are_asked_for_and_not_there(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=r"'protein' is asked for and no omics type.*there: mrna, methylation"):
        read_cohort(write_cohort(tmp_path), CohortConfig(omics=("mrna", "protein")))


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=r"does not exist\. A cohort is a folder with cohort\.toml"):
        read_cohort(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(CohortError, match="is a file, not a folder"):
        read_cohort(tmp_path / "file")


def test_twenty_cells_are_listed_and_the_rest_counted(tmp_path: Path) -> None:
    """60,000 wrong cells: 20 of text, in file order, before those that break the kind's rule."""
    values = np.full((100, 600), -1.5).astype(object)
    values[90:, 5:] = "n.d."
    table = pd.DataFrame(values, [f"P{row}" for row in range(100)], [f"g{column}" for column in range(600)])
    check = check_cohort(write_cohort(tmp_path, {"mrna.csv": table.to_csv()}))
    *cells, rest = [problem for problem in check.problems if problem.severity == "error" and problem.file == "mrna.csv"]
    assert [(cell.row, cell.column, cell.value) for cell in cells] == [(92, f"g{k}", "n.d.") for k in range(5, 25)]
    assert rest.message == "59,980 more cells like these."
    with pytest.raises(CohortError, match=r"- and 1 more: `pomp cohort check"):
        read_cohort(tmp_path)


def test_an_unused_table_is_not_read(tmp_path: Path) -> None:
    folder = write_cohort(tmp_path, {"mrna.csv": MRNA.replace("30", "many"), "methylation.tsv": None})
    assert check_cohort(folder, CohortConfig(omics=("mrna",))).cohort is None
    folder = write_cohort(tmp_path, {"mrna.csv": "broken"})
    cohort = read_cohort(folder, CohortConfig(omics=("methylation",)))
    assert list(cohort.omics) == ["methylation"]


@pytest.mark.parametrize("files", [{"clinical.csv": None}, {"cohort.toml": TOML.replace('"OS"', '"DSS"')}])
def test_without_follow_up_the_funnel_ends_where_knowledge_ends(files: Files, tmp_path: Path) -> None:
    log = check_cohort(write_cohort(tmp_path, files)).log
    assert [step.label for step in log.steps] == ["loaded"]
    assert log.left_out == {}
