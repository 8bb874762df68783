"""The Slide page without a browser: every state it can be in, what it says of a region, its address and its files."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.elements import run_label
from dashboard.slide import exports, still
from dashboard.slide.exports import qupath_origin
from dashboard.slide.geojson import LOWERS, NEITHER, RAISES, to_geojson
from dashboard.slide.maps import SlideMaps, slide_maps
from dashboard.slide.region import region_scores, tied_genes
from dashboard.slide.source import SlideSource
from dashboard.slide.trident import to_trident
from dashboard.slide.words import coarseness, evenness
from dashboard.viewer import Choice, Look, Pane, RegionMap, ScoreScale
from pomp.evaluation.uncertainty import signed
from pomp.runs.run import Run
from pomp.slides.coordinates import read_coordinates
from pomp.slides.store import regions_path
from tests.dashboard.cohort_folder import make_slide
from tests.dashboard.fake import CONFIG, GRID, FakeWorkspace, make_regions, make_workspace
from tests.dashboard.pages import figures, open_page, words
from tests.slides.leica import write_scn
from tests.slides.painting import paint

FOLDS, PATCHES = 3, 4
FIVE = ["Effect on the risk", "Attention", "Match with mrna", "Match with mirna"]
ALL = [*FIVE, "Attention within regions", "Agreement of the folds"]


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    """A workspace whose honest run has all tables of regions, and whose patient P-10 has a slide that can be opened."""
    made = make_workspace(tmp_path_factory.mktemp("explained"))
    run = made.runs["honest"]
    add_tables(run)
    make_slide(run.cohort_folder / "slides" / "P-10-DX1.svs")
    return made


def add_tables(run: Run) -> None:
    """What the regions of every patient are explained by."""
    maps = run.table("attention/regions")
    assert maps is not None
    places, rng = maps[["patient", "slide", "row", "column"]], np.random.default_rng(2)
    squares = list(rng.integers(0, 256, (len(places), PATCHES**2), dtype=np.uint8))
    run.write_table("attention/within", places.assign(attention=squares))
    parts = [
        places.assign(fold=fold, cls_attention=maps["cls_attention"] * (1 + fold), seen=maps["fold"] != fold)
        for fold in range(FOLDS)
    ]
    run.write_table("attention/by_fold", pd.concat(parts, ignore_index=True))
    weights = {("mrna", "TP53"): 0.2, ("mrna", "<b>EGFR"): -0.9, ("mirna", "MIR21"): 0.1}
    genes = [places.assign(type=kind, gene=gene, weight=weight) for (kind, gene), weight in weights.items()]
    run.write_table("attention/region_genes", pd.concat(genes, ignore_index=True))


@pytest.fixture
def run(explained: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("POMP_HOME", str(explained.root))
    return explained.runs["honest"]


@pytest.fixture
def copy(explained: FakeWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same run in a workspace that the test may damage."""
    home = tmp_path / "home"
    shutil.copytree(explained.root, home)
    monkeypatch.setenv("POMP_HOME", str(home))
    return Run.open(home / "runs" / explained.runs["honest"].id)


def cells(app: AppTest, place: int) -> list[list[object]]:
    return app.dataframe[place].value.to_numpy().tolist()


def stored_of(run: Run) -> Path:
    return regions_path(run.cohort_folder, "P-12-DX1", run.config.slides)


def drop_slide(run: Run) -> None:
    file = run.cohort_folder / "slides.csv"
    table = pd.read_csv(file)
    table[table["patient"] != "P-12"].to_csv(file, index=False)


