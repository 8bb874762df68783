"""The slide viewer in a real browser, and its Python side."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, expect

from dashboard.scripts import VIEWER, Script
from dashboard.viewer import Choice, Look, Pane, RegionMap, ScoreScale, component
from dashboard.viewer.pane import pool
from tests.conftest import REPOSITORY
from tests.dashboard.cohort_folder import (
    BLOCK,
    BLOCKS,
    MPP,
    make_cohort_folder,
    make_slide,
    make_slide_without_scale,
)  # fmt: skip
from tests.dashboard.conftest import Serve, WatchedPage

PAGE = Path(__file__).with_name("viewer_page.py")
FRONTEND = REPOSITORY / "dashboard" / "viewer" / "frontend"
RED, BLUE = (np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) for colour in BLOCKS.values())
VIRIDIS_LOWEST, VIRIDIS_HIGHEST = np.array([68, 1, 84]), np.array([253, 231, 37])
ORANGE_END, PURPLE_END = np.array([127, 59, 8]), np.array([45, 0, 75])
CIVIDIS_LOWEST, BLUE_END = np.array([0, 34, 78]), np.array([5, 48, 97])
Box = tuple[int, int, int, int]


@pytest.fixture(scope="module")
def address(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> str:
    if not component.available():
        pytest.skip(component.explain_absence())
    home = tmp_path_factory.mktemp("home")
    folder = home / "cohorts" / "made"
    files = {"TCGA-AA-0001": "blocks.svs", "TCGA-AA-0002": "plain.tif", "TCGA-AA-0003": "twin.svs"}
    make_cohort_folder(folder, files)
    for name in ("blocks.svs", "twin.svs"):
        make_slide(folder / name)
    make_slide_without_scale(folder / "plain.tif")
    return serve(PAGE, home)


@dataclass(frozen=True)
class Viewer:
    """What a user sees of it, and does to it."""

    watched: WatchedPage

    place: int = 0

    @property
    def stage(self) -> Locator:
        return self.watched.page.locator(".stage").nth(self.place)

    @property
    def beside(self) -> Viewer:
        """The pane on the right."""
        return replace(self, place=1)

    def label(self, name: str) -> Locator:
        return self.watched.page.get_by_label(name, exact=True).nth(self.place)

    def map(self, key: str) -> None:
        self.watched.page.get_by_label("Map", exact=True).nth(self.place).select_option(key)

    def shot(self) -> NDArray[np.int64]:
        return np.asarray(Image.open(io.BytesIO(self.stage.screenshot())).convert("RGB"), int)

    def wait_for_box(self, colour: NDArray[np.int64], is_expected: Callable[[Box | None], bool]) -> Box:
        """The rectangle of a colour on the stage, once it is as expected; the last one seen if it never is."""
        box = None
        for _ in range(50):
            box = find_box(self.shot(), colour)
            if is_expected(box):
                break
            self.watched.page.wait_for_timeout(100)
        return box

    def find(self, colour: NDArray[np.int64]) -> Box:
        box = self.wait_for_box(colour, lambda box: box is not None)
        assert box is not None, f"no {colour} on the stage"
        return box

    def rest(self, colour: NDArray[np.int64]) -> Box:
        """The rectangle of a colour once it does not move any more."""
        before, box = None, self.find(colour)
        while box != before:
            self.watched.page.wait_for_timeout(100)
            before, box = box, self.find(colour)
        return box

    def click(self, box: Box) -> None:
        left, top, right, bottom = box
        self.stage.click(position={"x": (left + right) / 2, "y": (top + bottom) / 2})

    def expect_text(self, text: str) -> None:
        expect(self.watched.page.get_by_text(text).first).to_be_visible()

    def press(self, key: str) -> None:
        self.stage.get_by_role("application").press(key)


def find_box(shot: NDArray[np.int64], colour: NDArray[np.int64], tolerance: int = 12) -> Box | None:
    """Left, top, right, bottom of the pixels of a colour; None if there are fewer than 100."""
    rows, columns = (np.abs(shot - colour).max(axis=2) <= tolerance).nonzero()
    if len(rows) < 100:
        return None
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def is_near(box: Box | None, other: Box, pixels: int = 2) -> bool:
    return box is not None and max(abs(a - b) for a, b in zip(box, other, strict=True)) <= pixels


@pytest.fixture
def viewer(watched: WatchedPage, address: str) -> Viewer:
    """The made slide, with the overlay made invisible."""
    watched.page.goto(address)
    shown = Viewer(watched)
    shown.label("Opacity").fill("0")
    shown.find(RED)
    return shown


SWITCH_AND_LOOK = """
(select) => {
  select.value = "occlusion"
  select.dispatchEvent(new Event("change"))
  const canvas = select.closest(".pane").querySelector(".overlay")
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
  const found = new Set()
  for (let at = 0; at < data.length; at += 4) if (data[at + 3]) found.add(data.slice(at, at + 3).join(" "))
  return [...found]
}
"""


OVERTAKEN = """
import render from "{url}?itself"
export default (call) => {{
  const overtaken = render(call)
  const end = render(call)
  overtaken()
  return end
}}
"""


class TestInBrowser:
    def test_a_call_that_ends_late_takes_nothing_from_the_next(self, watched: WatchedPage, address: str) -> None:
        """Streamlit ends a call that was overtaken while the script was still being fetched."""
        script = {"content_type": "text/javascript", "body": OVERTAKEN.format(url=VIEWER.url)}
        watched.page.route(lambda url: url.endswith(VIEWER.url), lambda route: route.fulfill(**script))
        watched.page.goto(address)
        shown = Viewer(watched)
        shown.label("Opacity").fill("0")
        shown.find(RED)
        assert watched.page.locator(".stage").count() == 1

    def test_regions_lie_on_their_tissue(self, viewer: Viewer) -> None:
        red, blue = viewer.find(RED), viewer.find(BLUE)
        viewer.label("Opacity").fill("100")
        assert is_near(viewer.wait_for_box(VIRIDIS_LOWEST, lambda box: is_near(box, red)), red)
        assert is_near(viewer.wait_for_box(VIRIDIS_HIGHEST, lambda box: is_near(box, blue)), blue)

    def test_colours_of_signed_scores_are_even_around_zero(self, viewer: Viewer) -> None:
        red, blue = viewer.find(RED), viewer.find(BLUE)
        viewer.label("Opacity").fill("100")
        viewer.map("occlusion")
        viewer.expect_text("What it does to the risk.")
        assert is_near(viewer.wait_for_box(PURPLE_END, lambda box: is_near(box, red)), red)
        # 0.25 of at most 0.5 is half-way from the middle of eleven colours to the last: between the 8th and the 9th.
        halfway = (np.array([253, 184, 99]) + np.array([224, 130, 20])) / 2
        assert is_near(viewer.wait_for_box(halfway, lambda box: is_near(box, blue)), blue)
        viewer.label("Colour by percentile").check()
        # By rank of |score|, 0.25 is the weakest of two: the neutral middle, which looks like glass.
        assert viewer.wait_for_box(halfway, lambda box: box is None) is None
        assert viewer.wait_for_box(BLUE, lambda box: box is None) is None

    def test_another_map_does_not_wait_for_the_server(self, viewer: Viewer) -> None:
        viewer.label("Opacity").fill("100")
        painted = viewer.label("Map").evaluate(SWITCH_AND_LOOK)  # in one go: nothing else can have run in between
        assert [round(value) for value in PURPLE_END] in [[int(part) for part in text.split()] for text in painted]
        viewer.expect_text("maps occlusion")  # and the page hears of it

    def test_sliders_repaint_and_then_the_page_hears_of_it(self, viewer: Viewer) -> None:
        viewer.label("Opacity").fill("100")
        assert viewer.wait_for_box(RED, lambda box: box is None) is None
        viewer.label("Hide weakest").fill("50")  # -0.5 is the weaker of the two
        viewer.find(RED)
        assert viewer.wait_for_box(BLUE, lambda box: box is None) is None
        viewer.label("Outlines").check()
        viewer.expect_text("look opacity-1,hide-0.5,outlines-1")

    def test_other_colours(self, viewer: Viewer) -> None:
        red, blue = viewer.find(RED), viewer.find(BLUE)
        viewer.label("Opacity").fill("100")
        viewer.label("Colours").select_option("cividis")
        assert is_near(viewer.wait_for_box(CIVIDIS_LOWEST, lambda box: is_near(box, red)), red)
        viewer.map("occlusion")
        assert is_near(viewer.wait_for_box(BLUE_END, lambda box: is_near(box, red)), red)
        viewer.label("Colours").select_option("grey")
        assert is_near(viewer.wait_for_box(PURPLE_END, lambda box: is_near(box, red)), red)
        viewer.map("attention")
        assert is_near(viewer.wait_for_box(np.array([16, 16, 16]), lambda box: is_near(box, blue)), blue)

    def test_patches_within_a_region(self, viewer: Viewer) -> None:
        left, top, right, bottom = viewer.find(RED)
        across, down = (left + right) // 2, (top + bottom) // 2
        viewer.label("Opacity").fill("100")
        viewer.map("within")
        assert viewer.wait_for_box(RED, lambda box: box is None) is None
        shot = viewer.shot()
        # All regions have the same attention: the middle between the faintest, 15 %, and the full opacity.
        strong, weak = (0.575 * colour + 0.425 * RED for colour in (VIRIDIS_HIGHEST, VIRIDIS_LOWEST))
        for x, y, colour in ((-20, -20, strong), (20, -20, weak), (-20, 20, weak), (20, 20, strong)):
            assert np.abs(shot[down + y, across + x] - colour).max() < 12
        viewer.click((left, top, right, bottom))
        viewer.expect_text("Region 1: Attention 1.00, rank 1 of 3")

    def test_click_reaches_python_and_zoom_outlives_reruns(self, viewer: Viewer) -> None:
        for _ in range(2):
            viewer.label("Zoom in").click()
        before = viewer.wait_for_box(RED, lambda box: box is not None and box[2] - box[0] > 150)
        viewer.click(before)
        viewer.expect_text("chosen (0, 0), maps attention")
        viewer.expect_text("Region 1: <img src=x onerror=alert(1)> −0.500, rank 2 of 2")
        viewer.watched.page.get_by_role("button", name="Rerun").click()
        viewer.expect_text("chosen (0, 0), maps attention")
        # The selected region's outline covers 3 px of its edge.
        assert is_near(viewer.wait_for_box(RED, lambda box: is_near(box, before, 5)), before, 5)
        assert viewer.label("Opacity").input_value() == "0"

    def test_steps_through_the_ranks_by_keyboard(self, viewer: Viewer) -> None:
        viewer.label("Weaker region").press("Enter")
        viewer.expect_text("chosen (0, 1)")
        viewer.label("Weaker region").press("Enter")
        viewer.expect_text("chosen (0, 0)")
        viewer.press("[")
        viewer.expect_text("chosen (0, 1)")
        viewer.press("]")
        viewer.expect_text("chosen (0, 0)")

    def test_keys_switch_map_grid_and_their_list(self, viewer: Viewer) -> None:
        viewer.label("Opacity").fill("100")
        assert viewer.wait_for_box(RED, lambda box: box is None) is None
        viewer.press("o")
        viewer.find(RED)
        viewer.press("o")
        assert viewer.wait_for_box(RED, lambda box: box is None) is None
        viewer.press("g")
        expect(viewer.label("Grid")).to_be_checked()
        expect(viewer.watched.page.get_by_text("stronger, weaker region")).to_be_hidden()
        viewer.press("?")
        viewer.expect_text("stronger, weaker region")
        viewer.expect_text("look opacity-1,grid-1")

    def test_grid_lies_on_the_raster(self, viewer: Viewer) -> None:
        left, top, right, _ = viewer.find(RED)
        middle, before = (left + right) // 2, viewer.shot()
        viewer.label("Grid").check()
        for _ in range(20):
            changed = np.abs(viewer.shot() - before).max(axis=2) > 20
            lines = changed[:, middle].nonzero()[0]
            if len(lines):
                break
            viewer.watched.page.wait_for_timeout(100)
        # Rows at 0, 512, 1024 and 1536 of the slide; the edges of JPEG blocks are not sharp.
        side = right - left
        assert lines == pytest.approx(top + side * np.arange(-1, 3), abs=6)

    def test_a_region_without_score_is_clear_and_says_so(self, viewer: Viewer) -> None:
        viewer.label("Opacity").fill("100")
        left, top, right, _ = viewer.wait_for_box(VIRIDIS_LOWEST, lambda box: box is not None)
        side = right - left
        viewer.click((left - side, top - side, left, top))
        viewer.expect_text("Region 3: no score")
        viewer.expect_text("chosen (0, 2)")

    def test_keys_zoom_and_do_not_turn_the_slide(self, viewer: Viewer) -> None:
        before = viewer.find(RED)
        viewer.press("r")
        viewer.press("f")
        assert is_near(viewer.find(RED), before)
        viewer.press("+")
        wider = viewer.wait_for_box(RED, lambda box: box is not None and box[2] - box[0] > before[2] - before[0])
        assert wider[2] - wider[0] > before[2] - before[0]
        viewer.label("Whole slide").click()
        assert is_near(viewer.wait_for_box(RED, lambda box: is_near(box, before)), before)

    def test_pictures_of_the_extremes_fly_there(self, viewer: Viewer) -> None:
        before = viewer.find(RED)
        picture = viewer.watched.page.get_by_label("Fly to region 1, score −0.500", exact=True)
        shot = np.asarray(Image.open(io.BytesIO(picture.locator("canvas").screenshot())).convert("RGB"), int)
        assert np.abs(shot[shot.shape[0] // 2, shot.shape[1] // 2] - RED).max() < 12
        picture.click()
        viewer.expect_text("chosen (0, 0)")
        expect(picture).to_have_attribute("aria-pressed", "true")
        wide = viewer.wait_for_box(RED, lambda box: box is not None and box[2] - box[0] > 1.5 * (before[2] - before[0]))
        middle = viewer.stage.bounding_box()
        assert (wide[0] + wide[2]) / 2 == pytest.approx(middle["width"] / 2, abs=3)
        assert (wide[1] + wide[3]) / 2 == pytest.approx(middle["height"] / 2, abs=3)

    def test_scale_bar_is_as_long_as_it_says(self, viewer: Viewer) -> None:
        for _ in range(2):
            viewer.label("Zoom in").click()
        left, _, right, _ = viewer.wait_for_box(RED, lambda box: box is not None and box[2] - box[0] > 200)
        text = viewer.stage.locator(".scale-bar span").inner_text()
        length = float(re.fullmatch(r"(\d+) µm", text)[1])
        bar = viewer.stage.locator(".scale-bar i").bounding_box()["width"]
        assert bar <= 130
        mpp = BLOCK * MPP / (right - left)  # on the screen
        assert bar * mpp == pytest.approx(length, rel=0.03)
        magnification = float(viewer.stage.locator(".scale-bar b").inner_text().removesuffix("×"))
        assert magnification == pytest.approx(10 / mpp, rel=0.03)  # 10× is 1 µm a pixel

    def test_another_slide_in_the_same_place(self, viewer: Viewer) -> None:
        viewer.click(viewer.find(RED))
        viewer.expect_text("chosen (0, 0)")
        viewer.watched.page.get_by_text("plain").click()
        viewer.expect_text("chosen None")
        viewer.expect_text("No mpp stated: no scale bar")

    def test_a_slide_that_is_gone_says_so(self, viewer: Viewer) -> None:
        viewer.watched.page.get_by_text("gone").click()
        viewer.expect_text("This slide is in none of the workspace's cohorts any more.")
        assert [problem.split(":")[0] for problem in viewer.watched.problems] == ["console"]  # the 404 itself
        viewer.watched.problems.clear()
        viewer.watched.page.get_by_text("blocks").click()
        viewer.label("Opacity").fill("0")
        viewer.find(RED)

    def test_a_view_is_saved_as_a_picture(self, viewer: Viewer) -> None:
        viewer.label("Opacity").fill("100")
        viewer.label("Hide weakest").fill("50")
        red = viewer.find(RED)
        with viewer.watched.page.expect_download() as download:
            viewer.label("Save this view as a picture (PNG)").click()
        assert download.value.suggested_filename == "blocks-attention.png"
        saved = np.asarray(Image.open(download.value.path()).convert("RGB"), int)
        canvas = viewer.stage.locator(".overlay").bounding_box()
        assert saved.shape[:2] == (round(canvas["height"]) + 30, round(canvas["width"]))
        border = 1  # of the stage
        assert is_near(find_box(saved, RED), tuple(edge - border for edge in red))
        assert find_box(saved, VIRIDIS_HIGHEST) is not None  # the map
        corner = saved[-60:-38, 8:150]
        assert (np.abs(corner - 32).max(axis=2) < 12).sum() > 100  # the scale bar and its words


class TestSideBySide:
    def test_two_maps_of_one_slide_move_together(self, viewer: Viewer) -> None:
        viewer.watched.page.get_by_text("itself").click()
        beside = viewer.beside
        beside.expect_text("maps attention occlusion")
        viewer.label("Opacity").fill("0")
        before = viewer.find(RED)
        assert is_near(beside.find(RED), before)
        beside.label("Zoom in").click()
        wide = viewer.wait_for_box(RED, lambda box: box is not None and box[2] - box[0] > 1.4 * (before[2] - before[0]))
        assert is_near(beside.wait_for_box(RED, lambda box: is_near(box, wide)), wide)
        viewer.press("ArrowRight")
        viewer.wait_for_box(RED, lambda box: box is not None and not is_near(box, wide))
        moved = viewer.rest(RED)
        assert is_near(beside.wait_for_box(RED, lambda box: is_near(box, moved)), moved)
        viewer.click(moved)
        viewer.expect_text("chosen (0, 0), maps attention occlusion")
        for title in ("<img src=x onerror=alert(1)>", "Occlusion"):
            viewer.expect_text(f"Region 1: {title} −0.5")

    def test_what_colours_stand_for_keeps_to_its_half_of_a_narrow_window(self, viewer: Viewer) -> None:
        page = viewer.watched.page
        page.set_viewport_size({"width": 480, "height": 1000})
        page.get_by_text("itself").click()
        viewer.beside.expect_text("maps attention occlusion")
        viewer.map("occlusion")
        viewer.expect_text("lowers risk −0.500")
        panes = page.locator(".pane")
        expect(panes).to_have_count(2)
        parts = "[...pane.querySelectorAll('.legend-part *, .picture *')]"
        wide = f"pane => {parts}.map((part) => part.getBoundingClientRect().right)"
        for pane in panes.all():
            box = pane.bounding_box()
            assert box is not None
            assert max(pane.evaluate(wide)) <= box["x"] + box["width"] + 1

    def test_alone_again_when_asked(self, viewer: Viewer) -> None:
        viewer.watched.page.get_by_text("itself").click()
        viewer.label("Opacity").fill("0")
        before = viewer.beside.find(RED)
        viewer.label("Move together").uncheck()
        viewer.label("Zoom in").click()
        viewer.wait_for_box(RED, lambda box: box is not None and box[2] - box[0] > 1.4 * (before[2] - before[0]))
        assert is_near(viewer.beside.find(RED), before)

    def test_two_slides_keep_regions_of_their_own(self, viewer: Viewer) -> None:
        viewer.watched.page.get_by_text("twin").click()
        viewer.label("Opacity").fill("0")
        viewer.beside.click(viewer.beside.find(RED))
        viewer.expect_text("chosen (1, 0), maps attention occlusion")
        viewer.expect_text("Click a region to choose it.")


REGIONS = pd.DataFrame({"x": [0, 10, 10], "y": [0, 0, 10], "size": 10})
PANE = Pane(
    "/slides/a", "a", REGIONS,
    (RegionMap("attention", ScoreScale("Attention"), np.array([0.1, 0.3, np.nan]), "Where it looks."),
     RegionMap("effect", ScoreScale("Effect", diverging=True), np.array([0.1, -0.3, 0.0]), "What it does.")),
)  # fmt: skip
TOLD = {"digest": "now", "maps": ["effect"], "region": {"pane": 0, "index": 2}, "look": vars(Look(hide=0.25))}


class TestPython:
    @pytest.mark.parametrize(
        ("state", "expected"),
        [
            (None, None),
            ({}, None),
            ({"choice": None}, None),
            ({"choice": TOLD}, Choice(("effect",), (0, 2), Look(hide=0.25))),
            ({"choice": TOLD | {"digest": "earlier"}}, None),
            ({"choice": TOLD | {"region": None}}, Choice(("effect",), None, Look(hide=0.25))),
            ({"choice": TOLD | {"region": {"pane": 0, "index": 3}}}, Choice(("effect",), None, Look(hide=0.25))),
            ({"choice": TOLD | {"region": {"pane": 1, "index": 0}}}, Choice(("effect",), None, Look(hide=0.25))),
            ({"choice": TOLD | {"maps": ["no such map", 5]}}, Choice(("attention",), (0, 2), Look(hide=0.25))),
            ({"choice": TOLD | {"look": {"hide": "<b>", "grid": True}}}, Choice(("effect",), (0, 2), Look(grid=True))),
        ],
    )  # fmt: skip
    def test_what_the_browser_tells_is_checked(self, state: dict[str, object] | None, expected: Choice | None) -> None:
        assert component.find_choice(state, "now", [PANE]) == expected

    @pytest.mark.parametrize(
        ("look", "text"),
        [
            (Look(), ""),
            (Look(opacity=0.8, grid=True), "opacity-0.8,grid-1"),
            (Look(overlay=False, hide=1.0, byRank=True, outlines=True, colours="grey"),
             "overlay-0,hide-1,byRank-1,outlines-1,colours-grey"),
        ],
    )  # fmt: skip
    def test_look_in_an_address(self, look: Look, text: str) -> None:
        assert look.as_text() == text
        assert Look.from_text(text) == look

    @pytest.mark.parametrize(
        "text", ["x", "opacity-2", "opacity-nan", "opacity-", "grid-2", "colours-red", "overlay", "-,-,", "opacity-<b>"]
    )
    def test_nonsense_in_an_address_is_left_out(self, text: str) -> None:
        assert Look.from_text(text) == Look()

    def test_numbers_travel_as_32_bits(self) -> None:
        sent = PANE.as_json()
        assert base64.b64decode(sent["regions"]["x"]) == struct.pack("<3f", 0, 10, 10)
        scores = struct.unpack("<3f", base64.b64decode(sent["maps"][0]["scores"]))
        assert scores == pytest.approx([0.1, 0.3, np.nan], nan_ok=True)
        assert len(json.dumps(sent)) < 1000

    @pytest.mark.parametrize(
        ("side", "most", "expected"),
        [
            (2, 8, [[[0, 1], [2, 4]], [[8, 8], [8, 8]]]),
            (2, 7, [[[2]], [[8]]]),  # (0 + 1 + 2 + 4) / 4 is 1.75
            (1, 0, [[[0]], [[8]]]),
        ],
    )
    def test_many_patches_are_sent_as_means(self, side: int, most: int, expected: list[object]) -> None:
        patches = np.array([[[0, 1], [2, 4]], [[8, 8], [8, 8]]], np.uint8)[:, :side, :side]
        assert pool(patches, most).tolist() == expected

    def test_absence_is_explained(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(component, "VIEWER", Script(tmp_path / "viewer.js"))
        monkeypatch.setattr(component, "FAILED", tmp_path / "failed.txt")
        assert not component.available()
        assert "it has not been built yet" in component.explain_absence()
        (tmp_path / "failed.txt").write_text("connection refused")
        assert "(connection refused). Run `pip install -e .` again" in component.explain_absence()
        with pytest.raises(RuntimeError, match="Run `pip install -e .` again"):
            component.slide_viewer([PANE], Choice(("attention",)), key="viewer")
        (tmp_path / "viewer.js").touch()
        assert component.explain_absence() == ""

    @pytest.mark.parametrize(
        ("scores", "diverging", "limits"),
        [
            ([0.1, 0.3, np.nan], False, (0.1, 0.3)),
            ([-0.2, 0.1], True, (-0.2, 0.2)),
            ([0.5], False, (0.5, 0.5)),
            ([np.nan], False, (0.0, 1.0)),
            ([], True, (0.0, 1.0)),
        ],
    )
    def test_limits(self, scores: list[float], diverging: bool, limits: tuple[float, float]) -> None:
        assert ScoreScale("a", diverging=diverging).limits(np.array(scores)) == limits

    @pytest.mark.parametrize(("scores", "fixed", "written"), [
        ([-0.0366, 1e-5, -1e-5], 4, ["−0.0366", "0.0000", "0.0000"]),
        ([0.5, -0.25], None, ["0.500", "−0.250"]),
        ([0.0366, 0.0002], None, ["0.0366", "0.0002"]),
        ([1234.4, 7.0], None, ["1234", "7"]),
        ([0.0, 0.0], None, ["0", "0"]),
        ([0.00012, 0.00003], None, ["0.000120", "0.000030"]),
    ])  # fmt: skip
    def test_all_scores_of_a_map_have_the_same_decimals(
        self, scores: list[float], fixed: int | None, written: list[str]
    ) -> None:
        values = np.array(scores)
        scale = ScoreScale("a", diverging=True, fixed=fixed)
        assert [scale.write(score, values) for score in scores] == written
        node = shutil.which("node")
        if node is None:
            return
        lines = (
            f'import {{ ScoreScale }} from "{FRONTEND}/src/scale.js"',
            f"const scale = new ScoreScale({scores}, true, {scale.decimals(values)})",
            "console.log(scale.scores.map((score) => scale.write(score)).join())",
        )
        command = [node, "--input-type=module", "--eval", "\n".join(lines)]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == ",".join(written)

    @pytest.mark.parametrize(
        ("scores", "diverging", "expected"),
        [
            ([0.0, 1.0], False, [VIRIDIS_LOWEST, VIRIDIS_HIGHEST]),
            ([0.0, 0.5, 9.0], False, [VIRIDIS_LOWEST, [70, 20.5, 102], VIRIDIS_HIGHEST]),  # half-way to #482878
            ([-1.0, 0.0, 1.0], True, [PURPLE_END, [247, 247, 247], ORANGE_END]),
            ([3.0, 3.0], True, [ORANGE_END, ORANGE_END]),
            ([0.0], True, [[247, 247, 247]]),
        ],
    )
    def test_colours(self, scores: list[float], diverging: bool, expected: list[list[int]]) -> None:
        colours = ScoreScale("a", diverging=diverging).colours(np.array(scores))
        np.testing.assert_array_equal(colours, expected)
