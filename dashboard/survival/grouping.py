"""The Survival page's groups: what there is to choose, who is in which, and what is to be said about the cut."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle

import pandas as pd

from dashboard.theme import BROWN, GREY, HIGH_RISK, LOW_RISK, SERIES, SKY
from pomp.data.clinical import is_stage
from pomp.errors import RunError
from pomp.evaluation.groups import Groups, clinical_choices, clinical_groups, risk_groups, training_cuts
from pomp.evaluation.uncertainty import signed

MEDIAN, TERTILES, QUARTILES, PERCENTILE, VALUE = "median", "tertiles", "quartiles", "percentile", "value"
SHARES = {TERTILES: (1 / 3, 2 / 3), QUARTILES: (0.25, 0.5, 0.75)}
BY_RISK = {
    MEDIAN: "risk: median of the training fold",
    TERTILES: "risk: tertiles of the training fold",
    QUARTILES: "risk: quartiles of the training fold",
    PERCENTILE: "risk: own percentile of the training fold",
    VALUE: "risk: own value",
}
NEEDS_TRAINING_RISKS = (TERTILES, QUARTILES, PERCENTILE)
RISK_COLOURS = {
    "low risk": LOW_RISK,
    "middle risk": GREY,
    "high risk": HIGH_RISK,
    "lowest quarter": LOW_RISK,
    "second quarter": SKY,
    "third quarter": BROWN,
    "highest quarter": HIGH_RISK,
}
_PARTS = {2: "cut at the median", 3: "cut into thirds"}


@dataclass(frozen=True)
class GroupChoice:
    """How patients are put into groups."""

    by: str
    """One of BY_RISK, or a clinical column."""
    cut: float = 0.0
    """The percentile, or the risk, of an own cut."""
    parts: int | None = None
    """Into how many parts a clinical column's numbers are cut."""

    @property
    def by_risk(self) -> bool:
        return self.by in BY_RISK and self.parts is None


def offered(columns: pd.DataFrame | None) -> dict[str, GroupChoice]:
    """Everything to choose from, by what it is called: the risk's cuts, then the clinical columns."""
    found = {label: GroupChoice(by) for by, label in BY_RISK.items()}
    for column, is_cut in ({} if columns is None else clinical_choices(columns)).items():
        if not is_cut:
            found[f"clinical: {column}"] = GroupChoice(column, parts=0)
        for parts, words in _PARTS.items() if is_cut else ():
            found[f"clinical: {column}, {words}"] = GroupChoice(column, parts=parts)
    return found


def make_groups(
    predictions: pd.DataFrame, choice: GroupChoice, training: pd.DataFrame | None, columns: pd.DataFrame | None
) -> Groups:
    """Who is in which group.

    Args:
        predictions: of the patients that are to be in groups.
        choice: which groups.
        training: the run's training risks, for cuts at their quantiles.
        columns: clinical.csv, for a clinical column.

    Raises:
        RunError: what the choice needs is not there, wholly or of a fold.
    """
    if not choice.by_risk:
        if columns is None or choice.by not in columns:
            raise RunError(f"The cohort's clinical.csv has no column {choice.by} any more: choose other groups.")
        return clinical_groups(columns[choice.by].reindex(predictions["patient"]), choice.parts or None)
    if choice.by == MEDIAN:
        medians = predictions.groupby("fold")["cutoff"].first()
        return risk_groups(predictions, {int(str(fold)): (float(cut),) for fold, cut in medians.items()})
    if choice.by == VALUE:
        return risk_groups(predictions, {int(fold): (choice.cut,) for fold in predictions["fold"].unique()})
    if training is None:
        raise RunError("This run has not recorded the risks of its training patients: make it again to cut at them.")
    return risk_groups(predictions, training_cuts(training, SHARES.get(choice.by, (choice.cut / 100,))))


def group_colours(groups: Groups, choice: GroupChoice) -> dict[str, str]:
    """Blue for the lowest and vermilion for the highest risk; clinical groups take the colours of series."""
    return RISK_COLOURS if choice.by_risk else dict(zip(groups.names, cycle(SERIES)))


def heading(choice: GroupChoice) -> str:
    """What the curves show, as their title."""
    if not choice.by_risk:
        return f"By {choice.by}"
    return {TERTILES: "Thirds by risk", QUARTILES: "Quarters by risk"}.get(choice.by, "High against low risk")


_OWN_CUT = (
    " You chose where the cut lies. If it was moved until the curves parted, p and interval are too good to be true: "
    "report the median, or a cut that was fixed beforehand."
)


def describe_cut(choice: GroupChoice) -> str:
    """How the groups were made, for the caption."""
    if not choice.by_risk:
        cut = f"Its numbers are {_PARTS[choice.parts]} of these patients. " if choice.parts else ""
        stages = "Sub-stages count with their stage: IIA with II. " if is_stage(choice.by) and not choice.parts else ""
        return (
            f"{cut}{stages}These groups come from clinical.csv, not from the model: they are no predictions out of "
            "fold, and the tests are not stratified by fold. Many columns tried means some small p by chance."
        )
    if choice.by == MEDIAN:
        return (
            "A patient is in the high-risk group if the risk is above the median risk of that fold's training "
            "patients: the test patients have no say in where the cut lies."
        )
    if choice.by == VALUE:
        return f"High: a risk above {signed(choice.cut, 2)}, in every fold.{_OWN_CUT}"
    if choice.by == PERCENTILE:
        return (
            f"High: a risk above that of {choice.cut:.0f} % of the fold's training patients. The test patients have no "
            f"say in where that lies.{_OWN_CUT}"
        )
    return (
        f"The cuts are the {choice.by} of the risks of each fold's training patients: the test patients have no say in "
        "where they lie, so groups need not be equally large."
    )
