"""Pathology encoder: a patient's regions → one token a region and [CLS-P] (Eq. 1-2)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from timm.layers.attention import Attention
from timm.layers.patch_embed import PatchEmbed
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn

from pomp.config import ModelConfig
from pomp.model.positions import sinusoid, sinusoid_2d
from pomp.model.recall import RecallingMlp
from pomp.model.transformer import Layout, Transformer, lay_out

HALF_WHITE = 127.5


class PathologyTokens(NamedTuple):
    """Output of Eq. 2."""

    cls: Tensor  # (B, d) v, the final [CLS-P]
    regions: Tensor  # (B, M, d) h^v
    mask: Tensor  # (B, M) True where a region is real

    def select(self, patients: Tensor) -> PathologyTokens:
        """The tokens of some patients of the batch, by index."""
        return PathologyTokens(self.cls[patients], self.regions[patients], self.mask[patients])


class PixelPatches(PatchEmbed):
    """timm's patch embedding for regions as they are stored: a matrix product of uint8 pixels, nothing copied before.

    The convolution's stride is its kernel, so each patch is one row of a product. Pixels are scaled to [-1, 1]: 127.5
    is taken off the pixels, which even bfloat16 does exactly, and the factor goes into the weights.
    """

    def forward(self, regions: Tensor) -> Tensor:
        """(R, side, side, 3) uint8 → (R, patches, d)."""
        weight, (height, width) = self.proj.weight, self.patch_size
        rows, columns = regions.shape[1] // height, regions.shape[2] // width
        patches = regions.view(len(regions), rows, height, columns, width, 3).transpose(2, 3)
        patches = patches.reshape(len(regions), rows * columns, -1)  # (R, patches, height · width · 3)
        kind = regions.device.type
        dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else weight.dtype
        matrix = weight.permute(0, 2, 3, 1).flatten(1) / HALF_WHITE  # (d, height · width · 3)
        return nn.functional.linear(patches.to(dtype) - HALF_WHITE, matrix, self.proj.bias)


class NarrowStream(nn.Module):
    """What runs from layer to layer of a ViT, in the type of its products where that is free: under autocast on CUDA.

    There a layer's norms compute in float32 whatever they are given, and reading and writing the stream takes as long
    as the products. On a CPU the norms would compute in bfloat16.
    """

    def forward(self, tokens: Tensor) -> Tensor:
        """(R, L, d) → the same."""
        narrow = tokens.is_cuda and torch.is_autocast_enabled("cuda")
        return tokens.to(torch.get_autocast_dtype("cuda")) if narrow else tokens


class RegionEmbedding(nn.Module):
    """A region's pixels → one vector: a ViT and the average of its patch tokens."""

    def __init__(self, config: ModelConfig, side: int, flips: bool = False) -> None:
        """`side` of a region in pixels; `flips`: whether training shows regions flipped and turned."""
        super().__init__()
        self.flips = flips
        self.vit = VisionTransformer(
            img_size=side,
            patch_size=config.patch_px,
            embed_dim=config.width,
            depth=config.vit_layers,
            num_heads=config.heads,
            class_token=False,
            global_pool="avg",
            fc_norm=False,  # normalise the patch tokens, then average: AvgPool(ViT(·))
            num_classes=0,
            proj_drop_rate=config.dropout,
            attn_drop_rate=config.dropout,
            embed_layer=PixelPatches,
            mlp_layer=RecallingMlp,
        )
        self.vit.norm_pre = NarrowStream()  # it has no norm there

    def forward(self, regions: Tensor) -> Tensor:
        """Eq. (1): (R, side, side, 3) uint8 → (R, d)."""
        if self.training and self.flips:
            regions = flip_and_turn(regions)
        self._choose_attention(regions.device)
        return self.vit(regions)  # type: ignore[no-any-return]

    def _choose_attention(self, device: torch.device) -> None:
        """One kernel, which keeps less; but on the CPU in bfloat16 a product, a softmax and a product are faster."""
        fused = not (device.type == "cpu" and torch.is_autocast_enabled("cpu"))
        for module in self.vit.modules():
            if isinstance(module, Attention) and module.fused_attn != fused:
                module.fused_attn = fused  # type: ignore[misc]  # final for TorchScript only


