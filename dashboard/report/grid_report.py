"""The report of a grid of runs: the table as on the Runs page, the states of its cells, and the losses of its runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd

from dashboard.report.document import Badge, Block, Code, Document, Section, figure, section, table, text
from dashboard.report.render import render
from dashboard.runs.bars import bar_figure, bar_table
from dashboard.runs.curves import MEASURES, curve_figure, mean_curves
from dashboard.words import PROTOCOLS, duration
from pomp import __version__
from pomp.runs.grid.cells import plan_cells, same_runs
from pomp.runs.grid.fill import FilledCell, distinct, fill
from pomp.runs.grid.spec import Grid
from pomp.runs.grid.table import (
    Entry,
    describe,
    difference_text,
    explanations,
    make_entries,
    published_text,
    row_name,
    score_text,
    tidy,
)
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from pomp.wording import count

CURVES = ("total", "cox", "test_c_index")
"""Measures whose curves are drawn."""


def grid_html(grid: Grid, workspace: Workspace, command: str) -> str:
    """The report of a grid as it stands in a workspace, as one HTML file. `command`: that fills the grid."""
    cells = plan_cells(grid, workspace)
    filled = fill(cells, workspace.runs.list())
    return render(grid_document(grid, filled, command, same_runs(cells)))


def grid_document(grid: Grid, filled: Sequence[FilledCell], command: str, remarks: Sequence[str] = ()) -> Document:
    """The report of a grid.

    Args:
        grid: what was asked for.
        filled: its cells with their runs.
        command: that fills the grid.
        remarks: on cells that come to one run.
    """
    entries = make_entries(grid, filled)
    runs = [one for one in distinct(filled) if one.state != "IMPOSSIBLE"]
    done = sum(one.state == "DONE" for one in runs)
    lead = [f"{done} of {count(len(runs), 'run')} done; preset {grid.preset}."]
    lead += [f"{protocol} protocol: {PROTOCOLS[protocol]}" for protocol in grid.protocols]
    synthetic = any(one.run is not None and one.run.info.cohort.synthetic for one in filled)
    return Document(
        title=grid.title or grid.name,
        subtitle=f"Grid {grid.name} · {count(len(grid.variants), 'variant')} · {', '.join(grid.cohorts)}",
        badges=(
            *(Badge(f"{name} protocol", "good" if name == "honest" else "warn") for name in grid.protocols),
            Badge("Research use only", "bad"),
            *([Badge("synthetic cohort among them", "warn")] if synthetic else []),
        ),
        lead=tuple(lead),
        made=f"Made by pomp {__version__} on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC. This file holds all it shows and "
        "asks for nothing from outside.",
        sections=(
            _scores(grid, entries),
            section("reading", "How to read this", [text(*explanations(grid, entries), *remarks)]),
            section("curves", "Losses", list(_curves(grid, entries))),
            _cells(filled),
            _commands(command, runs),
        ),
    )


def score_tables(grid: Grid, entries: Sequence[Entry]) -> dict[tuple[str, str], pd.DataFrame]:
    """A table for each cohort and protocol: variant, C-index, difference to the reference, published, state.

    Columns in which nothing stands are left out.
    """
    labels = {variant.name: row_name(variant) for variant in grid.variants}
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    for entry in entries:
        found.setdefault((entry.cohort, entry.protocol), []).append(
            {
                "variant": labels[entry.variant],
                "C-index": score_text(entry) if entry.scores else "",
                f"difference to {grid.reference.name}": difference_text(entry),
                "published": published_text(entry).removeprefix("published "),
                "state": describe(entry),
            }
        )
    tables = {place: pd.DataFrame(rows) for place, rows in found.items()}
    return {place: frame.loc[:, (frame != "").any()] for place, frame in tables.items()}


def _scores(grid: Grid, entries: Sequence[Entry]) -> Section:
    blocks: list[Block] = []
    for (cohort, protocol), frame in score_tables(grid, entries).items():
        blocks += [text(f"{cohort}, {protocol} protocol"), table(frame)]
    scored = [entry for entry in entries if entry.scores]
    if scored:
        blocks.append(
            figure(
                "bars", bar_figure(grid, scored), bar_table(scored), "C-index of each variant, with its folds",
                "A bar reaches from guessing to the mean; a point is a fold; an open diamond is what was published.",
            )
        )  # fmt: skip
    else:
        blocks.append(text("No run of this grid is done yet: there is no score to show.", tone="warn"))
    everything = table(tidy(grid, entries), name=f"grid-{_slug(grid)}", folded="Every number, as one table")
    return section("scores", "Scores", [*blocks, everything])


def _curves(grid: Grid, entries: Sequence[Entry]) -> Sequence[Block]:
    """For each cohort and protocol, the measures by epoch, one line a variant, of the first seed that is done."""
    blocks: list[Block] = []
    for cohort in grid.cohorts:
        for protocol in grid.protocols:
            own = [entry for entry in entries if (entry.cohort, entry.protocol) == (cohort, protocol)]
            runs = {entry.variant: run for entry in own if (run := _first_done(entry)) is not None}
            metrics = {name: run.metrics() for name, run in runs.items()}
            for measure in CURVES:
                curves = mean_curves(metrics, measure)
                if curves.empty:
                    continue
                stage, title = MEASURES[measure]
                words = "pre-training" if stage == "pretrain" else "fine-tuning"
                blocks.append(
                    figure(
                        f"curve-{len(blocks)}-{measure}", curve_figure(curves, title, log=False), curves,
                        f"{cohort}, {protocol}: {title} by epoch of {words}, one line a variant",
                        "Mean over folds; the band is one standard deviation over folds.",
                    )
                )  # fmt: skip
    return blocks or [text("No run has recorded a loss yet.")]


def _first_done(entry: Entry) -> Run | None:
    done = [one.run for one in entry.cells if one.state == "DONE" and one.run is not None]
    return next(iter(done), None)


def _cells(filled: Sequence[FilledCell]) -> Section:
    """Every cell: where it stands, its run, and what is wrong with it."""
    rows = []
    for one in filled:
        cell, run = one.cell, one.run
        seconds = run.seconds() if run is not None and one.state == "DONE" else None
        problem = cell.problem or (one.status.error if one.status is not None and one.status.error else "")
        rows.append(
            (cell.cohort, cell.protocol, cell.variant, str(cell.seed), one.state.lower(), "" if run is None else run.id,
             "" if seconds is None else duration(seconds), problem)
        )  # fmt: skip
    columns = ["cohort", "protocol", "variant", "seed", "state", "run", "took", "problem"]
    return section("cells", "Cells", [table(pd.DataFrame(rows, columns=columns), name="cells")])


def _commands(command: str, runs: Sequence[FilledCell]) -> Section:
    """The command that fills the grid, and those of its runs."""
    own = [one.run.info.command for one in runs if one.run is not None]
    blocks: list[Block] = [text("What is done is taken, what is missing is made:"), Code(command)]
    if own:
        blocks += [text("Each run by itself:"), Code("\n".join(own))]
    return section("commands", "How to make it again", blocks)


def _slug(grid: Grid) -> str:
    """The grid's name as that of a file."""
    return "".join(letter if letter.isalnum() else "-" for letter in grid.name)
