"""Sample labels: barcodes of TCGA and TARGET are taken apart, any other id passes through whole."""

from __future__ import annotations

import re
from dataclasses import dataclass

# The first three parts name the patient, two digits the kind of sample. R turns hyphens in column names into dots.
_BARCODE = re.compile(
    r"(TCGA[-.][A-Z0-9]{2}[-.][A-Z0-9]{4}|TARGET[-.]\d\d[-.][A-Z0-9]{6})(?:[-.](\d\d)(?:[A-Z](?:[-.].*)?)?)?"
)


@dataclass(frozen=True, order=True)
class Barcode:
    """One label. Labels sort so that a patient's primary tumour (01) comes before every other sample (02–09, …)."""

    label: str  # as in the file, with R's dots turned back into hyphens
    patient: str
    sample_type: int | None = None  # the code, alike in both; None where the label names a patient only

    @property
    def is_tumour(self) -> bool:
        """01–09; a label without a sample type counts as tumour."""
        return self.sample_type is None or 1 <= self.sample_type <= 9

    @property
    def is_normal(self) -> bool:
        """10–19: blood, solid tissue and other normal samples."""
        return self.sample_type is not None and 10 <= self.sample_type <= 19

    @property
    def site(self) -> str | None:
        """TCGA's code of the tissue source site, the ``2Y`` of ``TCGA-2Y-A9GS``; None for any other label."""
        return self.patient[5:7] if is_barcode(self.patient) and self.patient.startswith("TCGA") else None

    @property
    def sample(self) -> str:
        """Patient and sample type, ``TCGA-XX-XXXX-11``; the patient alone where there is no type."""
        return self.patient if self.sample_type is None else f"{self.patient}-{self.sample_type:02d}"


def parse_barcode(label: str) -> Barcode:
    """The parts of a patient, sample or aliquot barcode; of any other id, the id itself as the patient."""
    found = _BARCODE.fullmatch(label)
    if not found:
        return Barcode(label, label)
    patient, code = found.groups()
    return Barcode(label.replace(".", "-"), patient.replace(".", "-"), int(code) if code else None)


def is_barcode(label: str) -> bool:
    return _BARCODE.fullmatch(label) is not None
