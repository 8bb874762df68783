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
    """As `--set` reads it: lists with commas, nothing for null."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ",".join(value)
    return value if isinstance(value, str) else json.dumps(value)