class TestStates:
    def test_all_maps_are_offered_and_explained(self, run: Run) -> None:
        app = open_page("slide", run=run, patient="P-12", map="Attention within regions")
        assert app.selectbox(key="map").options == ALL
        said = words(app)
        assert "compare them within a region only" in said
        assert "Research use only" in said
        app.selectbox(key="map").select("agreement").run()
        assert "From the models of 3 folds, 2 of which had this patient among their training patients." in words(app)

    def test_agreement_of_the_folds_is_told(self, run: Run) -> None:
        app = open_page("slide", run=run, patient="P-12")
        # The folds' attention differs by a factor alone, so that all have one order.
        assert {metric.label: metric.value for metric in app.metric} == {"Fold agreement": "1.00"}
        assert "on new patients they may agree less" in words(app)

    def test_an_older_run_offers_what_it_has(self, copy: Run) -> None:
        for name in ("within", "by_fold", "region_genes"):
            (copy.folder / "attention" / f"{name}.parquet").unlink()
        app = open_page("slide", run=copy, patient="P-12", **{"slide-region": "3"})
        assert app.selectbox(key="map").options == FIVE
        said = words(app)
        assert "How far the folds agree is not known" in said
        assert "Train again to see them" in said

    def test_a_protocol_that_saw_everybody_says_so(self, explained: FakeWorkspace, run: Run) -> None:
        said = words(open_page("slide", run=explained.runs["released"], patient="P-12"))
        assert "its pre-training and its genes saw all patients" in said

    @pytest.mark.parametrize(
        ("harm", "text", "has_pictures"),
        [
            (lambda run: None, "The slide cannot be read, so its regions are shown on the thumbnail that was", True),
            (lambda run: stored_of(run).unlink(), "are shown where they lie, without the tissue", False),
            (lambda run: stored_of(run).write_bytes(b"torn"), "are shown where they lie, without the tissue", False),
            (lambda run: shutil.rmtree(run.cohort_folder), "The cohort folder of this run is gone", False),
            (drop_slide, "This slide is not in slides.csv any more", True),
        ],
        ids=["no slide", "no regions", "torn regions", "no folder", "not listed"],
    )
    def test_what_is_gone_is_told_and_the_rest_shown(
        self, harm: Callable[[Run], None], text: str, has_pictures: bool, copy: Run
    ) -> None:
        harm(copy)
        app = open_page("slide", run=copy, patient="P-12")
        assert text in words(app)
        assert len(figures(app)) == 1
        assert bool(app.get("image")) == has_pictures
        assert not app.error

    @pytest.mark.parametrize("name", ["regions", "within", "by_fold", "region_genes"])
    def test_a_damaged_table_is_text(self, name: str, copy: Run) -> None:
        (copy.folder / "attention" / f"{name}.parquet").write_bytes(b"PAR1 torn")
        app = open_page("slide", run=copy, patient="P-12")
        assert "is damaged" in words(app)

    def test_one_patient_with_one_region(self, copy: Run) -> None:
        for name in ("regions", "within", "by_fold", "region_genes"):
            table = copy.table(f"attention/{name}")
            assert table is not None
            kept = (table["patient"] == "P-12") & (table["row"] == 0) & (table["column"] == 0)
            copy.write_table(f"attention/{name}", table[kept])
        app = open_page("slide", run=copy, **{"slide-region": "1"})
        assert app.selectbox(key="patient").options == ["P-12"]
        assert "Region 1: row 0, column 0" in words(app)
        assert [metric.value for metric in app.metric] == ["–"]

    def test_a_failed_run_is_not_offered(self, explained: FakeWorkspace, run: Run) -> None:
        offered = open_page("slide", run=run).selectbox(key="run").options
        assert offered == [run_label(explained.runs[name]) for name in ("honest", "released")]  # the newest first


