"""Pre-training as the paper describes it, written down as a yardstick: one patient after another, everything kept.

Section 4 has a batch size of 1 with gradients accumulated over 50 patients, and Eq. 6-10 couple these patients, so all
50 graphs are held until the one backward pass. Regions are float32 arrays on disk; negatives are looked for in a loop
over the patients, each fused by itself; and the losses are read from the device at every step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import Module

from pomp.config import RunConfig
from pomp.model import OmicsTokens, PathologyTokens, Pomp, lay_out
from pomp.objectives.contrastive import contrastive_loss, omics_to_pathology, pathology_to_omics
from pomp.objectives.masked import choose_masked, mask_omics, masked_loss
from pomp.objectives.matching import matching_loss
from pomp.training.batches import Batch

# After pomp.model, which sees to it that timm can be imported.
from timm.models.vision_transformer import VisionTransformer  # isort: skip


@dataclass(frozen=True)
class Arrays:
    """A batch whose regions lie on disk as (M, 3, side, side) float32 in [-1, 1], a file a patient."""

    batch: Batch
    files: Sequence[Path]

    @classmethod
    def write(cls, batch: Batch, folder: Path) -> Arrays:
        files = [folder / f"{patient}.npy" for patient in batch.patients]
        for file, pixels in zip(files, batch.regions, strict=True):
            np.save(file, (pixels.float() / 127.5 - 1).permute(0, 3, 1, 2).contiguous().cpu().numpy())
        return cls(batch, files)


class PaperLoop:
    """The three tasks on one batch."""

    def __init__(self, model: Pomp, config: RunConfig) -> None:
        self.model, self.config, self.device = model, config.pretrain, next(model.parameters()).device
        self.vit = _plain_vit(model.pathology.embedding, config)

    def step(self, arrays: Arrays, seed: int) -> dict[str, float]:
        """Losses by name; gradients are added to those of the model's parameters.

        Args:
            arrays: of a batch on the model's device.
            seed: of which omics types are hidden.
        """
        with self.device:  # where new tensors are made
            return self._step(arrays, seed)

    def _step(self, arrays: Arrays, seed: int) -> dict[str, float]:
        torch.manual_seed(seed)
        chosen = choose_masked(arrays.batch.present)
        slides, omics = [], []
        for index in range(len(arrays.files)):
            slides.append(self._encode_slide(arrays, index))
            omics.append(self._encode_omics(arrays.batch, index))
        terms = self._losses(arrays.batch, slides, omics, chosen)
        torch.autograd.backward(torch.stack(list(terms.values())).sum())
        return {name: term.item() for name, term in terms.items()}

    def _losses(
        self, batch: Batch, slides: list[PathologyTokens], omics: list[OmicsTokens], chosen: Tensor
    ) -> dict[str, Tensor]:
        v, w = torch.cat([own.cls for own in slides]), torch.cat([own.cls for own in omics])
        similarity = (v, w, self.model.temperature)
        to_omics, to_slides = pathology_to_omics(*similarity), omics_to_pathology(*similarity)
        logits, matched, masked = [], [], []
        for index in range(len(slides)):
            own = torch.arange(len(slides)) == index
            wrong_omics = int(to_omics[index].detach().masked_fill(own, -1.0).argmax())
            wrong_slide = int(to_slides[index].detach().masked_fill(own, -1.0).argmax())
            for slide, gene in ((index, index), (index, wrong_omics), (wrong_slide, index)):
                logits.append(self.model.match(self.model.fuse(omics[gene], slides[slide]).cls))
                matched.append(slide == gene)
            masked.append(self._masked(batch, slides[index], index, chosen[index : index + 1]))
        return {
            "poc": contrastive_loss(*similarity),
            "pom": matching_loss(torch.cat(logits), torch.tensor(matched)),
            "mom": torch.stack(masked).mean(),
        }

    def _encode_slide(self, arrays: Arrays, index: int) -> PathologyTokens:
        pixels = torch.from_numpy(np.load(arrays.files[index])).to(self.device)
        counts = arrays.batch.layout.counts
        places = torch.split(arrays.batch.coordinates, counts.tolist())[index]
        return self.model.contextualise(self.vit(pixels), places, lay_out(counts[index : index + 1]))

    def _encode_omics(self, batch: Batch, index: int) -> OmicsTokens:
        return self.model.encode_omics(batch.values[index : index + 1], batch.present[index : index + 1])

    def _masked(self, batch: Batch, slide: PathologyTokens, index: int, chosen: Tensor) -> Tensor:
        values, present = batch.values[index : index + 1], batch.present[index : index + 1]
        omics = self.model.encode_omics(mask_omics(values, chosen, self.config.mask), present)
        hidden = self.model.fuse(omics, slide).types[:, chosen[0]]
        predicted, genes = self.model.reconstruct(hidden), batch.genes[index : index + 1, chosen[0]]
        return masked_loss(predicted, values[:, chosen[0]], genes, self.config.mom_loss)


def _plain_vit(embedding: Module, config: RunConfig) -> Module:
    """timm's own, for float32 pixels (R, 3, side, side); its parameters are the model's."""
    model = config.model
    plain = VisionTransformer(
        img_size=config.slides.side, patch_size=model.patch_px, embed_dim=model.width, depth=model.vit_layers,
        num_heads=model.heads, class_token=False, global_pool="avg", fc_norm=False, num_classes=0,
    )  # fmt: skip
    for name, parameter in embedding.named_parameters():
        module, _, leaf = name.removeprefix("vit.").rpartition(".")
        setattr(plain.get_submodule(module), leaf, parameter)
    return plain
