"""The command that makes a run again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from pomp.config import PRESETS, PresetName, RunConfig


def command_line(cohort: str, config: RunConfig) -> str:
    """`pomp run …` from the preset that needs the fewest changes, with every change named."""
    preset, changes = nearest_preset(config)
    words = ["pomp", "run", cohort, "--preset", preset]
    for path, value in changes.items():
        words += ["--set", f"{path}={setting_text(value)}"]
    return shlex.join(words)


def nearest_preset(config: RunConfig) -> tuple[PresetName, dict[str, Any]]:
    """The preset that needs the fewest changes, and the changes: dotted field → the value that `config` has."""
    wanted = flatten(config.model_dump(mode="json"))
    changes = {
        preset: {path: value for path, value in wanted.items() if value != there[path]}
        for preset, base in PRESETS.items()
        for there in [flatten(base.model_dump(mode="json"))]
    }
    preset = min(changes, key=lambda name: len(changes[name]))
    return preset, changes[preset]


def flatten(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings as dotted fields: ``{"pretrain": {"poc": 1.0}}`` → ``{"pretrain.poc": 1.0}``."""
    flat: dict[str, Any] = {}
    for name, value in data.items():
        flat |= flatten(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat


def setting_text(value: Any) -> str:
    """As `read_setting` reads it: lists with commas, nothing for null; JSON where that would be read as another value.

    "a" → 'a', but "1" → '"1"'; ("a", "b") → 'a,b', but ("a,b",) → '["a,b"]'.
    """
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        plain = ",".join(value)
        return plain if value and _read_names(plain) == list(value) else json.dumps(list(value), ensure_ascii=False)
    if isinstance(value, str) and _read_value(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def read_setting(path: str, text: str) -> Any:
    """The value that a text stands for in the setting of a dotted path: the inverse of `setting_text`."""
    if path not in _NAMES:
        return _read_value(text)
    return _read_names(text) if text.strip(" ,") else _NAMES[path]


_NAMES: dict[str, list[str] | None] = {"cohort.omics": None, "pretrain.with_cohorts": []}
"""Settings that are lists of names → what an empty text means for them."""


def _read_value(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def _read_names(text: str) -> list[Any]:
    listed = _read_value(text)
    return listed if isinstance(listed, list) else [part.strip() for part in text.split(",") if part.strip()]
