"""The genes of one fold, chosen and standardised, as MuData: what scverse's tools open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import anndata
import numpy as np
import pandas as pd

from pomp.data.importing.containers import write_modalities


def write_prepared(
    path: Path,
    patients: Sequence[str],
    genes: Mapping[str, Sequence[str]],
    values: np.ndarray,
    present: np.ndarray,
    summary: pd.DataFrame,
    obs: pd.DataFrame,
) -> None:
    """One modality an omics type: X = its patients × its genes, var = the genes' rows of the summary.

    Args:
        path: a .h5mu; replaced if it is there.
        patients: (N,)
        genes: of each type, in the order of `values`' second axis.
        values: (N, types, G) standardised; the genes of a type come first along G.
        present: (N, types) whether the patient has the type. Who lacks it is no observation of the modality.
        summary: a row a gene that was ranked: omics, gene, and what is known of it, such as p_value and rank.
        obs: what is known of each patient, such as the outcome; index patient.

    Raises:
        RunError: the file could not be written.
    """
    names = np.array(patients, dtype=object)
    parts = {}
    for place, (omics, chosen) in enumerate(genes.items()):
        has = present[:, place].astype(bool)
        rows = summary[summary["omics"] == omics].drop_duplicates("gene").set_index("gene").drop(columns="omics")
        var = rows.reindex(list(chosen)).rename_axis(None)
        own = pd.DataFrame(index=pd.Index(names[has].astype(str)))
        parts[omics] = anndata.AnnData(np.asarray(values[has, place, : len(chosen)]), own, var)
    write_modalities(path, parts, obs, {})
