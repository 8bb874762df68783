"""The information sheet: every point is there, filled in from the run or left open in plain sight."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from pomp.evaluation.paired import Estimate
from pomp.evaluation.uncertainty import Interval
from pomp.markdown import escape
from pomp.runs.info_sheet.facts import RunFacts, SharedSites, gather_facts
from pomp.runs.info_sheet.items import TO_FILL, InfoSheet, Item, Section, markdown
from pomp.runs.info_sheet.results import estimate
from pomp.runs.info_sheet.sheet import info_sheet
from pomp.runs.run import Run
from tests.dashboard.test_hostile import PAYLOADS

POINTS = [str(number) for number in range(1, 28)]
ONLY_PEOPLE = ("2", "3a", "3c", "6c", "14", "17", "18a", "18b", "18c", "18d", "19", "27b")
"""Points of which a run's records say nothing."""


@pytest.fixture(scope="module")
def honest(runs: dict[str, Run]) -> RunFacts:
    return gather_facts(runs["honest"])


def items(sheet: InfoSheet) -> dict[str, Item]:
    return {item.number: item for part in sheet.sections for item in part.items if item.number}


def test_every_point_of_tripod_ai_is_there_and_none_is_empty(honest: RunFacts) -> None:
    found = items(info_sheet(honest))
    numbers = {match[1] for number in found if (match := re.fullmatch(r"(\d+)[a-f]?", number))}
    assert numbers == set(POINTS)
    assert all(item.answers or item.to_fill for item in found.values())
    assert {number for number, item in found.items() if not item.answers} == set(ONLY_PEOPLE) | {"6a"}


def test_numbers_are_the_runs_own(honest: RunFacts) -> None:
    text, score = markdown(info_sheet(honest)), honest.report.score
    assert f"POMP: Harrell's C {score.mean:.3f} ± {score.sd:.3f} over folds" in text
    assert f"{score.lower:.3f} to {score.upper:.3f}" in text
    assert "58 patients with" in text
    assert honest.run.info.splits_digest in text
    assert honest.run.info.command in text  # fenced: letter by letter
    assert f"**{TO_FILL}:** who paid for the study" in text
    for name, version in honest.run.info.versions.items():
        assert f"{name} {version}" in text


def test_where_models_are_compared_on_fewer_patients_that_is_said(honest: RunFacts) -> None:
    (whole,) = items(info_sheet(honest))["21"].answers
    assert whole.endswith(" Performance is that of the 58 patients out of fold.")
    fewer = replace(honest, scores=replace(honest.scores, patients=46))
    (said,) = items(info_sheet(fewer))["21"].answers
    assert said.endswith(" patients out of fold; beside other models, of the 46 whom all of them scored.")


def test_protocols_differ_in_what_leaks_and_in_the_limits(runs: dict[str, Run]) -> None:
    sheets = {name: items(info_sheet(gather_facts(runs[name]))) for name in ("honest", "paper")}
    differ = {number for number in sheets["honest"] if sheets["honest"][number] != sheets["paper"][number]}
    assert {"L1.1", "L1.2", "L1.3", "26"} <= differ
    assert not differ & {"L1.4", "L2", "L3.1", "L3.3"}
    assert any("New patients would get a lower score" in line for line in sheets["paper"]["26"].answers)


SITES = {
    "12d": ("Not looked at", "Folds hold hospitals apart."),
    "13": ("Folds have near-equal shares of events.", "as near-equal as whole hospitals allow."),
    "16": ("Nothing is said of other hospitals or countries.", "Folds hold the cohort's hospitals apart; nothing is "
           "said of hospitals or countries outside it."),
    "27c": ("Validation on patients of other hospitals; none was made by this run.", "Validation on patients of other "
            "hospitals than the cohort's, which were held apart from each other; none was made by this run."),
}  # fmt: skip
"""Point → what is said of folds by patients, and of folds by sites."""


def test_folds_by_sites_are_not_spoken_of_as_those_by_patients(honest: RunFacts) -> None:
    by_sites = replace(honest, splits=replace(honest.splits, by="sites"), sites=SharedSites(7, 0.0))
    for place, found in enumerate((items(info_sheet(honest)), items(info_sheet(by_sites)))):
        for number, said in SITES.items():
            text = " ".join(found[number].answers)
            assert said[place] in text
            assert said[1 - place] not in text


def test_hospitals_are_those_of_the_cohort_alone(honest: RunFacts) -> None:
    found = replace(honest, sites=SharedSites(7, 0.25))
    assert items(info_sheet(found))["6a"].answers == ("7 hospitals or tissue source sites.",)
    info = honest.run.info.model_copy(update={"companions": (honest.run.info.cohort,)})
    joined = replace(found, run=replace(honest.run, info=info))
    assert items(info_sheet(joined))["6a"].answers == (
        "7 hospitals or tissue source sites, without those of the cohorts that join the pre-training.",
    )


def test_a_model_of_omics_says_nothing_of_regions(runs: dict[str, Run]) -> None:
    found = items(info_sheet(gather_facts(runs["honest-omics"])))
    said = " ".join(line for number in ("7", "9", "12b") for line in found[number].answers)
    assert "omics" in said.lower()
    assert "egions" not in said
    slides = items(info_sheet(gather_facts(runs["paper-slides"])))
    said = " ".join(line for number in ("7", "9", "12b") for line in slides[number].answers)
    assert "egions" in said
    assert "genes" not in said


@pytest.mark.parametrize(("text", "shown"), [
    ("plain words, 1.5 (a, b)", "plain words, 1.5 (a, b)"),
    ("# heading", "\\# heading"),
    ("- item", "\\- item"),
    ("1. item", "1\\. item"),
    ("[x](javascript:alert(1))", "\\[x\\](javascript:alert(1))"),
    ("<b>x</b>", "\\<b\\>x\\</b\\>"),
    ("a\n# b", "a \\# b"),
    ("snake_case `code` *x*", "snake\\_case \\`code\\` \\*x\\*"),
    ("&lt;b&#62;", "\\&lt;b\\&\\#62;"),
    ("https://h.invalid", "https:\u2060//h.invalid"),
    ("WWW.h.invalid", "WWW\u2060.h.invalid"),
    ("a@h.invalid @team", "a\u2060@\u2060h.invalid \u2060@\u2060team"),
    (":tada: at 12:30", ":\u2060tada: at 12:30"),
])  # fmt: skip
def test_text_is_shown_letter_by_letter(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_nothing_in_a_sheet_comes_alive() -> None:
    fences = "`h0stile` ``` h0stile"
    every = Item("1", PAYLOADS[0], PAYLOADS, PAYLOADS[1], fences)
    text = markdown(InfoSheet(PAYLOADS[16], (Section(PAYLOADS[2], PAYLOADS[3], (every,)),)))
    prose, _, fenced = text.partition("````sh\n")
    assert fenced == f"{fences}\n````\n"  # it holds three backticks, so that four fence it
    assert not re.search(r"(?<!\\)[<\[`$]", prose)
    assert [line for line in prose.splitlines() if line.startswith("#")] == [
        "# \\# h0stile", f"## {escape(PAYLOADS[2])}", f"### 1 {escape(PAYLOADS[0])}",
    ]  # fmt: skip


def test_a_score_without_an_interval_stands_alone() -> None:
    nan = float("nan")
    assert estimate(Estimate(0.7, Interval(0.6, 0.8))) == "0.700 (0.600 to 0.800)"
    assert estimate(Estimate(1.0, Interval(nan, nan))) == "1.000"
    assert estimate(Estimate(nan, Interval(nan, nan))) == "–"
