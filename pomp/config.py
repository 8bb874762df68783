"""The typed configuration of a run: frozen, validated once, JSON in and out.

Every point on which the paper is silent, or differs from its released code, is a field with a named default. The
descriptions below are the help texts of the command line and of the Train page.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any, ClassVar, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from pomp.errors import ConfigError

ProtocolName = Literal["honest", "paper", "paper-released"]
Modalities = Literal["auto", "both", "pathology", "omics"]
Precision = Literal["auto", "fp32", "bf16"]
SystemName = Literal[
    "pomp", "mcat", "gpdbn", "camr", "cmta", "hc-mae", "deepcorrsurv", "pathomics", "deepsurv", "mean-pool"
]
"""POMP, the seven systems of the paper's Table 1, and two plain networks."""
PRETRAINED_SYSTEMS: frozenset[SystemName] = frozenset({"pomp", "hc-mae", "deepcorrsurv", "pathomics"})
"""Those with a stage before fine-tuning."""
PresetName = Literal["demo", "paper", "honest"]
DeviceName = Literal["auto", "cuda", "mps", "cpu"]
"""Where to train. It is no setting of a run: it decides time, the last digits, and what dropout and flips draw."""
LARGEST_SEED = 2**32 - 1
"""That scikit-learn takes."""


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_truth_for_numbers(cls, value: Any, info: ValidationInfo) -> Any:
        """Where a number is asked for, pydantic would take true for 1."""
        if isinstance(value, bool):
            wanted = cls.model_fields[str(info.field_name)].annotation
            if {int, float} & {wanted, *get_args(wanted)}:
                raise ValueError(f"a number is needed (got {json.dumps(value)})")
        return value


def _in_one_order(names: Iterable[str]) -> tuple[str, ...]:
    """Sorted, each once, of names whose order says nothing."""
    return tuple(sorted(set(names)))


