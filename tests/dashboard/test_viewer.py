"""The slide viewer in a real browser, and its Python side."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, expect

from dashboard.viewer import ScoreScale, component
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
RED, BLUE = (np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) for colour in BLOCKS.values())
VIRIDIS_LOWEST, VIRIDIS_HIGHEST = np.array([68, 1, 84]), np.array([253, 231, 37])
ORANGE_END, PURPLE_END = np.array([127, 59, 8]), np.array([45, 0, 75])
Box = tuple[int, int, int, int]


@pytest.fixture(scope="module")
def address(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> str:
    if not component.available():
        pytest.skip(component.explain_absence())
    home = tmp_path_factory.mktemp("home")
    folder = home / "cohorts" / "made"
    make_cohort_folder(folder, {"TCGA-AA-0001": "blocks.svs", "TCGA-AA-0002": "plain.tif"})
    make_slide(folder / "blocks.svs")
    make_slide_without_scale(folder / "plain.tif")
    return serve(PAGE, home)


@dataclass(frozen=True)
class Viewer:
    """What a user sees of it, and does to it."""

    watched: WatchedPage

    @property
    def stage(self) -> Locator:
        return self.watched.page.locator(".stage")

    def label(self, name: str) -> Locator:
        return self.watched.page.get_by_label(name, exact=True)

    def wait_for_box(self, colour: NDArray[np.int64], is_expected: Callable[[Box | None], bool]) -> Box:
        """The rectangle of a colour on the stage, once it is as expected; the last one seen if it never is."""
        box = None
        for _ in range(50):
            shot = np.asarray(Image.open(io.BytesIO(self.stage.screenshot())).convert("RGB"), int)
            box = find_box(shot, colour)
            if is_expected(box):
                break
            self.watched.page.wait_for_timeout(100)
        return box

    def find(self, colour: NDArray[np.int64]) -> Box:
        box = self.wait_for_box(colour, lambda box: box is not None)
        assert box is not None, f"no {colour} on the stage"
        return box

    def click(self, box: Box) -> None:
        left, top, right, bottom = box
        self.stage.click(position={"x": (left + right) / 2, "y": (top + bottom) / 2})

    def expect_text(self, text: str) -> None:
        expect(self.watched.page.get_by_text(text)).to_be_visible()


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


class TestInBrowser:
    def test_regions_lie_on_their_tissue(self, viewer: Viewer) -> None:
        red, blue = viewer.find(RED), viewer.find(BLUE)
        viewer.label("Opacity").fill("100")
        assert is_near(viewer.wait_for_box(VIRIDIS_LOWEST, lambda box: is_near(box, red)), red)
        assert is_near(viewer.wait_for_box(VIRIDIS_HIGHEST, lambda box: is_near(box, blue)), blue)

    def test_colours_of_signed_scores_are_even_around_zero(self, viewer: Viewer) -> None:
        red, blue = viewer.find(RED), viewer.find(BLUE)
        viewer.label("Opacity").fill("100")
        viewer.watched.page.get_by_text("occlusion").click()
        assert is_near(viewer.wait_for_box(PURPLE_END, lambda box: is_near(box, red)), red)
        # 0.25 of at most 0.5 is half-way from the middle of eleven colours to the last: between the 8th and the 9th.
        halfway = (np.array([253, 184, 99]) + np.array([224, 130, 20])) / 2
        assert is_near(viewer.wait_for_box(halfway, lambda box: is_near(box, blue)), blue)
        viewer.label("Colour by rank").check()
        # By rank of |score|, 0.25 is the weakest of two: the neutral middle, which looks like glass.
        assert viewer.wait_for_box(halfway, lambda box: box is None) is None
        assert viewer.wait_for_box(BLUE, lambda box: box is None) is None

    def test_sliders_repaint_without_a_rerun(self, viewer: Viewer) -> None:
        viewer.expect_text("chosen None, run 1")
        viewer.label("Opacity").fill("100")
        assert viewer.wait_for_box(RED, lambda box: box is None) is None
        viewer.label("Hide weakest").fill("50")  # -0.5 is the weaker of the two
        viewer.find(RED)
        assert viewer.wait_for_box(BLUE, lambda box: box is None) is None
        viewer.label("Outlines").check()
        viewer.expect_text("chosen None, run 1")

    def test_click_reaches_python_and_zoom_outlives_reruns(self, viewer: Viewer) -> None:
        for _ in range(2):
            viewer.label("Zoom in").click()
        before = viewer.wait_for_box(RED, lambda box: box is not None and box[2] - box[0] > 150)
        viewer.click(before)
        viewer.expect_text("chosen 0, run 2")
        viewer.expect_text("Region 1: <img src=x onerror=alert(1)> −0.5, rank 2 of 2")
        viewer.watched.page.get_by_role("button", name="Rerun").click()
        viewer.expect_text("chosen 0, run 3")
        # The selected region's outline covers 3 px of its edge.
        assert is_near(viewer.wait_for_box(RED, lambda box: is_near(box, before, 5)), before, 5)
        viewer.watched.page.get_by_text("occlusion").click()
        viewer.expect_text("chosen 0, run 4")
        assert is_near(viewer.wait_for_box(RED, lambda box: is_near(box, before, 5)), before, 5)
        assert viewer.label("Opacity").input_value() == "0"

    def test_steps_through_the_ranks_by_keyboard(self, viewer: Viewer) -> None:
        viewer.label("Weaker region").press("Enter")
        viewer.expect_text("chosen 1, run 2")
        viewer.label("Weaker region").press("Enter")
        viewer.expect_text("chosen 0, run 3")
        viewer.label("Stronger region").press("Enter")
        viewer.expect_text("chosen 1, run 4")

    def test_a_region_without_score_is_clear_and_says_so(self, viewer: Viewer) -> None:
        viewer.label("Opacity").fill("100")
        left, top, right, _ = viewer.wait_for_box(VIRIDIS_LOWEST, lambda box: box is not None)
        side = right - left
        viewer.click((left - side, top - side, left, top))
        viewer.expect_text("Region 3: no score")
        viewer.expect_text("chosen 2, run 2")

    def test_keys_zoom_and_do_not_turn_the_slide(self, viewer: Viewer) -> None:
        before = viewer.find(RED)
        canvas = viewer.stage.get_by_role("application")
        canvas.press("r")
        canvas.press("f")
        assert is_near(viewer.find(RED), before)
        canvas.press("+")
        wider = viewer.wait_for_box(RED, lambda box: box is not None and box[2] - box[0] > before[2] - before[0])
        assert wider[2] - wider[0] > before[2] - before[0]
        viewer.label("Whole slide").click()
        assert is_near(viewer.wait_for_box(RED, lambda box: is_near(box, before)), before)

    def test_scale_bar_is_as_long_as_it_says(self, viewer: Viewer) -> None:
        for _ in range(2):
            viewer.label("Zoom in").click()
        left, _, right, _ = viewer.wait_for_box(RED, lambda box: box is not None and box[2] - box[0] > 200)
        text = viewer.stage.locator(".scale-bar span").inner_text()
        length = float(re.fullmatch(r"(\d+) µm", text)[1])
        bar = viewer.stage.locator(".scale-bar i").bounding_box()["width"]
        assert bar <= 130
        assert bar * (BLOCK * MPP) / (right - left) == pytest.approx(length, rel=0.03)

    def test_another_slide_in_the_same_place(self, viewer: Viewer) -> None:
        viewer.click(viewer.find(RED))
        viewer.expect_text("chosen 0, run 2")
        viewer.watched.page.get_by_text("plain").click()
        viewer.expect_text("chosen None, run 3")
        viewer.expect_text("scale unknown")
        viewer.find(np.array([128, 128, 128]))

    def test_a_slide_that_is_gone_says_so(self, viewer: Viewer) -> None:
        viewer.watched.page.get_by_text("gone").click()
        viewer.expect_text("This slide is in none of the workspace's cohorts any more.")
        assert [problem.split(":")[0] for problem in viewer.watched.problems] == ["console"]  # the 404 itself
        viewer.watched.problems.clear()
        viewer.watched.page.get_by_text("blocks").click()
        viewer.find(RED)


class TestPython:
    REGIONS = pd.DataFrame({"x": [0, 10, 10], "y": [0, 0, 10], "size": 10, "score": [0.1, 0.3, np.nan]})

    @pytest.mark.parametrize(
        ("state", "expected"),
        [
            (None, None),
            ({}, None),
            ({"region": None}, None),
            ({"region": {"slide": "/slides/a", "x": 10, "y": 10}}, 2),
            ({"region": {"slide": "/slides/b", "x": 10, "y": 10}}, None),  # an earlier slide's
            ({"region": {"slide": "/slides/a", "x": 11, "y": 10}}, None),  # an earlier map's
        ],
    )
    def test_chosen_region(self, state: dict[str, object] | None, expected: int | None) -> None:
        assert component.find_chosen(state, "/slides/a", self.REGIONS) == expected

    def test_absence_is_explained(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(component, "SCRIPT", tmp_path / "viewer.js")
        monkeypatch.setattr(component, "FAILED", tmp_path / "failed.txt")
        assert not component.available()
        assert "it has not been built yet" in component.explain_absence()
        (tmp_path / "failed.txt").write_text("connection refused")
        assert "(connection refused). Run `pip install -e .` again" in component.explain_absence()
        with pytest.raises(RuntimeError, match="Run `pip install -e .` again"):
            component.slide_viewer("/slides/a", self.REGIONS, ScoreScale("Attention"), key="viewer")
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
