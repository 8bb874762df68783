"""The regions of a slide and their scores as HDF5 in TRIDENT's layout, which its tools and `pomp` itself read."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import h5py
import numpy as np
import pandas as pd

from dashboard.viewer import RegionMap
from pomp.slides.store import SlideRegions


def to_trident(
    slide: str,
    regions: pd.DataFrame,
    maps: Sequence[RegionMap],
    stored: SlideRegions | None,
    size_stated: bool = True,
) -> bytes:
    """A file with the dataset `coords`, (M, 2) level-0 x and y, and a dataset (M,) for each map, by its key.

    The attributes of `coords` are TRIDENT's (Zhang et al., 2025); each map says in `title` what it is.

    Args:
        slide: its name.
        regions: x, y, size (level-0 pixels) of M regions of one size.
        maps: of these regions.
        stored: what the region file says of the slide. Without one, the sizes of slide and stored region are left out.
        size_stated: False where `size` is a guess: it is left out, too.
    """
    size = round(float(regions["size"].iloc[0]))
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        coords = file.create_dataset("coords", data=regions[["x", "y"]].to_numpy(dtype=float).round().astype(np.int64))
        coords.attrs["name"] = slide
        if size_stated:
            coords.attrs.update(patch_size_level0=size, patch_size=stored.side if stored else size)
        if stored is not None:
            magnification = math.nan if stored.magnification is None else stored.magnification
            coords.attrs.update(
                level0_magnification=magnification,
                target_magnification=magnification / stored.downsample,
                overlap=stored.overlap,
                level0_width=stored.width,
                level0_height=stored.height,
            )
        for one in maps:
            if not one.patches:
                scores = file.create_dataset(one.key.replace("/", "_"), data=one.scores)
                scores.attrs["title"] = one.scale.title
    return buffer.getvalue()