class TestRegion:
    def test_scores_and_genes_of_the_region_in_the_address(self, run: Run) -> None:
        app = open_page("slide", run=run, patient="P-12", **{"slide-region": "6"})
        assert "Region 6: row 1, column 1" in words(app)
        scores = app.dataframe[0].value
        assert scores["Map"].tolist() == [name for name in ALL if name != "Attention within regions"]
        table = run.region_table("regions", "P-12")
        assert table is not None
        effect = table["occlusion"]
        assert scores["Score"][0] == signed(effect[5], 4).removeprefix("+")  # as on the Patient page
        assert scores["Rank"][0] == 1 + (effect.abs() > abs(effect[5])).sum()
        assert cells(app, 1) == [["mirna", "MIR21", 0.1], ["mrna", "<b>EGFR", -0.9], ["mrna", "TP53", 0.2]]
        assert "It does not say that the gene is expressed here" in words(app)

    @pytest.mark.parametrize("number", ["0", "13", "-1", "x", "²", "٣", "9" * 30, "9" * 5000, "2:1", "x:1"])
    def test_a_region_that_there_is_not(self, number: str, run: Run) -> None:
        app = open_page("slide", run=run, patient="P-12", **{"slide-region": number})
        assert "Click a region on the slide" in words(app)

    def test_another_slide_has_another_region(self, run: Run) -> None:
        app = open_page("slide", run=run, patient="P-12", **{"slide-region": "6"})
        app.selectbox(key="patient").select("P-13").run()
        assert "Click a region on the slide" in words(app)
        assert "slide-region" not in app.query_params

    def test_equal_scores_share_a_rank(self) -> None:
        scores = np.array([0.5, -0.7, 0.5, np.nan])
        effect = RegionMap("occlusion", ScoreScale("Effect", diverging=True), scores, "")
        attention = RegionMap("cls_attention", ScoreScale("Attention"), scores, "")
        found = SlideMaps(pd.DataFrame(index=range(4)), (effect, attention), None, None, None)
        assert region_scores(found, 2)["Rank"].tolist() == [2, 1]
        assert region_scores(found, 1)["Rank"].tolist() == [1, 3]
        assert region_scores(found, 3).empty

    def test_genes_of_another_region_are_none_of_it(self) -> None:
        genes = pd.DataFrame({"type": ["a", "a"], "gene": ["g", "h"], "weight": [1.0, 2.0], "region": [0, 1]})
        assert tied_genes(genes, 1)["Gene"].tolist() == ["h"]
        assert tied_genes(genes, 2).empty


TABLES = ("regions", "within", "by_fold", "region_genes")


def overlap(run: Run, *, indexed: bool) -> None:
    """Regions 5 to 12 of each slide come to lie in one cell of the grid; genes and attention differ by region."""
    for name in TABLES:
        table = run.table(f"attention/{name}")
        assert table is not None
        index = 4 * table["row"] + table["column"]
        if name == "region_genes":
            table["gene"] += index.astype(str)
        if name == "by_fold":  # the order of regions 1, 2, … in one fold, the reverse in the others
            table["cls_attention"] = np.where(table["fold"] == 0, 1 + index, 100 - index)
        if indexed:
            table["index"] = index
        table["row"] = table["row"].clip(upper=1)
        table.loc[table["row"] == 1, "column"] = 0
        run.write_table(f"attention/{name}", table)


