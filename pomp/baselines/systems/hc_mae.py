"""HC-MAE: each modality is filled in where it is hidden, with the help of the other; then both are read for the risk.

Source: Wang, Hu & Zhang, "HC-MAE: hierarchical cross-attention masked autoencoder integrating histopathological images
and multi-omics for cancer survival prediction", BIBM 2023; after He et al., "Masked autoencoders are scalable vision
learners", CVPR 2022.

The hierarchy: the ViT makes a token of a region's patches (Eq. 1), and a transformer reads a patient's region tokens
and their places. Each modality then reads the other by cross-attention (the form of Eq. 4),

    X' = LN(X + CrossAttention(X, O)),    O' = LN(O + CrossAttention(O, X)),

X the tokens of regions, O those of omics types. Pre-training, which sees no outcome, hides three quarters of a
patient's regions and of the genes of each type: the transformer reads visible regions only, a learnt token and its
place stand for a hidden one, and a light decoder says what is there. The loss is the squared error at hidden places,

    mean over hidden regions ‖x̂ - x‖²/F + mean over hidden genes (ô - o)².

Fine-tuning hides nothing and puts the averages of X' and O' through a small network to the risk, by the Cox loss.

What is to be filled in does not change while the model learns: of a region the features, or the mean colour of each
patch of its pixels, standardised region by region as in He et al.; of a gene its value. Were it the learnt embedding,
the loss would be lowest with all embeddings alike.

Simplified: one masked autoencoder over the tokens of regions, where the paper has one at each of its levels (patches,
regions, slide), trained one after another; omics tokens are whole types.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from pomp.baselines.systems.base import ComparedModel, Tokens, supervised
from pomp.config import PretrainConfig, RunConfig
from pomp.model.multimodal import CrossAttention
from pomp.model.positions import sinusoid_2d
from pomp.model.survival_model import log_hazard_layer
from pomp.model.transformer import Transformer
from pomp.training.batches import Batch
from pomp.training.embedding import parts_of
from pomp.training.loop import StepLosses
from pomp.training.tally import Losses

MASKED = 0.75
"""Share that is hidden: He et al., section 4.1."""

DECODER_LAYERS = 1
"""A light decoder, so that what is learnt is learnt before it: He et al., section 4.1."""

_REGIONS_AT_ONCE = 256  # of which pixels are averaged


class Hidden(NamedTuple):
    """What pre-training hides."""

    regions: Tensor  # (B, M) bool
    genes: Tensor  # (B, T, G) bool


class HcMae(ComparedModel):
    """Encoders of both modalities that read each other, and what fills in hidden places."""

    def __init__(self, config: RunConfig, types: int, genes: int, features: int | None) -> None:
        super().__init__(config, types, genes, features)
        model = config.model
        width, heads, dropout = model.width, model.heads, model.dropout
        self.patch_px = model.patch_px
        self.slide_transformer = Transformer(width, heads, model.pathology_layers, dropout)
        self.omics_transformer = Transformer(width, heads, model.omics_layers, dropout)
        self.slide_reads, self.slide_norm = CrossAttention(width), nn.LayerNorm(width)
        self.omics_reads, self.omics_norm = CrossAttention(width), nn.LayerNorm(width)
        self.hidden = nn.Parameter(torch.randn(width) * 0.02)
        self.decoder = Transformer(width, heads, DECODER_LAYERS, dropout)
        numbers = 3 * (config.slides.side // model.patch_px) ** 2 if features is None else features
        self.describe = nn.Linear(width, numbers)
        self.fill_in = nn.ModuleList(nn.Linear(width, genes) for _ in range(types))
        self.head = nn.Sequential(nn.Linear(2 * width, width), nn.ReLU(), nn.Dropout(dropout), log_hazard_layer(width))

    def encode(self, batch: Batch, embedded: Tensor, hidden: Hidden | None = None) -> tuple[Tokens, Tokens]:
        """X' and O' from (R, d) embedded regions; a hidden region is read by none."""
        slides = self.region_tokens(embedded, batch.layout)
        places = batch.layout.pad(sinusoid_2d(batch.coordinates, self.width))
        read = slides.mask if hidden is None else slides.mask & ~hidden.regions
        regions = self.slide_transformer(slides.values + places, read)
        values = batch.values
        if hidden is not None:
            regions = torch.where(hidden.regions[..., None], self.hidden + places, regions)
            values = values.masked_fill(hidden.genes, 0.0)
        omics = self.omics_tokens(values, batch.present)
        types = self.omics_transformer(*omics)
        return (
            slides._replace(values=self.slide_norm(regions + self.slide_reads(regions, types, omics.mask)[0])),
            omics._replace(values=self.omics_norm(types + self.omics_reads(types, regions, read)[0])),
        )

    def forward(self, batch: Batch, embedded: Tensor) -> Tensor:
        """(B,) log relative hazards from (R, d) embedded regions."""
        slides, omics = self.encode(batch, embedded)
        return self.head(torch.cat([slides.mean(), omics.mean()], dim=1)).squeeze(-1)  # type: ignore[no-any-return]

    def reconstruct(self, batch: Batch, embedded: Tensor, hidden: Hidden) -> tuple[Tensor, Tensor]:
        """What is said to be at each place: (R, F) of the regions, and (B, T, G) of the genes."""
        slides, omics = self.encode(batch, embedded, hidden)
        regions = self.decoder(*slides).flatten(0, 1).index_select(0, batch.layout.places)
        genes = [layer(omics.values[:, place]) for place, layer in enumerate(self.fill_in)]
        return self.describe(regions), torch.stack(genes, dim=1)


def hide(mask: Tensor, counts: Tensor) -> Tensor:
    """(B, M) real regions and their counts (B,) → (B, M) those hidden, at random: MASKED of each patient's, rounded
    down, so that one at least stays visible.
    """
    drawn = torch.rand(mask.shape).to(mask.device, non_blocking=True)  # on the CPU, the same for every device
    rank = drawn.masked_fill(~mask, 2.0).argsort(dim=1).argsort(dim=1)
    return rank < (MASKED * counts).floor()[:, None]


def hide_genes(measured: Tensor) -> Tensor:
    """(B, T, G) values that a patient has → those hidden, each with probability MASKED."""
    drawn = torch.rand(measured.shape).to(measured.device, non_blocking=True)
    return measured & (drawn < MASKED)


def describe_regions(regions: Sequence[Tensor], patch_px: int) -> Tensor:
    """(R, F) what is to be filled in: mean 0 and variance 1 region by region, as He et al. do patch by patch.

    Args:
        regions: of each patient, (M, side, side, 3) pixels, of which each patch's mean colour counts, or (M, F).
        patch_px: side of a patch.
    """
    parts = [part.join() for part in parts_of(regions, _REGIONS_AT_ONCE)] or [regions[0]]  # nobody has any: (0, …)
    numbers = torch.cat([_mean_colours(part, patch_px) if part.ndim == 4 else part.float() for part in parts])
    return functional.layer_norm(numbers, numbers.shape[1:])


def _mean_colours(regions: Tensor, patch_px: int) -> Tensor:
    """(R, side, side, 3) uint8 → (R, 3 patches) float32."""
    count, height, width, _ = regions.shape
    rows, columns = height // patch_px, width // patch_px
    patches = regions.reshape(count, rows, patch_px, columns, patch_px, 3)
    return patches.mean(dim=(2, 4), dtype=torch.float32).reshape(count, rows * columns * 3)


def squared_error(predicted: Tensor, target: Tensor, hidden: Tensor) -> Tensor:
    """Mean of (…, F) over the (…) hidden places and all F numbers of each; 0 without any, still connected."""
    error = (predicted - target).square().mean(dim=-1)
    return (error * hidden).sum() / hidden.sum().clamp_min(1)


def _pretraining(_: PretrainConfig) -> StepLosses:
    def losses(model: HcMae, batch: Batch, embedded: Tensor) -> Losses:
        layout = batch.layout
        hidden = Hidden(hide(layout.mask, layout.counts), hide_genes(batch.genes & batch.present[..., None]))
        regions, genes = model.reconstruct(batch, embedded, hidden)
        seen = hidden.regions.flatten().index_select(0, layout.places)  # (R,)
        terms = {
            "mae_regions": squared_error(regions, describe_regions(batch.regions, model.patch_px), seen),
            "mae_genes": squared_error(genes[..., None], batch.values[..., None], hidden.genes),
        }
        return {**terms, "total": terms["mae_regions"] + terms["mae_genes"]}

    return losses


HC_MAE = supervised(HcMae, _pretraining)
