"""The modalities of a .h5ad or .h5mu as planned tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from pomp.data.importing.containers import UNS, read_modality
from pomp.data.importing.kinds import guess_kind, guess_name
from pomp.data.importing.plan import PlannedSlide, PlannedTable
from pomp.data.omics_table import Kind
from pomp.errors import CohortError


def plan_modality(path: Path, modality: str | None, notes: dict[str, Any]) -> PlannedTable:
    """The plan of one modality: its kind by `uns`, otherwise guessed from its values.

    Args:
        modality: None for a .h5ad.
        notes: as `read_notes` gives them.

    Raises:
        CohortError: the file cannot be read, or calls its values something that they cannot be.
    """
    table = read_modality(path, modality)
    kinds = notes.get("kinds", {})
    kinds = kinds if isinstance(kinds, dict) else {}
    known = kinds.get(modality) if modality else next(iter(kinds.values()), None)
    name = modality or next(iter(kinds), None) or guess_name(path.name)
    what = f"Modality '{modality}' of {path.name}" if modality else f"X of {path.name}"
    if known is not None and known not in get_args(Kind):
        raise CohortError(
            f"{path}: uns['{UNS}']['kinds'] says that '{name}' is '{known}', which is no kind: write one of "
            f"{', '.join(get_args(Kind))} there, or take the entry out to have it guessed."
        )
    if known is not None:
        return PlannedTable(
            name=name, file=str(path), kind=known, note=f"{what}: {known}, as it says.", modality=modality
        )
    guess = guess_kind(table.cells.to_numpy(float).T, table.columns, name)
    kind, why = (guess.kind, guess.why) if guess else ("log", "it holds no value")
    return PlannedTable(
        name=name, file=str(path), kind=kind, note=f"{what}. Guessed to be {kind}: {why}.", modality=modality
    )


def noted_slides(notes: dict[str, Any]) -> list[PlannedSlide]:
    """The slides that `export_cohort` noted."""
    table = {name: list(map(str, column)) for name, column in notes.get("slides", {}).items()}
    rows = [dict(zip(table, line, strict=True)) for line in zip(*table.values(), strict=True)]
    return [
        PlannedSlide(
            patient=row["patient"], file=row["file"],
            features=row["features"] if row.get("features") not in {"", row["file"]} else None,
            mpp=float(row["mpp"]) if row.get("mpp") else None,
            coordinates=row.get("coordinates") or None,
        )
        for row in rows
    ]  # fmt: skip
