"""A cohort → one AnnData or MuData file, which `scan` and `import_cohort` turn back into the same cohort."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd

from pomp.atomic import replacing
from pomp.data.cohort import Cohort
from pomp.data.importing.containers import SUFFIXES, UNS, as_observations, write_modalities
from pomp.data.omics_table import OmicsTable
from pomp.errors import CohortError


def export_cohort(cohort: Cohort, path: Path) -> None:
    """Write the kept patients of a cohort: a modality an omics type, obs = clinical.csv, uns["pomp"] = the rest.

    Observations are patients, and after them the normal samples under their barcodes, which have no clinical values.
    X is float64, (patients and normals, genes); missing is NaN. Slides are named in uns["pomp"]["slides"], not copied.

    Args:
        path: ends in .h5mu, or in .h5ad for a cohort with one omics type.

    Raises:
        CohortError: the file exists, its name ends otherwise, or .h5ad is asked for with several omics types.
        RunError: it could not be written.
    """
    _check(cohort, path)
    parts = {name: _part(table) for name, table in cohort.omics.items()}
    notes = _notes(cohort)
    if path.name.lower().endswith(".h5ad"):
        (whole,) = parts.values()
        whole.obs = as_observations(cohort.clinical, whole.obs_names)
        whole.uns[UNS] = notes
        with replacing(path) as partial:
            whole.write_h5ad(partial)
        return
    write_modalities(path, parts, cohort.clinical, {UNS: notes})


def _check(cohort: Cohort, path: Path) -> None:
    if not path.name.lower().endswith(SUFFIXES):
        raise CohortError(f"{path} is no name for an export: end it in {' or '.join(SUFFIXES)}.")
    if path.exists():
        raise CohortError(f"{path} exists already: choose another name, or move it away.")
    types = ", ".join(cohort.omics) or "none"
    if not cohort.omics or (len(cohort.omics) > 1 and path.name.lower().endswith(".h5ad")):
        raise CohortError(
            f"A .h5ad holds one omics type, a .h5mu any number from one on; cohort '{cohort.name}' has: {types}."
        )
    for name in [*cohort.omics, *map(str, cohort.clinical.columns)]:
        if "/" in name:
            raise CohortError(f"'{name}' cannot be a name in an HDF5 file, because of its slash: rename it first.")


def _part(table: OmicsTable) -> anndata.AnnData:
    frame = table.values if table.normals is None else pd.concat([table.values, table.normals])
    names = pd.Index([str(name) for name in frame.index])
    part = anndata.AnnData(
        frame.to_numpy(np.float64), pd.DataFrame(index=names), pd.DataFrame(index=pd.Index(map(str, frame.columns)))
    )
    part.uns[UNS] = {"kind": table.kind}
    return part


def _notes(cohort: Cohort) -> dict[str, Any]:
    notes: dict[str, Any] = {
        key: getattr(cohort, key) for key in ("name", "title", "endpoint", "source", "licence", "synthetic")
    }
    notes["kinds"] = {name: table.kind for name, table in cohort.omics.items()}
    slides = cohort.slides.drop(columns="slide").astype(object)
    if not slides.empty:
        notes["slides"] = {name: ["" if pd.isna(v) else str(v) for v in slides[name]] for name in slides}
    return notes
