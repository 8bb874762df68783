"""The Slide page of a run on region features: over the slide where there is an image, else on the regions' grid."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard.elements import run_label
from dashboard.registry import SlideRegistry, slide_key
from dashboard.slide.maps import slide_maps
from dashboard.viewer import Choice, Pane
from pomp.config import override
from pomp.data.cohort import read_cohort
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from pomp.slides.store import regions_path, write_regions
from tests.dashboard.cohort_folder import make_slide
from tests.dashboard.fake import CONFIG, finish, make_cohort, make_pixels, make_regions
from tests.dashboard.pages import figures, open_page, words

APP = Path(dashboard.__file__).parent / "app.py"
FILES = {"P-00": "pictured.svs", "P-01": "bare.h5", "P-02": "unplaced.pt"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Three slides with features: one with an image, one without, and one without coordinates either."""
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    folder = workspace.cohorts / "features"
    make_cohort(folder, slides=False)
    for name in [*FILES.values(), "pictured.h5"]:
        (folder / name).write_bytes(b"nobody opens it")
    make_slide(folder / "pictured.svs")
    table = pd.DataFrame({"patient": FILES.keys(), "file": FILES.values(), "features": ["pictured.h5", None, None]})
    table.to_csv(folder / "slides.csv", index=False)
    cohort = read_cohort(folder)
    made = finish(workspace.runs.create(cohort, override(CONFIG, {"folds": 3})), cohort, signal=1.0)
    maps = made.table("attention/regions")
    assert maps is not None
    maps.loc[maps["patient"] == "P-02", ["x", "y", "size"]] = np.nan
    maps["left_out"] = np.where(maps["patient"] == "P-01", 4, 1)
    made.write_table("attention/regions", maps)
    return made


def open_slide(run: Run, patient: str, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("POMP_HOME", str(run.folder.parents[1]))
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params["run"], app.query_params["patient"] = run_label(run), patient
    app.run()
    app.switch_page("views/slide.py").run()
    assert not app.exception, [error.value for error in app.exception]
    return app


CASES = {
    # whether the viewer is installed, what the page says instead of showing it
    ("P-00", True): [],
    ("P-00", False): ["Install it again."],
    ("P-01", True): ["There are features of this slide and no image"],
    ("P-02", True): ["The feature file of this slide has no coordinates"],
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_maps_are_shown_on_what_there_is(case: tuple[str, bool], run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    patient, installed = case
    shown: list[str] = []

    def show(panes: list[Pane], first: Choice, **_: object) -> Choice:
        shown.extend(pane.slide_url for pane in panes)
        return first

    monkeypatch.setattr("dashboard.viewer.explain_absence", lambda: "" if installed else "Install it again.")
    monkeypatch.setattr("dashboard.viewer.slide_viewer", show)
    app = open_slide(run, patient, monkeypatch)
    said = [info.value for info in app.info]
    assert len(said) == len(CASES[case])
    assert all(text.startswith(expected) for text, expected in zip(said, CASES[case], strict=True))
    assert len(figures(app)) == len(CASES[case])
    assert len(shown) == 1 - len(CASES[case])


def test_regions_left_out_together_are_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    said = [caption.value for caption in open_slide(run, "P-01", monkeypatch).caption]
    assert any("up to 4 neighbours were left out together" in text for text in said)
    said = [caption.value for caption in open_slide(run, "P-00", monkeypatch).caption]
    assert not any("left out together" in text for text in said)


@pytest.fixture
def indexed(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same run with the index of each region, of a file of which every second was read, as far as it is known."""
    home = tmp_path / "home"
    shutil.copytree(run.folder.parents[1], home)
    monkeypatch.setenv("POMP_HOME", str(home))
    copy = Run.open(home / "runs" / run.id)
    maps = copy.table("attention/regions")
    assert maps is not None
    maps["index"] = 2 * maps.groupby("slide").cumcount()
    maps["size_stated"] = maps["patient"] == "P-00"
    maps.loc[maps["patient"] == "P-02", ["row", "column"]] = 0
    copy.write_table("attention/regions", maps)
    return copy


class TestWithoutCoordinates:
    def test_a_region_is_named_by_its_number_in_the_file(self, indexed: Run) -> None:
        said = words(open_page("slide", run=indexed, patient="P-02", **{"slide-region": "3"}))
        assert "Region 3: region 5 of the file" in said
        assert "row 0" not in said
        said = words(open_page("patient", run=indexed, patient="P-02", **{"patient-part": "Slide"}))
        assert said.count(" of the file") == 6
        assert "row 0" not in said

    def test_of_an_earlier_run_by_their_order(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("POMP_HOME", str(run.folder.parents[1]))
        said = words(open_page("slide", run=run, patient="P-02", **{"slide-region": "3"}))
        assert "Region 3: region 3 in the order of the file" in said

    def test_numbers_that_are_saved_have_no_row_and_column(self, indexed: Run) -> None:
        assert not {"row", "column"} & set(slide_maps(indexed, "P-02", "unplaced").regions)
        assert {"row", "column"} <= set(slide_maps(indexed, "P-01", "bare").regions)

    def test_there_is_no_legend_without_a_picture(self, indexed: Run) -> None:
        said = words(open_page("patient", run=indexed, patient="P-02", **{"patient-part": "Slide"}))
        assert "There is no picture of this slide" in said
        assert "Orange: regions that were read" not in said

    def test_what_was_cut_for_another_run_is_not_shown(self, indexed: Run) -> None:
        write_regions(regions_path(indexed.cohort_folder, "bare", CONFIG.slides), make_regions("bare"), make_pixels())
        assert not open_page("patient", run=indexed, patient="P-01", **{"patient-part": "Slide"}).get("image")


@pytest.mark.parametrize(("patient", "told"), [("P-00", False), ("P-01", True), ("P-02", False)])
def test_a_guessed_size_is_told(patient: str, told: bool, indexed: Run) -> None:
    assert ("is a guess" in words(open_page("slide", run=indexed, patient=patient))) == told


def test_the_server_offers_images_and_no_feature_file(run: Run) -> None:
    folder = run.cohort_folder
    registry = SlideRegistry(folder.parent.iterdir)
    assert registry.find(slide_key(folder, "pictured")) == folder / "pictured.svs"
    assert registry.find(slide_key(folder, "bare")) is None