class TestRegionsThatShareAPlace:
    def test_an_index_tells_them_apart(self, copy: Run) -> None:
        within = copy.region_table("within", "P-12")
        overlap(copy, indexed=True)
        found = slide_maps(copy, "P-12", "P-12-DX1")
        assert found.lack == ""
        assert found.patches is not None
        assert within is not None
        assert np.array_equal(found.patches.reshape(len(GRID), -1), np.stack(within["attention"].tolist()))
        assert found.agreement is not None
        assert found.agreement.spearman == pytest.approx(-1 / 3)  # of three pairs, one agrees and two are reversed
        assert found.genes is not None
        for region in range(len(GRID)):
            expected = [f"MIR21{region}", f"<b>EGFR{region}", f"TP53{region}"]
            assert tied_genes(found.genes, region)["Gene"].tolist() == expected

    def test_rows_may_come_in_any_order(self, copy: Run) -> None:
        overlap(copy, indexed=True)
        expected = slide_maps(copy, "P-12", "P-12-DX1")
        for name in TABLES[1:]:
            table = copy.table(f"attention/{name}")
            assert table is not None
            copy.write_table(f"attention/{name}", table.iloc[::-1])
        found = slide_maps(copy, "P-12", "P-12-DX1")
        assert np.array_equal(found.patches, expected.patches)  # type: ignore[arg-type]
        assert found.agreement is not None
        assert found.agreement.spearman == pytest.approx(-1 / 3)

    @pytest.mark.parametrize("folds", [0, 1])
    def test_of_an_earlier_run_what_cannot_be_told_is_left_out(self, folds: int, copy: Run) -> None:
        """Also of one that was finished by a later version: then only some of the folds' tables have an index."""
        overlap(copy, indexed=bool(folds))
        if folds:
            by_fold = copy.table("attention/by_fold")
            assert by_fold is not None
            copy.write_table("attention/by_fold", by_fold.assign(index=by_fold["index"].where(by_fold["fold"] < folds)))
        app = open_page("slide", run=copy, patient="P-12", **{"slide-region": "6"})
        said = words(app)
        assert "Regions of this slide share a row and column, or have none" in said
        assert f"pomp run --run {copy.folder}" in said
        assert "Region 6: row 1, column 0" in said
        assert not app.metric
        assert app.selectbox(key="map").options == (FIVE if not folds else ALL[:-1])
        assert ("Genes tied to the region" in said) == bool(folds)

    def test_of_an_earlier_run_whose_places_differ_nothing_is_left_out(self, run: Run) -> None:
        found = slide_maps(run, "P-12", "P-12-DX1")
        assert "index" not in found.regions
        assert (found.lack, [one.scale.title for one in found.maps]) == ("", ALL)
        assert found.genes is not None
        assert tied_genes(found.genes, 11)["Gene"].tolist() == ["MIR21", "<b>EGFR", "TP53"]


class TestSize:
    def test_what_was_cut_has_a_known_size(self, run: Run) -> None:
        assert slide_maps(run, "P-12", "P-12-DX1").size_stated
        assert "is a guess" not in words(open_page("slide", run=run, patient="P-12"))

    @pytest.mark.parametrize("stated", [True, False])
    def test_a_guess_is_told(self, stated: bool, copy: Run) -> None:
        table = copy.table("attention/regions")
        assert table is not None
        copy.write_table("attention/regions", table.assign(size_stated=stated))
        app = open_page("slide", run=copy, patient="P-12")
        assert ("So 64 px a side, of level 0, is a guess" in words(app)) == (not stated)
        helps = [button.proto.help for button in app.get("download_button")]
        assert sum("How large a region is, is a guess" in text for text in helps) == (0 if stated else 2)


