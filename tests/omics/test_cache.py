"""A selection that was made before is not made again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pomp.config import OmicsConfig
from pomp.errors import RunError
from pomp.omics import OmicsSelector, SelectionCache, cache, selector
from pomp.omics.cache import selection_key
from pomp.omics.training_rows import TrainingRows
from pomp.omics.type_selection import select_genes
from tests.omics.cohorts import small_cohort

CONFIG = OmicsConfig(genes=5, neighbours=3, candidates=10, trees=10)
COHORT = small_cohort(patients=50, genes=12, planted=2)
ROWS = TrainingRows.of(COHORT.tables["mirna"], COHORT.outcome)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The types that were selected in earnest."""
    made: list[str] = []

    def counted(rows: TrainingRows, *rest: Any) -> Any:
        made.append(rows.name)
        return select_genes(rows, *rest)

    monkeypatch.setattr(selector, "select_genes", counted)
    return made


def fit(folder: Path, config: OmicsConfig = CONFIG, told: list[tuple[int, int, str]] | None = None) -> OmicsSelector:
    report = None if told is None else lambda *step: told.append(step)
    return OmicsSelector(config, seed=1, cache=SelectionCache(folder)).fit(COHORT.tables, COHORT.outcome, report)


def test_a_second_fit_does_nothing_and_is_the_same(tmp_path: Path, calls: list[str]) -> None:
    told: list[tuple[int, int, str]] = []
    first, second = fit(tmp_path), fit(tmp_path, told=told)
    assert calls == ["mrna", "mirna", "mutation"]
    assert json.dumps(second.to_json()) == json.dumps(first.to_json())
    pd.testing.assert_frame_equal(second.summary_, first.summary_, check_exact=True)
    before = OmicsSelector(CONFIG, seed=1).fit(COHORT.tables, COHORT.outcome)
    pd.testing.assert_frame_equal(second.summary_, before.summary_, check_exact=True)
    assert told == [
        (0, 9, "mrna: selected before"),
        (3, 9, "mirna: selected before"),
        (6, 9, "mutation: selected before"),
        (9, 9, "genes selected"),
    ]


def test_each_type_is_kept_by_itself(tmp_path: Path, calls: list[str]) -> None:
    some = {name: COHORT.tables[name] for name in ("mutation", "mrna")}
    OmicsSelector(CONFIG, seed=1, cache=SelectionCache(tmp_path)).fit(some, COHORT.outcome)
    assert [panel.omics for panel in fit(tmp_path).panels_] == ["mrna", "mirna", "mutation"]
    assert calls == ["mutation", "mrna", "mirna"]


class StopRequested(Exception):  # noqa: N818 - as the training names it
    pass


def test_a_stop_loses_no_type_that_was_done(tmp_path: Path, calls: list[str]) -> None:
    def on_progress(done: int, total: int, what: str) -> None:
        if what.startswith("mutation"):
            raise StopRequested

    with pytest.raises(StopRequested):
        OmicsSelector(CONFIG, seed=1, cache=SelectionCache(tmp_path)).fit(COHORT.tables, COHORT.outcome, on_progress)
    fit(tmp_path)
    assert calls == ["mrna", "mirna", "mutation", "mutation"]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut short": lambda content: content[:-10],
    "empty": lambda content: b"",
    "one bit": lambda content: content[:1000] + bytes([content[1000] ^ 1]) + content[1001:],
    "its own digest": lambda content: b"\xff" + content[1:],
    "no line": lambda content: content.replace(b"\n", b""),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_entry_is_made_again(tmp_path: Path, calls: list[str], damage: Callable[[bytes], bytes]) -> None:
    fit(tmp_path)
    entry = tmp_path / f"{selection_key(ROWS, CONFIG, 1)}.selection"
    intact = entry.read_bytes()
    entry.write_bytes(damage(intact))
    fit(tmp_path)
    assert calls == ["mrna", "mirna", "mutation", "mirna"]
    assert entry.read_bytes() == intact


def changed(values: pd.DataFrame) -> pd.DataFrame:
    values = values.copy()
    values.iloc[3, 4] = np.nextafter(values.iloc[3, 4], np.inf)
    return values


def later(outcome: pd.DataFrame) -> pd.DataFrame:
    return outcome.assign(time_days=np.nextafter(outcome["time_days"].to_numpy(), np.inf))


