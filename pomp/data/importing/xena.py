"""UCSC Xena's tables by the names under which they are downloaded; the files carry no type of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pomp.data.omics_table import Kind


@dataclass(frozen=True)
class XenaTable:
    """What a name of Xena's stands for."""

    name: str  # the omics type
    kind: Kind
    note: str
    log2_counts: bool = False


_LOG_COUNTS = "counts as log2(count + 1): the counts are recovered as 2^x − 1, rounded, and used as counts"
_TABLES: tuple[tuple[str, XenaTable], ...] = (
    # GDC hub: TCGA-LIHC.star_counts.tsv
    (r"[A-Z0-9.]+-\w+\.(star|htseq)_counts", XenaTable("mrna", "counts", f"Gene {_LOG_COUNTS}.", True)),
    (r"[A-Z0-9.]+-\w+\.(star|htseq)_(tpm|fpkm|fpkm-uq)", XenaTable("mrna", "log", "Expression as log2(x + 1).")),
    (r"[A-Z0-9.]+-\w+\.mirna", XenaTable("mirna", "log", "miRNA as log2(reads per million + 1).")),
    (r"[A-Z0-9.]+-\w+\.methylation(450|27|_epic)", XenaTable("methylation", "beta", "Methylation as beta values.")),
    (r"[A-Z0-9.]+-\w+\.gistic", XenaTable("cnv", "copies", "GISTIC's thresholded copy number.")),
    (r"[A-Z0-9.]+-\w+\.gene-level_(absolute|ascat\d?)", XenaTable("cnv", "copies", "Copies of each gene.")),
    (r"[A-Z0-9.]+-\w+\.protein", XenaTable("protein", "log", "Protein levels (RPPA), normalised.")),
    # TCGA hub, some with the cancer's code in front: LIHC_mc3_gene_level.txt
    (r"HiSeqV2(_PANCAN)?", XenaTable("mrna", "log", "Expression as log2(RSEM normalised count + 1).")),
    (r"(GA|HiSeq|GAV2|AgilentG4502A_07_\d)", XenaTable("mrna", "log", "Expression, logarithmic.")),
    (r"miRNA_(HiSeq|GA)_gene", XenaTable("mirna", "log", "miRNA as log2(reads per million + 1).")),
    (r"HumanMethylation(450|27)", XenaTable("methylation", "beta", "Methylation as beta values.")),
    (
        r"Gistic2_CopyNumber_Gistic2_all_thresholded\.by_genes",
        XenaTable("cnv", "copies", "GISTIC's thresholded copy number, −2 to 2."),
    ),
    (
        r"Gistic2_CopyNumber_Gistic2_all_data_by_genes",
        XenaTable("cnv", "copies", "GISTIC's copy number as log ratio, not thresholded."),
    ),
    (r"(\w+_)?mc3_gene_level", XenaTable("mutation", "binary", "Genes with a non-silent mutation (MC3).")),
    (r"(\w+_)?RPPA(_RBN)?", XenaTable("protein", "log", "Protein levels (RPPA), normalised.")),
)
_SURVIVAL = re.compile(r".*_survival\.txt|.*_clinicalMatrix|.*\.(survival|clinical|GDC_phenotype)\.tsv")
_CODE = re.compile(r"(?:TCGA-)?([A-Z]{2,8})(?:_survival|_clinicalMatrix|_mc3_gene_level|\.)")
_FOLDER = re.compile(r"TCGA\.([A-Z]{2,8})\.sampleMap")


def recognise_xena(file: str) -> XenaTable | None:
    """The table a file name of Xena's stands for; None for any other name."""
    stem = re.sub(r"(\.(tsv|txt|gz))+$", "", _plain(file))
    found = [table for pattern, table in _TABLES if re.fullmatch(pattern, stem)]
    return found[0] if found else None


def is_xena_clinical(file: str) -> bool:
    """``LIHC_survival.txt``, ``LIHC_clinicalMatrix``, ``TCGA-LIHC.survival.tsv.gz``, ``…GDC_phenotype.tsv.gz``."""
    return _SURVIVAL.fullmatch(_plain(file).removesuffix(".gz")) is not None


def cancer_code(file: str) -> str | None:
    """``LIHC`` of ``LIHC_survival.txt``, ``TCGA-LIHC.star_counts.tsv.gz`` or ``TCGA.LIHC.sampleMap%2FHiSeqV2``."""
    found = _FOLDER.match(file) or _CODE.match(_plain(file))
    return found.group(1) if found else None


def _plain(file: str) -> str:
    """Without the folder of the address, whose slash command-line downloads keep as %2F."""
    return file.rpartition("%2F")[2]