class Viewer:
    """Stands in for the viewer in the browser."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.panes: list[Pane] = []
        self.first: Choice | None = None
        self.chosen: Choice | None = None
        monkeypatch.setattr("dashboard.viewer.explain_absence", lambda: "")
        monkeypatch.setattr("dashboard.viewer.slide_viewer", self.show)

    def show(self, panes: list[Pane], first: Choice, *, key: str) -> Choice:
        self.panes, self.first = panes, first
        return self.chosen or first


@pytest.fixture
def viewer(run: Run, monkeypatch: pytest.MonkeyPatch) -> Viewer:
    make_slide(run.cohort_folder / "slides" / "P-11-DX1.svs")
    return Viewer(monkeypatch)


class TestZoomable:
    def test_one_slide_with_all_of_its_maps(self, run: Run, viewer: Viewer) -> None:
        app = open_page("slide", run=run, patient="P-11")
        (pane,) = viewer.panes
        assert [one.scale.title for one in pane.maps] == ALL
        assert pane.patches is not None
        assert pane.patches.shape == (len(GRID), PATCHES, PATCHES)
        assert len(json.dumps(pane.as_json())) < 8000  # a slide of 12 regions
        assert not figures(app)

    def test_the_address_decides_what_is_shown_first(self, run: Run, viewer: Viewer) -> None:
        chosen = {"map": "Match with mirna", "slide-region": "4", "slide-look": "opacity-0.9,grid-1"}
        open_page("slide", run=run, patient="P-11", **chosen)
        assert viewer.first == Choice(("alignment_mirna",), (0, 3), Look(opacity=0.9, grid=True))

    def test_the_address_follows_what_is_chosen(self, run: Run, viewer: Viewer) -> None:
        viewer.chosen = Choice(("within",), (0, 6), Look(byRank=True))
        app = open_page("slide", run=run, patient="P-11", **{"slide-look": "grid-1"})
        assert {name: app.query_params[name] for name in ("map", "slide-region", "slide-look")} == {
            "map": "Attention within regions",
            "slide-region": "7",
            "slide-look": "byRank-1",
        }
        assert "Region 7: row 1, column 2" in words(app)

    def test_from_a_still_slide_to_one_that_zooms_and_back(self, run: Run, viewer: Viewer) -> None:
        app = open_page("slide", run=run, patient="P-12", map="Attention")
        assert len(figures(app)) == 1
        app.selectbox(key="patient").select("P-11").run()
        assert not app.exception, [error.value for error in app.exception]
        assert viewer.first is not None
        assert viewer.first.maps == ("cls_attention",)
        viewer.chosen = Choice(("within",))
        app.run()
        app.selectbox(key="patient").select("P-12").run()
        assert not app.exception, [error.value for error in app.exception]
        assert app.selectbox(key="map").value == "within"

    def test_from_a_still_slide_at_its_first_map_to_one_that_zooms(self, run: Run, viewer: Viewer) -> None:
        app = open_page("slide", run=run, patient="P-12")
        app.selectbox(key="patient").select("P-11").run()
        assert not app.exception, [error.value for error in app.exception]
        assert app.query_params["map"] == "Effect on the risk"

    def test_a_map_chosen_on_a_still_slide_stands_in_the_address(self, run: Run, viewer: Viewer) -> None:
        app = open_page("slide", run=run, patient="P-12")
        app.selectbox(key="map").select("alignment_mrna").run()
        assert app.query_params["map"] == "Match with mrna"
        app.selectbox(key="patient").select("P-11").run()
        assert viewer.first is not None
        assert viewer.first.maps == ("alignment_mrna",)

    def test_who_comes_back_finds_what_was_chosen(self, run: Run, viewer: Viewer) -> None:
        viewer.chosen = Choice(("within",), (0, 6), Look(byRank=True))
        app = open_page("slide", run=run, patient="P-11")
        app.switch_page("views/patient.py").run()
        viewer.chosen = None
        app.query_params.clear()
        app.switch_page("views/slide.py").run()
        assert viewer.first == Choice(("within",), (0, 6), Look(byRank=True))

    def test_two_maps(self, run: Run, viewer: Viewer) -> None:
        app = open_page("slide", run=run, patient="P-11", **{"slide-compare": "Two maps", "map": "Attention"})
        assert [pane.slide_url for pane in viewer.panes] == 2 * [viewer.panes[0].slide_url]
        assert viewer.first is not None
        assert viewer.first.maps == ("cls_attention", "occlusion")
        assert app.query_params["slide-map-2"] == "Effect on the risk"

    def test_two_slides(self, run: Run, viewer: Viewer) -> None:
        viewer.chosen = Choice(("occlusion", "occlusion"), (1, 1))
        app = open_page("slide", run=run, patient="P-11", **{"slide-compare": "Two slides", "slide-patient-2": "P-10"})
        assert [pane.name for pane in viewer.panes] == ["P-11-DX1", "P-10 · P-10-DX1"]
        assert app.query_params["slide-region"] == "2:2"
        table = run.region_table("regions", "P-10")
        assert table is not None
        assert app.dataframe[0].value["Score"][0] == signed(table["occlusion"][1], 4).removeprefix(
            "+"
        )  # of the slide on the right

    def test_a_slide_that_cannot_stand_beside(self, run: Run, viewer: Viewer) -> None:
        chosen = {"slide-compare": "Two slides", "slide-patient-2": "P-12"}
        app = open_page("slide", run=run, patient="P-11", **chosen)
        assert len(viewer.panes) == 1
        assert "P-12-DX1 cannot stand beside the other slide. The slide cannot be read" in words(app)


REGIONS = pd.DataFrame({"row": [0, 0, 1], "column": [0, 2, 1], "x": [0, 128, 64], "y": [0, 0, 64], "size": 64})
MAPS = (
    RegionMap("occlusion", ScoreScale("Effect on the risk", diverging=True), np.array([0.25, -0.5, 0.0]), ""),
    RegionMap("alignment_a/b", ScoreScale("Match with a/b"), np.array([0.1, np.nan, 0.3]), ""),
    RegionMap("within", ScoreScale("Within"), np.array([0.1, 0.2, 0.3]), "", patches=True),
)


class TestFiles:
    def test_geojson_for_qupath(self) -> None:
        found = json.loads(to_geojson(REGIONS, MAPS))
        assert found["type"] == "FeatureCollection"
        first, second, third = found["features"]
        assert second["geometry"] == {
            "type": "Polygon",
            "coordinates": [[[128, 0], [192, 0], [192, 64], [128, 64], [128, 0]]],
        }
        assert first["properties"] == {
            "objectType": "tile",
            "name": "Region 1: row 0, column 0",
            "measurements": {"Effect on the risk": 0.25, "Match with a/b": 0.1},
            "classification": {"name": RAISES, "color": [213, 94, 0]},
        }
        assert second["properties"]["measurements"] == {"Effect on the risk": -0.5}  # no NaN, which is no JSON
        assert [one["properties"]["classification"]["name"] for one in (second, third)] == [LOWERS, NEITHER]

    def test_geojson_counts_from_where_qupath_crops_a_slide(self) -> None:
        (_, second, _) = json.loads(to_geojson(REGIONS, MAPS, origin=(100, 20)))["features"]
        assert second["geometry"]["coordinates"] == [[[28, -20], [92, -20], [92, 44], [28, 44], [28, -20]]]

    def test_qupath_crops_to_the_bounds(self, tmp_path: Path) -> None:
        """QuPath's OpenslideImageServer: where all four bounds are told, whatever they are; else the whole slide."""
        scanned = write_scn(tmp_path / "a.scn", paint((512, 384)), (1024, 768), (256, 128))
        assert qupath_origin(scanned) == (256, 128)
        assert qupath_origin(make_slide(tmp_path / "a.svs")) == (0, 0)
        assert qupath_origin(tmp_path / "gone.svs") is None

    @pytest.mark.parametrize(("name", "said"), [("a.svs", 0), ("gone.svs", 1), (None, 1)])
    def test_what_qupath_must_be_told_is_said(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str | None, said: int
    ) -> None:
        make_slide(tmp_path / "a.svs")
        captions: list[str] = []
        monkeypatch.setattr(exports.st, "download_button", lambda *_, **__: None)
        monkeypatch.setattr(exports.st, "caption", captions.append)
        found = slide_maps(run, "P-10", "P-10-DX1")
        exports.show_exports(found, "P-10-DX1", None, None if name is None else tmp_path / name)
        assert len(captions) == said
        assert all("open the slide there with `--no-crop`" in text for text in captions)

    def test_without_an_effect_there_is_no_class(self) -> None:
        (first, *_) = json.loads(to_geojson(REGIONS, MAPS[1:]))["features"]
        assert "classification" not in first["properties"]

    def test_trident_is_read_back(self, tmp_path: Path) -> None:
        (tmp_path / "a.h5").write_bytes(to_trident("a", REGIONS, MAPS, make_regions("a")))
        places = read_coordinates(tmp_path / "a.h5")
        assert places.coordinates.tolist() == [[0, 0], [128, 0], [64, 64]]
        assert (places.size, places.stated) == (64, True)
        with h5py.File(tmp_path / "a.h5") as file:
            assert set(file) == {"coords", "occlusion", "alignment_a_b"}
            np.testing.assert_array_equal(file["alignment_a_b"][:], MAPS[1].scores)
            assert file["occlusion"].attrs["title"] == "Effect on the risk"
            facts = dict(file["coords"].attrs)
        assert facts["patch_size"] == 64
        assert (facts["level0_width"], facts["level0_height"], facts["overlap"]) == (256, 192, 0)
        assert (facts["level0_magnification"], facts["target_magnification"], facts["name"]) == (20, 20, "a")

    def test_a_guessed_size_is_no_fact_in_any_file(self, tmp_path: Path) -> None:
        (tmp_path / "a.h5").write_bytes(to_trident("a", REGIONS, MAPS, None, size_stated=False))
        with h5py.File(tmp_path / "a.h5") as file:
            assert set(file["coords"].attrs) == {"name"}
        assert not read_coordinates(tmp_path / "a.h5").stated
        for one in json.loads(to_geojson(REGIONS, MAPS, size_stated=False))["features"]:
            assert one["properties"]["metadata"] == {"Size of the region": "guessed"}

    def test_trident_of_a_slide_of_which_no_more_is_known(self) -> None:
        with h5py.File(io.BytesIO(to_trident("a", REGIONS, MAPS, None))) as file:
            assert set(file["coords"].attrs) == {"name", "patch_size", "patch_size_level0"}


