from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from pomp.config import SlideConfig
from pomp.slides import picture, prepare, prepare_slides, read_pixels, read_slide_regions, regions_path
from tests.slides.painting import EOSIN, paint, shrink, table, write_slide
from tests.slides.reading import prepare_or_crash, prepare_or_hang

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
def test_the_picture_shows_the_mask_and_the_regions(slide_file: Path, tmp_path: Path) -> None:
    prepare_slides(table(slide_file), tmp_path, CONFIG)
    drawn = picture(read_slide_regions(regions_path(tmp_path, "painted", CONFIG)))
    assert drawn.size == (512, 512)
    assert drawn.getpixel((200, 65)) == (0, 158, 115)  # the tissue's upper edge, at level-0 y 256
    assert drawn.getpixel((128, 30)) == (213, 94, 0)  # the left side of region (0, 1), at level-0 x 512
    assert drawn.getpixel((200, 200)) == pytest.approx(EOSIN, abs=15)


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
