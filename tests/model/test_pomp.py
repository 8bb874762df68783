"""The wired model."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from pomp.config import PRESETS, override
from pomp.errors import ConfigError
from pomp.training.loop import weights
from pomp.training.system import POMP
from tests.small import GENES, TYPES, batch_of, encode_slides, random_regions, small_config, small_model


def test_the_same_seed_gives_the_same_weights_and_leaves_the_generator_alone() -> None:
    before = torch.random.get_rng_state()
    first, second = POMP.build(small_config(), 3, 8, 5), POMP.build(small_config(), 3, 8, 5)
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(value, weights(second)[name]) for name, value in weights(first).items())
    other = weights(POMP.build(small_config(), 3, 8, 6))
    assert not torch.equal(weights(first)["match.weight"], other["match.weight"])


def test_paper_sizes() -> None:
    model = POMP.build(override(PRESETS["paper"], {"model.modalities": "both"}), 3, 300, 0)
    stacks = (model.pathology, model.omics, model.multimodal)
    assert [len(stack.transformer.blocks) for stack in stacks] == [2, 2, 2]
    assert {stack.transformer.blocks[0].attn.num_heads for stack in stacks} == {6}
    assert model.omics.linear.weight.shape == (384, 300)
    assert model.reconstruct.weight.shape == (300, 384)


def test_modalities_must_be_decided_first() -> None:
    with pytest.raises(ConfigError, match="resolve it against the cohort"):
        POMP.build(PRESETS["demo"], 3, 64, 0)


def test_a_shared_cls_is_one_parameter_and_starts_at_zero() -> None:
    model = small_model(model__separate_cls=False)
    assert model.omics.cls is model.pathology.cls
    assert not model.omics.cls.any()
    assert sum(name.endswith("cls") for name in weights(model)) == 1


@pytest.mark.parametrize(("log_value", "expected"), [(-20.0, 0.01), (0.0, 1.0), (9.0, 1.0)])
def test_temperature_is_clamped(log_value: float, expected: float) -> None:
    model = small_model()
    with torch.no_grad():
        model.log_temperature.fill_(log_value)
    assert model.temperature.item() == pytest.approx(expected)


@pytest.mark.parametrize("log_value", [-20.0, 9.0])
def test_a_temperature_put_back_to_its_limit_has_a_gradient(log_value: float) -> None:
    model = small_model()
    with torch.no_grad():
        model.log_temperature.fill_(log_value)
    before = model.temperature.item()
    model.keep_within_limits()
    assert model.temperature.item() == before
    model.temperature.backward()
    assert model.log_temperature.grad is not None
    assert model.log_temperature.grad.item() == pytest.approx(before)


@pytest.mark.parametrize("features", [None, 5])
def test_every_part_that_learns_has_the_dropout_of_the_settings(
    features: int | None, generator: torch.Generator
) -> None:
    """And each is on the way of what the model makes of a patient: it alone changes two passes."""
    model = POMP.build(small_config(model__dropout=0.3), TYPES, GENES, 0, features).train()
    parts = {name: part for name, part in model.named_modules() if isinstance(part, nn.Dropout)}
    for place in ("pos_drop", "head_drop"):  # of places, and after the average: none of either
        assert features is not None or parts.pop(f"pathology.embedding.vit.{place}").p == 0
    assert {part.p for part in parts.values()} == {0.3}
    stacks = ("pathology.embedding", "pathology.transformer", "omics", "multimodal.transformer")
    counts = [sum(name.startswith(stack) for name in parts) for stack in stacks]
    assert counts == [4 if features is None else 1, 4 * 2, 1 + 4 * 2, 4 * 2]  # a layer has two of each half
    torch.manual_seed(0)
    batch = batch_of([3, 4], generator)
    regions = torch.cat(batch.regions) if features is None else torch.randn(7, features, generator=generator)
    for name, part in parts.items():
        for other in parts.values():
            other.p = 0.5 if other is part else 0.0
        with torch.no_grad():
            one, two = (
                model.fuse(
                    model.encode_omics(batch.values, batch.present),
                    model.pathology(regions, batch.coordinates, batch.layout.counts),
                ).types
                for _ in range(2)
            )
        assert not torch.equal(one, two), name


@pytest.mark.parametrize("risk", ["cosine", "scaled_cosine", "fusion", "joint", "released"])
def test_a_constant_that_no_likelihood_sees_is_0_and_stays_so(risk: str) -> None:
    model = small_model(model__risk=risk)
    constants = {
        name: (value.tolist(), value.requires_grad) for name, value in model.named_parameters() if "risk.bias" in name
    }
    seen = constants.pop("fusion_risk.bias")
    assert constants == dict.fromkeys(("pathology_risk.bias", "omics_risk.bias"), ([0.0], False))
    assert (seen == ([0.0], False)) == (risk != "released")  # within a sigmoid it is seen
    assert seen[1] == (risk == "released")


def test_the_temperature_starts_as_the_settings_say() -> None:
    assert small_model(pretrain__temperature=0.2).temperature.item() == pytest.approx(0.2)


def test_risk_kinds_are_what_they_say(generator: torch.Generator) -> None:
    model, batch = small_model(), batch_of([2, 3, 1], generator)
    pathology = encode_slides(model, batch)
    omics = model.encode_omics(batch.values, batch.present)
    fusion = model.fusion_risk(model.fuse(omics, pathology).cls).squeeze(-1)
    joint = (model.pathology_risk(pathology.cls) + model.omics_risk(omics.cls)).squeeze(-1) / 2
    cosine = torch.nn.functional.cosine_similarity(pathology.cls, omics.cls)
    for kind, expected in {
        "cosine": cosine, "fusion": fusion, "joint": joint, "released": cosine + fusion.sigmoid(),
    }.items():  # fmt: skip
        model.risk_kind = kind  # type: ignore[assignment]
        torch.testing.assert_close(model.risk(pathology, omics), expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_on_a_cpu_what_runs_from_layer_to_layer_stays_float32(dtype: torch.dtype, generator: torch.Generator) -> None:
    """There a layer's norms would compute in bfloat16 what they are given in bfloat16."""
    model, (pixels, _) = small_model(), random_regions(2, generator)
    seen: list[torch.dtype] = []
    model.embedding.vit.blocks[0].register_forward_pre_hook(lambda block, tokens: seen.append(tokens[0].dtype))
    with torch.inference_mode(), torch.autocast("cpu", dtype, enabled=dtype == torch.bfloat16):
        model.embedding(pixels)
    assert seen == [torch.float32]


@pytest.mark.parametrize("risk", ["cosine", "scaled_cosine", "fusion", "joint", "released"])
def test_the_cross_attention_is_on_the_way_to_the_risk_where_the_settings_say_so(
    risk: str, generator: torch.Generator
) -> None:
    model, batch = small_model(model__risk=risk), batch_of([3, 5], generator)
    pathology, omics = encode_slides(model, batch), model.encode_omics(batch.values, batch.present)
    before = model.risk(pathology, omics)
    with torch.no_grad():
        model.multimodal.cross.key.weight.mul_(20)
    assert torch.equal(before, model.risk(pathology, omics)) == (not small_config(model__risk=risk).model.fuses)