class TestWords:
    @pytest.mark.parametrize(("side", "text"), [(1, ""), (4, "means of 4 × 4 are shown")])
    def test_coarse_patches_are_told(self, side: int, text: str) -> None:
        assert text in coarseness(side)
        assert bool(coarseness(side)) == bool(text)

    @pytest.mark.parametrize(
        ("attention", "text"),
        [
            ([0.043, 0.048, 0.051], "nearly even here**: 0.0430 to 0.0510, where 0.0473 each would be even"),
            ([0.02, 0.04, 0.08], ""),
            ([1.0], ""),
            ([np.nan, 0.3, 0.7], ""),
        ],
    )
    def test_even_attention_is_told(self, attention: list[float], text: str) -> None:
        said = evenness(pd.Series(attention))
        assert text in said
        assert bool(said) == bool(text)


class TestStill:
    def test_extremes(self) -> None:
        scores = np.array([0.3, np.nan, -0.1, 0.2, -0.4, 0.0])
        effect = RegionMap("occlusion", ScoreScale("Effect", diverging=True), scores, "")
        assert still.extremes(effect) == ([0, 3], [4, 2])
        assert still.extremes(RegionMap("a", ScoreScale("A"), scores, "")) == ([0, 3, 5], [4, 2])
        many = RegionMap("a", ScoreScale("A"), np.arange(20.0), "")
        assert still.extremes(many) == ([19, 18, 17, 16, 15], [0, 1, 2, 3, 4])
        tiny = RegionMap("a", ScoreScale("A", diverging=True, fixed=4), np.array([0.3, 1e-5, -1e-5]), "")
        assert still.extremes(tiny) == ([0], [])  # 0.0000 neither raises nor lowers

    def test_within_regions_is_drawn_as_patches(self, run: Run) -> None:
        found = slide_maps(run, "P-12", "P-12-DX1")
        within = next(one for one in found.maps if one.patches)
        figure = still.still_figure(found, within, SlideSource("", "", make_regions("P-12-DX1"), Path()))
        bar = figure.data[0].marker
        assert (bar.cmin, bar.cmax, bar.colorbar.ticktext) == (0, 1, ("weakest", "strongest"))
        assert found.patches is not None
        assert found.patches.shape == (len(GRID), PATCHES, PATCHES)
        assert CONFIG.slides.region_px == 64
