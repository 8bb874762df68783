"""Eq. 3: O_final = Omics-Transformer([O_cls ⊕ Linear(O_pre)])."""

import torch

from tests.small import GENES, TYPES, small_model


def test_one_token_a_type_and_cls(generator: torch.Generator) -> None:
    encoder = small_model().omics
    tokens = encoder(torch.randn(5, TYPES, GENES, generator=generator), torch.ones(5, TYPES, dtype=torch.bool))
    assert tokens.cls.shape == (5, 16)
    assert tokens.types.shape == (5, TYPES, 16)
    torch.testing.assert_close(tokens.all[:, 0], tokens.cls)


def test_the_linear_layer_is_shared(generator: torch.Generator) -> None:
    """Without the type embedding, which Eq. 3 lacks, swapping two types swaps their tokens and leaves [CLS-O]."""
    encoder = small_model(model__type_embedding=False).omics
    values, present = torch.randn(2, TYPES, GENES, generator=generator), torch.ones(2, TYPES, dtype=torch.bool)
    plain, swapped = encoder(values, present), encoder(values[:, [1, 0, 2]], present)
    torch.testing.assert_close(plain.cls, swapped.cls)
    torch.testing.assert_close(plain.types, swapped.types[:, [1, 0, 2]])


def test_the_type_embedding_tells_types_apart(generator: torch.Generator) -> None:
    encoder = small_model().omics
    values, present = torch.randn(2, TYPES, GENES, generator=generator), torch.ones(2, TYPES, dtype=torch.bool)
    assert not torch.allclose(encoder(values, present).cls, encoder(values[:, [1, 0, 2]], present).cls, atol=1e-4)


def test_a_missing_type_is_not_read(generator: torch.Generator) -> None:
    encoder = small_model().omics
    values, present = torch.randn(2, TYPES, GENES, generator=generator), torch.ones(2, TYPES, dtype=torch.bool)
    present[:, 1] = False
    other = values.clone()
    other[:, 1] = 99.0
    torch.testing.assert_close(encoder(values, present).cls, encoder(other, present).cls)
    present[:, 1] = True
    assert not torch.allclose(encoder(values, present).cls, encoder(other, present).cls)


def test_without_any_omics_w_is_one_learnt_vector(generator: torch.Generator) -> None:
    encoder = small_model().omics
    tokens = encoder(torch.randn(2, TYPES, GENES, generator=generator), torch.zeros(2, TYPES, dtype=torch.bool))
    torch.testing.assert_close(tokens.cls[0], tokens.cls[1])
