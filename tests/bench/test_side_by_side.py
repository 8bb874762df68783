from __future__ import annotations

import pytest

from pomp.bench.side_by_side import measure


@pytest.mark.slow  # processes of their own import everything anew
def test_the_numbers_do_not_depend_on_how_many_folds_go_at_a_time() -> None:
    [found] = measure("small")
    [one_after_another] = found.rivals
    assert found.seconds > 0
    assert one_after_another.seconds is not None
    assert found.checks[0] == "risks, one after another with as many threads a fold: largest difference 0"
