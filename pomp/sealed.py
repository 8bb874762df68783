"""JSON objects that carry a digest of themselves, so that a flipped bit is found and never read as a number."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

SEAL = "seal"


def seal(data: Mapping[str, Any]) -> dict[str, Any]:
    """The object with its digest in the field `seal`: 16 hex digits of the SHA-256 of its canonical JSON."""
    return {**data, SEAL: _digest(data)}


def unseal(content: bytes | str) -> dict[str, Any]:
    """The object that JSON holds, without its seal. One that has none was written by hand, and is taken as it is.

    Raises:
        ValueError: it is no JSON, no object, or not what was sealed.
    """
    data = json.loads(content)
    if not isinstance(data, dict):
        raise ValueError(f"it should be an object, not {str(data)[:40]!r}")  # noqa: TRY004 - it is the value of a file
    found = data.pop(SEAL, None)
    if found is not None and found != _digest(data):
        raise ValueError("its content does not match its seal")
    return data


def _digest(data: Mapping[str, Any]) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
