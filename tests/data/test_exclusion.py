from __future__ import annotations

import json

from pomp.data.exclusion import ExclusionLog, Step, build_log

LOADED = ["d", "a", "b", "c", "e"]
NO_FOLLOW_UP = {"e": "OS is not recorded"}
MODALITIES = {"mrna": {"a", "b", "x"}, "slides": {"a", "c"}}


def test_patients_who_lack_something_are_masked() -> None:
    log, kept = build_log(LOADED, NO_FOLLOW_UP, MODALITIES, complete_cases=False)
    assert kept == ["a", "b", "c"]
    assert log.steps == (
        Step("loaded", 5),
        Step("has follow-up", 4, {"e": "OS is not recorded"}),
        Step("has mrna", 2, masked=("c", "d")),
        Step("has slides", 2, masked=("b", "d")),
        Step("kept", 3, {"d": "has no mrna and no slides"}),
    )


def test_complete_cases_names_all_that_is_lacking() -> None:
    log, kept = build_log(LOADED, NO_FOLLOW_UP, MODALITIES, complete_cases=True)
    assert kept == ["a"]
    assert [(step.label, step.count) for step in log.steps] == [
        ("loaded", 5),
        ("has follow-up", 4),
        ("has mrna", 2),
        ("has slides", 1),
        ("kept", 1),
    ]
    assert log.left_out == {
        "b": "has no slides",
        "c": "has no mrna",
        "d": "has no mrna and no slides",
        "e": "OS is not recorded",
    }
    assert log.kept == 1


def test_everybody_is_in_or_out() -> None:
    for complete_cases in (False, True):
        log, kept = build_log(LOADED, NO_FOLLOW_UP, MODALITIES, complete_cases)
        assert sorted([*kept, *log.left_out]) == sorted(LOADED)


def test_plain_data() -> None:
    log, _ = build_log(LOADED, NO_FOLLOW_UP, MODALITIES, complete_cases=False)
    steps = json.loads(json.dumps(log.to_json()))["steps"]
    assert steps[2] == {"label": "has mrna", "count": 2, "left_out": {}, "masked": ["c", "d"]}
    assert ExclusionLog().kept == 0


def test_without_any_modality_the_reason_says_so() -> None:
    log, kept = build_log(["P1"], {}, {}, complete_cases=False)
    assert (log.left_out, kept) == ({"P1": "has no omics table and no slide"}, [])
