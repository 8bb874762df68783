"""Leakage is named from the protocol, the folds and the settings, never from the score."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pomp.runs.info_sheet.facts import RunFacts, SharedSites, gather_facts
from pomp.runs.info_sheet.leakage import leakage
from pomp.runs.run import Run

CASES = {
    "honest": {
        "L1.1": "Not present: each patient's risk comes from a model that was trained without that patient",
        "L1.2": "Not present: imputation, scaling",
        "L1.3": "Not present: the genes of each fold are chosen on its training patients alone.",
    },
    "paper": {
        "L1.1": "Present: the model is pre-trained on all patients",
        "L1.2": "Present: missing values are imputed and omics are scaled by what all patients have",
        "L1.3": "Present: genes are chosen on all patients, with their outcomes",
    },
    "paper-released": {
        "L1.1": "Present: of all epochs of fine-tuning, the one that scores best on the test fold is the one reported;",
        "L1.2": "Present: missing values",
        "L1.3": "Present: genes are chosen on all patients",
    },
    "paper-slides": {  # neither pre-trained nor with genes: nothing is left of what the paper's protocol lets be seen
        "L1.1": "Not present: each patient's risk",
        "L1.2": "Not present: the model reads slides alone",
        "L1.3": "Not present: the model reads slides alone; no features are selected.",
    },
}


@pytest.fixture(scope="module")
def facts(runs: dict[str, Run]) -> dict[str, RunFacts]:
    return {name: gather_facts(runs[name]) for name in CASES}


def answers(facts: RunFacts) -> dict[str, str]:
    return {item.number: " ".join(item.answers) for item in leakage(facts).items}


@pytest.mark.parametrize("name", CASES)
def test_each_protocol_says_what_it_lets_be_seen(facts: dict[str, RunFacts], name: str) -> None:
    said = answers(facts[name])
    assert list(said) == ["L1.1", "L1.2", "L1.3", "L1.4", "L2", "L3.1", "L3.2", "L3.3"]
    for number, words in CASES[name].items():
        assert said[number].startswith(words)


def test_the_released_epoch_alone_is_leakage_too(facts: dict[str, RunFacts]) -> None:
    """A model that is not pre-trained has no pre-training to leak through."""
    found = facts["paper-released"]
    config = found.run.config
    bare = config.model_copy(update={"pretrain": config.pretrain.model_copy(update={"epochs": 0})})
    run = replace(found.run, info=found.run.info.model_copy(update={"config": bare}))
    said = answers(replace(found, run=run))["L1.1"]
    assert said.endswith("the one that scores best on the test fold is the one reported.")


@pytest.mark.parametrize(("by", "sites", "said"), [
    ("patients", None, "Possible: folds are drawn by patients, and the hospital is not known of all of them"),
    ("patients", SharedSites(7, 0.25), "Present: folds are drawn by patients; 25 % of them are tested by a model that "
     "was trained on others of their hospital (tissue source site; 7 in all)."),
    ("patients", SharedSites(7, 0.0), "Not present: folds are drawn by patients; 0 % of them"),
    ("sites", SharedSites(7, 0.0), "Not present: no hospital (tissue source site) is in both training and test"),
])  # fmt: skip
def test_hospitals_on_both_sides(facts: dict[str, RunFacts], by: str, sites: SharedSites | None, said: str) -> None:
    found = replace(facts["honest"], splits=replace(facts["honest"].splits, by=by), sites=sites)
    assert answers(found)["L3.2"].startswith(said)


JOINED = "Patients of Stomach, Liver join the pre-training, and a hospital of theirs may be one that is tested"


@pytest.mark.parametrize(("by", "sites", "said"), [
    ("sites", SharedSites(7, 0.0), "Possible: by its name, no hospital (tissue source site) is in both training"),
    ("patients", None, "Possible: folds are drawn by patients, and the hospital is not known of all of them"),
    ("patients", SharedSites(7, 0.0), "Possible: folds are drawn by patients; 0 % of them"),
    ("patients", SharedSites(7, 0.25), "Present: folds are drawn by patients; 25 % of them"),
])  # fmt: skip
def test_hospitals_of_companions_are_never_known_to_be_others(
    facts: dict[str, RunFacts], by: str, sites: SharedSites | None, said: str
) -> None:
    found = facts["honest"]
    companions = tuple(found.run.info.cohort.model_copy(update={"title": title}) for title in ("Stomach", "Liver"))
    run = replace(found.run, info=found.run.info.model_copy(update={"companions": companions}))
    answer = answers(replace(found, run=run, splits=replace(found.splits, by=by), sites=sites))["L3.2"]
    assert answer.startswith(said)
    assert JOINED in answer


def test_who_was_left_out_is_counted(facts: dict[str, RunFacts]) -> None:
    assert "Of 60 patients loaded, 2 were left out (item 20a)." in answers(facts["honest"])["L3.3"]
