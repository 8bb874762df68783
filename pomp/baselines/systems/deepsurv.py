"""DeepSurv: one network on all genes, the plain neural Cox model; it reads no slides.

Source: Katzman, Shaham, Cloninger, Bates, Jiang & Kluger, "DeepSurv: personalized treatment recommender system using a
Cox proportional hazards deep neural network", BMC Medical Research Methodology 2018;18:24.

Risk is f(x), x (T·G,) the genes of all omics types side by side, f fully connected layers with dropout; the loss is
Cox's negative log partial likelihood (Eq. 15).

Simplified: omics in place of clinical covariates; as many hidden layers as `omics_layers`, of the model's width, in
place of a search over layers, widths and activations; without batch normalisation, which would let a patient's risk
depend on the others; AdamW in place of gradient descent with Nesterov's momentum.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pomp.baselines.systems.base import supervised
from pomp.config import RunConfig
from pomp.model import SurvivalModel
from pomp.training.batches import Batch


class Unread(nn.Module):
    """Stands where other systems embed regions, of which a run on omics alone has none."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, regions: Tensor) -> Tensor:
        """(R, …) → (R, d) zeros."""
        return torch.zeros(len(regions), self.width, device=regions.device)


class DeepSurv(SurvivalModel):
    """An omics type that a patient lacks is 0 in all its genes, the mean of the training patients."""

    def __init__(self, config: RunConfig, types: int, genes: int, features: int | None) -> None:
        super().__init__()
        model = config.model
        self.width, self.modalities = model.width, model.modalities
        self.unread = Unread(model.width)
        inputs = types * genes
        layers: list[nn.Module] = [nn.Dropout(model.dropout)]
        for _ in range(model.omics_layers):
            layers += [nn.Linear(inputs, model.width), nn.ReLU(), nn.Dropout(model.dropout)]
            inputs = model.width
        self.network = nn.Sequential(*layers, nn.Linear(inputs, 1, bias=False))

    @property
    def embedding(self) -> nn.Module:
        """(R, …) regions → (R, d), all 0: it is there because the loop asks every model for one."""
        return self.unread

    def forward(self, batch: Batch, embedded: Tensor) -> Tensor:
        """(B,) log relative hazards; region embeddings are not looked at."""
        return self.network(batch.values.flatten(1)).squeeze(-1)  # type: ignore[no-any-return]


DEEPSURV = supervised(DeepSurv)
