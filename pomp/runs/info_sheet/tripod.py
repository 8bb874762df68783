"""The 27 points of TRIPOD+AI, answered from a run's facts; what only a person knows is left open in plain sight."""

from __future__ import annotations

from pomp.runs.info_sheet import results
from pomp.runs.info_sheet.facts import RunFacts
from pomp.runs.info_sheet.items import Item, Section
from pomp.wording import percent

SOURCE = (
    "The points of Collins et al., TRIPOD+AI statement, BMJ 2024;385:e078378, in our own words: read theirs for what "
    "each asks. Answers come from the run's own records."
)


def tripod(facts: RunFacts) -> tuple[Section, ...]:
    """Front matter and methods, open science, results, and discussion."""
    return (
        Section("TRIPOD+AI: title, abstract and introduction", SOURCE, _introduction(facts)),
        Section("TRIPOD+AI: methods, the data", "Points 5 to 11.", _data(facts)),
        Section("TRIPOD+AI: methods, the analysis", "Points 12 to 17.", _analysis(facts)),
        Section("TRIPOD+AI: open science, patients and public", "Points 18 and 19.", _open_science(facts)),
        Section("TRIPOD+AI: results", "Points 20 to 24.", results.items(facts)),
        Section("TRIPOD+AI: discussion", "Points 25 to 27.", _discussion(facts)),
    )


def _introduction(facts: RunFacts) -> tuple[Item, ...]:
    info = facts.run.info
    title = (
        f"Development and internal validation, by {info.config.folds}-fold cross-validation, of a model "
        f"({facts.model}) that predicts {info.cohort.endpoint} from {_inputs(facts)}, in {info.cohort.title}."
    )
    aim = f"To find how well a risk from {_inputs(facts)} ranks patients whom the model was not trained on."
    return (
        Item("1", "Title", (title,)),
        Item("2", "Abstract", to_fill="an abstract by TRIPOD+AI for Abstracts"),
        Item("3a", "Background", to_fill="the disease and its care, why a model is wanted, and models that exist"),
        Item(
            "3b", "Intended use and users", ("Research use only: not a medical device.",),
            "for whom the model is meant, who would use it, and at which point of care",
        ),
        Item("3c", "Known inequalities in health", to_fill="between which groups of patients care or outcome differ"),
        Item("4", "Objectives", (aim,), "the aims of the study, and whether it develops or evaluates a model"),
    )  # fmt: skip


def _data(facts: RunFacts) -> tuple[Item, ...]:
    info, config, cohort = facts.run.info, facts.run.config, facts.today.cohort
    source = (f"Source, as cohort.toml states it: {cohort.source}",) if cohort is not None and cohort.source else ()
    joined = tuple(
        f"The training patients of cohort {other.title} (files: {other.digest}) join the pre-training."
        for other in info.companions
    )
    others = ", without those of the cohorts that join the pre-training" if joined else ""
    sites = () if facts.sites is None else (f"{facts.sites.sites} hospitals or tissue source sites{others}.",)
    return (
        Item(
            "5a", "Sources of data", (f"Cohort {info.cohort.title} (files: {info.cohort.digest}).", *source, *joined),
            "how and for what the data were collected",
        ),
        Item(
            "5b", "Dates", (f"Follow-up: {results.follow_up(facts)}",),
            "from when to when patients were recruited and followed",
        ),
        Item("6a", "Setting", sites, "where patients were treated"),
        Item("6b", "Who is in", _eligibility(facts), "criteria by which patients came into the cohort itself"),
        Item("6c", "Treatments", to_fill="what treatments patients had, and how the analysis deals with them"),
        Item("7", "Preparation of the data", _preparation(facts), "what was done to the tables before"),
        Item(
            "8", "Outcome",
            (f"{info.cohort.endpoint}: time in days, with the event or the end of follow-up (censored). No horizon is "
             "fixed: the risk ranks over all of follow-up; 1, 3 and 5 years are looked at for calibration.",),
            "how and by whom the outcome was assessed, whether they knew of the predictors, and time zero",
        ),
        Item(
            "9", "Predictors", _predictors(facts), "when they were measured, by whom, and with what equipment"
        ),
        Item(
            "10", "Sample size",
            (f"{facts.patients} patients with {facts.events} events; all that the criteria leave. No size was worked "
             "out beforehand.",),
            "why that is enough, if it is",
        ),
        Item("11", "Missing data", (
            f"Single omics values are imputed from {config.omics.neighbours} nearest genes, fitted on "
            f"{_fitted_on(facts)}. "
            + ("Patients who lack a whole type of data are left out." if config.cohort.complete_cases
               else "A patient who lacks a whole type of data stays in; the model is told that it is missing."),
        ) if config.model.modalities != "pathology" else (
            "The model reads slides alone. Patients without one stay in; the model is told that it is missing."
            if not config.cohort.complete_cases else "Patients without a slide are left out.",
        )),
    )  # fmt: skip


