"""What is trained, and how: a model with the losses of its stages. Everything else is the same for all systems."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pomp.config import FinetuneConfig, PretrainConfig, RunConfig
from pomp.model import Pomp, SurvivalModel, seeded_weights
from pomp.training.finetune import Risk, finetune_losses, pomp_risk
from pomp.training.loop import StepLosses
from pomp.training.pretrain import pretrain_losses

Model_co = TypeVar("Model_co", bound=SurvivalModel, covariant=True)


@dataclass(frozen=True)
class System(Generic[Model_co]):
    """A kind of model, and how the loop trains it."""

    model: Callable[[RunConfig, int, int, int | None], Model_co]
    """Of a configuration, T types of G genes, and F where regions are features in place of pixels."""
    risk: Risk
    finetuning: Callable[[FinetuneConfig], StepLosses]
    pretraining: Callable[[PretrainConfig], StepLosses] | None
    """None: it is trained for survival from the start."""

    def build(self, config: RunConfig, types: int, genes: int, seed: int, features: int | None = None) -> Model_co:
        """A freshly initialised model, as `seeded_weights` has it.

        Args:
            types, genes: T and G of the omics.
            features: F, where regions are features in place of pixels.

        Raises:
            ConfigError: `model.modalities` is not decided.
        """
        with seeded_weights(seed):
            return self.model(config, types, genes, features)


POMP = System(Pomp, pomp_risk, finetune_losses, pretrain_losses)
