"""What settings are refused, and which of them are the same."""

from __future__ import annotations

import math
from typing import Any

import pytest

from pomp.config import PRESETS, RunConfig, override
from pomp.data.bundle import assets_folder
from pomp.errors import ConfigError
from pomp.runs.command import flatten
from pomp.runs.grid.spec import read_grid
from pomp.sealed import unseal

REFUSED: list[tuple[str, Any, str]] = [
    ("seed", 2**32, r"seed: .*less than or equal to 4294967295"),
    ("seed", -1, r"seed: .*greater than or equal to 0"),
    ("finetune.learning_rate", math.inf, r"finetune\.learning_rate: .*finite number"),
    ("finetune.learning_rate", "inf", r"finetune\.learning_rate: .*finite number"),
    ("pretrain.weight_decay", math.inf, r"pretrain\.weight_decay: .*finite number"),
    ("cohort.min_days", math.inf, r"cohort\.min_days: .*finite number"),
    ("slides.region_um", math.inf, r"slides\.region_um: .*finite number"),
    ("finetune.clip_norm", math.nan, r"finetune\.clip_norm: .*finite number"),
    ("pretrain.temperature", 0.009, r"pretrain\.temperature: .*greater than or equal to 0\.01"),
    ("pretrain.temperature", 1.1, r"pretrain\.temperature: .*less than or equal to 1"),
    ("pretrain.epochs", True, r"pretrain\.epochs: a number is needed \(got true\)"),
    ("model.dropout", False, r"model\.dropout: a number is needed \(got false\)"),
    ("slides.max_regions", True, r"slides\.max_regions: a number is needed \(got true\)"),
    ("cohort.permutation", False, r"cohort\.permutation: a number is needed \(got false\)"),
    ("cohort.endpoint", True, r"cohort\.endpoint: .*valid string"),
]


@pytest.mark.parametrize(("path", "value", "message"), REFUSED)
def test_what_is_refused(path: str, value: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        override(PRESETS["honest"], {path: value})


@pytest.mark.parametrize(("path", "value"), [
    ("seed", 2**32 - 1), ("pretrain.temperature", 0.01), ("pretrain.temperature", 1), ("pretrain.epochs", 3.0),
    ("model.residual", True), ("slides.region_um", None),
])  # fmt: skip
def test_what_is_taken(path: str, value: Any) -> None:
    changed: Any = override(PRESETS["honest"], {path: value})
    for part in path.split("."):
        changed = getattr(changed, part)
    assert changed == value


@pytest.mark.parametrize("path", ["cohort.omics", "pretrain.with_cohorts"])
def test_the_order_of_names_makes_no_other_run(path: str) -> None:
    one, other = (override(PRESETS["honest"], {path: names}) for names in (["b", "a", "b"], ["a", "b"]))
    assert one == other
    assert one.digest == other.digest


def test_no_omics_type_is_not_all_of_them() -> None:
    assert override(PRESETS["honest"], {"cohort.omics": []}).cohort.omics == ()
    assert PRESETS["honest"].cohort.omics is None


def test_a_run_stored_with_another_order_is_the_same_run() -> None:
    stored = PRESETS["honest"].model_dump(mode="json")
    stored["cohort"]["omics"] = ["mrna", "mirna"]
    asked = override(PRESETS["honest"], {"cohort.omics": ["mirna", "mrna"]})
    assert RunConfig.model_validate(stored).digest == asked.digest


def test_bundled_runs_are_read_with_the_values_that_they_have() -> None:
    files = list((assets_folder() / "runs").glob("*/run.json"))
    assert files
    for file in files:
        stored = unseal(file.read_bytes())["config"]
        assert flatten(stored).items() <= flatten(RunConfig.model_validate(stored).model_dump(mode="json")).items()


def test_bundled_grids_ask_for_settings_that_can_be_used() -> None:
    for file in (assets_folder() / "grids").glob("*.toml"):
        grid = read_grid(file)
        for variant in grid.variants:
            config = grid.configure(variant, "honest", 0)
            assert RunConfig.model_validate_json(config.model_dump_json()).digest == config.digest
