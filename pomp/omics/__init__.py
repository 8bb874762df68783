"""From omics tables to the model's input: imputation, differential test, ranking by survival, by training fold."""

from pomp.omics.cache import SelectionCache
from pomp.omics.matrix import OmicsMatrix
from pomp.omics.selector import OmicsSelector
from pomp.omics.vocabulary import Vocabulary

__all__ = ["OmicsMatrix", "OmicsSelector", "SelectionCache", "Vocabulary"]
