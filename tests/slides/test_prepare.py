from __future__ import annotations

import io
import math
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pomp.config import SlideConfig
from pomp.errors import RunError
from pomp.slides import (
    picture,
    prepare,
    prepare_slides,
    read_pixels,
    read_slide_regions,
    regions_path,
    small_picture,
)
from tests.slides.painting import EOSIN, paint, shrink, table, write_plain_tiff, write_slide
from tests.slides.reading import prepare_or_crash, prepare_or_hang, prepare_without_room

CONFIG = SlideConfig(region_px=512, downsample=16)


def test_a_slide_becomes_a_region_file(slide_file: Path, tissue_pixels: np.ndarray, tmp_path: Path) -> None:
    """Tissue at x 512–1536, y 256–1024: of the 4 × 4 regions, two are half tissue and the two below them all."""
    [result] = prepare_slides(table(slide_file), tmp_path, CONFIG)
    assert (result.slide, result.patient, result.file) == ("painted", "patient of painted", str(slide_file))
    assert (result.regions, result.reason, result.cached) == (4, None, False)
    path = regions_path(tmp_path, "painted", CONFIG)
    regions = read_slide_regions(path)
    assert regions.coordinates.tolist() == [[512, 0], [1024, 0], [512, 512], [1024, 512]]
    assert regions.grid.tolist() == [[0, 1], [0, 2], [1, 1], [1, 2]]
    assert regions.tissue == pytest.approx([0.5, 0.5, 1, 1], abs=0.02)
    assert (regions.mpp, regions.magnification, regions.width, regions.height) == (0.5, 20.0, 2048, 2048)
    assert (regions.thumbnail.shape, regions.mask.shape) == ((512, 512, 3), (512, 512))
    expected = [shrink(tissue_pixels[y : y + 512, x : x + 512], 16) for x, y in regions.coordinates]
    assert np.array_equal(read_pixels(path), expected)


@pytest.mark.usefixtures("here")
class TestRegionsInMicrometres:
    """Slides of mpp 0.5: 256 µm are 512 px, which are stored with 32."""

    CONFIG = SlideConfig(region_px=512, downsample=16, region_um=256)

    def test_pixels_follow_from_mpp(self, slide_file: Path, tissue_pixels: np.ndarray, tmp_path: Path) -> None:
        [result] = prepare_slides(table(slide_file), tmp_path, self.CONFIG)
        assert (result.regions, result.reason, result.mpp) == (4, None, 0.5)
        path = regions_path(tmp_path, "painted", self.CONFIG)
        regions = read_slide_regions(path)
        assert (regions.region_px, regions.downsample, regions.side) == (512, 16.0, 32)
        expected = [shrink(tissue_pixels[y : y + 512, x : x + 512], 16) for x, y in regions.coordinates]
        assert np.array_equal(read_pixels(path), expected)

    @pytest.mark.parametrize(
        ("stated", "mpp", "region_px", "corners"),
        [
            (0.25, 0.25, 1024, [[0, 0], [1024, 0]]),  # 512 · 768 of 1024² px are tissue
            (0.4, 0.4, 640, [[640, 0], [640, 640]]),  # 60%; beside them 12% and 24%
            (float("nan"), 0.5, 512, [[512, 0], [1024, 0], [512, 512], [1024, 512]]),  # the slide's own
        ],
    )
    def test_the_table_completes_and_overrules_the_file(
        self, slide_file: Path, tmp_path: Path, stated: float, mpp: float, region_px: int, corners: list[list[int]]
    ) -> None:
        [result] = prepare_slides(table(slide_file).assign(mpp=stated), tmp_path, self.CONFIG)
        stored = read_slide_regions(regions_path(tmp_path, "painted", self.CONFIG))
        assert (stored.region_px, stored.side, stored.coordinates.tolist()) == (region_px, 32, corners)
        assert stored.mpp == result.mpp == mpp

    def test_another_mpp_in_the_table_cuts_again(self, slide_file: Path, tmp_path: Path) -> None:
        slides = table(slide_file)
        cached = [
            prepare_slides(slides.assign(mpp=stated), tmp_path, self.CONFIG)[0].cached
            for stated in (0.5, 0.5, 0.25, float("nan"))
        ]
        assert cached == [False, True, False, False]

    @pytest.mark.parametrize(
        ("header", "region_um", "reason"),
        [
            (
                "|AppMag = 20",
                256,
                r"^a\.svs states no mpp .* slides\.region_um = 256 needs: add a column mpp to slides\.csv, leave",
            ),
            (
                "|MPP = 10",
                256,
                r"^a\.svs is too coarse: at mpp 10, slides\.region_um = 256 are 26 px, and a region is stored with 32",
            ),
            (
                "|MPP = 0.5",
                4096,
                r"^a\.svs has too little tissue: no region of 8192 px .* smaller slides\.region_um",
            ),
        ],
    )
    def test_slides_that_do_not_fit(self, tmp_path: Path, header: str, region_um: float, reason: str) -> None:
        file = write_slide(tmp_path / "a.svs", paint((1024, 1024), [(0, 0, 900, 900)]), header=header)
        config = SlideConfig(region_px=512, downsample=16, region_um=region_um)
        [result] = prepare_slides(table(file), tmp_path, config)
        assert result.regions == 0
        assert re.search(reason, str(result.reason))


