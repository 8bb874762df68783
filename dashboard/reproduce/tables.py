"""Tables 1 and 2 as they are shown: all cohorts under one protocol, then one cohort under each."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.reproduce.places import BY_KEY, Places
from dashboard.runs.opening import run_of
from dashboard.words import setting_words
from pomp.config import ProtocolName
from pomp.evaluation.uncertainty import signed
from pomp.runs.grid.plain import BestPlain
from pomp.runs.grid.reproduction import difference_to_published
from pomp.runs.grid.score import mean_interval
from pomp.runs.grid.stand_in import deviations
from pomp.runs.grid.table import Entry, difference_text, published_text, row_name, score_text, tidy
from pomp.wording import number

DEVIATES = "†"
"""Behind a score whose run deviates from the settings that are asked for."""
NOWHERE = "–"


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_KEY)
def overview(
    places: Places, protocol: ProtocolName, there: list[str]
) -> tuple[pd.DataFrame, dict[tuple[int, str], Entry]]:
    """A row a system, and which entry stands in which row and column.

    Columns: system, then for each cohort what is published, if anything is, and, for those that are `there`, ours;
    these come first.

    Args:
        places: the table.
        protocol: of ours.
        there: cohorts of the workspace.
    """
    rows = [{"system": row_name(variant)} for variant in places.grid.variants]
    order = ["system", *(f"{name} · {what}" for name in there for what in ("published", "ours"))]
    numbers = {variant.name: number for number, variant in enumerate(places.grid.variants)}
    found: dict[tuple[int, str], Entry] = {}
    for entry in places.entries:
        if entry.protocol != protocol:
            continue
        row = numbers[entry.variant]
        if entry.published is not None:
            rows[row][f"{entry.cohort} · published"] = published(entry)
        if entry.cohort in there:
            column = f"{entry.cohort} · ours"
            rows[row][column], found[row, column] = score_of_ours(entry, places.same_as(entry)), entry
    table = pd.DataFrame(rows).fillna(NOWHERE)
    first = [column for column in order if column in table]
    return table[[*first, *table.columns.difference(first, sort=False)]], found


def published(entry: Entry) -> str:
    """'0.612 ± 0.030', or a dash."""
    return published_text(entry).removeprefix("published ") or NOWHERE


def score_of_ours(entry: Entry, same_as: str = "") -> str:
    """'0.612 ± 0.030 †', or why there is no score: 'missing', 'cannot be run', 'running 42 %', 'as POMP'."""
    if same_as:
        return f"as {same_as}"
    text = score_text(entry)
    return f"{text} {DEVIATES}" if entry.scores and deviates(entry) else text


def deviates(entry: Entry) -> bool:
    """Whether one of its runs has not the settings that are asked for."""
    return any(deviations(one) for one in entry.cells if one.state == "DONE")


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_KEY)
def in_detail(places: Places, cohort: str) -> tuple[pd.DataFrame, list[Entry]]:
    """A row a system and protocol of one cohort, as text, and the entries in the same order; without those that cannot
    be."""
    rank = {variant.name: place for place, variant in enumerate(places.grid.variants)}
    labels = {variant.name: row_name(variant) for variant in places.grid.variants}
    possible = [entry for entry in places.of(cohort) if not all(one.cell.problem for one in entry.cells)]
    entries = sorted(possible, key=lambda entry: rank[entry.variant])  # stable: protocols stay in order
    reference = places.grid.reference.name
    rows = []
    for entry in entries:
        same_as, best = places.same_as(entry), places.plain_of(entry)
        row = {
            "system": labels[entry.variant], "protocol": entry.protocol, "published": published(entry),
            "ours": score_of_ours(entry, same_as),
        }  # fmt: skip
        if not same_as:
            row |= {
                "ours − published": _signed(difference_to_published(entry)),
                "ours − plain": _ahead(best),
                "best plain model": _plain_text(best),
                f"against {reference}": "the reference" if entry.variant == reference else difference_text(entry),
                "patients (events)": _patients(entry),
            }
        rows.append(row)
    return pd.DataFrame(rows).fillna(""), entries


def impossible(places: Places, cohort: str) -> dict[str, list[str]]:
    """Why rows of a cohort cannot be run → their names."""
    found: dict[str, list[str]] = {}
    for entry in places.of(cohort):
        problem = next((one.cell.problem for one in entry.cells if one.cell.problem), "")
        names = found.setdefault(problem, [])
        names += [entry.variant] if entry.variant not in names else []
    found.pop("", None)
    return found


def _patients(entry: Entry) -> str:
    run = run_of(entry)
    return "" if run is None else f"{run.info.cohort.patients:,} ({run.info.cohort.events:,})"


def _signed(value: float) -> str:
    return "" if pd.isna(value) else signed(value)


def _plain_text(best: BestPlain | None) -> str:
    return "" if best is None else f"{best.model}: {number(best.mean)} ± {number(best.sd)}"


def _ahead(best: BestPlain | None) -> str:
    return "" if best is None or best.ahead is None else best.ahead.words


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_KEY)
def every_number(places: Places) -> pd.DataFrame:
    """A row a cohort, protocol and system with all that is known: what is saved as CSV.

    Columns: those of a grid's table, then same_run_as (the row whose run it is by another name), lower_95, upper_95 (of
    ours, by the choice of test patients), minus_published, deviations (settings that are not as asked), patients,
    events, plain_model, plain_c_index, plain_sd, minus_plain, minus_plain_lower, minus_plain_upper, minus_plain_p,
    minus_plain_adjusted_p, minus_plain_told_apart.
    """
    table = tidy(places.grid, places.entries)
    return pd.concat([table, pd.DataFrame([_more(places, entry) for entry in places.entries])], axis=1)


def _more(places: Places, entry: Entry) -> dict[str, object]:
    run, best = run_of(entry), places.plain_of(entry)
    limits = mean_interval(list(entry.scores.values()))
    ahead = None if best is None else best.ahead
    scored = run if entry.scores else None
    return {
        "same_run_as": places.same_as(entry), "lower_95": limits.lower, "upper_95": limits.upper,
        "minus_published": difference_to_published(entry),
        "deviations": " ".join(sorted({one.setting for cell in entry.cells for one in deviations(cell)})),
        "patients": scored and scored.info.cohort.patients, "events": scored and scored.info.cohort.events,
        "plain_model": best and best.model, "plain_c_index": best and best.mean, "plain_sd": best and best.sd,
        "minus_plain": ahead and ahead.value, "minus_plain_lower": ahead and ahead.lower,
        "minus_plain_upper": ahead and ahead.upper, "minus_plain_p": ahead and ahead.training.p_value,
        "minus_plain_adjusted_p": ahead and ahead.adjusted_p, "minus_plain_told_apart": ahead and ahead.told_apart,
    }  # fmt: skip


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_KEY)
def deviating_settings(places: Places, cohort: str) -> pd.DataFrame:
    """A row a setting and run of a cohort: setting, here, asked, run."""
    columns = ["setting", "here", "asked", "run"]
    rows = [
        (found.setting, setting_words(found.here), setting_words(found.asked), one.run.id)
        for entry in places.of(cohort)
        for one in entry.cells
        if one.run is not None and one.state == "DONE"
        for found in deviations(one)
    ]
    return pd.DataFrame(rows, columns=columns).drop_duplicates(ignore_index=True)
