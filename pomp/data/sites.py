"""The hospital, or other tissue source site, that each patient comes from."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from pomp.data.barcode import parse_barcode
from pomp.data.problems import enumerate_some
from pomp.data.readers.table import id_text
from pomp.errors import CohortError
from pomp.wording import count

SITE_COLUMNS = ("tissue_source_site", "hospital", "center", "centre", "site")
"""Names of the column of clinical.csv that says it, the first that is there. Capitals do not count, and a space, a dot
or a hyphen is as good as an underscore: ``Tissue Source Site`` is the first of them."""


def find_sites(patients: Sequence[str], clinical: pd.DataFrame) -> pd.Series:
    """The site of each patient (str), index patient, in their order.

    A TCGA barcode names it; of any other id, the column of clinical.csv does. A site is a code, and a code is not
    always one hospital: some of TCGA's stand for a tissue bank that collected from several, and a hospital can have
    more than one.

    Args:
        clinical: index patient; the columns of clinical.csv, of which there need be none.

    Raises:
        CohortError: of some patient no site is known; the message names the first.
    """
    column = find_site_column(clinical)
    told = {} if column is None else clinical[column].map(id_text).to_dict()
    sites = {patient: parse_barcode(patient).site or told.get(patient, "") for patient in patients}
    unknown = [patient for patient, site in sites.items() if not site]
    if unknown:
        where = f"column '{column}' of clinical.csv is empty there" if column else "and no column of clinical.csv tells"
        raise CohortError(
            f"No hospital is known of {len(unknown)} of {count(len(sites), 'patient')} ({enumerate_some(unknown)}): "
            f"the id is no TCGA barcode, {where}. Fill in a column '{SITE_COLUMNS[0]}', or make folds by patients "
            "(folds_by)."
        )
    return pd.Series(sites, name="site", dtype=object).rename_axis("patient")


def find_site_column(clinical: pd.DataFrame) -> str | None:
    """The column of clinical.csv that names the site: the first of `SITE_COLUMNS` that is there."""
    known = {re.sub(r"[\s.-]+", "_", str(name).strip().casefold()): str(name) for name in clinical.columns}
    return next((known[name] for name in SITE_COLUMNS if name in known), None)
