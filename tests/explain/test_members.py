"""The tables of several members are the means of theirs, which is what their mean risk would be explained by."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pomp.explain.fold import explain_fold
from pomp.explain.members import FIRST_ONLY, average_members
from pomp.training.finetune import predict_risk
from pomp.training.system import POMP
from tests.explain.test_fold import COLUMNS, COUNTS, CPU, FOLD, make

PARTS = pd.DataFrame({"patient": ["A", "A", "B"], "part": ["x", "y", "x"], "fold": 1})
BYTES = pd.DataFrame({"patient": ["A"], "attention": [np.array([1, 255], np.uint8)]})


def parts(*differences: float) -> pd.DataFrame:
    return PARTS.assign(difference=np.array(differences, np.float32))


def test_means_by_hand() -> None:
    members = [
        {"contributions": parts(1, 2, 3), "within": BYTES},
        {"contributions": parts(4, 0, 3), "within": BYTES.iloc[:0]},
        {"contributions": parts(4, 1, 9), "within": BYTES.iloc[:0]},
    ]
    found = average_members(members)
    assert found["contributions"]["difference"].tolist() == [3.0, 1.0, 5.0]
    assert found["contributions"].dtypes.equals(members[0]["contributions"].dtypes)
    pd.testing.assert_frame_equal(found["contributions"][list(PARTS)], PARTS)
    assert found["within"] is BYTES


def test_one_member_is_left_as_it_is() -> None:
    table = parts(0.1, 0.2, 0.3)
    assert average_members([{"contributions": table}])["contributions"] is table


def test_members_of_other_patients_are_refused() -> None:
    with pytest.raises(ValueError, match="not of the same rows"):
        average_members([{"contributions": parts(1, 2, 3)}, {"contributions": parts(1, 2, 3).iloc[::-1]}])


def test_the_tables_of_real_members_explain_their_mean_risk() -> None:
    config, first, data, omics = make()
    second = POMP.build(config, *data.shape, seed=4)
    models = [first, second]
    tables = [explain_fold(model, data, omics, FOLD, CPU, lambda *_: None) for model in models]
    found = average_members(tables)
    assert {name: list(table) for name, table in found.items()} == COLUMNS
    risk = dict(
        zip(COUNTS, np.mean([predict_risk(model, data, list(COUNTS), CPU) for model in models], 0), strict=True)
    )
    told = found["contributions"]
    whole = told["without"] + told["difference"]  # without a part, and what it adds, is the risk
    np.testing.assert_allclose(whole, [risk[patient] for patient in told["patient"]], atol=1e-6)
    assert not np.allclose(told["difference"], tables[0]["contributions"]["difference"])
    assert found["regions"]["cls_attention"].groupby(found["regions"]["patient"]).sum().to_numpy() == pytest.approx(1)
    for name in FIRST_ONLY:
        assert found[name] is tables[0][name]
