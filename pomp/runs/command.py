"""The command that makes a run again."""

from __future__ import annotations

import json
import shlex
from typing import Any

from pomp.config import PRESETS, RunConfig


def command_line(cohort: str, config: RunConfig) -> str:
    """`pomp run …` from the preset that needs the fewest changes, with every change named."""
    wanted = _flatten(config.model_dump(mode="json"))
    changes = {
        preset: {path: value for path, value in wanted.items() if value != there[path]}
        for preset, base in PRESETS.items()
        for there in [_flatten(base.model_dump(mode="json"))]
    }
    preset = min(changes, key=lambda name: len(changes[name]))
    words = ["pomp", "run", cohort, "--preset", preset]
    for path, value in changes[preset].items():
        words += ["--set", f"{path}={_text(value)}"]
    return shlex.join(words)


def _flatten(data: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in data.items():
        flat |= _flatten(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat


def _text(value: Any) -> str:
    """As `--set` reads it: lists with commas, nothing for null."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ",".join(value)
    return value if isinstance(value, str) else json.dumps(value)
