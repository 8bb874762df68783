"""The synthetic cohort: what is planted is there, in the strength that the design states."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openslide
import pandas as pd
import pytest
from PIL import Image
from sklearn.metrics import roc_auc_score

from pomp.data.demo import build_demo
from pomp.data.demo.build import Demo, draw_demo, oracle_concordance, write_tables
from pomp.data.demo.design import TABLES, DemoDesign
from pomp.data.demo.painting import REDUCTION, Painting, paint
from pomp.data.demo.patients import draw_factors
from pomp.data.demo.pyramid import Scan, write_slide
from pomp.data.demo.slides import make_slide
from pomp.errors import CohortError
from tests.conftest import REPOSITORY

DESIGN = DemoDesign()


@pytest.fixture(scope="module")
def demo() -> Demo:
    return draw_demo()


@pytest.fixture(scope="module")
def painting() -> Painting:
    return paint(0.3, DESIGN, np.random.SeedSequence(1))


class TestPatients:
    @pytest.mark.parametrize("seed", [0, 1, 2025])
    def test_factors_hold_the_design_exactly_at_any_seed(self, seed: int) -> None:
        factors = draw_factors(DESIGN, np.random.default_rng(seed))
        p, o = factors["pathology"], factors["omics"]
        assert factors.mean().abs().max() < 1e-9
        assert p.var(ddof=0) == pytest.approx(1)
        assert np.mean(p * o) == pytest.approx(DESIGN.shared)
        expected = DESIGN.pathology_effect * p + DESIGN.omics_effect * o
        assert factors["log_hazard"].to_numpy() == pytest.approx(expected.to_numpy())

    def test_oracle_of_both_is_clearly_above_either(self, demo: Demo) -> None:
        both = oracle_concordance(demo, "log_hazard")
        assert 0.80 <= both <= 0.85
        for modality in ("pathology", "omics"):
            assert 0.70 <= oracle_concordance(demo, modality) <= both - 0.05

    def test_follow_up(self, demo: Demo) -> None:
        clinical = demo.clinical
        assert len(clinical) == 80
        assert clinical.index[0] == "DEMO-001"
        assert (clinical["OS.time"] < 30).sum() == DESIGN.short_follow_up
        assert 0.25 <= (clinical["OS"] == 0).mean() <= 0.35
        assert clinical["OS.time"].between(1, 11 * 365).all()
        assert (clinical["PFI.time"] <= clinical["OS.time"]).all()
        assert (clinical["PFI"] >= clinical["OS"]).all()  # a death ends the progression-free interval too


class TestTables:
    @pytest.mark.parametrize("design", TABLES, ids=lambda table: table.name)
    def test_flaws_of_real_tables(self, demo: Demo, design) -> None:
        values = demo.tables[design.name].values
        assert values.shape == (DESIGN.patients - DESIGN.without_type, design.genes)
        assert values.isna().mean().mean() == pytest.approx(DESIGN.missing, abs=0.005)
        assert (values.max() == values.min()).sum() == DESIGN.constant
        if design.kind == "counts":
            assert values.dtypes.unique().tolist() == [pd.Int64Dtype()]
            assert values.min().min() >= 0
        else:
            assert values.abs().max().max() == 15.0

    @pytest.mark.parametrize("design", TABLES, ids=lambda table: table.name)
    def test_programme_follows_the_omics_factor_and_nothing_else_does(self, demo: Demo, design) -> None:
        table = demo.tables[design.name]
        values = table.values.astype(float)
        if design.kind == "counts":
            values = np.log2(values.div(values.sum(axis=1), axis=0) * 1e6 + 1)
        varying = values.loc[:, values.max() > values.min()]
        strength = varying.corrwith(demo.factors["omics"].reindex(varying.index), method="spearman").abs()
        planted = strength.index.isin(table.programme)
        assert planted.sum() == design.programme
        assert 0.65 <= strength[planted].mean() <= 0.9
        assert strength[~planted].mean() < 0.15

    def test_the_same_seed_gives_the_same_tables(self, demo: Demo, tmp_path: Path) -> None:
        for name, drawn in (("a", demo), ("b", draw_demo()), ("c", draw_demo(seed=1))):
            write_tables(drawn, tmp_path / name)
        names = sorted(str(path.relative_to(tmp_path / "a")) for path in (tmp_path / "a").rglob("*") if path.is_file())
        assert "truth/truth.json" in names
        assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in names)
        assert (tmp_path / "a/mrna.csv.gz").read_bytes() != (tmp_path / "c/mrna.csv.gz").read_bytes()


class TestPainting:
    @pytest.mark.parametrize("share", [0.03, 0.3, 0.8])
    def test_foci_cover_the_share_asked_for(self, share: float) -> None:
        painting = paint(share, DESIGN, np.random.SeedSequence(5))
        assert painting.foci.sum() / painting.tissue.sum() == pytest.approx(share, abs=0.01)
        assert DESIGN.tissue_share[0] - 0.01 <= painting.tissue.mean() <= DESIGN.tissue_share[1] + 0.01

    def test_colours(self, painting: Painting) -> None:
        pixels = np.asarray(painting.image.reduce(REDUCTION), dtype=float)
        glass = pixels[~painting.tissue].mean(axis=0)
        stroma = pixels[painting.tissue & ~painting.foci].mean(axis=0)
        foci = pixels[painting.foci].mean(axis=0)
        assert (glass > 235).all()
        assert stroma[0] > 190 > stroma[1]  # pink: much red, little green
        assert (foci < stroma - 30).all()  # dark
        assert foci[2] > foci[0] > foci[1]  # and purple

    def test_planted_cells_are_told_from_the_others_by_their_colour(self, painting: Painting) -> None:
        side = DESIGN.cell // REDUCTION
        red = np.asarray(painting.image.reduce(REDUCTION), dtype=float)[..., 0]
        tissue, foci, mean_red = (
            a.reshape(5, side, 7, side).mean(axis=(1, 3)).ravel() for a in (painting.tissue, painting.foci, red)
        )
        regions = tissue >= 0.25
        assert 14 <= regions.sum() <= 24
        assert roc_auc_score(foci[regions] > 0.3, -mean_red[regions]) > 0.95

    def test_every_slide_is_its_own(self, demo: Demo) -> None:
        assert len(demo.slides) == 80
        assert len({plan.slide for plan in demo.slides}) == 80
        assert len({plan.patient for plan in demo.slides}) == DESIGN.patients - DESIGN.without_slides
        first, second = (paint(0.3, DESIGN, plan.seed).tissue for plan in demo.slides[:2])
        assert (first != second).any()

    def test_foci_grow_with_the_pathology_factor(self, demo: Demo) -> None:
        shares = pd.Series({plan.patient: plan.foci_share for plan in demo.slides})
        assert shares.corr(demo.factors["pathology"].reindex(shares.index), method="spearman") > 0.95


class TestSlideFile:
    @pytest.mark.parametrize("size", [(1024, 512), (700, 300)], ids=["whole tiles", "cut tiles"])
    def test_openslide_reads_what_was_written(self, tmp_path: Path, size: tuple[int, int]) -> None:
        width, height = size
        ramp = np.linspace(60, 250, width)[None, :, None] * np.array([1.0, 0.7, 0.9])
        image = Image.fromarray(np.broadcast_to(ramp, (height, width, 3)).astype(np.uint8))
        path = tmp_path / "ramp.svs"
        write_slide(path, image, Scan(mpp=0.5, magnification=20, quality=70))
        with openslide.OpenSlide(path) as slide:
            assert slide.detect_format(path) == "aperio"
            assert slide.level_dimensions == (size, *((-(-width // s), -(-height // s)) for s in (4, 16)))
            assert (slide.properties["openslide.mpp-x"], slide.properties["openslide.objective-power"]) == ("0.5", "20")
            assert "thumbnail" in slide.associated_images
            pixels = np.asarray(slide.read_region((0, 0), 0, size).convert("RGB"), dtype=int)
        assert np.abs(pixels - np.asarray(image)).mean() < 2

    def test_white_tiles_are_stored_once(self, tmp_path: Path) -> None:
        sizes = []
        for side in (1024, 4096):
            write_slide(tmp_path / f"{side}.svs", Image.new("RGB", (side, side), "white"), Scan(0.5, 20, 70))
            sizes.append((tmp_path / f"{side}.svs").stat().st_size)
        assert sizes[1] - sizes[0] < 15 * 1024  # sixteen times the tiles: only their offsets are added

    def test_truth_of_a_slide_adds_up(self, demo: Demo, tmp_path: Path) -> None:
        (tmp_path / "slides").mkdir()
        plan = demo.slides[0]
        truth = make_slide(plan, tmp_path, DESIGN)
        assert (tmp_path / plan.file).is_file()
        assert len(truth) == 35
        assert truth[["x", "y"]].max().tolist() == [3072, 2048]
        assert (truth["foci_share"] <= truth["tissue_share"]).all()
        assert truth["foci_share"].sum() / truth["tissue_share"].sum() == pytest.approx(plan.foci_share, abs=0.01)


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(CohortError, match=r"is not empty\. Choose a new folder"):
        build_demo(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "precious"


def test_nothing_outside_the_generator_knows_the_truth() -> None:
    sources = [path for path in (REPOSITORY / "pomp").rglob("*.py") if path.parent.name != "demo"]
    assert len(sources) > 20
    assert [str(path) for path in sources if '"truth' in path.read_text(encoding="utf-8")] == []
