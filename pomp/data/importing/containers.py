"""AnnData (.h5ad) and MuData (.h5mu): one or several omics types of the same patients in one HDF5 file."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import h5py
import mudata
import numpy as np
import pandas as pd
from anndata import AnnData
from anndata.io import read_elem

from pomp.atomic import replacing
from pomp.data.importing.origins import Origin
from pomp.data.outcome import has_endpoint
from pomp.data.readers.table import PATIENT_COLUMNS, RawTable, id_text
from pomp.errors import CohortError

SUFFIXES = (".h5ad", ".h5mu")
UNS = "pomp"
"""The key of `uns` under which a cohort's name, endpoint, source, licence, kinds and slides are kept."""

_NUMBER = 8  # bytes, once it is read
_SPARSE_SHAPES = ("shape", "h5sparse_shape")  # the latter before AnnData 0.7
_SAMPLE_TYPES = ("sample_type", "Sample Type", "tissue_type", "Tissue Type")
"""Columns that say which samples are normal; Xena's and the GDC's."""


def is_container(path: Path) -> bool:
    return path.name.lower().endswith(SUFFIXES)


def write_modalities(
    path: Path, parts: Mapping[str, AnnData], obs: pd.DataFrame | None, uns: Mapping[str, Any]
) -> None:
    """Replace `path` by a .h5mu of these modalities.

    Args:
        obs: clinical columns by observation, any of which may be missing here; None for none.
        uns: what is said of the whole.

    Raises:
        RunError: the file could not be written.
    """
    with mudata.set_options(pull_on_update=False), warnings.catch_warnings():
        # Expression and copy number of one gene have one name, each in its own modality.
        warnings.filterwarnings("ignore", message="var_names are not unique", category=UserWarning)
        whole = mudata.MuData(dict(parts))
        if obs is not None:
            whole.obs = as_observations(obs, whole.obs_names)
        whole.uns.update(uns)
        with replacing(path) as partial:
            whole.write_h5mu(partial)


def as_observations(table: pd.DataFrame, names: pd.Index) -> pd.DataFrame:
    """The rows of `table` for every observation, text as categories: that is how AnnData stores it."""
    obs = table.reindex(names)
    for name in obs.select_dtypes(object):
        column = obs[name]
        obs[name] = pd.Categorical(column.where(column.isna(), column.astype(str)))
    return obs.rename_axis(None)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The open file.

    Raises:
        CohortError: it is damaged, or holds something else.
    """
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise CohortError(f"{path} cannot be read as AnnData or MuData: {error}. Write it again.") from error


def unpacked_bytes(path: Path) -> int:
    """The bytes of all arrays by what the file says of them, where a number has eight and a sparse array is a full one.

    Raises:
        CohortError: the file cannot be read.
    """
    total = 0

    def add(_: str, item: Any) -> None:
        nonlocal total
        if isinstance(item, h5py.Dataset):
            total += (item.size or 0) * max(item.dtype.itemsize, _NUMBER)
        for name in _SPARSE_SHAPES:
            total += math.prod(max(0, int(length)) for length in item.attrs.get(name, [0])) * _NUMBER

    with _opened(path) as file:
        file.visititems(add)
    return total


def list_modalities(path: Path) -> list[str | None]:
    """The modalities of a .h5mu in their order; [None] for a .h5ad, which holds one without a name.

    Raises:
        CohortError: the file cannot be read.
    """
    with _opened(path) as file:
        if "mod" not in file:
            return [None]
        order = [str(name) for name in file["mod"].attrs.get("mod-order", [])]
        return [*order, *(name for name in file["mod"] if name not in order)]


def read_modality(path: Path, modality: str | None) -> RawTable:
    """One modality, observations in rows; `cells` keep the file's number type.

    Raises:
        CohortError: the file cannot be read, or has no such modality.
    """
    with _opened(path) as file:
        group = _group(file, modality)
        values = cast(Any, read_elem(group["X"]))
        labels, genes = (list(map(str, read_elem(group[axis]).index)) for axis in ("obs", "var"))
    dense = np.asarray(values.toarray() if hasattr(values, "toarray") else values)
    if dense.dtype.kind not in "iuf":
        raise CohortError(f"{path}: X of {modality or 'the file'} holds {dense.dtype}, no numbers.")
    return RawTable(path.name, list(range(2, len(labels) + 2)), labels, genes, pd.DataFrame(dense, copy=False))


def _group(file: Any, modality: str | None) -> Any:
    return file if modality is None else file["mod"][modality]


def read_observations(path: Path) -> pd.DataFrame:
    """The table `obs`, index the observations' names, categories as text.

    Of a .h5mu, that of the whole; where that has no endpoint, the first modality's that has one.

    Raises:
        CohortError: the file cannot be read.
    """
    tables = _read_obs(path)
    return next((table for table in tables if has_endpoint(list(table.columns))), tables[0])


def _read_obs(path: Path) -> list[pd.DataFrame]:
    """That of the whole, then the modalities'; categories as text."""
    with _opened(path) as file:
        tables: list[pd.DataFrame] = [read_elem(file["obs"])]
        tables += [read_elem(group["obs"]) for group in file["mod"].values()] if "mod" in file else []
    for table in tables:
        for name in table.select_dtypes("category"):
            table[name] = table[name].astype(object)
    return tables


def read_origins(path: Path) -> dict[str, Origin]:
    """Patient and sample type by observation, as far as columns of `obs` name them.

    Empty for what `export_cohort` wrote: its observations are patients, and their columns clinical data.

    Raises:
        CohortError: the file cannot be read.
    """
    if {"name", "kinds"} <= read_notes(path).keys():
        return {}
    tables = _read_obs(path)
    cases, types = _gather(tables, PATIENT_COLUMNS), _gather(tables, _SAMPLE_TYPES)
    return {name: Origin(cases.get(name, name), name, types.get(name, "")) for name in cases | types}


def _gather(tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> dict[str, str]:
    """The first value there is in these columns, by observation."""
    found: dict[str, str] = {}
    for column in [table[name] for table in tables for name in columns if name in table.columns]:
        for label, cell in column.dropna().items():
            if text := id_text(cell):
                found.setdefault(str(label), text)
    return found


def read_notes(path: Path) -> dict[str, Any]:
    """What `uns` says of the cohort; empty where nothing does.

    Raises:
        CohortError: the file cannot be read.
    """
    with _opened(path) as file:
        notes = read_elem(file["uns"]).get(UNS, {}) if "uns" in file else {}
    return notes if isinstance(notes, dict) else {}
