from __future__ import annotations

import csv
import json
from pathlib import Path

from pomp.data.gdc.api import Gdc
from pomp.data.gdc.fetch import fetch
from pomp.data.gdc.folder import FetchRecord, read_record
from pomp.data.gdc.plan import plan_fetch
from tests.data.gdc.server import PROJECT, RELEASE, SLIDE, case, served, serving

TUMOUR = served("a.tsv", b"tumour", ("TCGA-DD-A1EB-01A",))
PAIR = served("b.tsv", b"pair", ("TCGA-DD-A4NA-01A", "TCGA-DD-A4NA-11A"))
SLIDE_FILE = served("c.svs", b"slide", ("TCGA-DD-A4NA-01Z",), **SLIDE)
NEWER = served("d.tsv", b"newer")
NEWER.entry["cases"] = [
    {
        "submitter_id": "C3L-00001",
        "project": {"project_id": PROJECT},
        "samples": [{"submitter_id": "C3L-00001-01", "tissue_type": "Tumor"}],
    }
]
PATIENTS = [case("TCGA-DD-A1EB", 300), case("TCGA-DD-A4NA", None)]


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t"))


def test_the_folder_is_laid_out_as_the_gdc_does(tmp_path: Path) -> None:
    files = [TUMOUR, PAIR, SLIDE_FILE, NEWER]
    with serving(files, PATIENTS) as server, Gdc(server.address) as gdc:
        fetch(gdc, plan_fetch(gdc, PROJECT, ["mrna", "slides"], tmp_path), 2)
        address = server.address
    manifest = rows(tmp_path / "gdc_manifest.txt")
    assert manifest[0] == ["id", "filename", "md5", "size", "state"]
    # MD5 by `printf tumour | md5sum`
    assert [TUMOUR.id, "a.tsv", "74a9c8f162f0a2d929d76b198843e58a", "6", "released"] in manifest
    assert len(manifest) == 1 + len(files)
    sheet = {line[1]: line for line in rows(tmp_path / "gdc_sample_sheet.tsv")}
    assert sheet == {
        "File Name": [
            "File ID", "File Name", "Data Category", "Data Type", "Project ID", "Case ID", "Sample ID", "Sample Type",
        ],
        "a.tsv": [
            TUMOUR.id, "a.tsv", "Transcriptome Profiling", "Gene Expression Quantification", PROJECT, "TCGA-DD-A1EB",
            "TCGA-DD-A1EB-01A", "Primary Tumor",
        ],
        "b.tsv": [
            PAIR.id, "b.tsv", "Transcriptome Profiling", "Gene Expression Quantification", PROJECT,
            "TCGA-DD-A4NA, TCGA-DD-A4NA", "TCGA-DD-A4NA-01A, TCGA-DD-A4NA-11A", "Primary Tumor, Solid Tissue Normal",
        ],
        "c.svs": [
            SLIDE_FILE.id, "c.svs", "Biospecimen", "Slide Image", PROJECT, "TCGA-DD-A4NA", "TCGA-DD-A4NA-01Z",
            "Primary Tumor",
        ],
        "d.tsv": [
            NEWER.id, "d.tsv", "Transcriptome Profiling", "Gene Expression Quantification", PROJECT, "C3L-00001",
            "C3L-00001-01", "Tumor",
        ],
    }  # fmt: skip
    assert sorted(json.loads((tmp_path / "clinical.json").read_text()), key=str) == sorted(PATIENTS, key=str)
    assert json.loads((tmp_path / "fetch.json").read_text()) == {
        "project": PROJECT,
        "title": "Liver Hepatocellular Carcinoma",
        "types": ["mrna", "slides"],
        "api": address,
        "data_release": RELEASE,
        "date": read_record(tmp_path).date,  # type: ignore[union-attr]
        "cases": 2,
        "files": {"mrna": 3, "slides": 1},
        "bytes": sum(len(file.content) for file in files),
    }
    assert (tmp_path / PAIR.id / "b.tsv").read_bytes() == b"pair"


def test_a_folder_without_a_record(tmp_path: Path) -> None:
    assert read_record(tmp_path) is None
    assert read_record(tmp_path / "absent") is None


def test_the_record_is_read_back(tmp_path: Path) -> None:
    record = FetchRecord(
        project=PROJECT, title="", types=("mrna",), api="https://mirror", data_release=RELEASE,
        date="2026-01-05T12:00:00+00:00", cases=1, files={"mrna": 1}, bytes=3,
    )  # fmt: skip
    (tmp_path / "fetch.json").write_text(record.model_dump_json())
    assert read_record(tmp_path) == record
