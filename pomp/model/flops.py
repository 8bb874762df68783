"""How many floating-point operations the model's most expensive part takes."""

from __future__ import annotations

from pomp.config import RunConfig

PASSES = 3
"""Training against a forward pass: the backward pass multiplies twice for each product of the forward pass."""


def region_flops(config: RunConfig) -> int:
    """Of one forward pass of the ViT of Eq. 1 over one region, a multiplication with its addition counted as two.

    A layer takes 24 d² a token, 8 for the projections and 16 for the perceptron, and 4 L d for attention over the L
    tokens; a patch of p × p pixels takes 6 p² d to embed.
    """
    model = config.model
    tokens = (config.slides.side // model.patch_px) ** 2
    layer = 24 * model.width**2 + 4 * tokens * model.width
    return tokens * (6 * model.patch_px**2 * model.width + model.vit_layers * layer)
