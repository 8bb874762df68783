"""What the Train page calls the settings of a run and the measures of its training."""

from __future__ import annotations

from dashboard.words import listed

SECTIONS = {
    "": "The run as a whole",
    "cohort": "Patients",
    "slides": "Slides",
    "omics": "Genes",
    "model": "Model",
    "pretrain": "Pre-training",
    "finetune": "Fine-tuning on survival",
}
"""Section of the configuration → its heading, in the order of the form."""

LABELS = {
    "protocol": "Protocol",
    "folds": "Folds",
    "folds_by": "Kept together in a fold",
    "seed": "Seed",
    "precision": "Precision of the arithmetic",
    "cohort.endpoint": "Survival endpoint",
    "cohort.min_days": "Shortest follow-up (days)",
    "cohort.complete_cases": "Only patients with every type of data",
    "cohort.omics": "Omics types",
    "cohort.permutation": "Null experiment (seed)",
    "slides.source": "What stands for a region",
    "slides.region_px": "Side of a region (pixels of the slide)",
    "slides.region_um": "Side of a region (µm)",
    "slides.downsample": "Regions are shrunk by",
    "slides.min_tissue": "Least share of tissue in a region",
    "slides.max_regions": "Regions of a patient at most",
    "slides.flips": "Flip and turn regions in training",
    "omics.genes": "Genes of each type",
    "omics.neighbours": "Neighbours for missing values",
    "omics.contrast": "Groups of the differential test",
    "omics.test": "Differential test",
    "omics.alpha": "False discovery rate",
    "omics.candidates": "Genes that reach the ranking at most",
    "omics.selector": "How genes are ranked",
    "omics.trees": "Trees of the forest",
    "model.system": "System",
    "model.modalities": "Modality",
    "model.width": "Width of the model",
    "model.heads": "Attention heads",
    "model.vit_layers": "Layers over the patches of a region",
    "model.pathology_layers": "Layers over the regions of a patient",
    "model.omics_layers": "Layers over the omics types",
    "model.multimodal_layers": "Layers over both together",
    "model.patch_px": "Side of a patch (pixels)",
    "model.dropout": "Dropout",
    "model.positions": "Where a region lies",
    "model.type_embedding": "Tell omics types apart",
    "model.separate_cls": "A summary token for each modality",
    "model.cross_attention_keys": "What the omics look at",
    "model.residual": "Residual connection",
    "model.risk": "How the risk is made",
    "pretrain.epochs": "Pre-training epochs",
    "pretrain.batch_size": "Batch, pre-training",
    "pretrain.optimiser": "Optimiser, pre-training",
    "pretrain.learning_rate": "Learning rate, pre-training",
    "pretrain.weight_decay": "Weight decay, pre-training",
    "pretrain.warmup": "Warm-up, pre-training",
    "pretrain.schedule": "Schedule, pre-training",
    "pretrain.clip_norm": "Largest gradient, pre-training",
    "pretrain.poc": "Weight of POC",
    "pretrain.pom": "Weight of POM",
    "pretrain.mom": "Weight of MOM",
    "pretrain.temperature": "Temperature of POC",
    "pretrain.negatives": "Hard negatives of POM",
    "pretrain.mask": "What masked omics become",
    "pretrain.mom_loss": "Loss of MOM",
    "pretrain.with_cohorts": "Pre-train together with",
    "finetune.epochs": "Fine-tuning epochs",
    "finetune.batch_size": "Batch, fine-tuning",
    "finetune.optimiser": "Optimiser, fine-tuning",
    "finetune.learning_rate": "Learning rate, fine-tuning",
    "finetune.weight_decay": "Weight decay, fine-tuning",
    "finetune.warmup": "Warm-up, fine-tuning",
    "finetune.schedule": "Schedule, fine-tuning",
    "finetune.clip_norm": "Largest gradient, fine-tuning",
    "finetune.ties": "Tied survival times",
    "finetune.members": "Models a fold",
}
"""Dotted field of `RunConfig` → what the form calls it."""

EMPTY = {
    "cohort.endpoint": "its own",
    "cohort.omics": "all",
    "cohort.permutation": "none",
    "slides.region_um": "in pixels",
    "slides.max_regions": "all",
    "pretrain.clip_norm": "no limit",
    "finetune.clip_norm": "no limit",
}
"""Field that may be empty → what that means."""


def value_in_words(value: object, path: str) -> str:
    """A setting's value as the form shows it: '0.0005', 'yes', 'mrna and mirna', 'all'."""
    if value is None or value == ():
        return EMPTY.get(path, "none")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return listed([str(one) for one in value])
    return f"{value:g}" if isinstance(value, float) else str(value)
