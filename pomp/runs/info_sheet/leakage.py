"""The eight kinds of leakage that a reviewer asks about, answered from a run's protocol, folds and settings."""

from __future__ import annotations

from pomp.runs.info_sheet.facts import RunFacts
from pomp.runs.info_sheet.items import Item, Section
from pomp.wording import percent

SOURCE = (
    "The kinds of leakage of Kapoor & Narayanan, Leakage and the reproducibility crisis in machine-learning-based "
    "science, Patterns 4(9):100804, 2023, answered from what the run recorded."
)
PRESENT, ABSENT, POSSIBLE, OUTSIDE = "present", "not present", "possible", "cannot be seen from the run"
"""What is said first of each kind."""


def leakage(facts: RunFacts) -> Section:
    """All eight, each beginning with whether it is there."""
    items = (
        _separation(facts), _preprocessing(facts), _selection(facts), _duplicates(facts), _features(),
        _time(facts), _independence(facts), _sampling(facts),
    )  # fmt: skip
    return Section("Leakage", SOURCE, items)


def _item(number: str, topic: str, state: str, said: str, *more: str, to_fill: str = "") -> Item:
    return Item(number, topic, (f"{state.capitalize()}: {said}", *more), to_fill)


def _separation(facts: RunFacts) -> Item:
    number, topic = "L1.1", "No separation of training and test"
    rules, config = facts.run.config.rules, facts.run.config
    pretrained = config.pretrain.epochs > 0 and rules.pretraining == "all"
    seen = (
        "the model is pre-trained on all patients, those of the test fold included (their slides and omics, not their "
        "outcomes)"
    )
    if rules.epoch == "best_on_test":
        said = "of all epochs of fine-tuning, the one that scores best on the test fold is the one reported"
        return _item(number, topic, PRESENT, said + (f"; and {seen}." if pretrained else "."))
    if pretrained:
        return _item(number, topic, PRESENT, f"{seen}. Fine-tuning on survival sees the training fold only.")
    return _item(
        number, topic, ABSENT, "each patient's risk comes from a model that was trained without that patient, the last "
        "epoch counts, and the test fold is read once.",
    )  # fmt: skip


def _preprocessing(facts: RunFacts) -> Item:
    number, topic = "L1.2", "Preprocessing on training and test together"
    if facts.run.config.model.modalities == "pathology":
        return _item(
            number, topic, ABSENT, "the model reads slides alone, and each slide is cut by itself, whatever the others "
            "are.",
        )  # fmt: skip
    if facts.run.config.rules.selection == "all":
        return _item(
            number, topic, PRESENT, "missing values are imputed and omics are scaled by what all patients have, those "
            "of the test fold included.",
        )  # fmt: skip
    return _item(
        number, topic, ABSENT, "imputation, scaling and the cut between the risk groups are learnt from the training "
        "fold alone. What the values went through before they came into the cohort is not known here.",
        to_fill="whether the tables were normalised, or corrected for batches, over all patients together",
    )  # fmt: skip


def _selection(facts: RunFacts) -> Item:
    number, topic = "L1.3", "Feature selection on training and test together"
    if facts.run.config.model.modalities == "pathology":
        return _item(number, topic, ABSENT, "the model reads slides alone; no features are selected.")
    if facts.run.config.rules.selection == "all":
        return _item(
            number, topic, PRESENT, "genes are chosen on all patients, with their outcomes, those of the test fold "
            "included. Of pure noise, such a choice makes a C-index well above 0.5.",
        )  # fmt: skip
    return _item(number, topic, ABSENT, "the genes of each fold are chosen on its training patients alone.")


def _duplicates(facts: RunFacts) -> Item:
    said = (
        f"{facts.patients} patients, each tested in exactly one fold; all slides and samples of a patient go with the "
        "patient. Whether one person is there under two names cannot be seen from the tables."
    )
    return _item(
        "L1.4", "Duplicates", f"{ABSENT}, as far as names tell", said,
        to_fill="whether patients of several sources were checked against each other",
    )  # fmt: skip


def _features() -> Item:
    return _item(
        "L2", "Features that are not legitimate", OUTSIDE, "the model reads regions of slides and omics values; it "
        "reads no column of clinical.csv, hence none that follows from the outcome.",
        to_fill="whether every slide and sample was taken before treatment, and before day 0 of follow-up",
    )  # fmt: skip


def _time(facts: RunFacts) -> Item:
    by = "site" if facts.splits.by == "sites" else "patient"
    return _item(
        "L3.1", "Temporal leakage", POSSIBLE, f"folds are drawn at random by {by}, not by date: models are tested on "
        "patients of the same years as those they were trained on.",
        to_fill="the years of diagnosis, and whether practice changed within them",
    )  # fmt: skip


def _independence(facts: RunFacts) -> Item:
    number, topic, shared = "L3.2", "Training and test not independent", facts.sites
    others = _companions(facts)
    if facts.splits.by == "sites":
        alone = "no hospital (tissue source site) is in both training and test of a fold"
        if not others:
            return _item(number, topic, ABSENT, f"{alone}.")
        return _item(number, topic, POSSIBLE, f"by its name, {alone}. {others}", to_fill=_SAME_HOSPITALS)
    if shared is None:
        return _item(
            number, topic, POSSIBLE, "folds are drawn by patients, and the hospital is not known of all of them: how "
            "many hospitals are on both sides cannot be told.", *([others] if others else []),
            to_fill="hospitals, scanners and batches, and whether they go along with the outcome",
        )  # fmt: skip
    return _item(
        number, topic, PRESENT if shared.share > 0 else POSSIBLE if others else ABSENT,
        f"folds are drawn by patients; {percent(shared.share)} of them are tested by a model that was trained on "
        f"others of their hospital (tissue source site; {shared.sites} in all). With --set folds_by=sites none is"
        + (f", within the cohort. {others} Their patients are not counted in this share." if others else "."),
        to_fill=_SAME_HOSPITALS if others else "",
    )  # fmt: skip


_SAME_HOSPITALS = "whether hospitals of these cohorts are the same, under whatever names"


def _companions(facts: RunFacts) -> str:
    """Which other cohorts were learnt from, and what that leaves open; empty without any."""
    titles = ", ".join(other.title for other in facts.run.info.companions)
    if not titles:
        return ""
    return (
        f"Patients of {titles} join the pre-training, and a hospital of theirs may be one that is tested: names do not "
        "always tell, as TCGA gives a hospital another code in every cohort."
    )


def _sampling(facts: RunFacts) -> Item:
    said = [f"the {facts.patients} patients are those of {facts.run.info.cohort.title} who have what the run asks for."]
    log = facts.today.log
    if log is not None and log.steps:
        said.append(f"Of {log.steps[0].count} patients loaded, {len(log.left_out)} were left out (item 20a).")
    return _item(
        "L3.3", "Sampling bias of the test patients", POSSIBLE, *said,
        to_fill="how these patients came into the cohort, and how far they are like those for whom the model is meant",
    )  # fmt: skip
