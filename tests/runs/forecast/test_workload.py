"""What is counted in a cohort's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from pomp.config import override
from pomp.data.cohort import read_cohort
from pomp.errors import ConfigError
from pomp.runs.forecast.workload import count_workload
from pomp.runs.resolve import resolve
from pomp.slides.store import regions_path
from tests.dashboard.fake import CONFIG, make_cohort


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Sixty patients, 58 with follow-up of 30 days; the first twenty have a slide, of whom two are left out."""
    make_cohort(tmp_path / "tumours", slides=True)
    return tmp_path / "tumours"


def test_regions_of_prepared_slides(folder: Path) -> None:
    """18 slides of 12 regions for 58 patients, most of whom have none."""
    cohort = read_cohort(folder)
    found = count_workload(cohort, resolve(CONFIG, cohort))
    assert (found.patients, found.regions, found.uncut) == (58, 18 * 12 / 58, 0)
    assert (found.genes, found.counts, found.features) == ((8, 8), (), None)


def test_what_is_not_cut_yet_is_taken_to_be_like_the_rest(folder: Path) -> None:
    cohort = read_cohort(folder)
    for slide in cohort.slides["slide"][:9]:
        regions_path(folder, slide, CONFIG.slides).unlink()
    found = count_workload(cohort, resolve(CONFIG, cohort))
    assert (found.regions, found.uncut) == (18 * 12 / 58, 18 * 12 / 2)


def test_a_damaged_region_file_is_one_to_be_cut_again(folder: Path) -> None:
    cohort = read_cohort(folder)
    regions_path(folder, cohort.slides["slide"].iloc[0], CONFIG.slides).write_bytes(b"no regions")
    assert count_workload(cohort, resolve(CONFIG, cohort)).uncut == 12


def test_nothing_is_cut(folder: Path) -> None:
    """Other settings have other region files."""
    cohort, other = read_cohort(folder), override(CONFIG, {"slides.min_tissue": 0.5})
    with pytest.raises(ConfigError, match=r"No slide of cohort 'tumours' .* --regions .* `pomp prepare`"):
        count_workload(cohort, resolve(other, cohort))
    with pytest.raises(ConfigError, match="-1 regions has none"):
        count_workload(cohort, resolve(other, cohort), regions=-1)
    found = count_workload(cohort, resolve(other, cohort), regions=100)
    assert (found.regions, found.uncut) == (18 * 100 / 58, 1800)


def test_a_cap_on_regions(folder: Path) -> None:
    cohort, capped = read_cohort(folder), override(CONFIG, {"slides.max_regions": 5})
    assert count_workload(cohort, resolve(capped, cohort)).regions == 18 * 5 / 58


@pytest.mark.parametrize(("modality", "regions", "genes"), [("omics", 0, (8, 8)), ("pathology", 18 * 12 / 58, ())])
def test_one_modality(folder: Path, modality: str, regions: float, genes: tuple[int, ...]) -> None:
    cohort = read_cohort(folder)
    found = count_workload(cohort, resolve(override(CONFIG, {"model.modalities": modality}), cohort))
    assert (found.regions, found.genes) == (regions, genes)


def test_counts_are_told_apart(folder: Path) -> None:
    text = (folder / "cohort.toml").read_text(encoding="utf-8")
    mirna = text.index("[omics.mirna]")
    (folder / "cohort.toml").write_text(text[:mirna] + text[mirna:].replace('"log"', '"counts"'), encoding="utf-8")
    table = (folder / "mirna.csv").read_text(encoding="utf-8").splitlines()
    rows = [table[0], *(",".join([row.split(",")[0], *"12345678"]) for row in table[1:])]
    (folder / "mirna.csv").write_text("\n".join(rows), encoding="utf-8")
    cohort = read_cohort(folder)
    assert count_workload(cohort, resolve(CONFIG, cohort)).counts == (8,)
