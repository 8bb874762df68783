"""The table that a grid fills: for every variant, cohort and protocol the C-index beside the published one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import pandas as pd

from pomp.config import ProtocolName
from pomp.errors import RunError
from pomp.markdown import escape, markdown_table
from pomp.runs.grid.adjusted import Comparison, adjust
from pomp.runs.grid.fill import FilledCell
from pomp.runs.grid.score import Difference, RunScore, compare, mean_sd, score_run
from pomp.runs.grid.spec import Grid, Variant
from pomp.runs.workspace import abbreviation
from pomp.wording import percent

_STATES = {"STOPPED": "not finished", "INTERRUPTED": "interrupted", "IMPOSSIBLE": "cannot be run"}


@dataclass(frozen=True, eq=False)
class Entry:
    """One place of the table: a cell for every seed, and what those say that are done."""

    cohort: str
    protocol: ProtocolName
    variant: str
    cells: tuple[FilledCell, ...]
    scores: dict[int, RunScore]  # by seed
    difference: Difference | None  # to the reference
    alias: bool  # whether it is the run of the reference, by another name
    published: tuple[float, float] | None  # mean and sd of the C-index
    remark: str  # why something is not there that could be

    @property
    def mean_sd(self) -> tuple[float, float]:
        """C-index over the folds of all seeds that are done; nan without any."""
        return mean_sd(list(self.scores.values()))


def make_entries(grid: Grid, filled: Sequence[FilledCell]) -> list[Entry]:
    """The places of the table, by cohort, protocol and variant.

    P-values are adjusted by Holm's method for all comparisons of a protocol: every variant on every cohort.
    """
    places: dict[tuple[str, str, str], list[FilledCell]] = {}
    for one in filled:
        places.setdefault((one.cell.cohort, one.cell.protocol, one.cell.variant), []).append(one)
    scored = {place: _score(cells) for place, cells in places.items()}
    entries = []
    for cohort, protocol, variant in product(grid.cohorts, grid.protocols, grid.variants):
        own, other = (cohort, protocol, variant.name), (cohort, protocol, grid.reference.name)
        (scores, remark), (reference, _) = scored[own], scored[other]
        alias = own != other and _keys(places[own]) == _keys(places[other])
        compared = own != other and not alias
        difference = compare(scores, reference) if compared else None
        if compared and difference is None and scores.keys() & reference.keys():
            remark = remark or f"Not the patients and folds of {grid.reference.name}: there is no difference."
        published = variant.published.get(abbreviation(_name(places[own][0])))
        cells = tuple(places[own])
        entries.append(Entry(cohort, protocol, variant.name, cells, scores, difference, alias, published, remark))
    return _adjust(entries)


def _adjust(entries: Sequence[Entry]) -> list[Entry]:
    """The entries with p-values adjusted within each protocol; variants that come to one run are one comparison."""
    differences = adjust(
        {
            place: Comparison(entry.protocol, (entry.cohort, tuple(_keys(entry.cells))), entry.difference)
            for place, entry in enumerate(entries)
            if entry.difference is not None
        }
    )
    return [replace(entry, difference=differences.get(place)) for place, entry in enumerate(entries)]


def _keys(cells: Sequence[FilledCell]) -> list[object]:
    """Which runs they are; cells that cannot be are none, and like no other."""
    return [one.cell.key or one for one in cells]


def _score(cells: Sequence[FilledCell]) -> tuple[dict[int, RunScore], str]:
    """The scores of the seeds that are done, and what is wrong with one that cannot be read."""
    scores, damage = {}, ""
    for one in cells:
        if one.run is not None and one.state == "DONE":
            try:
                scores[one.cell.seed] = score_run(one.run)
            except RunError as error:
                damage = str(error)
    return scores, damage


def _name(one: FilledCell) -> str:
    """The cohort's own name, else as the grid calls it."""
    return one.cell.cohort if one.cell.key is None else one.cell.key.cohort


