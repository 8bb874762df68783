"""R's reference numbers; reference/selection.R makes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def reference() -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "reference" / "selection.json").read_text(encoding="utf-8"))
