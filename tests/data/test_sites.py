from __future__ import annotations

import pandas as pd
import pytest

from pomp.data.sites import find_site_column, find_sites
from pomp.errors import CohortError


def clinical_of(patients: list[str], **columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame(columns, index=pd.Index(patients, name="patient", dtype=object))


BARCODES = ["TCGA-2Y-A9GS", "TCGA-DD-A1E9"]
OTHERS = ["P1", "P2"]
CASES = {
    "barcodes": (BARCODES, {}, ["2Y", "DD"]),
    "a barcode goes before a column": (BARCODES, {"site": ["liver", "liver"]}, ["2Y", "DD"]),
    "a column": (OTHERS, {"site": ["Basel", "Bern"]}, ["Basel", "Bern"]),
    "numbers": (OTHERS, {"site": [1, 2]}, ["1", "2"]),
    "numbers, one missing": (["TCGA-2Y-A9GS", "P2"], {"site": [None, 2]}, ["2Y", "2"]),
    "spaces around": (OTHERS, {"site": [" Basel", "Basel "]}, ["Basel", "Basel"]),
    "both": (["TCGA-2Y-A9GS", "P2"], {"center": [None, "Bern"]}, ["2Y", "Bern"]),
    "a TARGET barcode names the disease, not the site": (
        ["TARGET-20-PAEFGT", "TARGET-20-PAEFGU"],
        {"site": ["Basel", "Bern"]},
        ["Basel", "Bern"],
    ),
}


@pytest.mark.parametrize(("patients", "columns", "sites"), CASES.values(), ids=CASES.keys())
def test_sites(patients: list[str], columns: dict[str, list[object]], sites: list[str]) -> None:
    found = find_sites(patients, clinical_of(patients, **columns))
    assert found.to_dict() == dict(zip(patients, sites, strict=True))


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        (["age", "site"], "site"),
        (["Tissue Source-Site"], "Tissue Source-Site"),
        (["CENTRE"], "CENTRE"),
        (["site", "Hospital"], "Hospital"),
        (["center", "tissue.source.site"], "tissue.source.site"),
        (["primary_site", "site_of_resection_or_biopsy", "sites"], None),
        ([], None),
    ],
)
def test_column(columns: list[str], found: str | None) -> None:
    assert find_site_column(pd.DataFrame(columns=columns)) == found


REFUSED = {
    "no column": (
        OTHERS,
        {},
        r"of 2 of 2 patients \(P1, P2\): .* no column of clinical\.csv tells\. Fill in",
    ),
    "an empty cell": (
        OTHERS,
        {"Site": ["Basel", None]},
        r"of 1 of 2 patients \(P2\): .* column 'Site' of clin",
    ),
    "a blank cell": (OTHERS, {"site": ["Basel", " "]}, r"of 1 of 2 patients \(P2\)"),
    "one is no barcode": (["TCGA-2Y-A9GS", "TCGA-2Y-A9GSX"], {}, r"of 1 of 2 patients \(TCGA-2Y-A9GSX\)"),
}


@pytest.mark.parametrize(("patients", "columns", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_unknown(patients: list[str], columns: dict[str, list[object]], message: str) -> None:
    with pytest.raises(CohortError, match=message):
        find_sites(patients, clinical_of(patients, **columns))
