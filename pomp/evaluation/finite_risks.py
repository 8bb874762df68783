"""A risk that is not a finite number means a training that diverged: no score is worked out from it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pomp.errors import RunError


def require_finite_risks(table: pd.DataFrame, name: str) -> None:
    """See that there are patients, each with a finite risk.

    Args:
        table: risk, and patient if it is there; a row a patient.
        name: of the table or model, for the message.

    Raises:
        RunError: it has no row, or a risk is nan or infinite.
    """
    if table.empty:
        raise RunError(f"{name}: there is no patient. Run the fold again to write the table anew.")
    bad = table.loc[~np.isfinite(table["risk"].astype(float))]
    if len(bad):
        who = f" of patient {bad['patient'].iloc[0]}" if "patient" in bad else ""
        raise RunError(
            f"{name}: the risk{who} is {bad['risk'].iloc[0]}, not a finite number ({len(bad)} such rows). The training "
            "has diverged or the table is damaged: run again, with a smaller learning rate."
        )
