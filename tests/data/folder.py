"""A cohort folder of eight patients, small enough to be counted by hand; tests change what they are about."""

from __future__ import annotations

from pathlib import Path

TOML = """
name = "small"
title = "Eight patients"
endpoint = "OS"
source = "made up"
licence = "CC0-1.0"

[omics.mrna]
file = "mrna.csv"
kind = "counts"

[omics.methylation]
file = "methylation.tsv"
kind = "beta"
"""

# P1–P6 are usable; P7's time is not known, P8 was followed for 29 days.
CLINICAL = """patient,age,stage,OS,OS.time,PFI,PFI.time
P1,61.5,II,1,100,1,50
P2,70,[Discrepancy],0,200,1,150
P3,55,III,1,300,0,300
P4,48,I,0,400,0,400
P5,,II,1,500,1,450
P6,66,IV,0,30,0,30
P7,59,I,1,,1,90
P8,73,II,0,29,1,10
"""

# P5 lacks mRNA; P6 lacks methylation; P9 is in no clinical row.
MRNA = """patient,TP53,ESR1,GATA3
P1,10,0,5
P2,20,3,
P3,30,1,7
P4,40,0,9
P6,60,2,1
P9,90,2,1
"""

METHYLATION = """patient\tcg1\tcg2
P1\t0.1\t0.9
P2\t0.2\t0.8
P3\t0.3\t0.7
P4\t0.4\t0.6
P5\t0.5\t0.5
"""

FILES = {"cohort.toml": TOML, "clinical.csv": CLINICAL, "mrna.csv": MRNA, "methylation.tsv": METHYLATION}


def write_cohort(folder: Path, files: dict[str, str | bytes | None] | None = None) -> Path:
    """Write the folder with some files replaced, added, or (None) left out."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (FILES | (files or {})).items():
        if content is not None:
            data = content if isinstance(content, bytes) else content.encode()
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
    return folder
