"""POMP: the encoders wired, the heads of the tasks, and the risk (section 3.2-3.4)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from pomp.config import RunConfig
from pomp.errors import ConfigError
from pomp.model.multimodal import MultimodalEncoder, MultimodalTokens
from pomp.model.omics import OmicsEncoder, OmicsTokens
from pomp.model.pathology import PathologyEncoder, PathologyTokens
from pomp.model.survival_model import SurvivalModel, log_hazard_layer
from pomp.model.transformer import Layout
from pomp.objectives.cox import cosine_risk

TEMPERATURE_LIMITS = (0.01, 1.0)
"""σ is kept within these: CLIP's upper limit of the scale, and no flatter than plain cosines."""
_LOG_LIMITS = (math.log(TEMPERATURE_LIMITS[0]), math.log(TEMPERATURE_LIMITS[1]))


class Pomp(SurvivalModel):
    """The whole model. A patient's outputs depend on that patient alone, whoever else is in the batch.

    What a patient lacks: without regions v is one learnt vector, without any omics w is, so the cosine of Eq. 12 still
    ranks such patients, by the modality they have.
    """

    def __init__(self, config: RunConfig, types: int, genes: int, features: int | None = None) -> None:
        """For T omics types of G genes, and regions that are pixels or, where given, `features` numbers each.

        Raises:
            ConfigError: `model.modalities` is not decided.
        """
        super().__init__()
        model = config.model
        if model.modalities == "auto":
            raise ConfigError("model.modalities is 'auto': resolve it against the cohort before building the model.")
        self.width = model.width
        self.modalities = model.modalities
        self.risk_kind = model.risk
        self.pathology = PathologyEncoder(model, config.slides.side, features, config.slides.flips)
        self.omics = OmicsEncoder(model, types, genes)
        self.multimodal = MultimodalEncoder(model)
        if not model.separate_cls:
            nn.init.zeros_(self.pathology.cls)
            self.omics.cls = self.pathology.cls
        self.match = nn.Linear(model.width, 2)  # g of Eq. 9
        self.reconstruct = nn.Linear(model.width, genes)  # f of Eq. 10
        self.log_temperature = nn.Parameter(torch.tensor(math.log(config.pretrain.temperature)))
        self.pathology_risk = log_hazard_layer(model.width)
        self.omics_risk = log_hazard_layer(model.width)
        # The released code's sigmoid sees a constant.
        self.fusion_risk = nn.Linear(model.width, 1) if model.risk == "released" else log_hazard_layer(model.width)
        if model.risk == "scaled_cosine":
            self.log_risk_scale = nn.Parameter(torch.zeros(()))

    @property
    def embedding(self) -> nn.Module:
        """Eq. 1: (R, …) regions → (R, d)."""
        return self.pathology.embedding

    @property
    def temperature(self) -> Tensor:
        """σ of Eq. 6-7."""
        return self.log_temperature.clamp(*_LOG_LIMITS).exp()

    @torch.no_grad()
    def keep_within_limits(self) -> None:
        """Put σ back to the limit that a step has taken it beyond: there it has a gradient again, and can return."""
        self.log_temperature.clamp_(*_LOG_LIMITS)

    def contextualise(self, embedded: Tensor, coordinates: Tensor, layout: Layout) -> PathologyTokens:
        return self.pathology.contextualise(embedded, coordinates, layout)

    def encode_omics(self, values: Tensor, present: Tensor) -> OmicsTokens:
        return self.omics(values, present)  # type: ignore[no-any-return]

    def fuse(self, omics: OmicsTokens, pathology: PathologyTokens) -> MultimodalTokens:
        return self.multimodal(omics, pathology)  # type: ignore[no-any-return]

    def risk(self, pathology: PathologyTokens, omics: OmicsTokens) -> Tensor:
        """(B,) log relative hazard by the configured rule; a single modality has its own layer (section 4.4)."""
        if self.modalities == "pathology":
            return self.pathology_risk(pathology.cls).squeeze(-1)  # type: ignore[no-any-return]
        if self.modalities == "omics":
            return self.omics_risk(omics.cls).squeeze(-1)  # type: ignore[no-any-return]
        if self.risk_kind == "joint":
            return self._joint(pathology, omics)
        if self.risk_kind == "fusion":
            return self._fusion(pathology, omics)
        cosine = cosine_risk(pathology.cls, omics.cls)
        if self.risk_kind == "scaled_cosine":  # hazards may then differ by more than e² = 7.39
            return cosine * self.log_risk_scale.exp()
        return cosine if self.risk_kind == "cosine" else cosine + self._fusion(pathology, omics).sigmoid()

    def _joint(self, pathology: PathologyTokens, omics: OmicsTokens) -> Tensor:
        return (self.pathology_risk(pathology.cls) + self.omics_risk(omics.cls)).squeeze(-1) / 2  # type: ignore[no-any-return]

    def _fusion(self, pathology: PathologyTokens, omics: OmicsTokens) -> Tensor:
        return self.fusion_risk(self.fuse(omics, pathology).cls).squeeze(-1)  # type: ignore[no-any-return]
