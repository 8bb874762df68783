"""What was fetched is understood by the import, as it lies there."""

from __future__ import annotations

from pathlib import Path

from pomp.data.gdc.api import Gdc
from pomp.data.gdc.fetch import fetch
from pomp.data.gdc.plan import DATA_TYPES, plan_fetch
from pomp.data.importing.scan import scan
from tests.data.gdc.server import BETA, MIRNA, PROJECT, SLIDE, case, served, serving

# Heads and columns as the GDC's files have them.
COUNTS = b"""# gene-model: GENCODE v36
gene_id\tgene_name\tgene_type\tunstranded\tstranded_first\tstranded_second\ttpm_unstranded\tfpkm_unstranded\tfpkm_uq_unstranded
N_unmapped\t\t\t500\t500\t500\t\t\t
ENSG00000000003.15\tTSPAN6\tprotein_coding\t2157\t1091\t1066\t30.1\t8.9\t9.5
"""
READS = b"""miRNA_ID\tread_count\treads_per_million_miRNA_mapped\tcross-mapped
hsa-let-7a-1\t64014\t10000.1\tN
"""
BETAS = b"cg00000029\t0.35\n"
FILES = [
    served("a.rna_seq.augmented_star_gene_counts.tsv", COUNTS, ("TCGA-DD-A1EB-01A",)),
    served("b.rna_seq.augmented_star_gene_counts.tsv", COUNTS, ("TCGA-DD-A1EB-11A",)),
    served("a.mirbase21.mirnas.quantification.txt", READS, ("TCGA-DD-A1EB-01A",), **MIRNA),
    served("a.methylation_array.sesame.level3betas.txt", BETAS, ("TCGA-DD-A1EB-01A",), **BETA),
    served("TCGA-DD-A1EB-01Z-00-DX1.svs", b"slide", ("TCGA-DD-A1EB-01Z",), **SLIDE),
]


def test_scan_understands_what_was_fetched(tmp_path: Path) -> None:
    with serving(FILES, [case("TCGA-DD-A1EB", 300)]) as server, Gdc(server.address) as gdc:
        fetch(gdc, plan_fetch(gdc, PROJECT, list(DATA_TYPES), tmp_path), 2)
    plan = scan(tmp_path)
    assert (plan.origin, plan.name, plan.title) == ("gdc", PROJECT, "Liver Hepatocellular Carcinoma")
    assert {table.name: (table.kind, sorted(one.sample[:15] for one in table.samples)) for table in plan.omics} == {
        "mrna": ("counts", ["TCGA-DD-A1EB-01", "TCGA-DD-A1EB-11"]),
        "mirna": ("counts", ["TCGA-DD-A1EB-01"]),
        "methylation": ("beta", ["TCGA-DD-A1EB-01"]),
    }
    assert plan.clinical == str(tmp_path / "clinical.json")
    assert [slide.patient for slide in plan.slide_files] == ["TCGA-DD-A1EB"]
    assert [str(finding) for finding in plan.findings] == []
