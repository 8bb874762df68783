"""Deaths before an endpoint's event: who died so, and why there is perhaps no curve of it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dashboard.endpoints import describe_endpoint
from dashboard.survival.results import Judged, clinical, judge
from pomp.data.outcome import outcome_of, usable_endpoints
from pomp.data.outcome_causes import COMPETING, OVERALL, Causes, find_causes
from pomp.runs.run import Run
from pomp.wording import count


@dataclass(frozen=True, eq=False)
class Competing:
    """By what the follow-up of a run's patients ended."""

    causes: pd.DataFrame | None
    """time_days, cause; index patient. None where there is no cumulative incidence to show."""
    said: tuple[str, ...]
    """Why there is none; or who is not in it, or is censored though dead. Sentences."""


def find_competing(run: Run, endpoint: str, fold: int | None = None) -> Competing:
    """Deaths before the event, by overall survival in clinical.csv; nothing is said where every death is the event.

    Args:
        run: of whose patients they are.
        endpoint: of the event.
        fold: of whose test patients is said who is left out; None: of all.

    Raises:
        RunError: as `judge`.
    """
    words = describe_endpoint(endpoint)
    if not words.competing:
        return Competing(None, ())
    columns = clinical(run)
    if columns is None or OVERALL not in usable_endpoints(columns):
        return _none(f"no overall survival ({OVERALL}, {OVERALL}.time) is on record that says who died otherwise")
    if run.config.cohort.permutation is not None and endpoint == run.info.cohort.endpoint:
        return _none("this run's outcomes were dealt anew, and belong to nobody's death")
    overall = outcome_of(columns, OVERALL)
    judged = judge(run, endpoint)
    found = _causes(judged, overall)
    if not (found.table["cause"] == COMPETING).any():
        unwatched = f"; {_unwatched(found)}" if found.unwatched else ""
        return _none(f"there is no {words.other_death} on record, so that it is one minus Kaplan–Meier{unwatched}")
    here = judged if fold is None else judge(run, endpoint, fold)
    lost = overall.loc[overall.index.isin(here.lost), "event"].sum()
    said = _left_out(found if fold is None else _causes(here, overall), int(lost), endpoint)
    return Competing(found.table, tuple(said))


def _causes(judged: Judged, overall: pd.DataFrame) -> Causes:
    return find_causes(judged.table.set_index("patient")[["time_days", "event"]], overall)


def _none(why: str) -> Competing:
    return Competing(None, (f"There is no cumulative incidence beside the Kaplan–Meier curve: {why}.",))


def _unwatched(found: Causes) -> str:
    return f"{count(found.unwatched, 'patient')} died more than a month after the follow-up for it had ended"


def _left_out(found: Causes, lost: int, endpoint: str) -> list[str]:
    """Sentences on those who are not in the curves, or are censored in them though dead."""
    said = []
    if lost:
        said.append(
            f"Of the patients without {endpoint} on record, {lost} died. They are in no curve, so that both kinds of "
            "death look rarer than they are."
        )
    if found.unknown:
        said.append(
            f"{count(found.unknown, 'patient')} left out of the cumulative incidence: without overall survival on "
            "record nobody knows whether they died."
        )
    if found.contradictory:
        said.append(
            f"{count(found.contradictory, 'patient')} left out of the cumulative incidence: followed for {endpoint} "
            "beyond their own death."
        )
    if found.unwatched:
        said.append(f"{_unwatched(found)}: censored then.")
    return said
