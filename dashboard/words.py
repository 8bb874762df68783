"""What the pages say about numbers: protocols, maps and verdicts in plain words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from pomp.config import PresetName, ProtocolName, RunConfig
from pomp.data.importing.plan import Origin
from pomp.evaluation.epochs import EpochStrip
from pomp.evaluation.report import EvaluationReport, ModelScore
from pomp.evaluation.stability import SelectionStability
from pomp.evaluation.uncertainty import signed
from pomp.wording import DAYS_PER_YEAR, count, number, percent

CHANCE = 0.5
DAYS_PER_MONTH = DAYS_PER_YEAR / 12
_UNITS = ("bytes", "kB", "MB", "GB", "TB")

PROTOCOLS: dict[ProtocolName, str] = {
    "honest": "Genes, scalers, pre-training and the cut between the groups see the training patients only, and the "
    "last epoch counts. The test patients are looked at once: this is what to expect of new patients.",
    "paper": "Genes are chosen on all patients, those of the test fold included, as the paper says; so is the model "
    "pre-trained, of which the paper says nothing. The score can be better than new patients would get.",
    "paper-released": "As the authors' released code does: genes and pre-training on all patients, and of all epochs "
    "the one that scores best on the test fold is reported. The score can be better than new patients would get.",
}

PRESET_WORDS: dict[PresetName, str] = {
    "demo": "small model, few epochs; minutes on a laptop",
    "honest": "the paper's sizes under the honest protocol; with slides hours on a GPU, months without: see the plan",
    "paper": "the paper's sizes, protocol and choice of patients; with slides as long as honest",
}

STATES = {
    "QUEUED": ("waiting", "gray", ":material/schedule:"),
    "RUNNING": ("running", "blue", ":material/play_circle:"),
    "STOPPING": ("stopping", "orange", ":material/pause_circle:"),
    "STOPPED": ("stopped", "orange", ":material/stop_circle:"),
    "FAILED": ("failed", "red", ":material/error:"),
    "DONE": ("finished", "green", ":material/check_circle:"),
    "INTERRUPTED": ("interrupted", "orange", ":material/power_off:"),
}
"""State of a run → what it is called, its colour and its icon."""

STAGES = {
    "prepare": "Cutting slides into regions",
    "select": "Choosing genes",
    "pretrain": "Pre-training",
    "finetune": "Fine-tuning on survival",
    "explain": "Drawing maps",
    "report": "Fitting the plain models",
}

KINDS = {
    "counts": "raw counts",
    "log": "log expression",
    "zscore": "z-scores",
    "beta": "methylation, beta values",
    "m": "methylation, M-values",
    "binary": "mutated or not",
    "copies": "copy number",
}
"""Kind of an omics table → what its numbers are."""

EXPLAIN_KINDS = {
    "counts": "reads a gene, whole numbers; tested with DESeq2",
    "log": "log2 of expression, for example log2(TPM + 1)",
    "zscore": "already standardised, around 0",
    "beta": "share of methylated copies of a site, 0 to 1",
    "m": "log2 ratio of methylated to unmethylated, around 0",
    "binary": "1 where the gene is mutated, otherwise 0",
    "copies": "copies gained or lost, −2 to 2, or their log ratio",
}
"""Kind of an omics table → how a biologist tells it."""

ORIGINS: dict[Origin, str] = {
    "tables": "Plain tables, told apart by what stands in them.",
    "xena": "Tables of UCSC Xena, recognised by their names and their samples in columns.",
    "gdc": "Downloads of the Genomic Data Commons: one file a sample, put together by the sample sheet.",
    "mudata": "An AnnData or MuData file, with patients in its rows.",
}
"""Origin of an import → how it was recognised."""

PART_NAMES = {"slides": "Slides", "omics": "All omics"}
"""Part of the data → what figures call it, if not as it is; short, for the number of a bar stands beside it."""

SELECTORS = {
    "forest": "by how much a random survival forest's C-index falls when the gene is shuffled",
    "cox_score": "by the χ² of a Cox score test of each gene alone",
    "elastic_net": "by how early the gene enters an elastic-net Cox model, 1 for the first",
    "stability": "by the share of 100 random halves of the patients in which the gene is among the best",
}
"""Selector → how it ranks genes."""

CHOSEN_ONCE = (
    "Under this protocol there is no choice a fold: the genes were chosen with the patients on whom the model is "
    "tested later. How far folds agree cannot be told, and the score is better than new patients would get. An honest "
    "run shows the choice of each fold."
)

STABLE, POOR = 0.75, 0.4
"""Nogueira's index above which agreement is called excellent, and below which it is called poor: Nogueira, Sechidis &
Brown, JMLR 18(174), 2018."""

ALIGNMENT = "alignment_"
_MAPS = {
    "occlusion": (
        "Effect on the risk",
        "The patient's risk with all regions, minus the risk when this one is left out. Above zero: the region "
        "raises the risk. Below zero: it lowers it. Unit: log hazard.",
    ),
    "cls_attention": (
        "Attention",
        "How much the slide's summary token looks at each region; the weights of a patient add up to 1. It says where "
        "the model looked, not whether that raised or lowered the risk.",
    ),
}


def map_label(column: str) -> str:
    """Name of a region map in the Slide page's selector."""
    return f"Match with {column.removeprefix(ALIGNMENT)}" if column.startswith(ALIGNMENT) else _MAPS[column][0]


