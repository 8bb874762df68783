"""The cohort of `folder.py`, counted by hand, and the ways in which its files may be written."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pomp.config import CohortConfig
from pomp.data.cohort import Cohort, check_cohort, read_cohort
from pomp.data.omics_table import UnusedSample
from pomp.data.readers.omics import NEITHER, NO_VALUE, NORMAL_TWIN, TWIN
from tests.data.folder import CLINICAL, FILES, METHYLATION, MRNA, TOML, write_cohort

FOLLOW_UP_REASONS = {
    "P7": "OS.time is not recorded",
    "P8": "followed for 29 days, fewer than 30",
    "P9": "no row in clinical.csv",
}


def funnel(cohort: Cohort) -> list[tuple[str, int]]:
    return [(step.label, step.count) for step in cohort.log.steps]


def test_funnel_with_masked_modalities(tmp_path: Path) -> None:
    cohort = read_cohort(write_cohort(tmp_path))
    assert cohort.patients == ("P1", "P2", "P3", "P4", "P5", "P6")
    assert funnel(cohort) == [
        ("loaded", 9),
        ("has follow-up", 6),
        ("has mrna", 5),
        ("has methylation", 5),
        ("kept", 6),
    ]
    assert cohort.log.left_out == FOLLOW_UP_REASONS
    assert [step.masked for step in cohort.log.steps] == [(), (), ("P5",), ("P6",), ()]


def test_funnel_with_complete_cases(tmp_path: Path) -> None:
    cohort = read_cohort(write_cohort(tmp_path), CohortConfig(complete_cases=True))
    assert cohort.patients == ("P1", "P2", "P3", "P4")
    assert cohort.log.left_out == FOLLOW_UP_REASONS | {"P5": "has no mrna", "P6": "has no methylation"}


@pytest.mark.parametrize(
    ("config", "patients", "events"),
    [
        (CohortConfig(), "P1 P2 P3 P4 P5 P6", "P1 P3 P5"),
        (CohortConfig(min_days=31), "P1 P2 P3 P4 P5", "P1 P3 P5"),
        (CohortConfig(min_days=0), "P1 P2 P3 P4 P5 P6", "P1 P3 P5"),  # P8 has no modality
        (CohortConfig(endpoint="PFI"), "P1 P2 P3 P4 P5 P6", "P1 P2 P5"),  # P7 has no modality
        (CohortConfig(omics=("mrna",)), "P1 P2 P3 P4 P6", "P1 P3"),
        (CohortConfig(omics=("methylation",), complete_cases=True), "P1 P2 P3 P4 P5", "P1 P3 P5"),
    ],
)
def test_who_is_kept(config: CohortConfig, patients: str, events: str, tmp_path: Path) -> None:
    cohort = read_cohort(write_cohort(tmp_path), config)
    assert cohort.patients == tuple(patients.split())
    assert cohort.outcome.index[cohort.outcome["event"]].to_list() == events.split()
    assert cohort.endpoint == (config.endpoint or "OS")
    assert list(cohort.omics) == list(config.omics or ("mrna", "methylation"))


def test_tables_hold_kept_patients_with_the_type(tmp_path: Path) -> None:
    cohort = read_cohort(write_cohort(tmp_path))
    mrna, methylation = cohort.omics["mrna"], cohort.omics["methylation"]
    assert mrna.values.index.to_list() == ["P1", "P2", "P3", "P4", "P6"]
    assert mrna.values.columns.to_list() == ["ESR1", "GATA3", "TP53"]
    np.testing.assert_array_equal(mrna.values.loc["P2"], [3, np.nan, 20])
    assert methylation.values.index.to_list() == ["P1", "P2", "P3", "P4", "P5"]
    assert (mrna.kind, mrna.normals, methylation.kind) == ("counts", None, "beta")
    assert set(mrna.values.dtypes) == {np.dtype(np.float64)}


def test_outcome_and_covariates(tmp_path: Path) -> None:
    cohort = read_cohort(write_cohort(tmp_path))
    assert cohort.outcome["time_days"].to_list() == [100, 200, 300, 400, 500, 30]
    assert cohort.outcome["event"].dtype == bool
    assert cohort.outcome.index.to_list() == cohort.clinical.index.to_list() == list(cohort.patients)
    assert cohort.clinical["age"].dtype == np.float64
    assert np.isnan(cohort.clinical.loc["P5", "age"])
    assert cohort.clinical.loc["P2", "stage"] == "[Discrepancy]"
    assert cohort.clinical.columns.to_list() == ["age", "stage", "OS", "OS.time", "PFI", "PFI.time"]
    assert (cohort.name, cohort.title, cohort.licence) == ("small", "Eight patients", "CC0-1.0")


def test_a_row_without_values_lacks_the_type(tmp_path: Path) -> None:
    cohort = read_cohort(write_cohort(tmp_path, {"mrna.csv": MRNA + "P5,,,\n"}))
    assert cohort.log.steps[2].masked == ("P5",)


def test_cells_that_are_no_numbers_among_numbers_are_a_warning(tmp_path: Path) -> None:
    check = check_cohort(write_cohort(tmp_path, {"clinical.csv": CLINICAL.replace("P3,55,", 'P3,"1,234",')}))
    (problem,) = [one for one in check.problems if one.file == "clinical.csv"]
    assert (problem.severity, problem.column, problem.value) == ("warning", "age", "1,234")
    assert "of patient P3 has a comma" in str(problem)
    assert check.cohort is not None


def test_strangers_are_a_warning(tmp_path: Path) -> None:
    check = check_cohort(write_cohort(tmp_path))
    (problem,) = check.problems
    assert str(problem) == "mrna.csv: 1 of its 6 patients is not in clinical.csv: P9."
    assert problem.severity == "warning"
    assert check.cohort is not None
    assert check.log == check.cohort.log


def test_who_is_marked_is_left_out_with_that_reason(tmp_path: Path) -> None:
    marked = CLINICAL.replace("PFI.time\n", "PFI.time,left_out\n").replace("50\n", "50,redacted by TCGA\n", 1)
    lines = [line if line.count(",") == 7 else f"{line}," for line in marked.splitlines()]
    check = check_cohort(write_cohort(tmp_path, {"clinical.csv": "\n".join(lines)}))
    assert check.cohort is not None
    assert check.cohort.patients == ("P2", "P3", "P4", "P5", "P6")
    assert check.log.left_out == FOLLOW_UP_REASONS | {"P1": "left_out: redacted by TCGA"}


MRNA_ALONE = TOML.split("[omics.methylation]")[0]
ONE_ERROR: dict[str, tuple[dict[str, str | bytes | None], CohortConfig, str]] = {
    "an unreadable table": (
        {"mrna.csv": MRNA.replace("P2,20,3,", "P2,20"), "cohort.toml": MRNA_ALONE},
        CohortConfig(), "mrna.csv, row 3: has 2 fields where the header has 4.",
    ),
    "one of two": ({"mrna.csv": ""}, CohortConfig(), "mrna.csv: the file is empty."),
    "an unknown type": (
        {}, CohortConfig(omics=("cnv",)),
        "cohort.toml: 'cnv' is asked for and no omics type of this cohort. Types there: mrna, methylation.",
    ),
    "an unreadable list of slides": (
        {"cohort.toml": 'name = "x"', "slides.csv": "patient,image\nP1,a.svs\n"}, CohortConfig(),
        "slides.csv, row 1: has no column 'file'; it has image.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ONE_ERROR)
def test_what_cannot_be_read_is_the_only_error(case: str, tmp_path: Path) -> None:
    """Nobody is said to lack what could not be read."""
    files, config, error = ONE_ERROR[case]
    check = check_cohort(write_cohort(tmp_path, files), config)
    assert [str(problem) for problem in check.problems if problem.severity == "error"] == [error]
    assert [step.label for step in check.log.steps] == ["loaded", "has follow-up"]
    assert check.cohort is None


NOTHING: dict[str, tuple[dict[str, str | bytes | None], CohortConfig, str]] = {
    "no table": ({"cohort.toml": 'name = "x"'}, CohortConfig(), "add [omics.<name>] or slides.csv."),
    "none is wanted": ({}, CohortConfig(omics=()), "add [omics.<name>] or slides.csv."),
    "no slide on this disk": (
        {"cohort.toml": 'name = "x"', "slides.csv": "patient,file\nP1,a.svs\n"}, CohortConfig(),
        "see what is said of the list of slides.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", NOTHING)
def test_where_there_is_nothing_to_use_nobody_is_named(case: str, tmp_path: Path) -> None:
    files, config, advice = NOTHING[case]
    check = check_cohort(write_cohort(tmp_path, files), config)
    (error,) = [str(problem) for problem in check.problems if problem.severity == "error"]
    assert error == f"cohort.toml: there is no omics table and no slide to use: {advice}"
    assert [step.label for step in check.log.steps] == ["loaded", "has follow-up"]


@pytest.mark.parametrize(("column", "cell"), [("OS", "Dead"), ("OS.time", "-5")])
def test_follow_up_that_cannot_be_is_not_missing_as_well(column: str, cell: str, tmp_path: Path) -> None:
    """Nobody is told to fill in what is written wrong, or to lower min_days."""
    frame = pd.read_csv(io.StringIO(CLINICAL), dtype=str).assign(**{column: cell})
    check = check_cohort(write_cohort(tmp_path, {"clinical.csv": frame.to_csv(index=False)}))
    errors = [problem for problem in check.problems if problem.severity == "error"]
    assert {(problem.column, problem.value) for problem in errors} == {(column, cell)}
    assert check.cohort is None


def test_without_usable_follow_up_that_is_said_beside_what_cannot_be_read(tmp_path: Path) -> None:
    check = check_cohort(write_cohort(tmp_path, {"mrna.csv": ""}), CohortConfig(min_days=1e4))
    assert [str(problem)[:32] for problem in check.problems] == [
        "mrna.csv: the file is empty.", "clinical.csv: no patient is left"
    ]  # fmt: skip


# Orientation, formats and order: the same cohort however it is written


def transpose(text: str, separator: str = ",") -> str:
    return pd.read_csv(io.StringIO(text), sep=separator, index_col=0).T.to_csv(sep=separator)


def shuffle(text: str, seed: int, separator: str = ",") -> str:
    frame = pd.read_csv(io.StringIO(text), sep=separator, index_col=0, dtype=str)
    frame = frame.sample(frac=1, random_state=seed).sample(frac=1, axis=1, random_state=seed)
    return frame.to_csv(sep=separator)


def assert_same(one: Cohort, other: Cohort) -> None:
    """All but the folder and the digest."""
    assert one.patients == other.patients
    assert one.log == other.log
    pd.testing.assert_frame_equal(one.outcome, other.outcome)
    pd.testing.assert_frame_equal(one.clinical, other.clinical, check_like=True)
    pd.testing.assert_frame_equal(one.slides[["patient", "slide"]], other.slides[["patient", "slide"]])
    assert list(one.omics) == list(other.omics)
    for name, table in one.omics.items():
        pd.testing.assert_frame_equal(table.values, other.omics[name].values)
        assert (table.normals is None) == (other.omics[name].normals is None)
        if table.normals is not None:
            pd.testing.assert_frame_equal(table.normals, other.omics[name].normals)


@pytest.mark.parametrize(
    "files",
    [
        {"mrna.csv": transpose(MRNA)},
        {"methylation.tsv": transpose(METHYLATION, "\t")},
        {"mrna.csv": gzip.compress(MRNA.encode())},
        {"clinical.csv": CLINICAL.replace("\n", "\r\n")},
    ],
    ids=["genes in rows", "genes in rows, tsv", "gz", "Windows lines"],
)
def test_spellings_of_one_cohort(files: dict[str, str | bytes], tmp_path: Path) -> None:
    assert_same(read_cohort(write_cohort(tmp_path / "a")), read_cohort(write_cohort(tmp_path / "b", files)))


BARCODES = """aliquot,g1,g2,g3
TCGA-AA-0001-01A-11R,1,2,3
TCGA-AA-0001-11A-11R,4,5,6
TCGA-AA-0002-06A-11R,7,8,9
TCGA-AA-0002-01B-11R,10,11,12
TCGA-AA-0002-01A-31R,13,14,15
TCGA-AA-0003-06A-11R,16,17,18
TCGA-AA-0003-11A-11R,19,20,21
TCGA-AA-0003-11B-11R,22,23,24
TCGA-AA-0009-11A-11R,25,26,27
TCGA-AA-0002-20A-11R,28,29,30
"""
TCGA_FILES: dict[str, str | bytes | None] = {
    "cohort.toml": 'name = "barcodes"\n[omics.mirna]\nfile = "mirna.csv"\nkind = "counts"\n',
    "clinical.csv": "patient,OS,OS.time\nTCGA-AA-0001,1,90\nTCGA-AA-0002,0,91\nTCGA-AA-0003,1,92\n",
    "mirna.csv": BARCODES,
}


def test_samples_of_one_patient(tmp_path: Path) -> None:
    """01A before 01B before 06A; 06A where there is no 01; 10–19 apart, their patients in clinical.csv or not."""
    check = check_cohort(write_cohort(tmp_path, TCGA_FILES))
    assert check.cohort is not None
    table = check.cohort.omics["mirna"]
    assert table.values["g1"].to_dict() == {"TCGA-AA-0001": 1, "TCGA-AA-0002": 13, "TCGA-AA-0003": 16}
    assert table.normals is not None
    assert table.normals["g1"].to_dict() == {"TCGA-AA-0001-11": 4, "TCGA-AA-0003-11": 19, "TCGA-AA-0009-11": 25}
    assert [str(problem) for problem in check.problems] == [
        "mirna.csv: 1 sample is neither tumour nor normal and not used: TCGA-AA-0002-20A-11R.",
        "mirna.csv: 1 patient is there more than once; the barcode that sorts first is used (01 before 02–09), and "
        "not TCGA-AA-0002-01B-11R, TCGA-AA-0002-06A-11R.",
        "mirna.csv: 1 normal sample is there more than once; the barcode that sorts first is used (01 before "
        "02–09), and not TCGA-AA-0003-11B-11R.",
    ]
    assert [(one.sample[5:], one.used[5:], one.reason) for one in table.unused] == [
        ("AA-0002-01B-11R", "AA-0002-01A-31R", TWIN),
        ("AA-0002-06A-11R", "AA-0002-01A-31R", TWIN),
        ("AA-0002-20A-11R", "", NEITHER),
        ("AA-0003-11B-11R", "AA-0003-11A-11R", NORMAL_TWIN),
    ]
    assert {one.patient for one in table.unused} == {"TCGA-AA-0002", "TCGA-AA-0003"}


def test_a_sample_without_a_value_is_named(tmp_path: Path) -> None:
    files = TCGA_FILES | {"mirna.csv": BARCODES + "TCGA-AA-0001-02A-11R,,,\n"}
    table = read_cohort(write_cohort(tmp_path, files)).omics["mirna"]
    assert table.unused[0] == UnusedSample("TCGA-AA-0001-02A-11R", "TCGA-AA-0001", "", NO_VALUE)


def test_barcodes_as_r_writes_them_in_columns(tmp_path: Path) -> None:
    dotted = transpose(BARCODES.replace("TCGA-", "TCGA.").replace("-", "."))
    assert_same(
        read_cohort(write_cohort(tmp_path / "a", TCGA_FILES)),
        read_cohort(write_cohort(tmp_path / "b", TCGA_FILES | {"mirna.csv": dotted})),
    )


@pytest.mark.parametrize("seed", range(5))
def test_order_of_rows_and_columns_changes_nothing_but_the_digest(seed: int, tmp_path: Path) -> None:
    slides = "patient,file\nP1,s/a.svs\nP1,s/b.svs\nP3,s/c.svs\n"
    common: dict[str, str | bytes | None] = {f"s/{name}.svs": b"x" for name in "abc"} | {"slides.csv": slides}
    mixed: dict[str, str | bytes | None] = {
        "clinical.csv": shuffle(CLINICAL, seed),
        "mrna.csv": shuffle(MRNA, seed),
        "methylation.tsv": shuffle(METHYLATION, seed, "\t"),
        "slides.csv": shuffle(slides, seed),
    }
    plain, shuffled = (
        read_cohort(write_cohort(tmp_path / "a", common)),
        read_cohort(write_cohort(tmp_path / "b", common | mixed)),
    )
    assert_same(plain, shuffled)
    assert plain.digest != shuffled.digest
    barcodes = TCGA_FILES | {"mirna.csv": shuffle(BARCODES, seed)}
    assert_same(
        read_cohort(write_cohort(tmp_path / "c", TCGA_FILES)), read_cohort(write_cohort(tmp_path / "d", barcodes))
    )


# Slides


def test_slides(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "TCGA-1.ABC.svs"
    elsewhere.parent.mkdir()
    elsewhere.touch()
    rows = f"patient,file\nP3,{elsewhere}\nP1,slides/b.svs\nP1,slides/a.svs\nP2,slides/gone.svs\nP7,slides/c.svs\n"
    files: dict[str, str | bytes | None] = {f"slides/{name}": b"" for name in ("a.svs", "b.svs", "c.svs")}
    folder = write_cohort(tmp_path / "cohort", files | {"slides.csv": rows})
    check = check_cohort(folder, CohortConfig(complete_cases=True))
    assert check.cohort is not None
    assert check.cohort.patients == ("P1", "P3")
    assert check.cohort.slides[["patient", "slide", "file"]].to_numpy().tolist() == [
        ["P1", "a", str(folder / "slides/a.svs")],
        ["P1", "b", str(folder / "slides/b.svs")],
        ["P3", "TCGA-1.ABC", str(elsewhere)],
    ]
    assert check.log.left_out["P2"] == "has no slides"
    assert check.log.left_out["P5"] == "has no mrna and no slides"
    assert str(check.problems[-1]) == (
        "slides.csv, row 5, column 'file': 'slides/gone.svs' is not on this disk: "
        "the patient goes on without this slide."
    )


def test_slides_alone_make_a_cohort(tmp_path: Path) -> None:
    files: dict[str, str | bytes | None] = {
        "cohort.toml": 'name = "x"\n[slides]\nfile = "list.csv"\n',
        "list.csv": "patient,file\nP1,a.svs\n",
        "a.svs": b"",
    }
    cohort = read_cohort(write_cohort(tmp_path, files))
    assert (cohort.patients, cohort.omics) == (("P1",), {})
    assert cohort.log.left_out["P2"] == "has no slides"


STRANGERS = [
    # patients of the slides, severity, what is said
    (["P1", "P001", "P002"], "warning", "2 of its 3 patients are not in clinical.csv: P001, P002."),
    (
        ["P001", "P002", "P002"],
        "error",
        "none of its 2 patients (P001, P002) is in clinical.csv (P1, P2, P3, P4, P5 and 3 more). Ids must be spelt "
        "alike in both.",
    ),
]


@pytest.mark.parametrize("listed", ["slides.csv", "list.csv"])
@pytest.mark.parametrize(("patients", "severity", "said"), STRANGERS)
def test_slides_of_strangers(patients: list[str], severity: str, said: str, listed: str, tmp_path: Path) -> None:
    rows = "".join(f"{patient},{place}.h5\n" for place, patient in enumerate(patients))
    files: dict[str, str | bytes | None] = {f"{place}.h5": b"x" for place in range(len(patients))}
    named = f'{TOML}\n[slides]\nfile = "{listed}"\n'
    files |= {listed: f"patient,file\n{rows}", "cohort.toml": named}
    check = check_cohort(write_cohort(tmp_path, files))
    assert [(problem.severity, str(problem)) for problem in check.problems if problem.file == listed] == [
        (severity, f"{listed}: {said}")
    ]
    assert (check.cohort is None) == (severity == "error")


# The digest


@pytest.mark.parametrize(
    ("files", "same"),
    [
        ({}, True),
        ({"cohort.toml": TOML.replace("Eight", "Some")}, True),
        ({"mrna.csv": MRNA.replace("10,0", "11,0")}, False),
        ({"clinical.csv": CLINICAL.replace("61.5", "61.6")}, False),
        ({"cohort.toml": TOML.replace('"counts"', '"log"')}, False),
        ({"cohort.toml": TOML.replace('"OS"', '"PFI"')}, False),
        ({"slides.csv": "patient,file\nP1,a.svs\n", "a.svs": b"x"}, False),
    ],
)
def test_digest(files: dict[str, str | bytes | None], same: bool, tmp_path: Path) -> None:
    first, second = write_cohort(tmp_path / "a"), write_cohort(tmp_path / "b", files)
    digest = read_cohort(first).digest
    assert len(digest) == 16
    assert (read_cohort(second).digest == digest) == same
    assert read_cohort(first, CohortConfig(omics=("mrna",), min_days=0)).digest == digest


def test_the_report_is_plain_data(tmp_path: Path) -> None:
    check = check_cohort(write_cohort(tmp_path, {"clinical.csv": FILES["clinical.csv"].replace("P6", "P1")}))
    assert check.cohort is None
    text = json.dumps({"log": check.log.to_json(), "problems": [problem.to_json() for problem in check.problems]})
    assert json.loads(text)["problems"][0] == {
        "severity": "error",
        "file": "clinical.csv",
        "row": 7,
        "column": None,
        "value": "P1",
        "message": "is a patient in rows 2 and 7: keep one of them.",
    }


def test_what_is_advised_where_nobody_is_complete(tmp_path: Path) -> None:
    folder = write_cohort(tmp_path, {"methylation.tsv": "patient\tcg1\nP5\t0.5\n"})
    said = [str(problem) for problem in check_cohort(folder, CohortConfig(complete_cases=True)).problems]
    assert "kept 0. Lacking a modality: 6; allow that (complete_cases=false), or leave a modality out." in said[-1]
    assert "Followed for fewer than 30 days: 1; lower min_days to keep them." in said[-1]