def tidy(grid: Grid, entries: Sequence[Entry]) -> pd.DataFrame:
    """A row an entry, with every number: what is saved as CSV.

    Columns: cohort, protocol, variant, label, state (of its seeds), seeds (that are done), c_index, sd, difference,
    lower, upper (to the reference, 95 %, by the choice of test patients), p_value (by that of training patients),
    adjusted_p, told_apart, published, published_sd, runs.
    """
    labels = {variant.name: variant.label for variant in grid.variants}
    rows = []
    for entry in entries:
        mean, sd = entry.mean_sd
        one, published = entry.difference, entry.published or (None, None)
        runs = [cell.run.id for cell in entry.cells if cell.run is not None]
        rows.append(
            {
                "cohort": entry.cohort, "protocol": entry.protocol, "variant": entry.variant,
                "label": labels[entry.variant], "state": describe(entry),
                "seeds": " ".join(map(str, sorted(entry.scores))), "c_index": mean, "sd": sd,
                "difference": one and one.value, "lower": one and one.lower, "upper": one and one.upper,
                "p_value": one and one.training.p_value, "adjusted_p": one and one.adjusted_p,
                "told_apart": one and one.told_apart, "published": published[0], "published_sd": published[1],
                "runs": " ".join(runs),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def markdown(grid: Grid, entries: Sequence[Entry], notes: Sequence[str]) -> str:
    """A table a protocol, a column a cohort; differences to the reference below."""
    lines = [f"# {escape(grid.title or grid.name)}", ""]
    for protocol in grid.protocols:
        own = {(entry.variant, entry.cohort): entry for entry in entries if entry.protocol == protocol}
        lines += [f"## Protocol {protocol}, preset {grid.preset}", ""]
        lines += _rows(grid, own)
    said = [line.replace("\n- ", " ") for line in (*explanations(grid, entries), *notes)]  # a point each
    return "\n".join([*lines, *(f"- {escape(line)}" for line in said), ""])


def _rows(grid: Grid, own: dict[tuple[str, str], Entry]) -> list[str]:
    rows = [
        [[row_name(variant)], *(texts(own[variant.name, cohort]) for cohort in grid.cohorts)]
        for variant in grid.variants
    ]
    shown = [["<br>".join(map(_cell, place)) for place in row] for row in rows]
    return [*markdown_table(["", *map(_cell, grid.cohorts)], shown), ""]


def _cell(text: str) -> str:
    """With the stroke that a table has for one that would end the cell."""
    return escape(text.replace("|", "¦"))


def row_name(variant: Variant) -> str:
    """'POMP-B0: from scratch'."""
    return f"{variant.name}: {variant.label}" if variant.label else variant.name


def texts(entry: Entry) -> list[str]:
    """What stands in one place: the score or the state, the published score, the difference to the reference."""
    return [text for text in (score_text(entry), published_text(entry), difference_text(entry)) if text]


def score_text(entry: Entry) -> str:
    """'0.612 ± 0.030', with the state of what is not done."""
    mean, sd = entry.mean_sd
    done = len(entry.scores) == len(entry.cells)
    score = f"{mean:.3f} ± {sd:.3f}" if entry.scores else ""
    return score if done else " · ".join(filter(None, [score, describe(entry)]))


def published_text(entry: Entry) -> str:
    """'published 0.612 ± 0.030'; nothing where the paper has no number."""
    return "" if entry.published is None else "published {:.3f} ± {:.3f}".format(*entry.published)


def difference_text(entry: Entry) -> str:
    """'−0.021 (−0.060 to +0.018), cannot be told apart'; nothing where there is no difference to tell."""
    if entry.alias:
        return "the run of the reference"
    return "" if entry.difference is None else entry.difference.words


def describe(entry: Entry) -> str:
    """The states of the entry's seeds: 'done', 'missing', 'running 42 %', '2 done, 1 failed'."""
    words = [_word(cell) for cell in entry.cells]
    if len(words) == 1:
        return words[0]
    return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))


def _word(one: FilledCell) -> str:
    if one.state == "RUNNING" and one.status is not None:
        return f"running {percent(one.status.progress)}"
    return _STATES.get(one.state, one.state.lower())


def explanations(grid: Grid, entries: Sequence[Entry]) -> list[str]:
    """What a reader of the table must know."""
    said = [
        "C-index, mean ± standard deviation over the folds of all seeds; higher is better, 0.5 is guessing.",
        f"Differences are to {grid.reference.name} on the same patients and folds, with the 95 % interval of the "
        "choice of test patients. Two are told apart only where it leaves 0 out and the corrected resampled t-test of "
        "the folds, for the choice of training patients, says so too (5 %, by Holm's method over all variants and "
        "cohorts of a protocol). With the folds of one seed that takes a large difference; more seeds tell more.",
    ]
    if any(entry.published for entry in entries):
        said.append(
            f"Published: {grid.published_in or 'the paper'}, on the paper's patients and folds under its own "
            "protocol, so that only the paper's protocol compares."
        )
    if grid.note:
        said.append(" ".join(grid.note.split()))
    return [*said, *_problems(grid, entries)]


def _problems(grid: Grid, entries: Sequence[Entry]) -> list[str]:
    """Each problem once, with the cohort and, where it is not that of all, the variants that have it."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for entry in entries:
        said = dict.fromkeys([entry.remark, *(one.cell.problem for one in entry.cells)])
        for text in filter(None, said):
            found.setdefault((entry.cohort, text), {})[entry.variant] = None
    return [
        f"{cohort}: {text}" if len(names) == len(grid.variants) else f"{cohort}, {', '.join(names)}: {text}"
        for (cohort, text), names in found.items()
    ]