OTHER_KEYS: dict[str, tuple[TrainingRows, dict[str, Any], int]] = {
    "one bit of a value": (replace(ROWS, values=changed(ROWS.values)), {}, 1),
    "a value missing": (replace(ROWS, values=ROWS.values.mask(ROWS.values == ROWS.values.iloc[0, 0])), {}, 1),
    "another gene": (replace(ROWS, values=ROWS.values.rename(columns={"G00": "TP53"})), {}, 1),
    "another patient": (replace(ROWS, values=ROWS.values.rename(index={"P000": "TCGA"})), {}, 1),
    "another follow-up": (replace(ROWS, outcome=later(ROWS.outcome)), {}, 1),
    "another event": (replace(ROWS, outcome=ROWS.outcome.assign(event=True)), {}, 1),
    "other normals": (replace(ROWS, normals=None if ROWS.normals is None else changed(ROWS.normals)), {}, 1),
    "no normals": (replace(ROWS, normals=None), {}, 1),
    "another kind": (replace(ROWS, kind="log"), {}, 1),
    "another name": (replace(ROWS, name="rna"), {}, 1),
    "a setting": (ROWS, {"alpha": 0.1}, 1),
    "more candidates": (ROWS, {"candidates": 11}, 1),
    "trees of the forest": (ROWS, {"trees": 11}, 1),
    "another selector": (ROWS, {"selector": "stability"}, 1),
    "another seed": (ROWS, {}, 2),
}


@pytest.mark.parametrize(("rows", "settings", "seed"), OTHER_KEYS.values(), ids=OTHER_KEYS.keys())
def test_whatever_decides_the_selection_changes_its_key(
    rows: TrainingRows, settings: dict[str, Any], seed: int
) -> None:
    assert selection_key(rows, CONFIG.model_copy(update=settings), seed) != selection_key(ROWS, CONFIG, 1)


SAME_KEYS = [
    ("cox_score", {"trees": 7}, 1),
    ("cox_score", {}, 2),
    ("elastic_net", {}, 2),
    ("stability", {"trees": 7}, 1),
    ("forest", {"candidates": 9}, 1),  # twice the genes reach the ranking all the same
]


@pytest.mark.parametrize(("name", "settings", "seed"), SAME_KEYS)
def test_what_a_selector_does_not_read_leaves_its_key(name: str, settings: dict[str, Any], seed: int) -> None:
    config = CONFIG.model_copy(update={"selector": name})
    assert selection_key(ROWS, config.model_copy(update=settings), seed) == selection_key(ROWS, config, 1)


def test_another_version_of_the_algorithm_has_other_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    before = selection_key(ROWS, CONFIG, 1)
    monkeypatch.setattr(cache, "ALGORITHM", cache.ALGORITHM + 1)
    assert selection_key(ROWS, CONFIG, 1) != before


def test_neither_test_patients_nor_order_are_part_of_the_key() -> None:
    table, training = COHORT.tables["mirna"], COHORT.outcome[:40]
    key = selection_key(TrainingRows.of(table, training), CONFIG, 1)
    shuffled = table.values.sample(frac=1, random_state=0).sample(frac=1, axis=1, random_state=0)
    shuffled.loc[COHORT.patients[40:]] = 7.0
    assert table.normals is not None
    theirs = shuffled.loc[COHORT.patients[40:], table.normals.columns]  # called as their patients are
    of_all = replace(table, values=shuffled, normals=pd.concat([table.normals, theirs]))
    rows = TrainingRows.of(of_all, training.sample(frac=1, random_state=1), COHORT.patients[40:])
    assert selection_key(rows, CONFIG, 1) == key
    assert selection_key(TrainingRows.of(of_all, training), CONFIG, 1) != key


def test_the_entries_used_last_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "ENTRIES", 2)
    kept, selection = SelectionCache(tmp_path), select_genes(ROWS, CONFIG, 1, lambda what: None)
    for age, key in enumerate(["first", "second"]):
        kept.put(key, selection)
        os.utime(tmp_path / f"{key}.selection", (1000.0 + age, 1000.0 + age))
    assert kept.get("first") is not None  # used now
    kept.put("third", selection)
    assert {file.stem for file in tmp_path.glob("*.selection")} == {"first", "third"}
    assert kept.get("second") is None


def test_a_cache_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(RunError, match=r"lock could not be opened: Is a directory.*writable.*POMP_HOME"):
        fit(tmp_path)
