"""The GDC's folders: samples from the sheet, follow-up from the clinical data, slides, and what is missing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pomp.data.cohort import read_cohort
from pomp.data.gdc.folder import FetchRecord, write_records
from pomp.data.gdc.remote import RemoteCase, RemoteFile, RemoteProject, RemoteSample
from pomp.data.importing.gdc_clinical import is_gdc_clinical, read_gdc_clinical
from pomp.data.importing.gdc_folder import NO_SHEET
from pomp.data.importing.gdc_values import read_samples
from pomp.data.importing.plan import SampleFile
from pomp.data.importing.scan import scan
from pomp.data.importing.write import import_cohort, stage
from pomp.data.problems import Problems
from pomp.errors import CohortError
from tests.data.importing.sources import GDC_CASES, GDC_FILES, STAR, gdc_metadata, tsv, write_files, write_gdc


def test_scan(tmp_path: Path) -> None:
    folder = write_gdc(tmp_path / "gdc")
    plan = scan(folder)
    assert (plan.name, plan.title, plan.origin, plan.endpoints) == ("TCGA-LIHC", "TCGA-LIHC", "gdc", ("OS",))
    assert plan.source == (
        "NCI Genomic Data Commons, TCGA-LIHC; OS from vital_status and days_to_death, of the living from "
        "days_to_last_follow_up or days_to_follow_up"
    )
    assert plan.clinical == str(folder / "clinical.json")
    assert {(table.name, table.kind, len(table.samples)) for table in plan.omics} == {
        ("mrna", "counts", 3),
        ("mirna", "counts", 2),
        ("methylation", "beta", 1),
    }
    assert plan.omics[0].note == "3 files of the GDC: STAR gene counts, unstranded, one sample each."
    assert [(slide.patient, Path(slide.file).name) for slide in plan.slide_files] == [
        ("TCGA-AA-0001", "TCGA-AA-0001-01Z-00-DX1.75C5-6C8B.svs"),
        ("TCGA-AA-0003", "TCGA-AA-0003-01A-01-BS1.44BB-07.svs"),
    ]
    assert [str(problem) for problem in plan.findings] == [
        "gdc: 1 slide is of normal tissue, and is not used.",
        "gdc: 1 frozen slide of patients who have diagnostic ones is not used.",
    ]


def test_the_cohort(tmp_path: Path) -> None:
    folder = write_gdc(tmp_path / "gdc")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    cohort = read_cohort(import_cohort(scan(folder), tmp_path / "cohorts"))
    assert cohort.patients == ("TCGA-AA-0001", "TCGA-AA-0002")
    assert cohort.log.left_out == {
        "TCGA-AA-0003": "OS.time is not recorded",
        "TCGA-AA-0004": "OS is not recorded",
    }
    assert cohort.outcome.loc["TCGA-AA-0001"].to_list() == [512, True]
    assert cohort.outcome.loc["TCGA-AA-0002"].to_list() == [700, False]
    mrna = cohort.omics["mrna"]
    assert mrna.values.columns.to_list() == [
        "TP53",
        "TSPAN6",
        "Y_RNA (ENSG00000199392.1)",
        "Y_RNA (ENSG00000201701.1)",
    ]
    assert mrna.values.to_numpy().tolist() == [[5, 10, 1, 0], [0, 20, 0, 0]]
    assert mrna.normals is not None
    assert mrna.normals.loc["TCGA-AA-0002-11"].to_list() == [9, 30, 2, 0]
    assert cohort.omics["mirna"].values.loc["TCGA-AA-0001"].to_dict() == {"hsa-let-7a-1": 100, "hsa-mir-21": 7}
    beta = cohort.omics["methylation"].values
    np.testing.assert_array_equal(beta, [[0.125, np.nan, 0.5]])
    assert cohort.slides["patient"].to_list() == ["TCGA-AA-0001"]
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_what_fetch_leaves(tmp_path: Path) -> None:
    """The same files under the names, and with the records, that `pomp cohort fetch` writes."""
    folder = write_gdc(tmp_path / "gdc")
    expected = scan(folder)
    for name in ("gdc_manifest.2025-01-01.txt", "gdc_sample_sheet.2025-01-01.tsv", "clinical.json"):
        (folder / name).unlink()
    record = FetchRecord(
        project="TCGA-LIHC", title="Liver", types=("mrna",), api="", data_release="", date="", cases=4, files={},
        bytes=0,
    )  # fmt: skip
    files = [
        RemoteFile(
            file_id=f"uuid-{place}", file_name=name, file_size=len(content),
            md5sum=hashlib.md5(content.encode(), usedforsecurity=False).hexdigest(),
            cases=(RemoteCase(
                submitter_id=sample[:12], project=RemoteProject(project_id="TCGA-LIHC"),
                samples=(RemoteSample(submitter_id=sample, sample_type=kind),),
            ),),
        )
        for place, (sample, kind, name, content) in enumerate(GDC_FILES)
    ]  # fmt: skip
    write_records(folder, record, files, GDC_CASES)
    plan = scan(folder)
    assert plan.findings == expected.findings
    assert plan.slide_files == expected.slide_files
    assert [table.samples for table in plan.omics] == [table.samples for table in expected.omics]
    assert read_cohort(import_cohort(plan, tmp_path / "cohorts")).patients == ("TCGA-AA-0001", "TCGA-AA-0002")


def test_metadata_in_place_of_the_sample_sheet(tmp_path: Path) -> None:
    folder = write_gdc(tmp_path / "gdc")
    sheet = scan(folder)
    (folder / "gdc_sample_sheet.2025-01-01.tsv").unlink()
    (folder / "metadata.cart.2025-01-01.json").write_text(gdc_metadata())
    metadata = scan(folder)
    made = [read_cohort(import_cohort(plan, tmp_path / str(place))) for place, plan in enumerate((sheet, metadata))]
    assert made[0].patients == made[1].patients
    for name, table in made[0].omics.items():
        pd.testing.assert_frame_equal(table.values, made[1].omics[name].values)


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: next(folder.rglob(name)).unlink()


def replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = next(folder.rglob(name))
        path.write_text(path.read_text().replace(old, new))

    return change


FINDINGS: dict[str, tuple[Callable[[Path], None], str]] = {
    "missing": (
        remove("b.rna_seq*"),
        r"^gdc_manifest\.2025-01-01\.txt: 1 of its files are not here: b\.rna_seq\..*\. Download them again, or go on",
    ),
    "partial": (
        replace("e.mirbase21*", "3.5\tY\n", ""),
        r"^gdc_manifest.*: 1 of its files have another size, and are not used: e\.mirbase21.* \(\d+ of \d+ bytes\)",
    ),
    "a slide is partial": (
        replace("TCGA-AA-0001-01Z*", "paraffin", "par"),
        r"another size, and are not used: TCGA-AA-0001-01Z-00-DX1\.75C5-6C8B\.svs \(3 of 8 bytes\)",
    ),
    "not in the sheet": (
        replace("gdc_sample*", "a.rna_seq", "z.rna_seq"),
        r"^mrna: 1 file of STAR gene counts, unstranded is in no sample sheet: a\.rna_seq",
    ),
    "two files of a sample": (
        replace("gdc_sample*", "TCGA-AA-0002-01A", "TCGA-AA-0001-01A"),
        r"^mrna: 1 file of STAR gene counts, unstranded is of a sample that has one already: b\.rna_seq",
    ),
}


@pytest.mark.parametrize("case", FINDINGS)
def test_what_is_not_right_is_found(case: str, tmp_path: Path) -> None:
    change, message = FINDINGS[case]
    folder = write_gdc(tmp_path / "gdc")
    change(folder)
    said = [str(problem) for problem in scan(folder).findings]
    assert any(re.search(message, line) for line in said), said


def test_torn_files_are_not_used(tmp_path: Path) -> None:
    folder = write_gdc(tmp_path / "gdc")
    for name in ("e.mirbase21*", "TCGA-AA-0001-01Z*"):
        path = next(folder.rglob(name))
        path.write_bytes(path.read_bytes()[:-1])
    plan = scan(folder)
    mirna = next(table for table in plan.omics if table.name == "mirna")
    assert [sample.sample for sample in mirna.samples] == ["TCGA-AA-0001-01A"]
    assert "TCGA-AA-0001-01Z-00-DX1.75C5-6C8B.svs" not in {Path(slide.file).name for slide in plan.slide_files}


def test_another_md5_costs_the_file(tmp_path: Path) -> None:
    folder = write_gdc(tmp_path / "gdc")
    replace("a.rna_seq*", "protein_coding\t10", "protein_coding\t99")(folder)
    check = stage(scan(folder), tmp_path / "cohort")
    assert check.cohort is not None
    assert check.cohort.omics["mrna"].values.index.to_list() == ["TCGA-AA-0002"]
    assert str(check.problems[0]) == (
        "a.rna_seq.augmented_star_gene_counts.tsv: has another MD5 than the manifest says: TCGA-AA-0001-01A goes on "
        "without. Download it again."
    )


def test_without_a_sheet_it_is_said_how_to_get_one(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "gdc", {"uuid/a.rna_seq.augmented_star_gene_counts.tsv": STAR.format(1, 2, 3)})
    with pytest.raises(CohortError, match=r"Nothing in .* can be used\. uuid/a\.rna_seq.*'Sample Sheet'.*can be imp"):
        scan(folder)
    write_files(folder, {"clinical.json": json.dumps(GDC_CASES)})
    (error,) = [problem for problem in scan(folder).findings if problem.severity == "error"]
    assert error.message == NO_SHEET


def test_samples_without_barcodes_go_by_their_case(tmp_path: Path) -> None:
    """CPTAC: the sheet alone tells cases and normals."""
    columns = "File ID\tFile Name\tData Category\tData Type\tProject ID\tCase ID\tSample ID\tTissue Type"
    rows = [
        ["u1", "a.rna_seq.augmented_star_gene_counts.tsv", "", "", "CPTAC-3", "C3L-00004", "C3L-00004-01", "Tumor"],
        ["u2", "b.rna_seq.augmented_star_gene_counts.tsv", "", "", "CPTAC-3", "C3L-00004", "C3L-00004-06", "Normal"],
        ["u3", "c.rna_seq.augmented_star_gene_counts.tsv", "", "", "CPTAC-3", "C3L-1, C3L-1", "C3L-1-31, C3L-1-01",
         "Normal, Tumor"],
    ]  # fmt: skip
    rows += [
        ["u4", "C3L-00004-21.svs", "", "", "CPTAC-3", "C3L-00004", "C3L-00004-21", "Tumor"],
        ["u5", "C3L-00004-26.svs", "", "", "CPTAC-3", "C3L-00004", "C3L-00004-26", "Normal"],
    ]
    files = {f"{row[0]}/{row[1]}": STAR.format(place, 0, 0) for place, row in enumerate(rows)}
    death = {"vital_status": "Dead", "days_to_death": 50}
    cases = [{"submitter_id": name, "demographic": death} for name in ("C3L-00004", "C3L-1")]
    folder = write_files(
        tmp_path / "gdc",
        {**files, "gdc_sample_sheet.tsv": columns + "\n" + tsv(rows), "clinical.json": json.dumps(cases)},
    )
    plan = scan(folder)
    assert [str(problem) for problem in plan.findings] == [
        "mrna: 1 normal sample of STAR gene counts, unstranded has no barcode to tell it by, and is not used."
    ]
    assert [(slide.patient, Path(slide.file).name) for slide in plan.slide_files] == [("C3L-00004", "C3L-00004-21.svs")]
    cohort = read_cohort(import_cohort(plan, tmp_path / "cohorts"))
    assert cohort.omics["mrna"].values["TSPAN6"].to_dict() == {"C3L-00004": 0, "C3L-1": 2}
    assert cohort.outcome["time_days"].to_list() == [50, 50]


def samples(folder: Path, **contents: str | bytes) -> list[SampleFile]:
    name = "{}.rna_seq.augmented_star_gene_counts.tsv"
    write_files(folder, {name.format(key): content for key, content in contents.items()})
    return [SampleFile(sample=key, file=str(folder / name.format(key))) for key in contents]


def test_genes_in_another_order_and_genes_that_lack(tmp_path: Path) -> None:
    """By id: the symbol of the second file is passed over, and a gene of its own left out."""
    header = STAR.partition("N_unmapped")[0]
    other = header + "".join(
        f"{gene}\t{symbol}\tx\t{value}\t0\t0\t0\t0\t0\n"
        for gene, symbol, value in [
            ("ENSG00000141510.18", "P53", 7),
            ("ENSG00000999999.1", "NEW", 1),
            ("ENSG00000000003.15", "TSPAN6", 8),
        ]
    )
    problems = Problems()
    table = read_samples(samples(tmp_path, a=STAR.format(10, 5, 1), b=other), "mrna", problems, lambda what: None)
    assert table is not None
    assert table.labels[:2] == ["TSPAN6", "TP53"]
    np.testing.assert_array_equal(table.cells, [[10, 8], [5, 7], [1, np.nan], [0, np.nan]])
    assert problems.found == []


UNREADABLE: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", r"cannot be read: Empty CSV file\. Download it again"),
    "another format": ("<html>\n", r"cannot be read: .*gene_id.*Download it again"),
    "torn line": (STAR.format(1, 2, 3)[:-20], r"cannot be read: CSV parse error: .*Download it again"),
    "text": (STAR.format("many", 2, 3), r"cannot be read: .*'many'.*Download it again"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_unreadable_files_are_errors(case: str, tmp_path: Path) -> None:
    content, message = UNREADABLE[case]
    problems = Problems()
    files = samples(tmp_path, a=STAR.format(1, 2, 3), b=content)
    table = read_samples(files, "mrna", problems, lambda what: None)
    assert table is not None
    assert table.columns == ["a"]
    (problem,) = problems.errors
    assert problem.file == "b.rna_seq.augmented_star_gene_counts.tsv"
    assert re.search(message, problem.message), problem.message


# Clinical data


CASES: dict[str, tuple[dict[str, object], float, float]] = {
    "dead": ({"demographic": {"vital_status": "Dead", "days_to_death": 5}}, 1, 5),
    "dead, follow-up later than death": (
        {"demographic": {"vital_status": "Dead", "days_to_death": 5}, "diagnoses": [{"days_to_last_follow_up": 9}]},
        1,
        5,
    ),
    "dead, day unknown": (
        {"demographic": {"vital_status": "Dead"}, "diagnoses": [{"days_to_last_follow_up": 9}]},
        1,
        np.nan,
    ),
    "alive": ({"demographic": {"vital_status": "Alive"}, "diagnoses": [{"days_to_last_follow_up": "9"}]}, 0, 9),
    "alive, the latest counts": (
        {
            "demographic": {"vital_status": "Alive"},
            "diagnoses": [{"days_to_last_follow_up": 9}, {"days_to_last_follow_up": 3}],
            "follow_ups": [{"days_to_follow_up": 12}, {}],
        },
        0,
        12,
    ),
    "day 0": ({"demographic": {"vital_status": "Alive"}, "diagnoses": [{"days_to_last_follow_up": 0}]}, 0, 0),
    "before the diagnosis": (
        {"demographic": {"vital_status": "Alive"}, "diagnoses": [{"days_to_last_follow_up": -3}]},
        0,
        np.nan,
    ),
    "unknown": ({"demographic": {"vital_status": "Unknown"}}, np.nan, np.nan),
    "nothing": ({}, np.nan, np.nan),
    "null": ({"demographic": None, "diagnoses": None}, np.nan, np.nan),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("wrapped", [False, True], ids=["list", "answer of the API"])
def test_overall_survival(case: str, wrapped: bool, tmp_path: Path) -> None:
    content, event, days = CASES[case]
    cases = [{"submitter_id": "P1", **content}]
    path = tmp_path / "clinical.json"
    path.write_text(json.dumps({"data": {"hits": cases}} if wrapped else cases))
    frame = read_gdc_clinical(path, Problems())
    np.testing.assert_array_equal(frame.loc["P1", ["OS", "OS.time"]].to_numpy(float), [event, days])


def test_covariates(tmp_path: Path) -> None:
    (tmp_path / "clinical.json").write_text(json.dumps(GDC_CASES))
    frame = read_gdc_clinical(tmp_path / "clinical.json", Problems())
    assert frame.loc["TCGA-AA-0001", ["age", "sex", "stage", "grade"]].to_list() == [61, "male", "Stage II", "G2"]
    assert frame.loc["TCGA-AA-0002", "age"] == 50.0  # 18,263 days
    assert frame["race"].isna().all()


OLD = [
    ["case_id", "case_submitter_id", "vital_status", "days_to_death", "days_to_last_follow_up",
     "ajcc_pathologic_stage"],
    ["u1", "P1", "Dead", "512", "'--", "Stage II"],
    ["u1", "P1", "Dead", "512", "'--", "Stage II"],
    ["u2", "P2", "Alive", "'--", "300", "'--"],
]  # fmt: skip
NEW = [
    ["project.project_id", "cases.case_id", "cases.submitter_id", "demographic.vital_status",
     "demographic.days_to_death", "diagnoses.days_to_last_follow_up", "diagnoses.ajcc_pathologic_stage",
     "diagnoses.submitter_id", "treatments.submitter_id"],
    ["TCGA-LIHC", "u1", "P1", "Dead", "512", "'--", "Stage II", "P1_diagnosis", "P1_treatment"],
    ["TCGA-LIHC", "u1", "P1", "Dead", "512", "'--", "Stage II", "P1_diagnosis", "P1_treatment2"],
    ["TCGA-LIHC", "u2", "P2", "Alive", "'--", "300", "'--", "P2_diagnosis", "'--"],
]  # fmt: skip
FOLLOW_UP = [["cases.submitter_id", "follow_ups.days_to_follow_up"], ["P2", "'--"], ["P2", "450"], ["P1", "500"]]


@pytest.mark.parametrize(
    ("rows", "days"), [(OLD, 300), (NEW, 300), (NEW, 450)], ids=["old", "new", "with follow_up.tsv"]
)
def test_tables(rows: list[list[str]], days: float, tmp_path: Path) -> None:
    path = tmp_path / "clinical.tsv"
    path.write_text(tsv(rows))
    if days == 450:
        (tmp_path / "follow_up.tsv").write_text(tsv(FOLLOW_UP))
    assert is_gdc_clinical(path)
    frame = read_gdc_clinical(path, Problems())
    assert frame["OS"].to_dict() == {"P1": 1, "P2": 0}
    assert frame["OS.time"].to_dict() == {"P1": 512, "P2": days}
    assert frame["stage"].to_list() == ["Stage II", None]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("clinical.json", "[]"),
        ("clinical.json", "{"),
        ("clinical.json", '{"data": 3}'),
        ("clinical.tsv", "patient\tOS\tOS.time\nP1\t1\t2\n"),
        ("clinical.csv", "vital_status,case_submitter_id\n"),
    ],
)
def test_other_tables_are_none_of_the_gdcs(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    assert not is_gdc_clinical(tmp_path / name)
