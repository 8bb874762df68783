"""The funnel: how many patients are left after each step, and why the others are not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """One step of the funnel.

    Patients who lack a modality are either left out, with a reason, or go on with its token masked; `count` is the
    number of patients who pass the step's label in either case.
    """

    label: str
    count: int
    left_out: dict[str, str] = field(default_factory=dict)  # patient -> reason
    masked: tuple[str, ...] = ()  # patients who do not pass the label and yet go on


@dataclass(frozen=True)
class ExclusionLog:
    """Every patient in or out: loaded → has follow-up → has each modality → kept."""

    steps: tuple[Step, ...] = ()

    @property
    def left_out(self) -> dict[str, str]:
        """Every patient left out, sorted, with the reason."""
        merged = {patient: reason for step in self.steps for patient, reason in step.left_out.items()}
        return dict(sorted(merged.items()))

    @property
    def kept(self) -> int:
        return self.steps[-1].count if self.steps else 0

    def to_json(self) -> dict[str, Any]:
        return {"steps": [asdict(step) for step in self.steps]}


def build_log(
    loaded: Collection[str],
    no_follow_up: Mapping[str, str],
    modalities: Mapping[str, Collection[str]],
    complete_cases: bool,
) -> tuple[ExclusionLog, list[str]]:
    """The funnel and the patients kept, sorted.

    Args:
        loaded: everybody in any file.
        no_follow_up: patients without usable follow-up, with the reason.
        modalities: for each modality in use, by name, who has it.
        complete_cases: leave out whoever lacks one; otherwise only those who have none.
    """
    left = sorted(set(loaded) - set(no_follow_up))
    steps = [Step("loaded", len(loaded)), Step("has follow-up", len(left), dict(sorted(no_follow_up.items())))]
    lacking = {patient: [name for name, has in modalities.items() if patient not in has] for patient in left}
    for name in modalities:
        without = [patient for patient in left if name in lacking[patient]]
        if complete_cases:
            reasons = {patient: f"has no {' and no '.join(lacking[patient])}" for patient in without}
            left = [patient for patient in left if patient not in reasons]
            steps.append(Step(f"has {name}", len(left), left_out=reasons))
        else:
            steps.append(Step(f"has {name}", len(left) - len(without), masked=tuple(without)))
    lacks = f"has no {' and no '.join(modalities or ('omics table', 'slide'))}"
    nothing = dict.fromkeys([patient for patient in left if not _has_any(patient, modalities)], lacks)
    kept = [patient for patient in left if patient not in nothing]
    return ExclusionLog((*steps, Step("kept", len(kept), left_out=nothing))), kept


def _has_any(patient: str, modalities: Mapping[str, Collection[str]]) -> bool:
    return any(patient in has for has in modalities.values())
