"""Changed settings in the address, written as `--set` takes them: `?set=pretrain.epochs=10&set=folds=3`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.training.fields import SETTINGS, Setting
from pomp.runs.command import read_setting, setting_text

LARGEST = 2**53 - 1
"""The largest number that a browser's box takes."""


def to_address(changes: Mapping[str, Any]) -> list[str]:
    """Dotted field → value as 'field=value', in the order of the configuration."""
    return [f"{path}={setting_text(changes[path])}" for path in SETTINGS if path in changes]


def from_address(texts: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """The changes that the address names, and those of its parts that name none.

    Each value is held against the limits of its own field: what it must have to do with others is checked when the
    configuration is made.
    """
    changes, refused = {}, []
    for text in texts:
        path, _, value = text.partition("=")
        try:
            changes[path] = _value(SETTINGS[path], value)
        except (KeyError, ValueError):
            refused.append(text)
    return changes, refused


def _value(setting: Setting, text: str) -> Any:
    """Raises ValueError, of which pydantic's errors are."""
    if not text and setting.optional:
        return None
    wanted: object = text
    if setting.kind == "names":
        wanted = tuple(read_setting(setting.path, text) or ())
    elif setting.kind == "name" and isinstance(found := read_setting(setting.path, text), str):
        wanted = found
    value = setting.check.validate_python(wanted)
    if isinstance(value, int | float) and not (math.isfinite(value) and abs(value) <= LARGEST):
        raise ValueError(text)
    return value
