"""The still picture that stands in for the slide viewer."""

from __future__ import annotations

import base64
import io

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from PIL import Image

from dashboard.viewer import ScoreScale, fallback_figure, grid_figure
from dashboard.viewer.fallback import GRID_PX, NO_REGION

VIRIDIS_LOWEST, VIRIDIS_HIGHEST = np.array([68, 1, 84]), np.array([253, 231, 37])


def pixels_of(figure: go.Figure) -> np.ndarray:
    encoded = figure.layout.images[0].source.removeprefix("data:image/png;base64,")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))))


class TestStillPicture:
    def test_tints_the_regions_and_nothing_else(self) -> None:
        thumbnail = np.full((20, 20, 3), 255, np.uint8)  # a tenth of level 0
        regions = pd.DataFrame({"x": [0, 100], "y": [0, 50], "size": [50, 50], "score": [1.0, 2.0]})
        figure = fallback_figure(thumbnail, regions, ScoreScale("Attention"), width=200, opacity=0.5)
        picture = pixels_of(figure)
        low, high = (np.round((colour + 255) / 2).tolist() for colour in (VIRIDIS_LOWEST, VIRIDIS_HIGHEST))
        assert picture[0, 0].tolist() == picture[4, 4].tolist() == low
        assert picture[5, 10].tolist() == picture[9, 14].tolist() == high
        untouched = picture.copy()
        untouched[0:5, 0:5] = untouched[5:10, 10:15] = 255
        assert (untouched == 255).all()
        assert (thumbnail == 255).all()

    def test_patches_tint_in_place_of_the_score(self) -> None:
        regions = pd.DataFrame({"x": [0, 100], "y": [0, 0], "size": [40, 40], "score": [1.0, np.nan]})
        patches = np.array([[[0, 255], [255, 0]], [[255, 255], [255, 255]]], np.uint8)
        scale = ScoreScale("Within", "weakest", "strongest")
        figure = fallback_figure(
            np.full((20, 20, 3), 255, np.uint8), regions, scale, width=200, opacity=1.0, patches=patches
        )
        picture = pixels_of(figure)
        assert picture[0, 0].tolist() == picture[3, 3].tolist() == VIRIDIS_LOWEST.tolist()
        assert picture[1, 2].tolist() == picture[2, 0].tolist() == VIRIDIS_HIGHEST.tolist()
        assert (picture[:, 4:] == 255).all()  # a region without a score has no patches either
        bar = figure.data[0].marker
        assert (bar.cmin, bar.cmax, bar.colorbar.ticktext) == (0, 1, ("weakest", "strongest"))

    def test_regions_that_reach_over_an_edge_are_cut_off_there(self) -> None:
        """As TRIDENT and CLAM may place them: over the corners to the left and to the right."""
        regions = pd.DataFrame({"x": [-20, 180, -90], "y": [-20, 180, 0], "size": [40] * 3, "score": [1.0, 2.0, 3.0]})
        patches = np.array([[[9, 9], [9, 255]], [[255, 9], [9, 9]], [[9, 9], [9, 9]]], np.uint8)
        scale, white = ScoreScale("Within", "weakest", "strongest"), np.full((20, 20, 3), 255, np.uint8)
        for squares in (None, patches):
            figure = fallback_figure(white, regions, scale, width=200, opacity=1.0, patches=squares)
            picture = pixels_of(figure)
            upper, lower = picture[:2, :2].copy(), picture[18:, 18:].copy()
            picture = picture.copy()
            picture[:2, :2] = picture[18:, 18:] = 255
            assert (picture == 255).all()
            assert (lower == scale.shades(np.array(0.5 if squares is None else 1)).round()).all()
            assert (upper == scale.shades(np.array(0 if squares is None else 1)).round()).all()

    def test_names_from_data_are_no_html(self) -> None:
        regions = pd.DataFrame({"x": [0], "y": [0], "size": [40], "score": [1.0]})
        scale = ScoreScale("Match with <a href='x'>b</a>")
        points = fallback_figure(np.zeros((20, 20, 3), np.uint8), regions, scale, width=200).data[0]
        assert "<a" not in points.hovertemplate
        assert "<a" not in points.marker.colorbar.title.text

    def test_points_are_the_regions_in_order(self) -> None:
        regions = pd.DataFrame({"x": [0, 100], "y": [0, 50], "size": [50, 50], "score": [np.nan, -0.25]})
        scale = ScoreScale("Occlusion", "lowers risk", "raises risk", diverging=True)
        points = fallback_figure(np.zeros((20, 20, 3), np.uint8), regions, scale, width=200).data[0]
        assert list(points.x) == [2.5, 12.5]
        assert list(points.y) == [2.5, 7.5]
        assert list(points.text) == ["no score", "−0.250"]
        assert (points.marker.cmin, points.marker.cmax) == (-0.25, 0.25)
        assert points.marker.colorbar.ticktext == ("lowers risk −0.250", "0", "raises risk 0.250")

    def test_without_regions_it_is_the_slide_alone(self) -> None:
        regions = pd.DataFrame({"x": [], "y": [], "size": [], "score": []}, dtype=float)
        figure = fallback_figure(np.zeros((4, 4, 3), np.uint8), regions, ScoreScale("Attention"), width=40)
        assert figure.data[0].marker.showscale is False


class TestRegionsAlone:
    def test_they_lie_as_on_the_slide_from_the_first_one_on(self) -> None:
        regions = pd.DataFrame({"x": [5000, 5256], "y": [900, 1412], "size": [256, 256], "score": [1.0, 2.0]})
        figure = grid_figure(regions, ScoreScale("Attention"))
        picture = pixels_of(figure)  # 512 × 768 level-0 pixels
        assert picture.shape == (GRID_PX, round(GRID_PX * 2 / 3), 3)
        assert (picture[:340, :340] == VIRIDIS_LOWEST).all()
        assert (picture[684:, 342:] == VIRIDIS_HIGHEST).all()
        assert (picture[345:680] == NO_REGION).all()
        assert (picture[:340, 345:] == NO_REGION).all()
        points = figure.data[0]
        assert list(points.text) == ["1.00", "2.00"]
        assert points.x[0] < points.x[1]
        assert points.y[0] < points.y[1]

    def test_without_places_they_fill_a_square_in_their_order(self) -> None:
        nowhere = [np.nan] * 5
        regions = pd.DataFrame({"x": nowhere, "y": nowhere, "size": nowhere, "score": [0.0, 1.0, 2.0, 3.0, 4.0]})
        figure = grid_figure(regions, ScoreScale("Attention"))
        points, third = figure.data[0], GRID_PX / 3
        assert np.array(points.x) / third == pytest.approx([0.5, 1.5, 2.5, 0.5, 1.5], abs=0.01)
        assert np.array(points.y) / third == pytest.approx([0.5, 0.5, 0.5, 1.5, 1.5], abs=0.01)
        assert pixels_of(figure).shape == (round(2 * third), GRID_PX, 3)
