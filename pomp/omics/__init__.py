"""From omics tables to the model's input: imputation, differential test, forest importance, by training fold."""

from pomp.omics.matrix import OmicsMatrix
from pomp.omics.selector import OmicsSelector

__all__ = ["OmicsMatrix", "OmicsSelector"]
