"""Random damage to a cohort's files: every folder is either read or refused with an error, never another exception."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from pomp.data.cohort import check_cohort
from tests.data.folder import FILES, METHYLATION, TOML, write_cohort

SLIDES = "patient,file\nP1,a.svs\nP2,b.svs\n"
WHOLE = {name: text.encode() for name, text in FILES.items() if name != "methylation.tsv"} | {
    "cohort.toml": TOML.replace("methylation.tsv", "methylation.tsv.gz").encode(),
    "methylation.tsv.gz": gzip.compress(METHYLATION.encode(), mtime=0),
    "slides.csv": SLIDES.encode(),
}
MARKS = b'",\n\r\t\x00;=[]-.1eN '


def damage(content: bytes, draw: random.Random) -> bytes:
    """Change, cut out, put in or repeat a few bytes."""
    data = bytearray(content)
    for _ in range(draw.randint(1, 4)):
        place = draw.randrange(len(data) or 1)
        match draw.randrange(4):
            case 0:
                data[place : place + 1] = bytes([draw.randrange(256)])
            case 1:
                del data[place : place + draw.randint(1, 20)]
            case 2:
                data[place:place] = bytes([draw.choice(MARKS)])
            case _:
                data[place:place] = data[place : place + 30]
    return bytes(data)


@pytest.mark.parametrize("name", WHOLE)
def test_damaged(name: str, tmp_path: Path) -> None:
    draw = random.Random(5)
    for _ in range(60):
        damaged = damage(WHOLE[name], draw)
        check = check_cohort(write_cohort(tmp_path, {**WHOLE, name: damaged}))
        refused = any(problem.severity == "error" for problem in check.problems)
        assert refused == (check.cohort is None), damaged