def _analysis(facts: RunFacts) -> tuple[Item, ...]:
    config = facts.run.config
    by_sites = facts.splits.by == "sites"
    drawn = "whole hospitals (tissue source sites)" if by_sites else "patients, stratified by event"
    permuted = (
        ("The outcomes were dealt anew to the patients: a null experiment, whose scores say nothing of patients.",)
        if config.cohort.permutation is not None else ()
    )  # fmt: skip
    return (
        Item("12a", "How the data were used", (
            f"{config.folds} folds, drawn by {drawn} (seed {config.seed}): in turn one is tested and the others train.",
            *permuted,
        )),
        Item("12b", "Form of the predictors", (
            *((f"Omics values are standardised by the mean and deviation of {_fitted_on(facts)}.",)
              if config.model.modalities != "pathology" else ()),
            *((f"Regions of slides go in as {config.slides.source}.",) if config.model.modalities != "omics" else ()),
        )),
        Item("12c", "The model, and how it was built", _building(facts),
             "which other settings were tried before these, and on which patients"),
        Item("12d", "Differences between hospitals", (
            "Folds hold hospitals apart." if by_sites
            else "Not looked at; with --set folds_by=sites, a fold is tested on hospitals that training has not seen.",
        )),
        Item("12e", "Measures of performance", (
            "Harrell's C by fold and its mean with a 95 % bootstrap interval over test patients; Uno's C; the log-rank "
            "test of two risk groups, stratified by fold, with its permutation p; the hazard ratio; calibration at 1, "
            "3 and 5 years; the Brier score; cumulative/dynamic AUC. Beside them plain models on the same folds: "
            + (", ".join(model.model for model in facts.report.comparators) or "none") + ".",
        )),
        Item("12f", "Updating of the model", ("None.",)),
        Item("12g", "How predictions are made", (
            "The risk is a log relative hazard, from the model of the one fold in which the patient is tested. "
            "Survival over time is predicted with the Breslow baseline hazard of that fold's training patients.",
        )),
        Item("13", "Imbalance of the classes", (
            "Nothing is resampled or weighted: the Cox likelihood takes censored patients as they are. Folds have "
            + ("shares of events as near-equal as whole hospitals allow." if by_sites
               else "near-equal shares of events."),
        )),
        Item("14", "Fairness", to_fill="what was done to find and lessen differences between groups of patients"),
        Item("15", "What the model gives out", (
            "A risk without unit (log relative hazard), from which a low-risk and a high-risk group are made at the "
            "median risk of each fold's training patients.",
        )),
        Item("16", "Training and evaluation compared", (
            "Both are of the same cohort, with the same criteria, outcome and predictors: an internal validation. "
            + ("Folds hold the cohort's hospitals apart; nothing is said of hospitals or countries outside it."
               if by_sites else "Nothing is said of other hospitals or countries."),
        )),
        Item("17", "Ethics", to_fill="the committee that approved the study, and consent"),
    )  # fmt: skip


def _open_science(facts: RunFacts) -> tuple[Item, ...]:
    info, cohort = facts.run.info, facts.today.cohort
    licence = (f"Licence, as cohort.toml states it: {cohort.licence}",) if cohort is not None and cohort.licence else ()
    return (
        Item("18a", "Funding", to_fill="who paid for the study, and what part they had in it"),
        Item("18b", "Conflicts of interest", to_fill="those of all authors"),
        Item("18c", "Protocol of the study", to_fill="where it can be read, or that there is none"),
        Item("18d", "Registration", to_fill="where the study is registered, or that it is not"),
        Item("18e", "Data", licence, "where the data can be had"),
        Item(
            "18f", "Code",
            (f"pomp {info.versions.get('pomp', '')}, settings {info.config_digest}. The run is made by:",),
            code=info.command,
        ),
        Item("19", "Patients and public", to_fill="whether and how they took part in the study"),
    )  # fmt: skip


