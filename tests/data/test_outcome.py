"""Follow-up by an endpoint other than the cohort's own."""

from __future__ import annotations

import pandas as pd

from pomp.data.outcome import outcome_of


def test_only_usable_values_count() -> None:
    clinical = pd.DataFrame(
        {
            "PFI": [1, 0, None, 1, 2, 1, "text", 0],
            "PFI.time": [50, 0, 10, None, 10, -1, 10, float("inf")],
        },
        index=pd.Index(["ok", "day 0", "no event", "no time", "event 2", "before", "word", "endless"], name="patient"),
    )
    found = outcome_of(clinical, "PFI")
    assert found["time_days"].to_dict() == {"ok": 50.0, "day 0": 0.0}
    assert found["event"].to_dict() == {"ok": True, "day 0": False}
    assert (found["time_days"].dtype, found["event"].dtype) == ("float64", "bool")
