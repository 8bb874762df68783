"""Models are compared on the patients that all of them scored in the same fold."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pomp.errors import RunError
from pomp.evaluation.finite_risks import require_finite_risks


def shared_patients(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables of the patients and folds that are in all of them, sorted by patient.

    Args:
        tables: by model: patient, fold, risk, and anything else; a row a patient.

    Raises:
        RunError: no patient is in all of the tables, or a risk is not finite.
    """
    for name, table in tables.items():
        require_finite_risks(table, name)
    sorted_tables = {name: table.set_index(["patient", "fold"]).sort_index() for name, table in tables.items()}
    keys = None
    for table in sorted_tables.values():
        keys = table.index if keys is None else keys.intersection(table.index)
    if keys is None or not len(keys):
        raise RunError(
            f"The models {', '.join(tables)} share no patient in the same fold: make the plain models of this run "
            "anew by resuming it."
        )
    return {name: table.loc[keys.sort_values()].reset_index() for name, table in sorted_tables.items()}
