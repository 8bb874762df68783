"""Whole-slide images: tissue, regions, and their files."""

from pomp.slides.picture import picture, small_picture
from pomp.slides.prepare import SlideResult, prepare_slides
from pomp.slides.store import SlideRegions, read_pixels, read_slide_regions, regions_path, write_regions

__all__ = [
    "SlideRegions",
    "SlideResult",
    "picture",
    "prepare_slides",
    "read_pixels",
    "read_slide_regions",
    "regions_path",
    "small_picture",
    "write_regions",
]
