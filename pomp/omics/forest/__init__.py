"""A random survival forest of N patients and G genes, exact and compiled."""

from pomp.omics.forest.survival_forest import LEAF, SurvivalForest, grow_forest
from pomp.omics.forest.trees import Sample, Trees

__all__ = ["LEAF", "Sample", "SurvivalForest", "Trees", "grow_forest"]