@pytest.mark.usefixtures("here")
def test_a_region_over_the_edge_is_padded_with_white(tmp_path: Path) -> None:
    """700 px are one region and 188 px of another: 36.7% of it, all tissue."""
    pixels = paint((700, 512), [(0, 0, 700, 512)])
    [result] = prepare_slides(table(write_slide(tmp_path / "a.svs", pixels)), tmp_path, CONFIG)
    assert result.regions == 2
    path = regions_path(tmp_path, "a", CONFIG)
    assert read_slide_regions(path).tissue == pytest.approx([1, 188 / 512], abs=0.01)
    edge = read_pixels(path)[1]
    assert (edge[:, 12:] == 255).all()  # 188 / 16 = 11.75
    assert (edge[:, :11, 1] < 200).all()


@pytest.mark.usefixtures("here")
def test_a_slide_that_states_no_mpp(tmp_path: Path) -> None:
    """It is said, and no obstacle where regions are in pixels; the second time it is read from the region file."""
    files = [
        write_slide(tmp_path / f"{name}.svs", paint((512, 512), [(0, 0, 512, 512)]), header=header)
        for name, header in (("with", "|MPP = 0.5"), ("without", ""))
    ]
    for cached in (False, True):
        results = prepare_slides(table(*files), tmp_path, CONFIG)
        assert [(result.mpp, result.reason, result.cached) for result in results] == [
            (0.5, None, cached),
            (None, None, cached),
        ]


