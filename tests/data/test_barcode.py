from __future__ import annotations

import pytest

from pomp.data.barcode import is_barcode, parse_barcode

CASES = [
    # label, patient, sample type, tumour, normal, sample
    ("TCGA-2Y-A9GS", "TCGA-2Y-A9GS", None, True, False, "TCGA-2Y-A9GS"),
    ("TCGA-2Y-A9GS-01", "TCGA-2Y-A9GS", 1, True, False, "TCGA-2Y-A9GS-01"),
    ("TCGA-2Y-A9GS-01A", "TCGA-2Y-A9GS", 1, True, False, "TCGA-2Y-A9GS-01"),
    ("TCGA-2Y-A9GS-01A-12R-A38M-13", "TCGA-2Y-A9GS", 1, True, False, "TCGA-2Y-A9GS-01"),
    ("TCGA-2Y-A9GS-06A-12R", "TCGA-2Y-A9GS", 6, True, False, "TCGA-2Y-A9GS-06"),
    ("TCGA-2Y-A9GS-09", "TCGA-2Y-A9GS", 9, True, False, "TCGA-2Y-A9GS-09"),
    ("TCGA-2Y-A9GS-10A", "TCGA-2Y-A9GS", 10, False, True, "TCGA-2Y-A9GS-10"),
    ("TCGA-2Y-A9GS-11A-11R-A37G-13", "TCGA-2Y-A9GS", 11, False, True, "TCGA-2Y-A9GS-11"),
    ("TCGA-2Y-A9GS-19B", "TCGA-2Y-A9GS", 19, False, True, "TCGA-2Y-A9GS-19"),
    ("TCGA-2Y-A9GS-20A", "TCGA-2Y-A9GS", 20, False, False, "TCGA-2Y-A9GS-20"),
    ("TCGA-2Y-A9GS-01Z-00-DX1", "TCGA-2Y-A9GS", 1, True, False, "TCGA-2Y-A9GS-01"),
    ("TCGA.2Y.A9GS.01A.12R", "TCGA-2Y-A9GS", 1, True, False, "TCGA-2Y-A9GS-01"),
    ("TARGET-20-PAEFGT-09A-01R", "TARGET-20-PAEFGT", 9, True, False, "TARGET-20-PAEFGT-09"),
    ("TARGET-50-CAAAAA-11A", "TARGET-50-CAAAAA", 11, False, True, "TARGET-50-CAAAAA-11"),
    # No barcodes: whole, however much alike
    ("patient-01", "patient-01", None, True, False, "patient-01"),
    ("TCGA-2Y-A9GSX", "TCGA-2Y-A9GSX", None, True, False, "TCGA-2Y-A9GSX"),
    ("TCGA-2Y-A9GS-X1", "TCGA-2Y-A9GS-X1", None, True, False, "TCGA-2Y-A9GS-X1"),
    ("tcga-2y-a9gs", "tcga-2y-a9gs", None, True, False, "tcga-2y-a9gs"),
    ("1001", "1001", None, True, False, "1001"),
    ("", "", None, True, False, ""),
]


@pytest.mark.parametrize(("label", "patient", "sample_type", "tumour", "normal", "sample"), CASES)
def test_parts(label: str, patient: str, sample_type: int | None, tumour: bool, normal: bool, sample: str) -> None:
    code = parse_barcode(label)
    assert (code.patient, code.sample_type, code.is_tumour, code.is_normal, code.sample) == (
        patient,
        sample_type,
        tumour,
        normal,
        sample,
    )
    assert is_barcode(label) == (patient != label or label == "TCGA-2Y-A9GS")


def test_primary_tumours_sort_first() -> None:
    labels = ["TCGA-AA-0001-06A", "TCGA-AA-0001-01B", "TCGA-AA-0001-02A", "TCGA-AA-0001-01A-21R"]
    assert [code.label[13:16] for code in sorted(map(parse_barcode, labels))] == ["01A", "01B", "02A", "06A"]


@pytest.mark.parametrize(
    ("label", "site"),
    [
        ("TCGA-2Y-A9GS", "2Y"),
        ("TCGA-02-0001-01C-01D-0182-01", "02"),
        ("TCGA.DD.A1E9.11A", "DD"),
        ("TARGET-20-PAEFGT-09A-01R", None),
        ("TCGA-2Y-A9GSX", None),
        ("patient-01", None),
        ("", None),
    ],
)
def test_tissue_source_site(label: str, site: str | None) -> None:
    assert parse_barcode(label).site == site
