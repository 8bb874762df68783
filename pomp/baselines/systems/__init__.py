"""The systems that POMP is compared with in the paper's Table 1, and two plain networks, each from its description.

All read what POMP reads: regions through the same kind of embedding (Eq. 1), trained with the rest, and the genes of
the same selection, type by type; they differ in what comes after. Folds, batches, optimiser, epochs and the Cox loss
(Eq. 15) are those of the run. What a paper's own pipeline has instead, and what is simplified here, stands in each
module. No last layer has a bias: Cox's likelihood does not change when all risks do alike.
"""