class CohortConfig(Frozen):
    """Who is in the analysis."""

    endpoint: str | None = Field(None, description="Survival endpoint: OS, DSS, PFI, … Empty: the cohort's own.")
    min_days: float = Field(30.0, ge=0, description="Patients followed for fewer days than this are left out.")
    complete_cases: bool = Field(
        False, description="Leave out patients who lack a modality, as the paper does. Otherwise it is masked."
    )
    omics: tuple[str, ...] | None = Field(None, description="Omics types to use, by name. Empty: all of the cohort's.")
    permutation: int | None = Field(
        None,
        ge=0,
        description="A null experiment: outcomes are dealt anew to the patients, with this seed, so that nothing is "
        "left to find. Empty: every patient keeps the own outcome.",
    )

    @field_validator("omics")
    @classmethod
    def _sort_omics(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if names is None else _in_one_order(names)


class SlideConfig(Frozen):
    """How a slide becomes regions (section 3.1)."""

    source: Literal["auto", "pixels", "features"] = Field(
        "auto",
        description="What stands for a region: its pixels, or the features that a foundation model gave for it. auto: "
        "features where slides.csv names them for every slide.",
    )
    region_px: int = Field(
        4096,
        ge=32,
        description="Side of a region in pixels of the slide's level 0. Does not count for slides whose coordinates "
        "slides.csv names, nor do region_um and min_tissue.",
    )
    region_um: float | None = Field(
        None,
        gt=0,
        description="Side of a region in micrometres, the same on every scanner; needs slides that state their mpp. "
        "Empty: region_px pixels of level 0, as in the paper.",
    )
    downsample: int = Field(
        16, ge=1, description="The stored region has region_px / downsample pixels a side, which is what the ViT sees."
    )
    min_tissue: float = Field(0.25, gt=0, le=1, description="A region is kept if at least this share of it is tissue.")
    max_regions: int | None = Field(
        None, ge=1, description="Regions a patient at most, sampled evenly. Empty: all of them."
    )

    flips: bool = Field(
        False,
        description="Show regions flipped and in quarter turns, at random, in training: tissue has no up or down. The "
        "paper does not.",
    )

    @property
    def side(self) -> int:
        """Side of the stored region in pixels: 256 in the paper."""
        return self.region_px // self.downsample

    @model_validator(mode="after")
    def _divides(self) -> Self:
        if self.region_px % self.downsample:
            raise ValueError(f"region_px {self.region_px} is no multiple of downsample {self.downsample}")
        return self


class OmicsConfig(Frozen):
    """How genes are chosen (section 3.1): impute, zero variance out, differential test, then a ranking by survival."""

    CHOICE: ClassVar[int] = 2
    """Genes ranked for each one kept, at the least. Where the differential test lets through fewer, the next by p-value
    are ranked too: if only as many were ranked as are kept, survival would have no say in which."""

    genes: int = Field(300, ge=1, description="Genes kept for each omics type.")
    neighbours: int = Field(10, ge=1, description="Neighbours in the imputation of missing values.")
    contrast: Literal["auto", "normals", "survival"] = Field(
        "auto",
        description="Groups of the differential test: tumour against normal samples, or short against long survivors "
        "of the training fold. auto: normals where there are at least ten.",
    )
    test: Literal["moderated_t", "wilcoxon"] = Field(
        "moderated_t", description="Differential test of continuous values; counts always go to DESeq2."
    )
    alpha: float = Field(0.05, gt=0, lt=1, description="False discovery rate below which a gene counts as different.")
    candidates: int = Field(
        2000,
        ge=1,
        description="Genes passed from the differential test to the ranking at most, by p-value. Where fewer than "
        "twice `genes` differ, as many are passed all the same, so that the ranking has a choice.",
    )
    selector: Literal["forest", "cox_score", "elastic_net", "stability"] = Field(
        "forest",
        description="What ranks the genes that pass the differential test: permutation importance in a random survival "
        "forest (paper), the univariate Cox score test, an elastic-net Cox model, or stability selection over halves "
        "of the training patients.",
    )
    trees: int = Field(
        2000,
        ge=1,
        description="Trees of the random survival forest that ranks the genes. With few trees, chance decides which "
        "genes are chosen: `pomp bench prepare --only forest` shows how far two seeds agree.",
    )

    @property
    def least_ranked(self) -> int:
        """So many genes of a type reach the ranking, whether they differ or not."""
        return self.CHOICE * self.genes

    @property
    def most_ranked(self) -> int:
        """More never do."""
        return max(self.candidates, self.least_ranked)


class ModelConfig(Frozen):
    """The architecture (Eq. 1–5, 12); the defaults are the paper's sizes."""

    system: SystemName = Field(
        "pomp",
        description="What is trained: POMP, one of the systems it is compared with in Table 1, a network on omics "
        "alone (deepsurv), or averaged regions beside omics (mean-pool). All read the same regions and genes in the "
        "same folds; settings that a system has no use for change nothing.",
    )
    modalities: Modalities = Field("auto", description="What the model reads. auto: what the cohort has.")
    width: int = Field(384, ge=8, description="Hidden dimension d.")
    heads: int = Field(6, ge=1, description="Attention heads of every transformer.")
    vit_layers: int = Field(2, ge=1, description="Layers of the ViT that reads one region (Eq. 1).")
    pathology_layers: int = Field(2, ge=1, description="Layers over a patient's regions (Eq. 2).")
    omics_layers: int = Field(2, ge=1, description="Layers over the omics types (Eq. 3).")
    multimodal_layers: int = Field(2, ge=1, description="Layers of the multimodal encoder (Eq. 5).")
    patch_px: int = Field(16, ge=4, description="Side of a ViT patch in pixels.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Dropout in every transformer and on the omics values.")
    positions: Literal["coordinates", "list_order", "none"] = Field(
        "coordinates",
        description="What Eq. 2's position embedding encodes: the region's row and column, or its place in the list.",
    )
    type_embedding: bool = Field(
        True, description="A learnt vector an omics type, which Eq. 3 lacks: its shared layer cannot tell types apart."
    )
    separate_cls: bool = Field(True, description="One [CLS] token a modality (paper) or one shared (released code).")
    cross_attention_keys: Literal["regions", "regions_and_cls"] = Field(
        "regions", description="Keys of Eq. 4: region tokens (paper), or [CLS-P] as well (released code)."
    )
    residual: bool = Field(True, description="The residual connection of Eq. 5.")
    risk: Literal["cosine", "scaled_cosine", "fusion", "joint", "released"] = Field(
        "cosine",
        description="Risk score: cosine of [CLS-P] and [CLS-O] (Eq. 12), the cosine times a learnt scale, a layer on "
        "the fused [CLS-O], the mean of one layer a modality (Fig. 4), or the released code's cosine + sigmoid of the "
        "fused layer.",
    )

    @model_validator(mode="after")
    def _heads_divide(self) -> Self:
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is no multiple of heads {self.heads}")
        if self.width % 4:
            raise ValueError(f"width {self.width} is no multiple of 4, which two-dimensional positions need")
        return self

    @property
    def bounded(self) -> bool:
        """Whether the risk is the cosine of Eq. 12, in [-1, 1]; a single modality has a layer of its own."""
        return self.system == "pomp" and self.modalities == "both" and self.risk == "cosine"

    @property
    def fuses(self) -> bool:
        """Whether the risk goes through the multimodal encoder (Eq. 4-5), which the cosine of Eq. 12 does not."""
        return self.system == "pomp" and self.modalities == "both" and self.risk in {"fusion", "released"}


class OptimiserConfig(Frozen):
    """Epochs, batches and steps of one stage."""

    epochs: int = Field(ge=0, description="Passes over the patients. 0 leaves the stage out.")
    batch_size: int = Field(50, ge=2, description="Patients a step. Batches are made near-equal: no short last one.")
    optimiser: Literal["adamw", "adam"] = Field("adamw", description="AdamW, or Adam with L2 as the paper words it.")
    learning_rate: float = Field(5e-4, gt=0, description="Peak learning rate.")
    weight_decay: float = Field(1e-2, ge=0, description="Weight decay.")
    warmup: float = Field(0.0, ge=0, lt=1, description="Share of the steps over which the learning rate rises.")
    schedule: Literal["constant", "cosine"] = Field("constant", description="Learning rate after the warm-up.")
    clip_norm: float | None = Field(1.0, gt=0, description="Largest gradient norm. Empty: none.")

    def steps(self, patients: int) -> int:
        """Steps of an epoch on so many patients: as many as make batches of about `batch_size`."""
        return max(1, round(patients / self.batch_size))


class PretrainConfig(OptimiserConfig):
    """The three tasks (Eq. 6–10)."""

    epochs: int = Field(500, ge=0, description="Passes over the patients. 0: no pre-training (POMP-B0).")
    poc: float = Field(1.0, ge=0, description="Weight of pathology–omics contrastive learning (Eq. 8).")
    pom: float = Field(1.0, ge=0, description="Weight of pathology–omics matching (Eq. 9).")
    mom: float = Field(1.0, ge=0, description="Weight of masked omics modelling (Eq. 10).")
    temperature: float = Field(
        0.07, ge=0.01, le=1, description="Initial temperature σ of Eq. 6–7; it is learnt, within these limits."
    )
    negatives: Literal["max", "multinomial"] = Field(
        "max", description="Hard negatives: the most similar (paper), or drawn by similarity (released code)."
    )
    mask: Literal["zeros", "ones"] = Field("zeros", description="Value of the masked omics: zeros (paper) or ones.")
    mom_loss: Literal["cross_entropy", "mse"] = Field(
        "cross_entropy",
        description="Masked omics loss: cross-entropy with the softmax of the masked values as target (Eq. 10), or "
        "mean squared error (released code).",
    )
    with_cohorts: tuple[str, ...] = Field(
        (),
        description="Other cohorts of the workspace, by the names of their folders, whose training patients join the "
        "pre-training; fine-tuning stays with the run's own. Genes that any of them chooses are read from all who "
        "measured them. Empty: none.",
    )

    @field_validator("with_cohorts")
    @classmethod
    def _sort_cohorts(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _in_one_order(names)


class FinetuneConfig(OptimiserConfig):
    """Survival (Eq. 11–15)."""

    epochs: int = Field(80, ge=1, description="Passes over the training patients.")
    ties: Literal["efron", "breslow", "strict"] = Field(
        "efron", description="Tied times in the Cox loss; strict is Eq. 14 to the letter, t_j > t_i."
    )
    members: int = Field(
        1,
        ge=1,
        description="Models that are fine-tuned in each fold, from other weights and with other batches; a patient's "
        "risk is the mean of theirs. The first alone is the model of a run with one. Weights differ from the start "
        "where there was no pre-training; otherwise all start from the pre-trained ones.",
    )

    @property
    def total_epochs(self) -> int:
        """Of all members of a fold together."""
        return self.epochs * self.members


class Protocol(Frozen):
    """What may be seen when, and which epoch counts."""

    name: ProtocolName
    selection: Literal["training", "all"] = Field(description="Patients on which genes and scalers are fitted.")
    pretraining: Literal["training", "all"] = Field(description="Patients seen in pre-training.")
    epoch: Literal["last", "best_on_test"] = Field(description="Epoch whose test risks are reported.")


PROTOCOLS: dict[ProtocolName, Protocol] = {
    "honest": Protocol(name="honest", selection="training", pretraining="training", epoch="last"),
    "paper": Protocol(name="paper", selection="all", pretraining="all", epoch="last"),
    "paper-released": Protocol(name="paper-released", selection="all", pretraining="all", epoch="best_on_test"),
}


class RunConfig(Frozen):
    """Everything that decides a run's numbers; its hash names them."""

    protocol: ProtocolName = Field("honest", description="honest, paper, or paper-released (see the Help texts).")
    folds: int = Field(5, ge=2, description="Folds of the cross-validation, stratified by event.")
    folds_by: Literal["patients", "sites"] = Field(
        "patients",
        description="What is kept together in a fold: each patient, or all patients of a hospital, so that a fold is "
        "tested on hospitals that training has not seen. TCGA barcodes name the hospital.",
    )
    seed: int = Field(0, ge=0, le=LARGEST_SEED, description="Seed of splits, weights, batches and masks.")
    precision: Precision = Field(
        "auto",
        description="Of the matrix products in the ViT that reads a region; everything else is float32 (on CUDA beside "
        "bfloat16, with products in TF32). auto: bfloat16 where the hardware multiplies it and regions are large "
        "enough for it to pay, otherwise float32.",
    )
    cohort: CohortConfig = CohortConfig()
    slides: SlideConfig = SlideConfig()
    omics: OmicsConfig = OmicsConfig()
    model: ModelConfig = ModelConfig()
    pretrain: PretrainConfig = PretrainConfig()
    finetune: FinetuneConfig = FinetuneConfig()

    @model_validator(mode="after")
    def _patches_divide(self) -> Self:
        if self.slides.side % self.model.patch_px:
            raise ValueError(
                f"a stored region of {self.slides.side} px is no multiple of patch_px {self.model.patch_px}"
            )
        return self

    @model_validator(mode="after")
    def _one_best_epoch(self) -> Self:
        if self.finetune.members > 1 and self.rules.epoch == "best_on_test":
            raise ValueError(
                f"finetune.members is {self.finetune.members}, and protocol {self.protocol} reports the best epoch of "
                "one model: choose 1 member or another protocol"
            )
        return self

    @property
    def rules(self) -> Protocol:
        return PROTOCOLS[self.protocol]

    @property
    def digest(self) -> str:
        """First 12 hex digits of the SHA-256 of the canonical JSON."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


_DEMO: dict[str, Any] = {
    "slides": {"region_px": 512},
    "omics": {"genes": 64},
    "model": {"width": 96, "heads": 3, "vit_layers": 1, "dropout": 0.4},
    "pretrain": {"epochs": 10, "batch_size": 32},
    "finetune": {"epochs": 6, "batch_size": 32},
}
"""Small enough for two cores and a few dozen patients: few epochs and much dropout, because so few overfit at once."""

PRESETS: dict[PresetName, RunConfig] = {
    "honest": RunConfig(),
    "paper": RunConfig(
        protocol="paper", cohort=CohortConfig(complete_cases=True), model=ModelConfig(type_embedding=False)
    ),
    "demo": RunConfig.model_validate(_DEMO),
}


def override(config: RunConfig, changes: dict[str, Any]) -> RunConfig:
    """A copy of `config` with dotted fields changed, such as ``{"pretrain.epochs": 10}``.

    Raises:
        ConfigError: a field is unknown or its value is out of range; the message lists every one.
    """
    data = config.model_dump(mode="json")
    for path, value in changes.items():
        *parents, leaf = path.split(".")
        node: Any = data
        for parent in parents:
            node = node.get(parent) if isinstance(node, dict) else None
        if not isinstance(node, dict) or leaf not in node:
            raise ConfigError(f"There is no setting '{path}'. `pomp run --show-config` lists them all.")
        node[leaf] = value
    return parse(data)


def parse(data: dict[str, Any]) -> RunConfig:
    """A `RunConfig` from plain data.

    Raises:
        ConfigError: listing every setting that is unknown or out of range.
    """
    try:
        return RunConfig.model_validate(data)
    except ValidationError as error:
        lines = [
            f"{'.'.join(str(part) for part in item['loc']) or 'settings'}: {item['msg']} (got {item['input']!r})"
            if item["type"] != "value_error"
            else f"{'.'.join(str(part) for part in item['loc']) or 'settings'}: {item['ctx']['error']}"
            for item in error.errors()
        ]
        raise ConfigError("These settings cannot be used:\n" + "\n".join(f"- {line}" for line in lines)) from None
