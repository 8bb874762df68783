"""Eq. 7: s^o2p, the softmax of a patient's omics over the batch's slides."""

import torch

from pomp.objectives.contrastive import omics_to_pathology, pathology_to_omics
from tests.equations.test_eq06 import COSINES, V, W, written_out


def test_written_out() -> None:
    transposed = [list(column) for column in zip(*COSINES, strict=True)]
    torch.testing.assert_close(omics_to_pathology(V, W, 0.5), torch.tensor(written_out(transposed, 0.5)))


def test_is_eq6_with_the_roles_swapped() -> None:
    torch.testing.assert_close(omics_to_pathology(V, W, 0.3), pathology_to_omics(W, V, 0.3))