def flip_and_turn(regions: Tensor) -> Tensor:
    """(R, side, side, 3): each region in one of the eight ways in which a square lies on itself, drawn at random."""
    drawn = torch.rand(3, len(regions), 1, 1, 1, device=regions.device) < 0.5
    regions = torch.where(drawn[0], regions.flip(1), regions)
    regions = torch.where(drawn[1], regions.flip(2), regions)
    return torch.where(drawn[2], regions.transpose(1, 2), regions)


class FeatureEmbedding(nn.Module):
    """A region's features, as a foundation model gave them → one vector: it takes the place of the ViT of Eq. 1.

    Foundation models scale their features differently, so each vector is first brought to mean 0 and variance 1.
    """

    def __init__(self, config: ModelConfig, features: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(features, elementwise_affine=False)
        self.dropout = nn.Dropout(config.dropout)
        self.linear = nn.Linear(features, config.width)

    def forward(self, regions: Tensor) -> Tensor:
        """In place of Eq. (1): (R, F) of any floating type → (R, d)."""
        return self.linear(self.dropout(self.norm(regions.float())))  # type: ignore[no-any-return]


def build_embedding(config: ModelConfig, side: int, features: int | None = None, flips: bool = False) -> nn.Module:
    """What embeds a region: a ViT over its pixels or, where regions are F features, a layer over these.

    Args:
        side, flips: as in `RegionEmbedding`.
        features: F, where regions are features in place of pixels.
    """
    return RegionEmbedding(config, side, flips) if features is None else FeatureEmbedding(config, features)


class PathologyEncoder(nn.Module):
    """Region embeddings, their places, and [CLS-P] through the Pat-Transformer."""

    def __init__(self, config: ModelConfig, side: int, features: int | None = None, flips: bool = False) -> None:
        """`side`, `features`, `flips` as in `build_embedding`."""
        super().__init__()
        self.positions = config.positions
        self.embedding = build_embedding(config, side, features, flips)
        self.cls = nn.Parameter(torch.randn(config.width) * 0.02)
        self.transformer = Transformer(config.width, config.heads, config.pathology_layers, config.dropout)

    def forward(self, regions: Tensor, coordinates: Tensor, counts: Tensor) -> PathologyTokens:
        """Eq. (2), all in one pass: regions (R, side, side, 3) uint8 or features (R, F), coordinates (R, 2) row and
        column, of B patients one after another, and counts (B,) regions a patient.
        """
        embedded = self.embedding(regions) if len(regions) else self.cls.new_zeros(0, len(self.cls))
        return self.contextualise(embedded, coordinates, lay_out(counts))

    def contextualise(self, embedded: Tensor, coordinates: Tensor, layout: Layout) -> PathologyTokens:
        """Eq. (2): region embeddings (R, d) and coordinates (R, 2) of B patients one after another.

        A patient may be without regions: [CLS-P] then attends to itself alone, and v is the same learnt vector for
        every such patient.
        """
        tokens = layout.pad(embedded + self._places(embedded, coordinates))
        if self.positions == "list_order":
            tokens = tokens + sinusoid(torch.arange(tokens.shape[1], device=tokens.device), tokens.shape[2])
        tokens = torch.cat([self.cls.expand(len(tokens), 1, -1), tokens], dim=1)  # (B, 1+M, d)
        final = self.transformer(tokens, nn.functional.pad(layout.mask, (1, 0), value=True))
        return PathologyTokens(final[:, 0], final[:, 1:], layout.mask)

    def _places(self, embedded: Tensor, coordinates: Tensor) -> Tensor:
        if self.positions != "coordinates":
            return torch.zeros_like(embedded)
        return sinusoid_2d(coordinates, embedded.shape[1]).to(embedded.dtype)
