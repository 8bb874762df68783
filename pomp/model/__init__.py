"""The architecture: encoders of pathology (Eq. 1-2) and omics (Eq. 3), fused (Eq. 4-5), wired in `Pomp`."""

from pomp.model import torchvision_ops as torchvision_ops  # before anything imports timm  # isort: skip
from pomp.model.multimodal import MultimodalEncoder, MultimodalTokens
from pomp.model.omics import OmicsEncoder, OmicsTokens
from pomp.model.pathology import FeatureEmbedding, PathologyEncoder, PathologyTokens, RegionEmbedding, build_embedding
from pomp.model.pomp import Pomp
from pomp.model.survival_model import SurvivalModel, log_hazard_layer, seeded_weights
from pomp.model.transformer import Layout, lay_out

__all__ = [
    "FeatureEmbedding",
    "Layout",
    "MultimodalEncoder",
    "MultimodalTokens",
    "OmicsEncoder",
    "OmicsTokens",
    "PathologyEncoder",
    "PathologyTokens",
    "Pomp",
    "RegionEmbedding",
    "SurvivalModel",
    "build_embedding",
    "lay_out",
    "log_hazard_layer",
    "seeded_weights",
]
