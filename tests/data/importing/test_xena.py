"""Folders of Xena's downloads, read by hand: who is in, what the numbers are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pomp.data.cohort import check_cohort, read_cohort
from pomp.data.importing.scan import scan
from pomp.data.importing.write import import_cohort, stage
from pomp.data.importing.xena import cancer_code, is_xena_clinical, recognise_xena
from tests.data.importing.sources import COUNTS, XENA_SAMPLES, write_xena, write_xena_gdc

NAMES = [
    # file, omics type, kind, log2 of counts
    ("HiSeqV2", "mrna", "log", False),
    ("HiSeqV2.gz", "mrna", "log", False),
    ("HiSeqV2_PANCAN.gz", "mrna", "log", False),
    ("miRNA_HiSeq_gene", "mirna", "log", False),
    ("HumanMethylation450", "methylation", "beta", False),
    ("Gistic2_CopyNumber_Gistic2_all_thresholded.by_genes", "cnv", "copies", False),
    ("mc3_gene_level_LIHC", None, None, False),
    ("LIHC_mc3_gene_level.txt.gz", "mutation", "binary", False),
    ("TCGA-LIHC.star_counts.tsv.gz", "mrna", "counts", True),
    ("TCGA-LIHC.htseq_counts.tsv", "mrna", "counts", True),
    ("TCGA-LIHC.htseq_fpkm-uq.tsv.gz", "mrna", "log", False),
    ("TCGA-LIHC.mirna.tsv.gz", "mirna", "log", False),
    ("TCGA-LIHC.methylation450.tsv.gz", "methylation", "beta", False),
    ("CPTAC-3.star_tpm.tsv.gz", "mrna", "log", False),
    ("TCGA.LIHC.sampleMap%2FHiSeqV2.gz", "mrna", "log", False),
    ("mc3_gene_level%2FLIHC_mc3_gene_level.txt.gz", "mutation", "binary", False),
    ("counts.csv", None, None, False),
]


@pytest.mark.parametrize(("file", "name", "kind", "logged"), NAMES)
def test_names(file: str, name: str | None, kind: str | None, logged: bool) -> None:
    table = recognise_xena(file)
    assert (table and table.name, table and table.kind, bool(table and table.log2_counts)) == (name, kind, logged)


@pytest.mark.parametrize(
    ("file", "clinical", "code"),
    [
        ("LIHC_survival.txt", True, "LIHC"),
        ("LIHC_survival.txt.gz", True, "LIHC"),
        ("LIHC_clinicalMatrix", True, "LIHC"),
        ("TCGA-LIHC.survival.tsv", True, "LIHC"),
        ("TCGA-LIHC.GDC_phenotype.tsv.gz", True, "LIHC"),
        ("TCGA-LIHC.star_counts.tsv.gz", False, "LIHC"),
        ("HiSeqV2", False, None),
        ("survival%2FLIHC_survival.txt", True, "LIHC"),
        ("TCGA.LIHC.sampleMap%2FLIHC_clinicalMatrix", True, "LIHC"),
        ("TCGA.LIHC.sampleMap%2FHiSeqV2", False, "LIHC"),
        ("clinical.csv", False, None),
    ],
)
def test_clinical_names(file: str, clinical: bool, code: str | None) -> None:
    assert (is_xena_clinical(file), cancer_code(file)) == (clinical, code)


def test_scan_of_the_tcga_hub(tmp_path: Path) -> None:
    folder = write_xena(tmp_path / "downloads")
    plan = scan(folder)
    assert (plan.name, plan.title, plan.origin, plan.endpoint) == ("TCGA-LIHC", "TCGA-LIHC", "xena", "OS")
    assert plan.endpoints == ("DFI", "DSS", "OS", "PFI")
    assert plan.clinical == str(folder / "survival/LIHC_survival.txt")
    assert plan.covariates == (str(folder / "LIHC_clinicalMatrix"),)
    assert [(table.name, Path(table.file).name, table.kind) for table in plan.omics] == [
        ("cnv", "Gistic2_CopyNumber_Gistic2_all_thresholded.by_genes", "copies"),
        ("mrna", "HiSeqV2", "log"),
        ("methylation", "HumanMethylation450", "beta"),
        ("mutation", "LIHC_mc3_gene_level.txt.gz", "binary"),
        ("mirna", "miRNA_HiSeq_gene.gz", "log"),
    ]
    assert all(table.note.startswith("Xena: ") for table in plan.omics)
    assert [str(problem) for problem in plan.findings] == [
        "HiSeqV2_PANCAN.gz: is not used: 'mrna' is read from another table. Take that away to use this one."
    ]


def test_the_cohort_of_the_tcga_hub(tmp_path: Path) -> None:
    made = import_cohort(scan(write_xena(tmp_path / "downloads")), tmp_path / "cohorts")
    cohort = read_cohort(made)
    assert cohort.patients == ("TCGA-AA-0001", "TCGA-AA-0002", "TCGA-AA-0003")
    assert cohort.outcome["time_days"].to_list() == [100, 200, 300]
    assert cohort.outcome["event"].to_list() == [True, False, True]
    assert cohort.log.left_out == {"TCGA-AA-0004": "left_out: redacted by TCGA"}
    assert cohort.clinical.loc["TCGA-AA-0003", "pathologic_stage"] == "Stage IV"  # of the tumour, not the normal
    assert cohort.clinical.loc["TCGA-AA-0003", "sample_type"] == "Primary Tumor"
    mrna, beta = cohort.omics["mrna"], cohort.omics["methylation"]
    assert mrna.values["TP53"].to_list() == [0.0, 9.123, 10.2]  # 01 before 06
    assert mrna.normals is not None
    assert mrna.normals["TP53"].to_dict() == {"TCGA-AA-0003-11": 8.0}
    np.testing.assert_allclose(beta.values["cg00651829"], [0.1, 0.3, 0.77], atol=3e-8)
    assert np.isnan(beta.values.to_numpy()).sum() == 0
    assert cohort.omics["cnv"].values["ACAP3"].to_list() == [-1, 2, -2]
    assert cohort.omics["mutation"].values["CHMP1B"].to_list() == [0, 0, 1]
    assert cohort.source == "UCSC Xena, TCGA-LIHC"


def test_names_as_wget_leaves_them(tmp_path: Path) -> None:
    folder = write_xena(tmp_path / "downloads")
    (folder / "HiSeqV2_PANCAN.gz").unlink()
    (folder / "HiSeqV2").rename(folder / "TCGA.LIHC.sampleMap%2FHiSeqV2")
    (folder / "survival" / "LIHC_survival.txt").rename(folder / "survival%2FLIHC_survival.txt")
    plan = scan(folder)
    assert (plan.name, plan.findings) == ("TCGA-LIHC", ())
    assert list(read_cohort(import_cohort(plan, tmp_path / "cohorts")).omics) == [table.name for table in plan.omics]


def test_redacted_patients_are_named(tmp_path: Path) -> None:
    check = stage(scan(write_xena(tmp_path / "downloads")), tmp_path / "cohort")
    said = [str(problem) for problem in check.problems]
    assert "LIHC_survival.txt, column 'Redaction': 1 patient is redacted by TCGA, and left out: TCGA-AA-0004." in said


@pytest.mark.parametrize("decimals", [14, 6])
def test_counts_of_the_gdc_hub_are_whole_again(decimals: int, tmp_path: Path) -> None:
    folder = write_xena_gdc(tmp_path / "downloads", decimals)
    plan = scan(folder)
    assert plan.endpoints == ("OS",)
    cohort = read_cohort(import_cohort(plan, tmp_path / "cohorts"))
    table = cohort.omics["mrna"]
    assert table.kind == "counts"
    for gene, (first, _, second, normal, third) in COUNTS.items():
        assert table.values[gene].to_list() == [first, second, third]
        assert table.normals is not None
        assert table.normals[gene].to_list() == [normal]
    assert cohort.patients == ("TCGA-AA-0001", "TCGA-AA-0002", "TCGA-AA-0003")
    assert cohort.log.left_out == {"TCGA-AA-0004": "has no methylation and no mirna and no mrna"}


def test_as_kind_log_the_values_stay(tmp_path: Path) -> None:
    plan = scan(write_xena_gdc(tmp_path / "downloads"))
    changed = tuple(table.model_copy(update={"kind": "log"}) for table in plan.omics if table.name == "mrna")
    check = stage(plan.model_copy(update={"omics": changed}), tmp_path / "cohort")
    assert check.cohort is not None
    assert check.cohort.omics["mrna"].values["ENSG00000141510.18"].iloc[0] == 1.0  # log2(1 + 1)


def test_what_is_no_logarithm_of_counts_is_an_error(tmp_path: Path) -> None:
    folder = write_xena_gdc(tmp_path / "downloads")
    (folder / "TCGA-LIHC.star_counts.tsv.gz").write_text(
        "id\t" + "\t".join(XENA_SAMPLES) + "\nTP53\t3.3\t4\t5\t2.2\t6.4\n"
    )
    plan = scan(folder)
    check = stage(plan, tmp_path / "cohort")
    assert check.cohort is None
    (error,) = [str(problem) for problem in check.problems if problem.severity == "error"]
    assert error == (  # 3.3 and 6.4; 5 is 31 counts, and the others are no patient's first tumour
        "TCGA-LIHC.star_counts.tsv.gz: 2 of 3 values are no log2(count + 1): 2^x − 1 is no whole number. Take the "
        "table as kind 'log'."
    )


def test_rows_that_contradict_each_other_stop_the_import(tmp_path: Path) -> None:
    folder = write_xena(tmp_path / "downloads")
    survival = folder / "survival/LIHC_survival.txt"
    before = "TCGA-AA-0003-11\tTCGA-AA-0003\t1\t300"
    survival.write_text(survival.read_text().replace(before, before.replace("300", "301")))
    check = stage(scan(folder), tmp_path / "cohort")
    errors = [str(problem) for problem in check.problems if problem.severity == "error"]
    assert errors == [
        "LIHC_survival.txt, column 'OS.time': 'TCGA-AA-0003' has different values in row 5 and row 6: correct them, or "
        "keep one row a patient."
    ]
    assert check.cohort is None
    assert check_cohort(tmp_path / "cohort").cohort is not None  # what was staged is whole: the error is the source's
