"""Random follow-up with ties of every kind, and R's reference numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

REFERENCE: dict[str, Any] = json.loads(
    (Path(__file__).parent / "reference" / "survival.json").read_text(encoding="utf-8")
)
DATA_SETS = tuple(REFERENCE)

Patients = tuple[np.ndarray, np.ndarray, np.ndarray]


def random_patients(seed: int, patients: int = 80) -> Patients:
    """Times, events and risks with many ties of each and between deaths and censorings."""
    generator = np.random.default_rng(seed)
    time = np.ceil(generator.exponential(15, patients))
    event = generator.random(patients) < 0.6
    return time, event, np.round(generator.normal(size=patients), 1)


@pytest.fixture(params=DATA_SETS)
def reference(request: pytest.FixtureRequest) -> dict[str, Any]:
    """R's numbers for one data set, with rows as arrays."""
    found = dict(REFERENCE[request.param])
    found["rows"] = {name: np.array(values) for name, values in found["rows"].items()}
    return found
