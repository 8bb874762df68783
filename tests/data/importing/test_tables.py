"""A hospital's tables: ids of its own, in either orientation, in any format, with odd files beside them."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pomp.data.cohort import read_cohort
from pomp.data.importing import leftover
from pomp.data.importing.plan import ImportPlan, make_slug
from pomp.data.importing.scan import scan
from pomp.data.importing.write import import_cohort, stage
from pomp.errors import CohortError
from tests.data.folder import write_cohort
from tests.data.importing.sources import write_files

CLINICAL = "id,age,OS,OS.time\nLMU/17-001,60,1,100\nLMU/17-002,70,0,200\nLMU/17-003,50,1,300\n"
EXPRESSION = "gene,LMU/17-001,LMU/17-002,LMU/17-003\nTP53,5.5,6.25,7\nESR1,0.1,0.2,11\n"


def hospital(folder: Path, **files: str | bytes) -> Path:
    return write_files(folder, {"clinical.csv": CLINICAL, "expression.csv": EXPRESSION, **files})


def messages(plan: ImportPlan) -> list[str]:
    return [str(problem) for problem in plan.findings]


def test_ids_pass_whole(tmp_path: Path) -> None:
    plan = scan(hospital(tmp_path / "Our cohort (2024)"))
    assert (plan.name, plan.title, plan.origin) == ("Our-cohort-2024", "Our cohort (2024)", "tables")
    assert plan.findings == ()
    cohort = read_cohort(import_cohort(plan, tmp_path / "cohorts"))
    assert cohort.patients == ("LMU/17-001", "LMU/17-002", "LMU/17-003")
    assert cohort.omics["mrna"].values["TP53"].to_list() == [5.5, 6.25, 7]
    assert cohort.clinical["age"].to_list() == [60, 70, 50]


@pytest.mark.parametrize(("event", "time"), [("os", "os.time"), ("os", "os_time"), ("OS", "OS_time")])
def test_an_endpoint_in_another_spelling_is_read_and_said(event: str, time: str, tmp_path: Path) -> None:
    clinical = CLINICAL.replace("OS,OS.time", f"{event},{time}")
    plan = scan(hospital(tmp_path / "s", **{"clinical.csv": clinical}))
    assert (plan.endpoint, plan.endpoints) == ("OS", ("OS",))
    check = stage(plan, tmp_path / "cohort")
    renamed = [(name, meant) for name, meant in ((event, "OS"), (time, "OS.time")) if name != meant]
    assert [str(problem) for problem in check.problems] == [
        f"clinical.csv, column '{name}': is read as {meant}." for name, meant in renamed
    ]
    assert check.cohort is not None
    assert check.cohort.outcome["time_days"].to_list() == [100, 200, 300]


def test_a_wrong_cell_is_named_by_the_spelling_of_the_source(tmp_path: Path) -> None:
    clinical = CLINICAL.replace("OS,OS.time", "os,os_time").replace("200", "soon")
    check = stage(scan(hospital(tmp_path / "s", **{"clinical.csv": clinical})), tmp_path / "cohort")
    (error,) = [str(problem) for problem in check.problems if problem.severity == "error"]
    assert error.startswith("clinical.csv, row 3, column 'os_time': 'soon' is no number of days.")


def test_an_event_without_its_time_is_not_taken_for_a_time(tmp_path: Path) -> None:
    clinical = CLINICAL.replace("OS,OS.time", "os,months")
    with pytest.raises(CohortError) as caught:
        scan(hospital(tmp_path / "s", **{"clinical.csv": clinical}))
    assert "'os' may be the event: the time beside it is called OS.time. 'months' may be the time" in str(caught.value)


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {"TP53": [5.5, 6.25, 7], "ESR1": [0.1, 0.2, 11]}, index=["LMU/17-001", "LMU/17-002", "LMU/17-003"]
    )


@pytest.mark.parametrize(
    "write",
    [
        lambda folder: frame().to_csv(folder / "rna.tsv.gz", sep="\t"),
        lambda folder: frame().T.to_csv(folder / "rna.csv"),
        lambda folder: frame().to_parquet(folder / "rna.parquet"),
        lambda folder: frame().T.reset_index(names="gene").to_parquet(folder / "rna.parquet"),
        lambda folder: frame().astype(np.float32).T.to_parquet(folder / "rna.parquet"),
    ],
    ids=["tsv.gz", "genes in rows", "parquet", "parquet, genes in rows", "parquet, float32"],
)
def test_formats(write: object, tmp_path: Path) -> None:
    folder = write_files(tmp_path / "source", {"clinical.csv": CLINICAL})
    write(folder)  # type: ignore[operator]
    plan = scan(folder)
    assert [(table.name, table.kind) for table in plan.omics] == [("mrna", "log")]
    cohort = read_cohort(import_cohort(plan, tmp_path / "cohorts"))
    np.testing.assert_allclose(cohort.omics["mrna"].values, frame()[["ESR1", "TP53"]], rtol=1e-7)


def write_text(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, sep="\t")


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("mirna.tsv", write_text),
        ("mirna.tsv.gz", write_text),
        ("mirna.parquet", pd.DataFrame.to_parquet),
    ],
)
@pytest.mark.parametrize(
    ("scale", "whole", "kind"), [(900, True, "counts"), (1, True, "binary"), (9, False, "log"), (1, False, "beta")]
)
def test_the_kind_is_told_by_rows_from_all_over_the_file(
    scale: float, whole: bool, kind: str, name: str, write: object, tmp_path: Path
) -> None:
    random = np.random.default_rng(3)
    values = random.integers(0, scale + 1, (900, 3)) if whole else random.uniform(0, scale, (900, 3))
    values[:300] = 0 if whole else values[:300] / scale
    columns = ["LMU/17-001", "LMU/17-002", "LMU/17-003"]
    table = pd.DataFrame(values, [f"MIR{place}" for place in range(900)], columns)
    folder = write_files(tmp_path / "s", {"clinical.csv": CLINICAL})
    write(table, folder / name)  # type: ignore[operator]
    (planned,) = scan(folder).omics
    assert planned.kind == kind
    assert re.fullmatch(r"Guessed to be .*, in (200|225) rows spread over the file\.", planned.note), planned.note
    assert stage(scan(folder), tmp_path / "cohort").problems == ()


def test_two_tables_of_one_type_get_names_of_their_own(tmp_path: Path) -> None:
    plan = scan(hospital(tmp_path / "s", **{"rna_batch2.csv": EXPRESSION}))
    assert [table.name for table in plan.omics] == ["mrna", "mrna_2"]


def test_more_columns_of_patients_are_joined(tmp_path: Path) -> None:
    stages = "patient,stage,age\nLMU/17-001,II,0\nLMU/17-003,IV,0\nLMU/17-999,I,0\n"
    plan = scan(hospital(tmp_path / "s", **{"pathology.csv": stages}))
    assert [Path(path).name for path in plan.covariates] == ["pathology.csv"]
    cohort = read_cohort(import_cohort(plan, tmp_path / "cohorts"))
    assert cohort.clinical["age"].to_list() == [60, 70, 50]  # the follow-up table's own column stays
    assert cohort.clinical["stage"].to_list()[::2] == ["II", "IV"]
    assert pd.isna(cohort.clinical["stage"].iloc[1])


def test_what_is_merged_or_dropped_is_said(tmp_path: Path) -> None:
    lines = "id,age,age,OS,OS.time\nP1,,1,1,90\n,5,5,0,80\nP2,40,2,0,70\nP1,61,3,1,\n"
    plan = scan(write_files(tmp_path / "s", {"clinical.csv": lines, "rna.csv": "id,A\nP1,2.5\nP2,1.5\n"}))
    check = stage(plan, tmp_path / "cohort")
    assert [str(problem) for problem in check.problems] == [
        "clinical.csv: no patient is named in row 3, which is not used.",
        "clinical.csv, row 5: 'P1' has rows 2 and 5: of each column, the first value is used.",
        "clinical.csv, row 1: 'age' heads the columns 2 and 3: the first is used.",
    ]
    assert check.cohort is not None
    assert check.cohort.clinical["age"].to_dict() == {"P1": 61, "P2": 40}
    assert check.cohort.outcome["time_days"].to_list() == [90, 70]


@pytest.mark.parametrize(
    ("endpoint", "columns", "taken"),
    [("OS", "OS,OS.time", "OS"), ("PFI", "PFI,PFI.time", "PFI"), ("OS", "DSS,DSS.time,OS,OS.time", "OS")],
)
def test_the_endpoint(endpoint: str, columns: str, taken: str, tmp_path: Path) -> None:
    values = ",".join(["1,10"] * (columns.count(",") // 2 + 1))
    plan = scan(write_files(tmp_path, {"c.csv": f"id,{columns}\nP1,{values}\n", "rna.csv": "id,A\nP1,2.5\n"}))
    assert (plan.endpoint, taken) == (endpoint, taken)


FINDINGS: dict[str, tuple[dict[str, str | bytes], str]] = {
    "a workbook": ({"more.xlsx": b"PK"}, r"^more\.xlsx: is a workbook: save its sheets as CSV"),
    "something else": ({"x.bam": b"\x00\xff"}, r"^s: 1 file is not recognised, and not used: x\.bam\.$"),
    "text": (
        {"notes.csv": "gene,LMU/17-001\nTP53,high\nESR1,low\n"},
        r"^notes\.csv: is not used: most of its cells are no numbers",
    ),
    "strangers": (
        {"other.csv": "gene,Q1,Q2\nTP53,1,2\n"},
        r"^other\.csv: is not used: neither its rows \(TP53\) nor its columns \(Q1, Q2\) are patients with follow-up",
    ),
    "no values": ({"rna.csv": "gene,LMU/17-001\nTP53,\n"}, r"^rna\.csv: is not used: most of its cells are no numbers"),
    "linear scale": (
        {"tpm.csv": "gene,LMU/17-001,LMU/17-002\nTP53,5000.5,2.5\n"},
        r"^tpm\.csv: values up to 5000\.5 are no logarithms: .* log2\(x \+ 1\) first",
    ),
    "not UTF-8": (
        {"rna.csv": "Gen,LMU/17-001\nMüller,1\n".encode("latin-1")},
        r"^rna\.csv: is not used: is not UTF-8 text \(byte 16\)\. Save it as 'CSV UTF-8'",
    ),
    "UTF-16": ({"sub/rna.csv": "Gen,LMU/17-001\nA,1\n".encode("utf-16")}, r"^sub/rna\.csv: is not used: is not UTF-8"),
    "torn gz": ({"rna.csv.gz": b"\x1f\x8b\x08\x00torn"}, r"^rna\.csv\.gz: is not used: cannot be read: .*complete\?$"),
    "empty": ({"rna.csv": b""}, r"^rna\.csv: is not used: the file is empty\.$"),
    "semicolons": (
        {"rna.csv": "gene;LMU/17-001\nTP53;1,5\n"},
        r"^rna\.csv, row 1: is not used: has one column only\. .* holds a semicolon, is that the separator\?$",
    ),
    "no parquet": ({"rna.parquet": b"PAR1PAR1"}, r"^rna\.parquet: is not used: cannot be read as parquet"),
    "no suffix": ({"Makefile": b"all:\n"}, r"^s: 1 file is not recognised, and not used: Makefile\.$"),
    "a decimal comma": (
        {"mirna.tsv": "id\tlet7\tmir21\nLMU/17-001\t1\t2\nLMU/17-002\t5\t6,5\n"},
        r"^mirna\.tsv, row 3, column 'mir21': '6,5' is no number: a decimal comma\? Write decimal points\.",
    ),
    "decimal commas under a name of its own": (
        {"panel.tsv": "id\ta\tb\tc\td\te\nLMU/17-001\t1,5\t2\t2,5\t1,1\t0,5\n"},
        r"^panel\.tsv, row 2, column 'a': '1,5' is no number: a decimal comma\?",
    ),
    "decimal commas, genes in rows": (
        {"mirna.tsv": "id\tLMU/17-001\tLMU/17-002\nlet7\t1,5\t2,5\nmir21\t1\t2\n"},
        r"^mirna\.tsv, row 2, column 'LMU/17-001': '1,5' is no number: a decimal comma\?",
    ),
    "commas that may stand for either": (
        {"mirna.tsv": "id\tlet7\tmir21\nLMU/17-001\t1,000\t987\nLMU/17-002\t5,250\t6\n"},
        r"^mirna\.tsv, row 2, column 'let7': '1,000' is no number: commas between thousands, or before decimals\? "
        r"Write 1000 or 1\.000, whichever is meant\.",
    ),
    "commas between thousands": (
        {"mirna.tsv": "id\tlet7\tmir21\nLMU/17-001\t1,000\t987\nLMU/17-002\t5,250,000\t6\n"},
        r"^mirna\.tsv, row 2, column 'let7': '1,000' is no number: commas between thousands\? Take them out: 1000\.",
    ),
    "commas beside decimal points": (
        {"mirna.tsv": "id\tlet7\tmir21\nLMU/17-001\t1,000\t9.5\nLMU/17-002\t5,250\t6\n"},
        r"^mirna\.tsv, row 2, column 'let7': '1,000' is no number: commas between thousands\? Take them out: 1000\.",
    ),
    "commas before three decimals and others": (
        {"mirna.tsv": "id\tlet7\tmir21\nLMU/17-001\t1,000\t987\nLMU/17-002\t0,250\t6\n"},
        r"^mirna\.tsv, row 2, column 'let7': '1,000' is no number: a decimal comma\? Write decimal points\.",
    ),
    "placeholders": (
        {"mirna.csv": "id,let7,mir21\nLMU/17-001,1,2\nLMU/17-002,5,[Not Available]\nLMU/17-003,5,4\n"},
        r"^mirna\.csv, row 3, column 'mir21': '\[Not Available\]' is no number: leave such cells empty\. .* omics",
    ),
    "an omics table of patients without values": (
        {"mirna.csv": "id,let7\nLMU/17-001,\n"},
        r"^mirna\.csv: is not used: its first 1 row holds no value",
    ),
    "text under the name of an omics type": (
        {"mirna_groups.csv": "id,group\nLMU/17-001,high\nLMU/17-002,low\n"},
        r"^mirna_groups\.csv: is joined to the follow-up .* though its name speaks of mirna",
    ),
    "a few columns of numbers with placeholders": (
        {"x.csv": "id,a,b,c,d,e\nLMU/17-001,1,2,3,4,5\nLMU/17-002,1,2,[Not Available],4,5\nLMU/17-003,1,2,3,4,5\n"},
        r"^x\.csv, row 3, column 'c': '\[Not Available\]' is no number, and so the table is joined to the follow-up as "
        r"5 further columns of patients\. If it is an omics table, leave the cells without a value empty\.",
    ),
    "hundreds of columns of text": (
        {"x.csv": f"id,{','.join(map(str, range(201)))}\nLMU/17-001{',a' * 201}\n"},
        r"^x\.csv: is joined to the follow-up as further columns of patients, all 201 of them",
    ),
    "slides without files": (
        {"slide_ids.csv": "case_id,slide_id\nLMU/17-001,a.svs\n"},
        r"^s: 1 slide is listed in a table, and none lies in the folder",
    ),
}


@pytest.mark.parametrize("case", FINDINGS)
def test_odd_content_is_a_finding(case: str, tmp_path: Path) -> None:
    files, message = FINDINGS[case]
    plan = scan(hospital(tmp_path / "s", **files))
    assert any(re.search(message, line) for line in messages(plan)), messages(plan)
    assert plan.omics[0].name == "mrna"


def test_follow_up_that_cannot_be_read_is_told_why(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=r"clinical\.csv, row 1: is not used: has one column only\. .* semicolon"):
        scan(write_files(tmp_path / "s", {"clinical.csv": CLINICAL.replace(",", ";"), "expression.csv": EXPRESSION}))


@pytest.mark.parametrize("name", ["rna.csv", "rna.csv.gz"])
def test_what_would_take_too_much_memory_is_not_read_to_be_explained(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftover, "_LARGEST", 500)
    content = b"gene;LMU/17-001\n" * 100
    packed = gzip.compress(content) if name.endswith(".gz") else content
    assert messages(scan(hospital(tmp_path / "s", **{name: packed}))) == [
        f"s: 1 file is not recognised, and not used: {name}."
    ]


def test_numbers_with_a_decimal_comma_among_covariates_stay(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "pathology.tsv": "id\tsize\tgrade\nLMU/17-001\t1,5\tG1\nLMU/17-002\t2,5\tG2\n",
        "clinical_mirna.csv": 'id,score,let7\nLMU/17-001,"1,5",high\n',
    }
    plan = scan(hospital(tmp_path / "s", **files))
    assert sorted(Path(path).name for path in plan.covariates) == ["clinical_mirna.csv", "pathology.tsv"]
    assert plan.findings == ()


def test_papers_and_pictures_are_passed_over(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"README.md": "x", "LICENSE": "x", "plot.png": b"x", ".hidden.csv": "x"}
    assert scan(hospital(tmp_path, **files)).findings == ()


def test_without_follow_up_it_is_said_what_is_needed(tmp_path: Path) -> None:
    plan = scan(write_files(tmp_path / "s", {"expression.csv": EXPRESSION.replace("LMU/17-00", "TCGA-AA-000")}))
    assert plan.clinical is None
    (error,) = [problem for problem in plan.findings if problem.severity == "error"]
    assert "no follow-up is recognised: add a table whose first column is the patient" in error.message
    with pytest.raises(CohortError, match="no follow-up"):
        import_cohort(plan, tmp_path / "cohorts")


ROWS = [f"HOSP-{number:03d}" for number in range(4)]
MONTHS = "Patient ID,Vital status,Survival (months),Age (years)\n" + "".join(f"{row},Alive,48,50\n" for row in ROWS)


def test_without_follow_up_each_table_is_told_what_it_lacks(tmp_path: Path) -> None:
    genes = ",".join(f"G{number}" for number in range(50))
    values = ",".join(f"{number / 7:.3f}" for number in range(50))
    files: dict[str, str | bytes] = {
        "clinical.csv": "id,foo,bar\n" + "".join(f"{row},0.13,abc\n" for row in ROWS),
        "follow_up.csv": MONTHS.replace("Alive", "Dead", 1),
        "mrna.csv": f"patient,{genes}\n" + "".join(f"{row},{values}\n" for row in ROWS),
        "sheet.xlsx": b"PK",
    }
    with pytest.raises(CohortError) as caught:
        scan(write_files(tmp_path / "s", files))
    first, *lines, last = str(caught.value).splitlines()
    assert first.endswith("can be used yet: in no table is follow-up recognised.")
    assert last.startswith("What can be imported")
    needed = "Needed are the columns OS (1 = died, 0 = alive) and OS.time (days)"
    assert lines == [
        "- sheet.xlsx: is a workbook: save its sheets as CSV to have them read.",
        f"- clinical.csv: has no columns of follow-up. {needed}; found are id, foo, bar.",
        f"- follow_up.csv: has no columns of follow-up. {needed}; found are Patient ID, Vital status, Survival "
        "(months), Age (years). 'Vital status' says Alive and Dead: write 1 for died and 0 for alive, and call it OS. "
        "'Survival (months)' may be the time in months: multiply it by 30.44, and call it OS.time.",
        "- mrna.csv: is recognised as omics (mrna, log; 50 columns), and can be used once there is follow-up of its "
        "patients.",
    ]


@pytest.mark.parametrize(
    ("column", "cells", "hint"),
    [
        ("OS_STATUS", ["1:DECEASED", "0:LIVING"], "'OS_STATUS' says 0:LIVING and 1:DECEASED: write 1 for died"),
        ("OS_MONTHS", ["3.5", "12"], "'OS_MONTHS' may be the time in months: multiply it by 30.44"),
        ("survival years", ["1", "2"], "'survival years' may be the time in years: multiply it by 365.25"),
        ("days_to_last_follow_up", ["100", "200"], "if it is in days, call it OS.time."),
        ("age in years", ["50", "60"], None),
        ("stage", ["I", "II"], None),
        ("follow-up", ["yes", "no"], None),
    ],
)
def test_what_may_be_the_follow_up(column: str, cells: list[str], hint: str | None, tmp_path: Path) -> None:
    text = f"patient,{column},sex\n" + "".join(f"{row},{cell},f\n" for row, cell in zip(ROWS, cells, strict=False))
    with pytest.raises(CohortError) as caught:
        scan(write_files(tmp_path, {"table.csv": text}))
    (line,) = [line for line in str(caught.value).splitlines() if line.startswith("- table.csv")]
    assert hint in line if hint else line.endswith(f"found are patient, {column}, sex.")


def test_a_table_beside_omics_is_told_what_it_lacks(tmp_path: Path) -> None:
    clinical = MONTHS.replace("HOSP-", "TCGA-AA-0")
    files = {"expression.csv": EXPRESSION.replace("LMU/17-00", "TCGA-AA-000"), "clinical.csv": clinical}
    plan = scan(write_files(tmp_path / "s", files))
    assert [table.name for table in plan.omics] == ["mrna"]
    said = messages(plan)
    assert any(line.startswith("clinical.csv: has no columns of follow-up") for line in said), said
    assert not any(line.startswith("expression.csv") for line in said)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("clinical.csv", "patient;OS;OS.time\nP1;1;100\n", "the first line holds a semicolon, is that the separator?"),
        ("clinical.csv", "patient,OS,OS.time\nP1,1,100\n".encode("utf-16"), "is not UTF-8 text"),
        ("clinical.xlsx", b"PK", "is a workbook: save its sheets as CSV"),
    ],
)
def test_a_folder_of_unreadable_tables_says_what_they_are(
    name: str, content: str | bytes, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(CohortError) as caught:
        scan(write_files(tmp_path, {name: content}))
    (line,) = [line for line in str(caught.value).splitlines() if line.startswith(f"- {name}")]
    assert reason in line


@pytest.mark.parametrize("files", [{}, {"x.bam": b"\x00"}, {"README.md": "x"}])
def test_nothing_to_use(files: dict[str, str | bytes], tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=r"Nothing in .* can be used\..*What can be imported: a table of follow-up"):
        scan(write_files(tmp_path, files))


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=r"nowhere is no folder\. What can be imported"):
        scan(tmp_path / "nowhere")


def test_a_cohort_folder_stays_what_it_says(tmp_path: Path) -> None:
    slides = "patient,file,mpp\nP1,a.svs,0.25\nP3,b.svs,\n"
    source = write_cohort(tmp_path / "source", {"slides.csv": slides, "a.svs": b"x", "b.svs": b"x"})
    plan = scan(source)
    assert [(table.name, table.kind, table.note) for table in plan.omics] == [
        ("mrna", "counts", "As cohort.toml says."),
        ("methylation", "beta", "As cohort.toml says."),
    ]
    before, after = read_cohort(source), read_cohort(import_cohort(plan, tmp_path / "cohorts"))
    assert (after.name, after.title, after.licence) == (before.name, before.title, before.licence)
    assert after.log.left_out == before.log.left_out
    pd.testing.assert_frame_equal(after.clinical, before.clinical)
    pd.testing.assert_frame_equal(after.slides, before.slides)
    for name, table in before.omics.items():
        pd.testing.assert_frame_equal(after.omics[name].values, table.values, rtol=1e-7)


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("TCGA-LIHC", "TCGA-LIHC"),
        ("a b/c", "a-b-c"),
        ("../x", "x"),
        ("Müller", "M-ller"),
        ("…", "cohort"),
        ("", "cohort"),
    ],
)
def test_slug(text: str, slug: str) -> None:
    assert make_slug(text) == slug
