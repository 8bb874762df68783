"""Products that a second pass over the same input takes from the first one.

Where the activations of a region do not fit into memory, they are computed a second time. Of a transformer's block the
perceptron's last product is a third of the work and, in a second pass, serves nothing but the next block's input: kept
from the first pass, at d numbers a token, it need not be multiplied again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from timm.layers.mlp import Mlp
from torch import Tensor, nn


class RecallingMlp(Mlp):
    """timm's perceptron, whose last product can be noted in one pass and recalled in another."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As timm's."""
        super().__init__(*args, **kwargs)
        self.noted: list[Tensor] | None = None
        self.known: Tensor | None = None

    def forward(self, tokens: Tensor) -> Tensor:
        """(…, d) → (…, d)."""
        hidden = self.norm(self.drop1(self.act(self.fc1(tokens))))
        if self.known is not None:
            product = _KnownProduct.apply(hidden, self.fc2.weight, self.fc2.bias, self.known)  # type: ignore[no-untyped-call]
        else:
            product = self.fc2(hidden)
            if self.noted is not None:
                self.noted.append(product.detach())
        return self.drop2(product)  # type: ignore[no-any-return]


@contextmanager
def noting(module: nn.Module) -> Iterator[list[Tensor]]:
    """The list of products that a pass within the block makes, in their order."""
    perceptrons, noted = _perceptrons(module), list[Tensor]()
    try:
        for perceptron in perceptrons:
            perceptron.noted = noted
        yield noted
    finally:
        for perceptron in perceptrons:
            perceptron.noted = None


@contextmanager
def recalling(module: nn.Module, products: Iterable[Tensor]) -> Iterator[None]:
    """A pass within the block takes its products from `products`, as `noting` gave them for the same input."""
    perceptrons = _perceptrons(module)
    try:
        for perceptron, product in zip(perceptrons, products, strict=True):
            perceptron.known = product
        yield
    finally:
        for perceptron in perceptrons:
            perceptron.known = None


def _perceptrons(module: nn.Module) -> list[RecallingMlp]:
    """In the order in which a pass meets them."""
    return [part for part in module.modules() if isinstance(part, RecallingMlp)]


class _KnownProduct(torch.autograd.Function):
    """`linear(x, weight, bias)` whose value is known: its gradients, without the product."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, product: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return product.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        x, weight = ctx.saved_tensors
        gradient = gradients[0]
        flat = gradient.flatten(0, -2)
        to_weight = flat.t() @ x.flatten(0, -2)
        return gradient @ weight.to(x.dtype), to_weight.to(weight.dtype), flat.sum(dim=0).to(weight.dtype), None