def explain_map(column: str, fuses: bool) -> str:
    """What a region map means, in words.

    Args:
        fuses: as `ModelConfig.fuses` says of the model that the map is of.
    """
    if not column.startswith(ALIGNMENT):
        return _MAPS[column][1]
    name = column.removeprefix(ALIGNMENT)
    limit = (
        "This model's risk is made of what is matched, but the map does not say whether that raises or lowers it."
        if fuses
        else "It is not on the way to the risk, so it explains nothing about it."
    )
    return (
        f"How strongly the patient's {name} profile attends to each region (cross-attention, Eq. 4). It shows which "
        f"tissue the profile is matched with. {limit}"
    )


def map_columns(columns: Sequence[str]) -> list[str]:
    """The maps among a region table's columns, the one that explains the risk first."""
    aligned = [name for name in columns if name.startswith(ALIGNMENT)]
    return [name for name in _MAPS if name in columns] + aligned


def trained_without(config: RunConfig, whom: str) -> str:
    """'trained without this patient'; what is less than that is said where the protocol shows test patients before."""
    rules = config.rules
    pretrained = rules.pretraining == "all" and config.pretrain.epochs > 0
    chosen = rules.selection == "all" and config.model.modalities != "pathology"
    steps = [step for step, saw in (("its pre-training", pretrained), ("its genes", chosen)) if saw]
    known = [f"{' and '.join(steps)} saw all patients"] if steps else []
    if rules.epoch == "best_on_test":
        known.append("its epoch is the one that scored best on the patients of this fold")
    return f"fine-tuned without {whom}, but {', and '.join(known)}" if known else f"trained without {whom}"


def headline(score: ModelScore) -> str:
    """'0.654 ± 0.041'."""
    return f"{number(score.mean)} ± {number(score.sd)}"


def verdict(report: EvaluationReport) -> list[str]:
    """What a careful reader would say about the C-index."""
    score, said = report.score, []
    if score.lower <= CHANCE <= score.upper:
        said.append(
            f"The 95 % interval, {number(score.lower)} to {number(score.upper)}, covers 0.5: on these patients the "
            "model cannot be told from guessing."
        )
    elif score.upper < CHANCE:
        said.append(
            f"The 95 % interval, {number(score.lower)} to {number(score.upper)}, lies below 0.5: the risk ranks the "
            "wrong way round."
        )
    everywhere = [other for other in report.comparators if len(other.folds) == len(score.folds)]
    ahead = [other for other in everywhere if other.mean >= score.mean]
    if ahead:
        names = listed([f"{other.model} ({number(other.mean)})" for other in ahead])
        said.append(f"No better than a plain model on the same folds: {names} against {number(score.mean)}.")
    for other in (one for one in report.comparators if one not in everywhere):
        own, theirs = _on_shared_folds(score, other)
        if own and fmean(theirs) >= fmean(own):
            said.append(
                f"No better than {other.model} where that could be fitted and scored, in {len(own)} of "
                f"{count(len(score.folds), 'fold')}: {number(fmean(theirs))} against {number(fmean(own))}."
            )
    return said


