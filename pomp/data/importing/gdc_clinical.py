"""The GDC's clinical data, as JSON or TSV → overall survival and a few covariates of each patient."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pomp.data.importing.merging import one_row_each
from pomp.data.problems import Problems, enumerate_some
from pomp.wording import count

_DAYS_A_YEAR = 365.25
_NOTHING = frozenset({"", "'--", "--", "not reported", "unknown", "not available", "not applicable"})
_SECTIONS = ("cases", "demographic", "diagnoses", "follow_ups")
_COLUMNS = ("OS", "OS.time", "age", "sex", "race", "stage", "grade")
_STAGES = ("ajcc_pathologic_stage", "figo_stage", "ann_arbor_pathologic_stage", "ajcc_clinical_stage")
OVERALL_SURVIVAL = (
    "OS from vital_status and days_to_death, of the living from days_to_last_follow_up or days_to_follow_up"
)
"""How follow-up was derived, for cohort.toml's source."""

Record = Mapping[str, Any]


def is_gdc_clinical(path: Path) -> bool:
    """Whether a file holds the GDC's clinical data: JSON of cases, or a TSV with vital_status (either naming)."""
    try:
        if path.suffix.lower() == ".json":
            return any("demographic" in case or "diagnoses" in case for case in _load_json(path)[:50])
        if path.suffix.lower() in {".tsv", ".txt"}:
            with path.open(encoding="utf-8-sig") as file:
                columns = {_plain(name) for name in file.readline().rstrip("\r\n").split("\t")}
            return "vital_status" in columns and bool(columns & {"case_submitter_id", "submitter_id"})
    except (OSError, UnicodeDecodeError, ValueError):
        return False
    return False


def read_gdc_clinical(path: Path, problems: Problems) -> pd.DataFrame:
    """OS, OS.time (days) and age (years), sex, race, stage, grade by patient (index), sorted.

    OS is 1 where vital_status is Dead, 0 where Alive. OS.time is days_to_death of the dead, and of the living the
    latest of days_to_last_follow_up over the diagnoses and days_to_follow_up over the follow-ups. A ``follow_up.tsv``
    beside a ``clinical.tsv`` is read along. A case that is there twice with different follow-up is an error.
    """
    if path.suffix.lower() == ".json":
        cases: Mapping[str, Record] = {f"case {place}": case for place, case in enumerate(_load_json(path), start=1)}
    else:
        cases = _load_tsv(path)
    named = {place: case for place, case in cases.items() if case.get("submitter_id")}
    rows = pd.DataFrame([_row(case) for case in named.values()], index=list(named), columns=list(_COLUMNS))
    frame = one_row_each([str(case["submitter_id"]) for case in named.values()], rows, path.name, problems)
    negative = frame["OS.time"] < 0
    if negative.any():
        patients = enumerate_some([str(patient) for patient in frame.index[negative]])
        problems.warning(
            path.name,
            f"{count(int(negative.sum()), 'patient was', 'patients were')} followed for less than no days, which is "
            f"not used: {patients}.",
        )
        frame.loc[negative, "OS.time"] = np.nan
    return frame


def _load_json(path: Path) -> list[Record]:
    """The cases: a list, or the API's answer with the list in data.hits."""
    content = json.loads(path.read_text(encoding="utf-8-sig"))
    if isinstance(content, dict):
        content = content.get("data", content)
        content = content.get("hits", []) if isinstance(content, dict) else content
    return [case for case in content if isinstance(case, dict)] if isinstance(content, list) else []


def _load_tsv(path: Path) -> Mapping[str, Record]:
    """The rows of clinical.tsv and of a follow_up.tsv beside it, as cases with one diagnosis or follow-up a row.

    The keys say where a case begins: a row that says something else of the patient's life or death is another.
    """
    cases: dict[str, dict[str, Any]] = {}
    begun: dict[str, dict[tuple[str, ...], str]] = {}  # of each patient, what is said and where it stands first
    beside = path.with_name(path.name.replace("clinical", "follow_up"))
    for file in dict.fromkeys([path, beside]):
        if not file.is_file():
            continue
        with file.open(encoding="utf-8-sig", newline="") as lines:
            for number, line in enumerate(csv.DictReader(lines, delimiter="\t"), start=2):
                row = {_plain(name): value for name, value in line.items() if name and _plain(name)}
                name = row.get("case_submitter_id") or row.get("submitter_id") or ""
                places = begun.setdefault(name, {})
                said = tuple(_text(row, key) or "" for key in ("vital_status", "days_to_death"))
                if said not in places and (file != path or not said[0]):  # it says nothing of life or death
                    said = next(iter(places), said)
                place = places.setdefault(said, f"row {number}")
                case = cases.setdefault(
                    place, {"submitter_id": name, "demographic": row, "diagnoses": [], "follow_ups": []}
                )
                case["diagnoses"].append(row)
                case["follow_ups"].append(row)
    return cases


def _plain(column: str) -> str:
    """``demographic.vital_status`` → ``vital_status``; empty for columns of other entities, such as treatments."""
    section, _, name = column.rpartition(".")
    if section == "cases":
        return {"submitter_id": "case_submitter_id"}.get(name, "")
    return name if section in _SECTIONS[1:] and name != "submitter_id" else column if not section else ""


def _row(case: Record) -> dict[str, Any]:
    person = next(iter(_records(case.get("demographic"))), {})
    diagnoses, follow_ups = _records(case.get("diagnoses")), _records(case.get("follow_ups"))
    status = (_text(person, "vital_status") or "").lower()
    event = {"dead": 1.0, "alive": 0.0}.get(status, np.nan)
    death = [_number(person, "days_to_death"), *(_number(one, "days_to_death") for one in diagnoses)]
    seen = [_number(one, "days_to_last_follow_up") for one in diagnoses]
    seen += [_number(one, "days_to_follow_up") for one in follow_ups]
    primary = _primary(diagnoses)
    return {
        "OS": event,
        "OS.time": _largest(death if event == 1 else seen),
        "age": _age(person, primary),
        "sex": _text(person, "gender") or _text(person, "sex_at_birth"),
        "race": _text(person, "race"),
        "stage": next((stage for name in _STAGES if (stage := _text(primary, name))), None),
        "grade": _text(primary, "tumor_grade"),
    }


def _records(content: Any) -> list[Record]:
    """One record or a list of them; nothing of anything else."""
    listed = content if isinstance(content, list) else [content]
    return [one for one in listed if isinstance(one, Mapping)]


def _primary(diagnoses: Sequence[Record]) -> Record:
    """The diagnosis the case is about: the one called primary, otherwise the first."""
    for one in diagnoses:
        named = (_text(one, "classification_of_tumor") or "").lower() == "primary"
        if named or str(one.get("diagnosis_is_primary_disease")).lower() == "true":
            return one
    return diagnoses[0] if diagnoses else {}


def _age(person: Record, diagnosis: Record) -> float:
    """In years: age_at_index, otherwise age_at_diagnosis, which is in days."""
    years = _number(person, "age_at_index")
    return years if not np.isnan(years) else round(_number(diagnosis, "age_at_diagnosis") / _DAYS_A_YEAR, 1)


def _text(record: Record, name: str) -> str | None:
    value = str(record.get(name) or "").strip()
    return None if value.lower() in _NOTHING else value


def _number(record: Record, name: str) -> float:
    text = _text(record, name) if record.get(name) != 0 else "0"
    return float(text) if text is not None and re.fullmatch(r"-?\d+(\.\d+)?", text) else np.nan


def _largest(values: Iterable[float]) -> float:
    return max((value for value in values if not np.isnan(value)), default=np.nan)
