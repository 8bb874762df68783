"""AnnData and MuData, in and out."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import anndata
import h5py
import mudata
import numpy as np
import pandas as pd
import pytest
from anndata.io import write_elem
from scipy import sparse

from pomp.data.cohort import Cohort, CohortCheck, read_cohort
from pomp.data.importing.containers import list_modalities
from pomp.data.importing.export import export_cohort
from pomp.data.importing.origins import FIRST, UNMARKED_NORMAL
from pomp.data.importing.prepared import write_prepared
from pomp.data.importing.scan import scan
from pomp.data.importing.write import import_cohort, stage
from pomp.data.readers.omics import NO_VALUE
from pomp.errors import CohortError
from tests.data.folder import METHYLATION, TOML, write_cohort

NORMALS = "sample,g1,g2\nTCGA-AA-0001-01A,1,2\nTCGA-AA-0001-11A,3,4\nTCGA-AA-0002-01A,5,\nTCGA-AA-0009-11A,7,8\n"
SOURCES: dict[str, dict[str, str | bytes | None]] = {
    "two types": {},
    "slides": {"slides.csv": "patient,file,mpp\nP1,a.svs,0.25\nP3,b.svs,\n", "a.svs": b"x", "b.svs": b"x"},
    "features beside slides": {"slides.csv": "patient,file,features\nP1,a.svs,a.h5\n", "a.svs": b"x", "a.h5": b"x"},
    "coordinates": {"slides.csv": "patient,file,coordinates\nP1,a.svs,a.h5\n", "a.svs": b"x", "a.h5": b"x"},
    "features alone": {"slides.csv": "patient,file\nP1,a.h5\n", "a.h5": b"x"},
    "normals": {
        "cohort.toml": 'name = "n"\nendpoint = "PFI"\n[omics.mirna]\nfile = "mirna.csv"\nkind = "counts"\n',
        "clinical.csv": "patient,sex,left_out,PFI,PFI.time\n"
        "TCGA-AA-0001,f,,1,90\nTCGA-AA-0002,,,0,91\nTCGA-AA-0003,m,why,1,92\n",
        "mirna.csv": NORMALS,
        "mrna.csv": None,
        "methylation.tsv": None,
    },
    "another id among the clinical columns": {
        "clinical.csv": "patient,patient_id,sample_type,OS,OS.time\nP1,H7,a,1,100\nP2,H7,normal,0,200\n"
    },
    "made up": {"cohort.toml": "synthetic = true\n" + TOML, "methylation.tsv": METHYLATION.replace("0.3", "")},
}


def assert_same(one: Cohort, other: Cohort) -> None:
    """All but the folder, the digest, and who was left out: only the kept are exported."""
    for name in ("name", "title", "endpoint", "source", "licence", "synthetic", "patients"):
        assert getattr(one, name) == getattr(other, name), name
    pd.testing.assert_frame_equal(one.outcome, other.outcome)
    # Whole numbers come back as floats where normals, who have none, stand in the same column.
    pd.testing.assert_frame_equal(one.clinical.dropna(axis=1, how="all"), other.clinical, check_dtype=False)
    pd.testing.assert_frame_equal(one.slides, other.slides)
    assert list(one.omics) == list(other.omics)
    for name, table in one.omics.items():
        assert table.kind == other.omics[name].kind
        pd.testing.assert_frame_equal(table.values, other.omics[name].values)
        assert (table.normals is None) == (other.omics[name].normals is None)
        if table.normals is not None:
            pd.testing.assert_frame_equal(table.normals, other.omics[name].normals)


@pytest.mark.parametrize("case", SOURCES)
def test_what_goes_out_comes_in_the_same(case: str, tmp_path: Path) -> None:
    before = read_cohort(write_cohort(tmp_path / "source", SOURCES[case]))
    (tmp_path / "out").mkdir()
    export_cohort(before, tmp_path / "out" / "cohort.h5mu")
    plan = scan(tmp_path / "out")
    assert (plan.origin, plan.findings) == ("mudata", ())
    assert_same(before, read_cohort(import_cohort(plan, tmp_path / "cohorts")))


@pytest.mark.parametrize("name", ["LIHC", pytest.param("BRCA", marks=pytest.mark.slow)])
def test_tcga_goes_out_and_comes_in_the_same(name: str, shared_data: Path, tmp_path: Path) -> None:
    cohort = read_cohort(shared_data / "tcga" / name)
    before = replace(cohort, clinical=cohort.clinical.drop(columns="Redaction"))  # an import acts on it
    (tmp_path / "out").mkdir()
    export_cohort(before, tmp_path / "out" / "cohort.h5mu")
    assert_same(before, read_cohort(import_cohort(scan(tmp_path / "out"), tmp_path / "cohorts")))


def test_one_type_as_anndata(tmp_path: Path) -> None:
    before = read_cohort(write_cohort(tmp_path / "source", SOURCES["normals"]))
    (tmp_path / "out").mkdir()
    export_cohort(before, tmp_path / "out" / "cohort.h5ad")
    read = anndata.read_h5ad(tmp_path / "out" / "cohort.h5ad")
    assert read.obs_names.to_list() == ["TCGA-AA-0001", "TCGA-AA-0002", "TCGA-AA-0001-11", "TCGA-AA-0009-11"]
    assert read.obs["PFI.time"].to_list()[:2] == [90, 91]
    assert_same(before, read_cohort(import_cohort(scan(tmp_path / "out"), tmp_path / "cohorts")))


def test_what_scverse_reads(tmp_path: Path) -> None:
    cohort = read_cohort(write_cohort(tmp_path / "source"))
    export_cohort(cohort, tmp_path / "cohort.h5mu")
    with mudata.set_options(pull_on_update=False):
        read = mudata.read_h5mu(tmp_path / "cohort.h5mu")
    assert list(read.mod) == ["mrna", "methylation"]
    assert read.obs.loc["P3", "stage"] == "III"
    assert read["mrna"].shape == (5, 3)
    assert read["mrna"]["P4", "TP53"].X.item() == 40
    assert read.uns["pomp"]["kinds"] == {"mrna": "counts", "methylation": "beta"}


def write_elsewhere(folder: Path, matrix: object, modality_obs: bool = False) -> Path:
    """A MuData as other programs write it: sparse counts, follow-up in obs, nothing of ours in uns."""
    folder.mkdir()
    names = pd.Index(["P1", "P2", "P3"])
    sexes = pd.Categorical(["f", "m", "f"])
    follow_up = pd.DataFrame({"OS": [1, 0, 1], "OS.time": [10.0, 200.0, 300.0], "sex": sexes}, names)
    part = anndata.AnnData(matrix, pd.DataFrame(index=names), pd.DataFrame(index=pd.Index(["TP53", "ESR1"])))
    with mudata.set_options(pull_on_update=False):
        whole = mudata.MuData({"rna": part})
        if modality_obs:
            whole["rna"].obs = follow_up
        else:
            whole.obs = follow_up
        whole.write_h5mu(folder / "study.h5mu")
    return folder


COUNTS = np.array([[1.0, 0], [0, 7], [300, 2]])
SAME_COUNTS = [COUNTS, sparse.csr_matrix(COUNTS), COUNTS.astype(np.float32), COUNTS.astype(np.int64)]


@pytest.mark.parametrize("matrix", SAME_COUNTS)
@pytest.mark.parametrize("modality_obs", [False, True])
def test_what_scverse_writes(matrix: object, modality_obs: bool, tmp_path: Path) -> None:
    plan = scan(write_elsewhere(tmp_path / "study", matrix, modality_obs))
    (table,) = plan.omics
    assert (table.name, table.kind) == ("rna", "counts")
    assert table.note == ("Modality 'rna' of study.h5mu. Guessed to be counts: all values are whole numbers from 0 on.")
    check = stage(plan, tmp_path / "cohort")
    assert check.cohort is not None
    assert check.cohort.omics["rna"].values.to_numpy().tolist() == [[7, 0], [2, 300]]  # P1 was followed for 10 days
    assert check.cohort.clinical["sex"].to_list() == ["m", "f"]


# Samples in rows, and their patients in a column of obs


def write_samples(folder: Path, obs: pd.DataFrame, whole: bool = False) -> Path:
    """S0 … with the values 0.5, 1.5, …; `whole`: a .h5mu that has the columns in the obs of the whole."""
    folder.mkdir()
    names = pd.Index([f"S{place}" for place in range(len(obs))])
    values = np.arange(len(obs))[:, None] + np.array([[0.5, 0.25]])
    obs = obs.set_axis(names)
    if not whole:
        anndata.AnnData(values, obs, pd.DataFrame(index=pd.Index(["TP53", "ESR1"]))).write_h5ad(folder / "rna.h5ad")
        return folder
    part = anndata.AnnData(values, pd.DataFrame(index=names), pd.DataFrame(index=pd.Index(["TP53", "ESR1"])))
    with mudata.set_options(pull_on_update=False):
        study = mudata.MuData({"rna": part})
        study.obs = obs
        study.write_h5mu(folder / "study.h5mu")
    return folder


PEOPLE = ["P0", "P0", "P1", "P1", "P1", "P2"]
FOLLOW_UP = {"OS": [1, 1, 0, 0, 0, 1], "OS.time": [100, 100, 200, 200, 200, 300]}
TABLE = "id,OS,OS.time\nP0,1,100\nP1,0,200\nP2,1,300\n"


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("table", [False, True])
@pytest.mark.parametrize("column", ["patient_id", "_PATIENT"])
def test_several_samples_of_a_person_are_one_patient(column: str, table: bool, whole: bool, tmp_path: Path) -> None:
    obs = pd.DataFrame({column: PEOPLE} | ({} if table else FOLLOW_UP))
    folder = write_samples(tmp_path / "study", obs, whole)
    if table:
        (folder / "clinical.csv").write_text(TABLE)
    checks: list[CohortCheck] = []
    cohort = read_cohort(import_cohort(scan(folder), tmp_path / "cohorts", on_check=checks.append))
    assert cohort.patients == ("P0", "P1", "P2")
    assert cohort.outcome["time_days"].to_list() == [100, 200, 300]
    assert column not in cohort.clinical.columns
    (omics,) = cohort.omics.values()
    assert omics.values["TP53"].to_dict() == {"P0": 0.5, "P1": 2.5, "P2": 5.5}
    assert [(one.sample, one.patient, one.used, one.reason) for one in omics.unused] == [
        ("S1", "P0", "S0", FIRST),
        ("S3", "P1", "S2", FIRST),
        ("S4", "P1", "S2", FIRST),
    ]
    file = "study.h5mu" if whole else "rna.h5ad"
    assert [str(problem) for problem in checks[0].problems] == [
        f"{file}: 2 patients are there more than once; the first sample of each is used, and not S1, S3, S4."
    ]


def test_numbers_that_name_patients(tmp_path: Path) -> None:
    obs = pd.DataFrame({"patient_id": [7, 7, 8.0, np.nan]} | {name: cells[:4] for name, cells in FOLLOW_UP.items()})
    check = stage(scan(write_samples(tmp_path / "study", obs)), tmp_path / "cohort")
    assert check.cohort is not None
    assert check.cohort.patients == ("7", "8", "S3")


def test_the_first_sample_that_holds_values_is_used(tmp_path: Path) -> None:
    folder = write_samples(tmp_path / "study", pd.DataFrame({"patient_id": PEOPLE} | FOLLOW_UP))
    with h5py.File(folder / "rna.h5ad", "a") as file:
        file["X"][0] = np.nan
    check = stage(scan(folder), tmp_path / "cohort")
    assert check.cohort is not None
    (omics,) = check.cohort.omics.values()
    assert omics.values["TP53"].to_list() == [1.5, 2.5, 5.5]
    assert [(one.sample, one.used, one.reason) for one in omics.unused][:1] == [("S0", "", NO_VALUE)]


@pytest.mark.parametrize("column", ["sample_type", "Tissue Type"])
def test_normal_samples_without_a_barcode_are_no_tumours(column: str, tmp_path: Path) -> None:
    types = ["Solid Tissue Normal", "Primary Tumor", "Tumor", "normal", "Tumor", "normal"]
    obs = pd.DataFrame({"patient_id": PEOPLE, column: types, "side": ["n", *"abcde"]} | FOLLOW_UP)
    check = stage(scan(write_samples(tmp_path / "study", obs)), tmp_path / "cohort")
    assert check.cohort is not None
    assert check.cohort.patients == ("P0", "P1")
    assert check.cohort.clinical["side"].to_list() == ["a", "b"]  # of the tumour's row, not the normal's
    (omics,) = check.cohort.omics.values()
    assert omics.values["TP53"].to_list() == [1.5, 2.5]
    assert [(one.sample, one.patient, one.used, one.reason) for one in omics.unused] == [
        ("S0", "P0", "", UNMARKED_NORMAL),
        ("S3", "P1", "", UNMARKED_NORMAL),
        ("S4", "P1", "S2", FIRST),
        ("S5", "P2", "", UNMARKED_NORMAL),
    ]
    assert "rna.h5ad: 3 normal samples have no barcode to tell them by, and are not used: S0, S3, S5." in [
        str(problem) for problem in check.problems
    ]


def test_barcodes_speak_for_themselves(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    names = pd.Index(["TCGA-AA-0001-11A", "TCGA-AA-0001-01A", "TCGA-AA-0002-01A"])
    obs = pd.DataFrame({"_PATIENT": [name[:12] for name in names], "OS": 1, "OS.time": 100}, names)
    values = np.array([[1.5], [2.5], [3.5]])
    anndata.AnnData(values, obs, pd.DataFrame(index=pd.Index(["TP53"]))).write_h5ad(folder / "x.h5ad")
    cohort = read_cohort(import_cohort(scan(folder), tmp_path / "cohorts"))
    (omics,) = cohort.omics.values()
    assert omics.values["TP53"].to_dict() == {"TCGA-AA-0001": 2.5, "TCGA-AA-0002": 3.5}
    assert omics.normals is not None
    assert omics.normals["TP53"].to_dict() == {"TCGA-AA-0001-11": 1.5}


def test_follow_up_by_sample_is_followed_and_doubted(tmp_path: Path) -> None:
    folder = write_samples(tmp_path / "study", pd.DataFrame({"patient_id": PEOPLE}))
    (folder / "clinical.csv").write_text("id,OS,OS.time\n" + "".join(f"S{place},1,100\n" for place in range(6)))
    check = stage(scan(folder), tmp_path / "cohort")
    assert check.cohort is not None
    assert len(check.cohort.patients) == 6
    assert [str(problem) for problem in check.problems] == [
        "rna.h5ad: names 3 patients of 6 samples, and the follow-up is listed by sample: samples of one patient, such "
        "as S0 and S1 of P0, count as several patients. List the follow-up by patient."
    ]


DAMAGED = {
    "no HDF5": (b"PK", r"^study\.h5mu: .*cannot be read as AnnData or MuData"),
    "torn": (None, r"cannot be read as AnnData or MuData"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_files_are_findings(case: str, tmp_path: Path) -> None:
    content, message = DAMAGED[case]
    folder = write_elsewhere(tmp_path / "study", COUNTS)
    path = folder / "study.h5mu"
    path.write_bytes(path.read_bytes()[:2000] if content is None else content)
    (folder / "clinical.csv").write_text("id,OS,OS.time\nP1,1,2\n")
    findings = [str(problem) for problem in scan(folder).findings]
    assert any(re.search(message, line) for line in findings), findings


def test_a_kind_that_is_none_is_a_finding(tmp_path: Path) -> None:
    folder = write_elsewhere(tmp_path / "study", COUNTS)
    with h5py.File(folder / "study.h5mu", "a") as file:
        write_elem(file, "uns", {"pomp": {"kinds": {"rna": "banana"}}})
    (finding,) = scan(folder).findings
    assert str(finding).startswith(
        "study.h5mu: uns['pomp']['kinds'] says that 'rna' is 'banana', which is no kind: write"
    )


REFUSED = {
    "another format": ("cohort.zarr", {}, r"cohort\.zarr is no name for an export: end it in \.h5ad or \.h5mu"),
    "several types as .h5ad": ("cohort.h5ad", {}, r"A \.h5ad holds one omics type.*'small' has: mrna, methylation"),
    "it is there": ("there.h5mu", {}, r"there\.h5mu exists already: choose another name"),
    "a slash": (
        "cohort.h5mu",
        {"clinical.csv": "patient,left/right,OS,OS.time\nP1,l,1,100\nP2,r,0,200\n"},
        r"'left/right' cannot be a name in an HDF5 file, because of its slash",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_exported(case: str, tmp_path: Path) -> None:
    name, files, message = REFUSED[case]
    (tmp_path / "there.h5mu").touch()
    cohort = read_cohort(write_cohort(tmp_path / "source", files))
    with pytest.raises(CohortError, match=message):
        export_cohort(cohort, tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source", "there.h5mu"]


def test_a_prepared_fold(tmp_path: Path) -> None:
    values = np.arange(12, dtype=np.float32).reshape(3, 2, 2)
    summary = pd.DataFrame(
        {
            "omics": ["mrna", "mrna", "mrna", "mirna"],
            "gene": ["TP53", "ESR1", "GATA3", "let-7"],
            "rank": [2, 1, 3, 1],
            "p_value": [0.02, 0.01, 0.5, 0.001],
        }
    )
    present = np.array([[True, True], [True, False], [True, True]])
    genes = {"mrna": ["ESR1", "TP53"], "mirna": ["let-7"]}
    obs = pd.DataFrame({"event": [True, False, True], "part": ["training", "test", "test"]}, ["P1", "P2", "P3"])
    write_prepared(tmp_path / "fold.h5mu", ["P1", "P2", "P3"], genes, values, present, summary, obs)
    assert list_modalities(tmp_path / "fold.h5mu") == ["mrna", "mirna"]
    with mudata.set_options(pull_on_update=False):
        read = mudata.read_h5mu(tmp_path / "fold.h5mu")
    assert read["mrna"].X.tolist() == [[0, 1], [4, 5], [8, 9]]
    assert read["mirna"].X.tolist() == [[2], [10]]
    assert read["mirna"].obs_names.to_list() == ["P1", "P3"]
    assert read["mrna"].var.loc["TP53"].to_dict() == {"rank": 2, "p_value": 0.02}
    assert read.obs["part"].to_list() == ["training", "test", "test"]
