from __future__ import annotations

from pomp.bench.features import measure


def test_both_ways_are_the_same_model_but_for_the_embedding() -> None:
    [found] = measure("small")
    [pixels] = found.rivals
    assert found.seconds > 0
    assert pixels.seconds is not None
    assert pixels.name == "pixels of the same regions, 32 a side"
    assert found.checks == ["risks of the two models from the same region embeddings: largest difference 0"]
