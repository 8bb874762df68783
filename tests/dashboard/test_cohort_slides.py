"""The gallery of slides on the Cohort page, and the preparation that fills it."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from dashboard.cohort.preparation import is_prepared
from dashboard.cohort.slide_states import UNPREPARED, slide_picture, slide_states
from dashboard.elements import run_label
from pomp.config import RunConfig
from pomp.data.cohort import Cohort, read_cohort
from pomp.errors import SlideError
from pomp.runs.run import Run
from pomp.slides.store import regions_path, write_regions
from tests.dashboard.fake import CONFIG, FakeWorkspace, make_pixels, make_regions, make_workspace
from tests.dashboard.pages import open_page, words

NOTE = "P-02-DX1.svs says 1000 µm a pixel, which counts as not stated: <b>above 100 it is a placeholder.</b>"
REASON = "P-01-DX1.svs shows no tissue: <script>alert(1)</script>"


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeWorkspace:
    monkeypatch.setenv("POMP_HOME", str(tmp_path))
    return make_workspace(tmp_path)


@pytest.fixture
def cohort(fake: FakeWorkspace) -> Cohort:
    return read_cohort(fake.root / "cohorts" / "tumours")


def region_file(cohort: Cohort, slide: str) -> Path:
    return regions_path(cohort.folder, slide, CONFIG.slides)


def write_results(run: Run, cohort: Cohort) -> None:
    """What a worker writes: the first slide has no tissue, the second states a scale that cannot be."""
    table = cohort.slides[["slide", "patient", "file"]].assign(
        regions=12, reason=None, seconds=1.0, cached=False, note=""
    )
    table["mpp"] = 0.25
    table.loc[table["slide"] == "P-01-DX1", ["regions", "reason"]] = [0, REASON]
    table.loc[table["slide"] == "P-02-DX1", ["mpp", "note"]] = [None, NOTE]
    run.write_table("slides", table)


class TestStates:
    def test_from_a_run(self, fake: FakeWorkspace, cohort: Cohort) -> None:
        write_results(fake.runs["honest"], cohort)
        found = slide_states(cohort)
        assert found.run.id == fake.runs["honest"].id
        table = found.table.set_index("slide")
        assert table.loc["P-00-DX1", ["patient", "regions", "mpp", "problem"]].tolist() == ["P-00", 12, 0.25, ""]
        assert math.isnan(table.loc["P-01-DX1", "regions"])
        assert table.loc["P-01-DX1", "problem"] == REASON
        assert math.isnan(table.loc["P-02-DX1", "mpp"])
        assert table.loc[["P-02-DX1", "P-00-DX1"], "note"].tolist() == [NOTE, ""]

    def test_a_slide_that_the_run_has_not_seen(self, fake: FakeWorkspace, cohort: Cohort) -> None:
        write_results(fake.runs["honest"], replace(cohort, slides=cohort.slides.iloc[1:]))
        table = slide_states(cohort).table
        assert table.loc[0, "problem"] == UNPREPARED
        assert (table["problem"] == UNPREPARED).sum() == 1

    def test_from_the_files_where_no_run_has_told(self, cohort: Cohort) -> None:
        region_file(cohort, "P-00-DX1").unlink()
        region_file(cohort, "P-01-DX1").write_bytes(b"torn")
        without = replace(make_regions("P-02-DX1"), mpp=None, note=NOTE)
        write_regions(region_file(cohort, "P-02-DX1"), without, make_pixels())
        found = slide_states(cohort)
        assert found.run is None
        assert found.table["regions"].tolist()[2:] == [12] * (len(cohort.slides) - 2)
        assert found.table.loc[0, "problem"] == UNPREPARED
        assert "is damaged" in found.table.loc[1, "problem"]
        assert math.isnan(found.table.loc[2, "mpp"])
        assert found.table["note"].tolist()[:3] == ["", "", NOTE]

    def test_nothing_prepared(self, cohort: Cohort) -> None:
        for slide in cohort.slides["slide"]:
            region_file(cohort, slide).unlink()
        assert slide_states(cohort) is None

    def test_picture(self, cohort: Cohort) -> None:
        picture = Image.open(io.BytesIO(slide_picture(region_file(cohort, "P-00-DX1"))))
        assert (picture.format, picture.mode) == ("JPEG", "RGB")

    def test_picture_of_a_damaged_file(self, cohort: Cohort) -> None:
        region_file(cohort, "P-00-DX1").write_bytes(b"torn")
        with pytest.raises(SlideError, match="is damaged"):
            slide_picture(region_file(cohort, "P-00-DX1"))


def open_slides(**chosen: str) -> AppTest:
    return open_page("cohort", **{"cohort": "tumours", "view": "Slides"} | chosen)


def shown_slides(app: AppTest) -> list[str]:
    return [
        text.strip("*").replace("\\", "") for element in app.markdown if (text := str(element.value)).endswith("DX1**")
    ]


def test_the_gallery_names_what_is_on_each_slide(fake: FakeWorkspace, cohort: Cohort) -> None:
    write_results(fake.runs["honest"], cohort)
    app = open_slides()
    said = words(app)
    assert {"Slides: 18", "Regions a slide: 12", "With problems: 1"} <= set(said.splitlines())
    assert "P-00 · 12 regions · 0.25\u00a0µm/px" in said
    assert "P-02 · 12 regions · states no mpp" in said
    assert any(r"\<b\>above 100 it is a placeholder" in caption.value for caption in app.caption)
    assert shown_slides(app)[:2] == ["P-01-DX1", "P-00-DX1"]  # without regions first
    assert len(app.image) == len(shown_slides(app)) == 12
    assert r"\<script\>" in app.warning[0].value


@pytest.mark.parametrize(
    ("wanted", "slides"),
    [("p-1", 10), ("P-07-DX1", 1), ("no tissue", 1), ("[", 0)],
    ids=["patient", "slide", "problem", "none"],
)
def test_a_slide_is_found_by_a_word(wanted: str, slides: int, fake: FakeWorkspace, cohort: Cohort) -> None:
    write_results(fake.runs["honest"], cohort)
    app = open_slides(**{"cohort-slide": wanted})
    assert len(shown_slides(app)) == slides
    assert f"{slides} slide{'' if slides == 1 else 's'} found." in words(app)


def test_a_slide_leads_to_its_maps_and_its_patient(fake: FakeWorkspace, cohort: Cohort) -> None:
    app = open_slides(**{"cohort-slide": "P-07-DX1"})
    links = {link.proto.label: link.proto.query_string for link in app.get("page_link")}
    assert set(links) == {"Look at it closely", "Open the patient"}
    assert all("patient=P-07" in query for query in links.values())


def test_pages_order_and_problems(fake: FakeWorkspace, cohort: Cohort) -> None:
    write_results(fake.runs["honest"], cohort)
    assert shown_slides(open_slides(page="2", sort="By name")) == [f"P-{k}-DX1" for k in range(14, 20)]
    assert shown_slides(open_slides(only="With problems")) == ["P-01-DX1"]
    assert shown_slides(open_slides(only="With problems", page="2")) == ["P-01-DX1"]


def test_a_slide_leads_to_its_maps(fake: FakeWorkspace, cohort: Cohort) -> None:
    links = [link for link in open_slides().get("page_link") if link.proto.label == "Look at it closely"]
    assert len(links) == 12
    assert "slide=P-00-DX1" in links[0].proto.query_string
    assert "patient=P-00" in links[0].proto.query_string


def test_unprepared_slides_lead_to_the_preparation(fake: FakeWorkspace, cohort: Cohort) -> None:
    for slide in cohort.slides["slide"]:
        region_file(cohort, slide).unlink()
    app = open_slides()
    assert "18 slides, none of them prepared yet." in words(app)
    assert "Go to Preparation" in {button.label for button in app.button}


COLOURS = "Green: the outline of the tissue"


def test_slides_that_only_a_run_knows_have_no_picture(fake: FakeWorkspace, cohort: Cohort) -> None:
    write_results(fake.runs["honest"], cohort)
    for slide in cohort.slides["slide"]:
        region_file(cohort, slide).unlink()
    app = open_slides()
    said = words(app)
    assert "12 slides of those below have not been cut into regions here." in said
    assert "P-00 · 12 regions" in said  # as the run says
    assert "Regions as in" in said
    assert COLOURS not in said
    assert not app.image
    next(button for button in app.button if button.label == "Go to Preparation").click().run()
    assert not app.exception
    assert app.segmented_control(key="view").value == "Preparation"


def test_pictures_are_explained_where_there_are_some(fake: FakeWorkspace, cohort: Cohort) -> None:
    write_results(fake.runs["honest"], cohort)
    said = words(open_slides())
    assert COLOURS in said
    assert "cut into regions here" not in said
    region_file(cohort, "P-00-DX1").unlink()
    said = words(open_slides())
    assert COLOURS in said
    assert "1 slide of those below has not been cut into regions here." in said


def test_a_cohort_without_slides(fake: FakeWorkspace) -> None:
    assert "This cohort has no slides." in words(open_slides(cohort="omics_only"))


class TestPreparation:
    def test_it_is_queued_to_be_prepared_only(self, fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = []

        def launch(folder: Path, config: RunConfig, title: str, until: str) -> tuple[Run, int]:
            asked.append((folder.name, config.protocol, until))
            return fake.runs["empty"], 1

        monkeypatch.setattr("dashboard.actions.launch", launch)
        app = open_page("cohort", cohort="tumours", view="Preparation")
        assert "Nothing has been prepared here yet." in words(app)
        app.segmented_control(key="preparation-protocol@demo").set_value("paper").run()
        assert "pomp prepare tumours --preset demo --set protocol=paper" in words(app)
        next(button for button in app.button if button.label == "Prepare").click().run()
        assert not app.exception
        assert asked == [("tumours", "paper", "prepare")]

    def test_the_last_one_is_found_again(self, fake: FakeWorkspace) -> None:
        fake.runs["empty"].write_status(state="FAILED", until="prepare", error="The disk is full.")
        app = open_page("cohort", cohort="tumours", view="Preparation")
        assert run_label(fake.runs["empty"]) in words(app)
        assert "The disk is full." in words(app)
        assert "Go on" in {button.label for button in app.button}

    def test_what_is_prepared_can_be_looked_at_and_trained(self, fake: FakeWorkspace, cohort: Cohort) -> None:
        run = fake.runs["empty"]
        run.write_status(state="STOPPED", until="prepare", message="Prepared.")
        assert not is_prepared(run)
        write_results(run, cohort)
        for fold in range(CONFIG.folds):
            run.write_table(f"selectors/fold-{fold}", pd.DataFrame({"omics": ["mrna"], "selected": [True]}))
        assert is_prepared(run)
        app = open_page("cohort", cohort="tumours", view="Preparation")
        labels = {button.label for button in app.button}
        assert {"See the genes", "See the slides"} <= labels
        assert "Go on" not in labels
        assert [link.proto.label for link in app.get("page_link")] == ["Train: press Resume"]

    def test_a_preparation_goes_on_as_a_preparation(self, fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = []
        monkeypatch.setattr(
            "pomp.runs.backends.local.LocalBackend.submit",
            lambda self, run, until="end", device="auto": asked.append((run.id, until)) or 1,
        )
        run = fake.runs["empty"]
        run.write_status(state="INTERRUPTED", until="prepare")
        app = open_page("cohort", cohort="tumours", view="Preparation")
        next(button for button in app.button if button.label == "Go on").click().run()
        assert asked == [(run.id, "prepare")]