def _discussion(facts: RunFacts) -> tuple[Item, ...]:
    return (
        Item("25", "Interpretation", results.verdicts(facts), "what the results mean beside those of other studies"),
        Item("26", "Limitations", _limits(facts), "further ones"),
        Item("27a", "Poor or missing input", (
            "A type of data that a patient lacks may be missing: the model is told so. How far that costs accuracy was "
            "not measured by this run.",
        ), "what input is too poor to be used"),
        Item("27b", "Who can use it", to_fill="what a user must know, and what skill it takes"),
        Item("27c", "Next steps", (
            "Validation on patients of other hospitals"
            + (" than the cohort's, which were held apart from each other; none was made by this run."
               if facts.splits.by == "sites" else "; none was made by this run."),
        ), "what is to follow"),
    )  # fmt: skip


def _limits(facts: RunFacts) -> tuple[str, ...]:
    config = facts.run.config
    said = [f"One cohort, {facts.patients} patients, {facts.events} events; validation within the cohort only."]
    if config.protocol != "honest":
        said.append(
            f"Protocol {config.protocol}: the test patients had a say in the model (see Leakage). New patients would "
            "get a lower score than the one reported."
        )
    if config.model.bounded:
        said.append(
            "The risk is a cosine between −1 and 1, so no two patients' hazards differ by more than e² = 7.39 times."
        )
    if facts.run.info.cohort.synthetic:
        said.append("The cohort is synthetic: no patient is real.")
    return tuple(said)


def _inputs(facts: RunFacts) -> str:
    modalities, omics = facts.run.config.model.modalities, facts.run.info.cohort.omics
    named = f"omics ({', '.join(omics)})"
    return {"pathology": "slides", "omics": named}.get(modalities, f"slides and {named}")


def _fitted_on(facts: RunFacts) -> str:
    return "all patients" if facts.run.config.rules.selection == "all" else "the training patients of the fold"


def _eligibility(facts: RunFacts) -> tuple[str, ...]:
    cohort = facts.run.config.cohort
    return (
        f"Known {facts.run.info.cohort.endpoint}, followed for {cohort.min_days:g} days or more.",
        f"{'Every' if cohort.complete_cases else 'At least one'} type of data that the cohort has and the run asks "
        f"for: {', '.join(facts.run.info.cohort.omics) or 'no omics'}, {facts.run.info.cohort.slides} slides.",
    )


def _preparation(facts: RunFacts) -> tuple[str, ...]:
    config, said = facts.run.config, []
    if config.model.modalities != "omics":
        size = f"{config.slides.region_um:g} µm" if config.slides.region_um else f"{config.slides.region_px} pixels"
        said.append(
            f"Slides: regions of {size} a side with at least {percent(config.slides.min_tissue)} of tissue, shrunk by "
            f"{config.slides.downsample}."
            if config.slides.source == "pixels"
            else "Slides: features of a foundation model, a vector a region."
        )
    if config.model.modalities != "pathology":
        said.append(
            f"Omics: genes without variance out; a differential test (FDR {config.omics.alpha:g}); imputation; ranking "
            f"by {config.omics.selector}; the best {config.omics.genes} of each type; standardised. Fitted on "
            f"{_fitted_on(facts)}."
        )
    return tuple(said)


def _predictors(facts: RunFacts) -> tuple[str, ...]:
    config, said = facts.run.config, []
    if config.model.modalities != "pathology":
        said.append(
            f"At most {config.omics.genes} genes of each of {', '.join(facts.run.info.cohort.omics)}; see point 7."
        )
    if config.model.modalities != "omics":
        most = "all" if config.slides.max_regions is None else f"at most {config.slides.max_regions}"
        said.append(f"Of each patient's slides, {most} of the regions with tissue.")
    return tuple(said)


def _building(facts: RunFacts) -> tuple[str, ...]:
    config = facts.run.config
    rule = "the last epoch counts" if config.rules.epoch == "last" else "the best epoch on the test fold is reported"
    stages = f"{config.pretrain.epochs} epochs of pre-training, " if config.pretrain.epochs else ""
    changed = ", ".join(f"{path} = {value}" for path, value in facts.changes.items()) or "nothing"
    models = config.finetune.members
    each = f", the mean risk of {models} models in each fold" if models > 1 else ""
    return (
        f"{facts.model}: {stages}{config.finetune.epochs} epochs of fine-tuning on the Cox partial likelihood{each}; "
        f"{rule}.",
        f"Settings: preset {facts.preset}; changed: {changed}.",
        "Nothing of the model was tuned within the run.",
    )
