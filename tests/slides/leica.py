"""A slide as Leica's SCN400 writes it: a scan that is a part of the slide, which OpenSlide calls its bounds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

NM = 500  # nanometres a pixel

_IMAGE = """<image><device model="Leica SCN400;1" version="1"/><pixels sizeX="{width}" sizeY="{height}">
<dimension sizeX="{width}" sizeY="{height}" r="0" ifd="{place}"/></pixels>
<view sizeX="{across}" sizeY="{down}" offsetX="{left}" offsetY="{top}" spacingZ="0"/><scanSettings>
<objectiveSettings><objective>{power}</objective></objectiveSettings><illuminationSettings>
<numericalAperture>0.4</numericalAperture><illuminationSource>brightfield</illuminationSource></illuminationSettings>
</scanSettings></image>"""


def write_scn(path: Path, pixels: np.ndarray, size: tuple[int, int], corner: tuple[int, int]) -> Path:
    """A slide of `size` (width, height) whose scan, `pixels`, begins at `corner`; the rest was never scanned.

    Args:
        size: a multiple of 16, at which the slide's macro picture is stored.
    """
    height, width = pixels.shape[:2]
    (across, down), (left, top) = ((NM * value for value in pair) for pair in (size, corner))
    macro = np.full((size[1] // 16, size[0] // 16, 3), 240, np.uint8)
    images = _IMAGE.format(
        width=macro.shape[1], height=macro.shape[0], place=0, across=across, down=down, left=0, top=0, power=0.6
    ) + _IMAGE.format(
        width=width, height=height, place=1, across=NM * width, down=NM * height, left=left, top=top, power=20
    )
    description = (
        '<?xml version="1.0"?><scn xmlns="http://www.leica-microsystems.com/scn/2010/10/01"><collection '
        f'sizeX="{across}" sizeY="{down}">{images}</collection></scn>'
    )
    common = {"tile": (256, 256), "compression": "jpeg", "photometric": "rgb", "metadata": None}
    with tifffile.TiffWriter(path, bigtiff=True) as tiff:
        tiff.write(macro, description=description, **common)
        tiff.write(pixels, **common)
    return path
