"""Settings on the Train page: names, help texts and limits come from the configuration's own fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pomp.config import RunConfig

SHOWN = {
    "pretrain.epochs": "Pre-training epochs",
    "finetune.epochs": "Fine-tuning epochs",
    "folds": "Folds",
    "omics.genes": "Genes of each type",
    "pretrain.batch_size": "Batch, pre-training",
    "finetune.batch_size": "Batch, fine-tuning",
    "seed": "Seed",
}
"""Dotted field → label. All of them are whole numbers."""


def find_field(path: str) -> FieldInfo:
    """The field of `RunConfig` that a dotted path names."""
    model: type[BaseModel] = RunConfig
    *parents, leaf = path.split(".")
    for parent in parents:
        inner = model.model_fields[parent].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            raise KeyError(path)
        model = inner
    return model.model_fields[leaf]


def lowest(field: FieldInfo) -> int | None:
    """The smallest whole number that the field accepts."""
    for bound in field.metadata:
        if hasattr(bound, "ge"):
            return int(bound.ge)
        if hasattr(bound, "gt"):
            return int(bound.gt) + 1
    return None


def read_value(config: RunConfig, path: str) -> Any:
    """The value that a dotted path has in a configuration."""
    value: Any = config
    for part in path.split("."):
        value = getattr(value, part)
    return value


def ask_companions(others: Sequence[str]) -> dict[str, Any]:
    """Cohorts that join the pre-training, where the workspace has `others`."""
    if not others:
        return {}
    chosen = st.multiselect(
        "Pre-train together with",
        others,
        key="with_cohorts",
        placeholder="this cohort alone",
        help=find_field("pretrain.with_cohorts").description,
    )
    return {"pretrain.with_cohorts": chosen} if chosen else {}


def ask_changes(preset: str, config: RunConfig) -> dict[str, Any]:
    """A number box a setting; what differs from the preset.

    Args:
        preset: name of the preset, so that another preset brings its own values.
        config: the preset.
    """
    changes: dict[str, Any] = {}
    columns = st.columns(2)
    for place, (path, label) in enumerate(SHOWN.items()):
        field, default = find_field(path), int(read_value(config, path))
        value = columns[place % 2].number_input(
            label, value=default, min_value=lowest(field), step=1, key=f"{path}@{preset}", help=field.description
        )
        if value != default:
            changes[path] = value
    return changes