@pytest.mark.usefixtures("here")
class TestMppThatCannotBe:
    """1000 µm a pixel, and pixels twice as high as wide."""

    CASES = (((10, 10), "1000 across and 1000 down"), ((40_000, 20_000), "0.25 across and 0.5 down"))

    @pytest.mark.parametrize(("per_cm", "said"), CASES)
    def test_it_is_told_and_no_obstacle_to_regions_in_pixels(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture, per_cm: tuple[int, int], said: str
    ) -> None:
        file = write_plain_tiff(tmp_path / "a.tif", paint((512, 512), [(0, 0, 512, 512)]), per_cm)
        [result] = prepare_slides(table(file), tmp_path, CONFIG)
        assert (result.regions, result.reason, result.mpp) == (1, None, None)
        assert said in result.note
        assert f"Slide a of patient patient of a has no mpp: a.tif says {said} µm a pixel" in caplog.text
        assert read_slide_regions(regions_path(tmp_path, "a", CONFIG)).mpp is None
        [again] = prepare_slides(table(file), tmp_path, CONFIG)
        assert (again.cached, again.note) == (True, result.note)

    @pytest.mark.parametrize(("per_cm", "said"), CASES)
    def test_regions_in_micrometres_are_refused(self, tmp_path: Path, per_cm: tuple[int, int], said: str) -> None:
        file = write_plain_tiff(tmp_path / "a.tif", paint((512, 512), [(0, 0, 512, 512)]), per_cm)
        [result] = prepare_slides(table(file), tmp_path, TestRegionsInMicrometres.CONFIG)
        reason = rf"^a\.tif states no mpp .*: add a column mpp to slides\.csv, .* a\.tif says {said} µm a pixel, which"
        assert re.search(reason, str(result.reason))

    def test_the_table_counts_more(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        file = write_plain_tiff(tmp_path / "a.tif", paint((512, 512), [(0, 0, 512, 512)]), (40_000, 20_000))
        [result] = prepare_slides(table(file).assign(mpp=0.5), tmp_path, TestRegionsInMicrometres.CONFIG)
        assert (result.regions, result.reason, result.mpp, result.note, caplog.text) == (1, None, 0.5, "", "")

    @pytest.mark.parametrize(("per_cm", "mpp"), [(10, 1000), (10_000_000, 1e-3)])
    def test_what_an_earlier_version_took_is_cut_again(
        self, per_cm: int, mpp: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = write_plain_tiff(tmp_path / "a.tif", paint((512, 512), [(0, 0, 512, 512)]), (per_cm, per_cm))
        with monkeypatch.context() as patched:
            patched.setattr("pomp.slides.opening.LARGEST_MPP", math.inf)
            patched.setattr("pomp.slides.opening.SMALLEST_MPP", 0)
            assert prepare_slides(table(file), tmp_path, CONFIG)[0].mpp == pytest.approx(mpp)
        results = [prepare_slides(table(file), tmp_path, CONFIG)[0] for _ in range(2)]
        assert [(result.mpp, result.cached) for result in results] == [(None, False), (None, True)]


@pytest.mark.usefixtures("here")
class TestPictures:
    def test_it_shows_the_mask_and_the_regions(self, slide_file: Path, tmp_path: Path) -> None:
        prepare_slides(table(slide_file), tmp_path, CONFIG)
        drawn = picture(read_slide_regions(regions_path(tmp_path, "painted", CONFIG)))
        assert drawn.size == (512, 512)
        assert drawn.getpixel((200, 65)) == (0, 158, 115)  # the tissue's upper edge, at level-0 y 256
        assert drawn.getpixel((128, 30)) == (213, 94, 0)  # the left side of region (0, 1), at level-0 x 512
        assert drawn.getpixel((200, 200)) == pytest.approx(EOSIN, abs=15)

    def test_small_without_the_slide(self, slide_file: Path, tmp_path: Path) -> None:
        slide = Path(shutil.copy(slide_file, tmp_path / "a.svs"))
        prepare_slides(table(slide), tmp_path, CONFIG)
        slide.unlink()
        drawn = Image.open(io.BytesIO(small_picture(regions_path(tmp_path, "a", CONFIG), 128)))
        assert (drawn.format, drawn.size) == ("JPEG", (128, 128))
        assert drawn.getpixel((50, 40)) == pytest.approx(EOSIN, abs=15)

    def test_a_slide_without_regions_shows_why(self, tmp_path: Path) -> None:
        """A crumb of tissue, and its outline; the second time the slide is not read again."""
        slide = write_slide(tmp_path / "a.svs", paint((1024, 1024), [(0, 0, 128, 256)]))
        [first] = prepare_slides(table(slide), tmp_path, CONFIG)
        [second] = prepare_slides(table(slide), tmp_path, CONFIG)
        assert (first.regions, first.cached, second.cached) == (0, False, True)
        assert "too little tissue" in str(first.reason)
        assert second.reason == first.reason
        path = regions_path(tmp_path, "a", CONFIG)
        assert read_pixels(path).shape == (0, 32, 32, 3)
        drawn = picture(read_slide_regions(path))
        assert drawn.getpixel((127 * drawn.width // 1024, 60)) == (0, 158, 115)


@pytest.mark.usefixtures("here")
class TestWhatIsThereIsNotDoneAgain:
    @pytest.fixture
    def slide(self, here: None, slide_file: Path, tmp_path: Path) -> Path:
        """A prepared slide, with the cohort in `tmp_path`."""
        copy = tmp_path / "a.svs"
        shutil.copy(slide_file, copy)
        prepare_slides(table(copy), tmp_path, CONFIG)
        return copy

    @staticmethod
    def again(slide: Path, config: SlideConfig = CONFIG) -> tuple[bool, int]:
        [result] = prepare_slides(table(slide), slide.parent, config)
        assert result.reason is None
        return result.cached, result.regions

    def test_same_slide_and_settings(self, slide: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(prepare, "prepare_slide", None)  # not even sent to a child
        assert self.again(slide) == (True, 4)

    def test_moved_or_touched(self, slide: Path) -> None:
        moved = shutil.copy(slide, slide.parent / "b.svs")
        slide.unlink()
        Path(moved).rename(slide)
        assert self.again(slide) == (True, 4)

    def test_the_sampling_of_training_does_not_matter(self, slide: Path) -> None:
        assert self.again(slide, SlideConfig(region_px=512, downsample=16, max_regions=1)) == (True, 4)

    def test_other_settings(self, slide: Path) -> None:
        assert self.again(slide, SlideConfig(region_px=512, downsample=16, min_tissue=0.9)) == (False, 2)
        assert self.again(slide) == (True, 4)

    def test_another_slide_of_that_name(self, slide: Path) -> None:
        write_slide(slide, paint((2048, 2048), [(0, 0, 512, 512)]))
        assert self.again(slide) == (False, 1)

    def test_damaged_region_file(self, slide: Path) -> None:
        path = regions_path(slide.parent, "a", CONFIG)
        path.write_bytes(path.read_bytes()[:-100])
        assert self.again(slide) == (False, 4)
        assert len(read_pixels(path)) == 4


def test_a_crashing_reader_costs_one_slide(slide_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [Path(shutil.copy(slide_file, tmp_path / name)) for name in ("a.svs", "crash.svs", "b.svs")]
    monkeypatch.setattr(prepare, "prepare_slide", prepare_or_crash)
    results = prepare_slides(table(*files), tmp_path, CONFIG, workers=1)
    assert [result.slide for result in results] == ["a", "crash", "b"]
    assert [result.regions for result in results] == [4, 0, 4]
    assert [result.reason is None for result in results] == [True, False, True]
    assert "ended by signal 9." in str(results[1].reason)


def test_readers_that_are_killed_one_after_the_other_are_no_property_of_slides(
    slide_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [Path(shutil.copy(slide_file, tmp_path / name)) for name in ("crash.svs", "a.svs", "crash-2.svs")]
    monkeypatch.setattr(prepare, "prepare_slide", prepare_or_crash)
    said = r"^2 slides could not be read, among them crash and crash-2: .* Memory may be short.* then resume the run"
    with pytest.raises(RunError, match=said):
        prepare_slides(table(*files), tmp_path, CONFIG, workers=1)
    assert regions_path(tmp_path, "a", CONFIG).is_file()


def test_a_full_disk_is_no_property_of_a_slide(
    slide_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "prepare_slide", prepare_without_room)
    path = regions_path(tmp_path, "painted", CONFIG)
    said = (
        f"^The regions of slide painted cannot be written to {path}: [Ff]ile too large. Free disk space, or make the f"
    )
    with pytest.raises(RunError, match=said):
        prepare_slides(table(slide_file), tmp_path, CONFIG)
    assert list(path.parent.iterdir()) == []


@pytest.mark.slow
def test_a_hanging_reader_costs_one_slide(slide_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [Path(shutil.copy(slide_file, tmp_path / name)) for name in ("a.svs", "hang.svs", "b.svs")]
    monkeypatch.setattr(prepare, "prepare_slide", prepare_or_hang)
    results = prepare_slides(table(*files), tmp_path, CONFIG, workers=1, silence_seconds=3)
    assert [result.regions for result in results] == [4, 0, 4]
    assert [result.reason is None for result in results] == [True, False, True]
    assert "gave no sign of life for 3 s and was killed." in str(results[1].reason)


@pytest.mark.usefixtures("here")
def test_progress_and_stopping(slide_file: Path, tmp_path: Path) -> None:
    files = [Path(shutil.copy(slide_file, tmp_path / f"{name}.svs")) for name in "abc"]
    seen: list[tuple[int, int]] = []

    def stop_after_one(done: int, total: int, what: str) -> None:
        seen.append((done, total))
        if done:
            raise InterruptedError(what)

    with pytest.raises(InterruptedError, match="a"):
        prepare_slides(table(*files), tmp_path, CONFIG, workers=1, on_progress=stop_after_one)
    assert set(seen) == {(0, 3), (1, 3)}
    seen.clear()
    results = prepare_slides(table(*files), tmp_path, CONFIG, on_progress=lambda *call: seen.append(call[:2]))
    assert [result.cached for result in results] == [True, False, False]
    assert (seen[0], seen[-1]) == ((1, 3), (3, 3))


def test_no_slides(tmp_path: Path) -> None:
    assert prepare_slides(table(), tmp_path, CONFIG) == []


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", ["x" * 251, "切" * 83, "a 'b\" #?&%20"])
def test_any_name_of_a_file(name: str, slide_file: Path, tmp_path: Path) -> None:
    """251 bytes and .svs are the longest that common file systems take."""
    file = Path(shutil.copy(slide_file, tmp_path / f"{name}.svs"))
    for cached in (False, True):
        [result] = prepare_slides(table(file), tmp_path, CONFIG)
        assert (result.reason, result.cached) == (None, cached)
