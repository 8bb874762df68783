"""What stands beside the curves of groups."""

from __future__ import annotations

from dashboard.survival.comparison_table import describe_tests
from pomp.evaluation.group_comparison import compare_groups


def test_the_log_rank_test_says_where_it_does_not_compare_all_groups() -> None:
    """Of three groups the last is alone in its fold: the test is of the other two, with one degree of freedom."""
    time, event = [5.0, 9, 3, 8, 4, 7], [1, 1, 1, 0, 1, 1]
    groups, folds = ["a", "a", "b", "b", "c", "c"], [0, 0, 0, 0, 1, 1]
    apart, together = (compare_groups("abc", groups, time, event, strata) for strata in (folds, None))
    assert apart.logrank is not None
    assert apart.logrank.degrees_of_freedom == 1
    assert "(3 groups, stratified by fold; not all of them were followed side by side" in describe_tests(apart, True)
    assert "(3 groups, not stratified)" in describe_tests(together, False)
