"""Zero variance out, and what all gene filters share."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from pomp.omics.varying import VaryingGenes

NAN = float("nan")

GENES = {
    "varies": ([1.0, 2.0, 2.0], True),
    "varies with a gap": ([1.0, NAN, 2.0], True),
    "constant": ([3.0, 3.0, 3.0], False),
    "constant with a gap": ([3.0, NAN, 3.0], False),
    "one value": ([NAN, NAN, 3.0], False),
    "no value": ([NAN, NAN, NAN], False),
}
TABLE = pd.DataFrame({gene: values for gene, (values, _) in GENES.items()})


def test_which_genes_vary() -> None:
    fitted = VaryingGenes().fit(TABLE)
    assert fitted.get_support().tolist() == [kept for _, kept in GENES.values()]
    assert fitted.get_feature_names_out().tolist() == ["varies", "varies with a gap"]


def test_others_keep_the_genes_of_the_training_patients() -> None:
    fitted = VaryingGenes().fit(TABLE)
    others = pd.DataFrame(5.0, ["P7"], TABLE.columns)
    pd.testing.assert_frame_equal(fitted.transform(others), others[["varies", "varies with a gap"]])


def test_refuses_other_columns_and_work_before_the_fit() -> None:
    with pytest.raises(ValueError, match="feature names should match"):
        VaryingGenes().fit(TABLE).transform(TABLE.rename(columns={"varies": "BRCA1"}))
    with pytest.raises(NotFittedError):
        clone(VaryingGenes().fit(TABLE)).transform(TABLE)
