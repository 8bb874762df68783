"""Synthetic H&E: islands of tissue on white, with dense dark foci that cover a given share of it.

Everything is painted at a quarter of level 0 (2 µm a pixel at 20×) and enlarged: nuclei are 3–5 pixels there, and what
has no detail at level 0 compresses well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from pomp.data.demo.design import DemoDesign

REDUCTION = 4
# Optical density of red, green and blue by stain, close to the reference of Macenko et al., ISBI 2009.
HAEMATOXYLIN = np.array([0.60, 0.71, 0.36], dtype=np.float32)
EOSIN = np.array([0.13, 0.88, 0.45], dtype=np.float32)
GLASS = 244.0  # grey value of the empty slide
_EDGE = 0.02  # softness of outlines, in deviations of the field they are cut from

Field = NDArray[np.float32]


@dataclass(frozen=True)
class Painting:
    """A slide before it is written."""

    image: Image.Image  # RGB, level 0
    tissue: NDArray[np.bool_]  # (height / 4, width / 4)
    foci: NDArray[np.bool_]  # the same shape; only within tissue


def paint(foci_share: float, design: DemoDesign, seed: np.random.SeedSequence) -> Painting:
    """Paint one slide of which `foci_share` (0–1) of the tissue is foci."""
    rng = np.random.default_rng(seed)
    shape = (design.height // REDUCTION, design.width // REDUCTION)
    outline = _outline(shape, rng)
    tissue = _level_set(outline, np.ones(shape, bool), rng.uniform(*design.tissue_share))
    foci = _level_set(_noise(shape, 48, rng), tissue > 0.5, foci_share) * tissue
    stain = 1 + design.stain_spread * rng.standard_normal(2)
    haematoxylin, eosin = _stains(tissue, foci, rng)
    density = stain[0] * haematoxylin[..., None] * HAEMATOXYLIN + stain[1] * eosin[..., None] * EOSIN
    pixels = np.clip(np.rint(GLASS * np.exp(-density)), 0, 255).astype(np.uint8)
    image = Image.fromarray(pixels).resize((design.width, design.height), Image.Resampling.BICUBIC)
    return Painting(image=image, tissue=tissue > 0.5, foci=(foci > 0.5) & (tissue > 0.5))


def _outline(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """High where tissue is: two or three overlapping discs with a ragged edge, away from the slide's border."""
    height, width = shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    score = np.full(shape, -np.inf, dtype=np.float32)
    for _ in range(rng.integers(2, 4)):
        centre_x, centre_y = rng.uniform(0.3, 0.7) * width, rng.uniform(0.35, 0.65) * height
        radius_x, radius_y = rng.uniform(0.2, 0.34) * width, rng.uniform(0.22, 0.36) * height
        score = np.maximum(score, 1 - np.hypot((x - centre_x) / radius_x, (y - centre_y) / radius_y))
    border = np.minimum.reduce([x, width - 1 - x, y, height - 1 - y]) / np.float32(0.15 * height)
    ragged = 0.16 * _noise(shape, 36, rng) + 0.05 * _noise(shape, 8, rng)
    return np.asarray(score + ragged - 1.5 * np.clip(1 - border, 0, None) ** 2, dtype=np.float32)


def _stains(tissue: Field, foci: Field, rng: np.random.Generator) -> tuple[Field, Field]:
    """Haematoxylin and eosin at each pixel: pale pink stroma with scattered nuclei, crowded ones in the foci."""
    shape = tissue.shape
    crowding = 0.008 + 0.062 * foci
    nuclei = gaussian_filter((rng.random(shape, dtype=np.float32) < crowding).astype(np.float32), 1.4)
    nuclei = np.clip(9 * nuclei, 0, 1)
    fibres = gaussian_filter(rng.standard_normal(shape, dtype=np.float32), (2, 9))
    fibres /= fibres.std()
    lumen = _level_set(_noise(shape, 10, rng), tissue > 0.5, 0.05) * (1 - foci)
    body = tissue * (1 - 0.9 * lumen)
    haematoxylin = body * (0.12 + 0.45 * foci + 0.75 * nuclei)
    eosin = body * (0.42 + 0.05 * fibres + 0.04 * _noise(shape, 60, rng) - 0.12 * foci)
    return haematoxylin, np.clip(eosin, 0, None)


def _noise(shape: tuple[int, int], scale: float, rng: np.random.Generator) -> Field:
    """Smooth noise of mean 0 and deviation 1 whose structures are about `scale` pixels in radius."""
    height, width = shape
    step = max(1, int(scale // 4))
    coarse = (height // step + 2, width // step + 2)
    field = gaussian_filter(rng.standard_normal(coarse, dtype=np.float32), scale / step, mode="reflect")
    image = Image.fromarray(field).resize((width, height), Image.Resampling.BICUBIC)
    smooth = np.asarray(image, dtype=np.float32)
    return np.asarray((smooth - smooth.mean()) / smooth.std())


def _level_set(score: Field, inside: NDArray[np.bool_], share: float) -> Field:
    """A mask with soft edges: near 1 where `score` is among the highest `share` of the pixels `inside`, else near 0."""
    values = score[inside]
    threshold = np.quantile(values, 1 - share)
    steps = np.clip((threshold - score) / (_EDGE * values.std()), -30, 30)
    return np.asarray(1 / (1 + np.exp(steps)), dtype=np.float32)