def _on_shared_folds(score: ModelScore, other: ModelScore) -> tuple[list[float], list[float]]:
    """The C-indices of the folds in which both have one."""
    pairs = zip((fold.harrell for fold in score.folds), other.on_folds_of(score), strict=True)
    known = [pair for pair in pairs if not any(map(math.isnan, pair))]
    return [own for own, _ in known], [theirs for _, theirs in known]


def describe_rules(strip: EpochStrip) -> str:
    """What choosing by the test patients adds, in words."""
    by_name = {rule.name: rule.c_index for rule in strip.rules}
    gain = by_name["best_of_each"] - by_name["last"]
    return (
        f"The authors' released code takes of each fold the epoch that is best on its own test patients, and reports "
        f"{number(by_name['best_of_each'])}; the last epoch gives {number(by_name['last'])}. The "
        f"{signed(gain)} in between come from looking at the answers: a C-index wavers from epoch to epoch, "
        "and its highest point is high by chance. New patients have no answers to look at. The best epoch of the mean "
        "looks at them too, but chooses once instead of once a fold."
    )


def follow_up(days: float) -> str:
    """'2.4 years', or '14 months' below two years."""
    if days >= 2 * DAYS_PER_YEAR:
        return f"{days / DAYS_PER_YEAR:.1f} years"
    return f"{days / DAYS_PER_MONTH:.0f} months"


def duration(seconds: float) -> str:
    """'1 min 30 s'."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def time_left(seconds: float | None) -> str:
    """'1 min 30 s left', or that nobody knows."""
    return "time left not known yet" if seconds is None else f"{duration(seconds)} left"


def size(size_bytes: float | None) -> str:
    """'1.2 GB', '35 kB'; nothing where it is not known."""
    if size_bytes is None:
        return ""
    power = min(int(math.log10(max(size_bytes, 1))) // 3, len(_UNITS) - 1)
    value = size_bytes / 1000**power
    return f"{value:.1f} {_UNITS[power]}" if power and value < 10 else f"{value:.0f} {_UNITS[power]}"


def listed(names: Sequence[str]) -> str:
    """'a, b and c'."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def setting_words(value: object) -> str:
    """The value of a setting as tables show it: '–' where there is none, 'yes' or 'no', lists with commas."""
    if value is None or value == []:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def span(numbers: Sequence[int]) -> str:
    """'43–60' of several numbers, '300' where all are alike; an en dash where there are none."""
    if not numbers:
        return "–"
    lowest, highest = min(numbers), max(numbers)
    return f"{lowest:,}" if lowest == highest else f"{lowest:,}–{highest:,}"


def interval(value: float, lower: float, upper: float) -> str:
    """'0.53 (0.50–0.56)', '0.53' where the interval is not known."""
    known = math.isfinite(lower) and math.isfinite(upper)
    return f"{number(value, 2)} ({lower:.2f}–{upper:.2f})" if known else number(value, 2)


def agreement(found: Sequence[SelectionStability]) -> str:
    """What the agreement of the folds on their genes means for a reader."""
    known = [one for one in found if math.isfinite(one.index)]
    if not known:
        return "Every fold chose every gene there is: there was nothing to choose."
    least = min(known, key=lambda one: one.index)
    chance = f"chance alone would give {percent(least.expected_overlap)}"
    shared = f"two folds share {percent(least.overlap)} of these genes, and {chance}"
    if least.index >= STABLE:
        return f"The folds agree well, even on {least.omics}, where they agree least: {shared}."
    degree = "Poor" if least.index < POOR else "Moderate"
    return (
        f"{degree} agreement on {least.omics} (stability {number(least.index, 2)}): {shared}. Training on other "
        "patients gives another list, which may predict as well, but single genes must not be read as biomarkers."
    )
