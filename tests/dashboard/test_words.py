"""What pages say about numbers, and the limits that settings get from their fields."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest

from dashboard.cohort_import.projects import TCGA
from dashboard.elements import plain
from dashboard.endpoints import describe_endpoint
from dashboard.training.settings import SHOWN, find_field, lowest, read_value
from dashboard.words import (
    EXPLAIN_KINDS,
    KINDS,
    ORIGINS,
    PRESET_WORDS,
    PROTOCOLS,
    SELECTORS,
    STATES,
    duration,
    explain_map,
    follow_up,
    map_columns,
    map_label,
    setting_words,
    size,
    time_left,
    trained_without,
    verdict,
)
from pomp.config import PRESETS, OmicsConfig, ProtocolName, RunConfig, override
from pomp.data.importing.plan import Origin
from pomp.data.omics_table import Kind
from pomp.evaluation.report import EvaluationReport, FoldScore, ModelScore
from pomp.runs.status import State
from pomp.wording import count, number, p_value, percent

NAN = float("nan")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (duration(59.6), "1 min 0 s"),
        (duration(3700), "1 h 1 min"),
        (duration(7), "7 s"),
        (time_left(None), "time left not known yet"),
        (time_left(90), "1 min 30 s left"),
        (size(None), ""),
        (size(0), "0 bytes"),
        (size(999), "999 bytes"),
        (size(1340), "1.3 kB"),
        (size(25_400_000), "25 MB"),
        (size(3e15), "3000 TB"),
        (count(1, "patient"), "1 patient"),
        (count(1200, "gene"), "1,200 genes"),
        (follow_up(365.25), "12 months"),
        (follow_up(1000), "2.7 years"),
        (number(NAN), "–"),
        (number(0.6544), "0.654"),
        (number(-0.166, 2), "−0.17"),
        (percent(0.637), "64 %"),
        (p_value(None), "–"),
        (p_value(0.0004), "< 0.001"),
        (p_value(0.0316), "0.032"),
        (describe_endpoint("OS").count(1), "1 death"),
        (describe_endpoint("PFI").count(2), "2 progressions"),
        (describe_endpoint("XYZ").name, "XYZ"),
    ],
)
def test_numbers_in_words(said: str, expected: str) -> None:
    assert said == expected


@pytest.mark.parametrize("name", ["OS", "DSS", "PFI", "DFI", "XYZ"])
def test_other_deaths_are_spoken_of_where_they_are_no_event(name: str) -> None:
    found = describe_endpoint(name)
    assert ("the Kaplan–Meier curve is the cause-specific one" in found.competing) == (name != "OS")
    assert found.estimate.startswith("Share of patients" if name == "OS" else "Kaplan–Meier estimate, ")
    assert found.estimate.endswith(found.free)
    assert found.competing.startswith("Where ") == (name == "XYZ")  # whose other deaths nobody knows of


def report(mean: float, lower: float, upper: float, **others: float) -> EvaluationReport:
    score = ModelScore("POMP", (), mean, 0.02, lower, upper)
    comparators = tuple(replace(score, model=name, mean=value) for name, value in others.items())
    return EvaluationReport(score, comparators, {}, None, None, None, (), {}, ())


@pytest.mark.parametrize(
    ("evaluated", "said"),
    [
        (report(0.65, 0.60, 0.70, ridge=0.60), []),
        (report(0.55, 0.48, 0.62), ["covers 0.5"]),
        (report(0.65, 0.60, 0.70, ridge=0.66, clinical=0.5), ["No better than a plain model on the same folds: ridge"]),
        (report(0.6, 0.55, 0.65, a=0.7, b=0.6, c=0.8), ["folds: a (0.700), b (0.600) and c (0.800) against 0.600."]),
        (report(0.40, 0.32, 0.48), ["0.320 to 0.480, lies below 0.5: the risk ranks the wrong way round"]),
        (report(0.52, 0.45, 0.60, ridge=0.6), ["covers 0.5", "ridge (0.600) against 0.520"]),
        (report(NAN, NAN, NAN, ridge=0.6), []),
    ],
)
def test_verdict(evaluated: EvaluationReport, said: list[str]) -> None:
    found = verdict(evaluated)
    assert len(found) == len(said)
    assert all(part in sentence for part, sentence in zip(said, found, strict=True))


def fold(number: int, harrell: float) -> FoldScore:
    return FoldScore(number, 20, 9, harrell, NAN, NAN)


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ({1: 0.7}, []),  # ahead of the mean of all folds, but not on its own one
        ({1: 0.9}, ["No better than forest where that could be fitted and scored, in 1 of 2 folds: 0.900 against"]),
        ({0: NAN}, []),
    ],
)
def test_a_plain_model_that_lacks_folds_is_compared_on_those_it_has(scores: dict[int, float], said: list[str]) -> None:
    evaluated = report(0.65, 0.60, 0.70, forest=float(np.mean([*scores.values()])))
    own = replace(evaluated.score, folds=(fold(0, 0.5), fold(1, 0.8)))
    lacks = replace(evaluated.comparators[0], folds=tuple(fold(*one) for one in scores.items()))
    found = verdict(replace(evaluated, score=own, comparators=(lacks,)))
    assert len(found) == len(said)
    assert all(part in sentence for part, sentence in zip(said, found, strict=True))


def test_every_name_of_the_core_has_words() -> None:
    assert set(KINDS) == set(EXPLAIN_KINDS) == set(get_args(Kind))
    assert set(ORIGINS) == set(get_args(Origin))
    assert set(SELECTORS) == set(get_args(OmicsConfig.model_fields["selector"].annotation))
    assert set(PROTOCOLS) == set(get_args(ProtocolName))
    assert set(PRESET_WORDS) == set(PRESETS)
    assert set(STATES) == set(get_args(State))


def test_all_33_projects_of_tcga() -> None:
    assert len(TCGA) == 33
    assert sorted(TCGA) == list(TCGA)


def test_the_map_that_explains_the_risk_comes_first() -> None:
    columns = ["patient", "cls_attention", "occlusion", "alignment_mrna"]
    assert map_columns(columns) == ["occlusion", "cls_attention", "alignment_mrna"]
    assert map_label("alignment_mrna") == "Match with mrna"


KNOWN_BEFORE = {
    "honest": ({}, "trained without her"),
    "paper": ({"protocol": "paper"}, "fine-tuned without her, but its pre-training and its genes saw all patients"),
    "slides alone, from scratch": (
        {"protocol": "paper", "model.modalities": "pathology", "pretrain.epochs": 0},
        "trained without her",
    ),
    "the best epoch": (
        {"protocol": "paper-released", "model.modalities": "pathology", "pretrain.epochs": 0},
        "fine-tuned without her, but its epoch is the one that scored best on the patients of this fold",
    ),
}


@pytest.mark.parametrize("case", KNOWN_BEFORE)
def test_what_a_model_knew_of_its_test_patients_before(case: str) -> None:
    changes, said = KNOWN_BEFORE[case]
    assert trained_without(override(RunConfig(), changes), "her") == said


@pytest.mark.parametrize(
    ("changes", "apart"),
    [
        ({}, True),
        ({"model.risk": "joint"}, True),
        ({"model.risk": "fusion"}, False),
        ({"model.risk": "released"}, False),
    ],
    ids=str,
)
def test_a_match_is_said_to_be_apart_from_the_risk_only_where_it_is(changes: dict[str, Any], apart: bool) -> None:
    model = override(RunConfig(), {"model.modalities": "both", **changes}).model
    assert ("not on the way to the risk" in explain_map("alignment_mrna", model.fuses)) == apart


@pytest.mark.parametrize(("path", "low"), [("folds", 2), ("pretrain.epochs", 0), ("finetune.epochs", 1), ("seed", 0)])
def test_limits_come_from_the_field(path: str, low: int) -> None:
    assert lowest(find_field(path)) == low


@pytest.mark.parametrize("path", SHOWN)
def test_every_setting_shown_is_a_whole_number_with_help(path: str) -> None:
    value: Any = read_value(RunConfig(), path)
    assert isinstance(value, int)
    assert find_field(path).description


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>", r"\<script\>"),
        ("![x](http://h/i.png)", "\\!\\[x\\]\\(http\\:\u2060\\/\\/h\\/i\\.png\\)"),
        ("a\nb", "a b"),
        (":red[x] $y$", r"\:red\[x\] \$y\$"),
        ("TCGA-01", r"TCGA\-01"),
        ("WWW.h", "WWW\u2060\\.h"),
        (":streamlit:", "\\:\u2060streamlit\\:"),
        ("a -> b <-", "a \\-\u2060\\> b \\<\u2060\\-"),
        ("x>=2 a--b", r"x\>=2 a\-\-b"),  # which Streamlit leaves alone
    ],
)
def test_plain_leaves_no_markdown(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(("value", "said"), [
    (None, "–"), ([], "–"), (True, "yes"), (False, "no"), (["a", "b"], "a, b"), (0.5, "0.5"), ("both", "both"),
])  # fmt: skip
def test_a_setting_in_a_table(value: object, said: str) -> None:
    assert setting_words(value) == said
