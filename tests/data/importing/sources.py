"""Small folders in exactly the shape in which Xena, the GDC, TRIDENT and hospitals hand theirs out."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

PATIENTS = ("TCGA-AA-0001", "TCGA-AA-0002", "TCGA-AA-0003", "TCGA-AA-0004")


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def tsv(rows: Sequence[Sequence[object]]) -> str:
    return "".join("\t".join(map(str, row)) + "\n" for row in rows)


# UCSC Xena, hub "TCGA": genes in rows, samples in columns; patient 2 has two tumour samples, 3 a normal one.

XENA_SAMPLES = ("TCGA-AA-0001-01", "TCGA-AA-0002-06", "TCGA-AA-0002-01", "TCGA-AA-0003-11", "TCGA-AA-0003-01")

XENA_SURVIVAL = tsv(
    [
        ["sample", "_PATIENT", "OS", "OS.time", "DSS", "DSS.time", "DFI", "DFI.time", "PFI", "PFI.time", "Redaction"],
        ["TCGA-AA-0001-01", "TCGA-AA-0001", 1, 100, 1, 100, "", "", 1, 50, ""],
        ["TCGA-AA-0002-01", "TCGA-AA-0002", 0, 200, 0, 200, 0, 200, 0, 200, ""],
        ["TCGA-AA-0002-06", "TCGA-AA-0002", 0, 200, 0, 200, 0, 200, 0, 200, ""],
        ["TCGA-AA-0003-01", "TCGA-AA-0003", 1, 300, "", "", "", "", 1, 250, ""],
        ["TCGA-AA-0003-11", "TCGA-AA-0003", 1, 300, "", "", "", "", 1, 250, ""],
        ["TCGA-AA-0004-01", "TCGA-AA-0004", 0, 400, 0, 400, "", "", 0, 400, "Redacted"],
    ]
)

XENA_CLINICAL_MATRIX = tsv(
    [
        [
            "sampleID",
            "_INTEGRATION",
            "_PATIENT",
            "age_at_initial_pathologic_diagnosis",
            "pathologic_stage",
            "sample_type",
        ],
        ["TCGA-AA-0001-01", "TCGA-AA-0001-01", "TCGA-AA-0001", 61, "Stage II", "Primary Tumor"],
        ["TCGA-AA-0002-01", "TCGA-AA-0002-01", "TCGA-AA-0002", 50, "Stage I", "Primary Tumor"],
        ["TCGA-AA-0003-11", "TCGA-AA-0003-11", "TCGA-AA-0003", 70, "", "Solid Tissue Normal"],
        ["TCGA-AA-0003-01", "TCGA-AA-0003-01", "TCGA-AA-0003", 70, "Stage IV", "Primary Tumor"],
    ]
)


def xena_matrix(first: str, genes: Mapping[str, Sequence[object]]) -> str:
    return tsv([[first, *XENA_SAMPLES], *([gene, *values] for gene, values in genes.items())])


def write_xena(folder: Path) -> Path:
    """As downloaded from the hub TCGA: names without suffix, some packed, some unpacked by the browser."""
    expression = xena_matrix(
        "sample", {"ARHGEF10L|23": [9.98, 10.1, 9.4, 7.9, 8.8], "TP53": [0.0, 11.5, 9.123, 8, 10.2]}
    )
    beta = xena_matrix("sample", {"cg13332474": [0.05, "NA", 0.9, 0.02, 0.5], "cg00651829": [0.1, 0.2, 0.3, 0.4, 0.77]})
    return write_files(
        folder,
        {
            "survival/LIHC_survival.txt": XENA_SURVIVAL,
            "LIHC_clinicalMatrix": XENA_CLINICAL_MATRIX,
            "HiSeqV2": expression,
            "HiSeqV2_PANCAN.gz": gzip.compress(expression.encode()),
            "miRNA_HiSeq_gene.gz": gzip.compress(
                xena_matrix("sample", {"MIMAT0000062": [9.5, 10, 8.25, 7, 6]}).encode()
            ),
            "HumanMethylation450": beta,
            "Gistic2_CopyNumber_Gistic2_all_thresholded.by_genes": xena_matrix(
                "Gene Symbol", {"ACAP3": [-1, 0, 2, 0, -2], "AGRN": [0, 0, 1, 0, 0]}
            ),
            "mc3_gene_level/LIHC_mc3_gene_level.txt.gz": gzip.compress(
                xena_matrix("sample", {"UBE2Q2": [0, 0, 1, 0, 0], "CHMP1B": [0, 1, 0, 0, 1]}).encode()
            ),
            "readme.pdf": b"%PDF",
        },
    )


COUNTS = {"ENSG00000000003.15": [2026, 0, 15, 7, 3], "ENSG00000141510.18": [1, 65_432, 1_234_567, 10, 99]}


def write_xena_gdc(folder: Path, decimals: int = 14) -> Path:
    """As downloaded from the GDC hub: log2(count + 1), sample barcodes with the vial."""
    samples = [f"{sample}A" for sample in XENA_SAMPLES]
    logs = [
        [gene, *(round(float(np.log2(value + 1)), decimals) for value in values)] for gene, values in COUNTS.items()
    ]
    return write_files(
        folder,
        {
            "TCGA-LIHC.star_counts.tsv.gz": gzip.compress(tsv([["Ensembl_ID", *samples], *logs]).encode()),
            "TCGA-LIHC.mirna.tsv.gz": gzip.compress(
                tsv([["miRNA_ID", *samples], ["hsa-let-7a-1", 12.5, 11, 10, 9, 8]]).encode()
            ),
            "TCGA-LIHC.methylation450.tsv.gz": gzip.compress(
                tsv([["Composite Element REF", *samples], ["cg00000029", 0.5, 0.25, "", 0.1, 0.75]]).encode()
            ),
            "TCGA-LIHC.survival.tsv": tsv(
                [
                    ["sample", "OS", "_PATIENT", "OS.time"],
                    *(
                        [f"{patient}-01A", place % 2, patient, 100 * place]
                        for place, patient in enumerate(PATIENTS, start=1)
                    ),
                ]
            ),
        },
    )


# The GDC's portal and client: one folder a file

STAR = """# gene-model: GENCODE v36
gene_id\tgene_name\tgene_type\tunstranded\tstranded_first\tstranded_second\ttpm_unstranded\tfpkm_unstranded\t\
fpkm_uq_unstranded
N_unmapped\t\t\t8120268\t8120268\t8120268\t\t\t
N_multimapping\t\t\t4402480\t4402480\t4402480\t\t\t
N_noFeature\t\t\t1446120\t24573336\t24781939\t\t\t
N_ambiguous\t\t\t5551010\t1476463\t1476463\t\t\t
ENSG00000000003.15\tTSPAN6\tprotein_coding\t{0}\t1\t2\t21.7\t9.1\t9.9
ENSG00000141510.18\tTP53\tprotein_coding\t{1}\t1\t2\t3.5\t1.1\t1.2
ENSG00000199392.1\tY_RNA\tmisc_RNA\t{2}\t0\t0\t0.0\t0.0\t0.0
ENSG00000201701.1\tY_RNA\tmisc_RNA\t0\t0\t0\t0.0\t0.0\t0.0
"""
MIRNA = """miRNA_ID\tread_count\treads_per_million_miRNA_mapped\tcross-mapped
hsa-let-7a-1\t{0}\t9815.1\tN
hsa-mir-21\t{1}\t3.5\tY
"""
BETAS = "cg00000029\t{0}\ncg00000108\tNA\ncg00000165\t{1}\n"

SHEET_COLUMNS = "File ID\tFile Name\tData Category\tData Type\tProject ID\tCase ID\tSample ID\tSample Type"

# sample, sample type, file, content; the slide of patient 1 in paraffin and frozen, a slide of normal tissue
GDC_FILES: tuple[tuple[str, str, str, str], ...] = (
    ("TCGA-AA-0001-01A", "Primary Tumor", "a.rna_seq.augmented_star_gene_counts.tsv", STAR.format(10, 5, 1)),
    ("TCGA-AA-0002-01A", "Primary Tumor", "b.rna_seq.augmented_star_gene_counts.tsv", STAR.format(20, 0, 0)),
    ("TCGA-AA-0002-11A", "Solid Tissue Normal", "c.rna_seq.augmented_star_gene_counts.tsv", STAR.format(30, 9, 2)),
    ("TCGA-AA-0001-01A", "Primary Tumor", "d.mirbase21.mirnas.quantification.txt", MIRNA.format(100, 7)),
    ("TCGA-AA-0003-01A", "Primary Tumor", "e.mirbase21.mirnas.quantification.txt", MIRNA.format(300, 0)),
    ("TCGA-AA-0001-01A", "Primary Tumor", "f.methylation_array.sesame.level3betas.txt", BETAS.format(0.125, 0.5)),
    ("TCGA-AA-0001-01Z", "Primary Tumor", "TCGA-AA-0001-01Z-00-DX1.75C5-6C8B.svs", "paraffin"),
    ("TCGA-AA-0001-01A", "Primary Tumor", "TCGA-AA-0001-01A-01-TS1.0B6A-11.svs", "frozen"),
    ("TCGA-AA-0002-11A", "Solid Tissue Normal", "TCGA-AA-0002-11A-01-TS1.99AA-02.svs", "normal"),
    ("TCGA-AA-0003-01A", "Primary Tumor", "TCGA-AA-0003-01A-01-BS1.44BB-07.svs", "frozen"),
)

GDC_CASES: list[dict[str, Any]] = [
    {
        "case_id": "0001-uuid", "submitter_id": "TCGA-AA-0001",
        "demographic": {
            "vital_status": "Dead", "days_to_death": 512, "gender": "male", "race": "not reported", "age_at_index": 61,
        },
        "diagnoses": [
            {"days_to_last_follow_up": 90, "ajcc_pathologic_stage": "Stage I", "classification_of_tumor": "recurrence"},
            {"ajcc_pathologic_stage": "Stage II", "tumor_grade": "G2", "classification_of_tumor": "primary"},
        ],
    },
    {
        "case_id": "0002-uuid", "submitter_id": "TCGA-AA-0002",
        "demographic": {"vital_status": "Alive", "days_to_death": None, "gender": "female"},
        "diagnoses": [{"days_to_last_follow_up": 300.0, "age_at_diagnosis": 18263}],
        "follow_ups": [{"days_to_follow_up": 700}, {"days_to_follow_up": None}],
    },
    {
        "case_id": "0003-uuid", "submitter_id": "TCGA-AA-0003",
        "demographic": {"vital_status": "Dead", "gender": "female"},
        "diagnoses": [{"days_to_last_follow_up": 40}],
    },
    {"case_id": "0004-uuid", "submitter_id": "TCGA-AA-0004", "demographic": {"vital_status": "Not Reported"}},
]  # fmt: skip


def gdc_manifest() -> str:
    rows: list[list[object]] = [["id", "filename", "md5", "size", "state"]]
    for place, (_, _, name, content) in enumerate(GDC_FILES):
        digest = hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()
        rows.append([f"uuid-{place}", name, digest, len(content.encode()), "released"])
    return tsv(rows)


def gdc_sheet() -> str:
    rows = [
        [f"uuid-{place}", name, "category", "type", "TCGA-LIHC", sample[:12], sample, kind]
        for place, (sample, kind, name, _) in enumerate(GDC_FILES)
    ]
    return SHEET_COLUMNS + "\n" + tsv(rows)


def gdc_metadata() -> str:
    entries = [
        {
            "file_id": f"uuid-{place}",
            "file_name": name,
            "associated_entities": [
                {"entity_submitter_id": f"{sample}-11R-A131-07", "case_id": "x", "entity_type": "aliquot"}
            ],
        }
        for place, (sample, _, name, _) in enumerate(GDC_FILES)
    ]
    return json.dumps(entries)


def write_gdc(folder: Path) -> Path:
    """What `pomp cohort fetch` and the GDC's own client leave."""
    files: dict[str, str | bytes] = {
        "gdc_manifest.2025-01-01.txt": gdc_manifest(),
        "gdc_sample_sheet.2025-01-01.tsv": gdc_sheet(),
        "clinical.json": json.dumps(GDC_CASES),
    }
    for place, (_, _, name, content) in enumerate(GDC_FILES):
        files[f"uuid-{place}/{name}"] = content
        files[f"uuid-{place}/logs/{name}.parcel"] = b"\x00"
    return write_files(folder, files)
