"""Which cohorts are the paper's."""

from __future__ import annotations

from pathlib import Path

import pytest

from pomp.data.paper_cohorts import PAPER_PATIENTS, find_paper_cohort


@pytest.mark.parametrize(
    ("names", "project"),
    [
        (("LIHC", "x"), "LIHC"),
        (("mine", "TCGA-LIHC"), "LIHC"),
        (("tcga_luad_2024", ""), "LUAD"),
        (("tcgabrca", ""), "BRCA"),
        (("a lgg cohort", ""), "LGG"),
        (("stad-local", "TCGA-COAD"), "STAD"),
        (("demo", "Demo (synthetic)"), None),
        (("coadjuvant", "Coadread"), None),
        (("PLGG", "BRCA2 carriers"), None),
        (("", ""), None),
    ],
)
def test_found_as_a_word(names: tuple[str, str], project: str | None) -> None:
    assert find_paper_cohort(*names) == project


def test_numbers_are_those_of_the_paper(shared_data: Path) -> None:
    paper = shared_data.parent / "paper" / "pomp-ijcai2025.txt"
    if not paper.is_file():
        pytest.skip(f"the paper's text is not at {paper}")
    said = ", ".join(str(patients) for patients in PAPER_PATIENTS.values()).replace(", 451", ", and 451")
    names = ", ".join(PAPER_PATIENTS).replace(", LGG", ", and LGG")
    assert f"the sample counts for {names} are {said}, respectively" in paper.read_text(encoding="utf-8")
