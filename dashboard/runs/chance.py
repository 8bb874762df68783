"""What chance gives: null experiments, in which outcomes were dealt anew to the patients."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import data
from dashboard.charts.chance import chance_figure, chance_table
from dashboard.elements import empty_state, plain, save_table, show_figure
from dashboard.runs.opening import open_run
from dashboard.state import pick
from dashboard.words import CHANCE
from pomp.runs.command import nearest_preset, setting_text
from pomp.runs.null import ChanceSummary, NullExperiment, find_experiments, is_null, summarise
from pomp.runs.run import Run
from pomp.wording import count

EXPERIMENT = "null"
"""Its name in the URL."""

MEANING = (
    "Survival times and events were dealt anew to the patients, so that nothing can predict them, and the whole "
    "protocol was run on that. A protocol that can be trusted then gives a C-index around 0.5. One that gives more has "
    "found something where there is nothing, because it has looked at the patients on whom it is tested."
)


@dataclass(frozen=True, eq=False)
class Shown:
    """An experiment and what its runs come to."""

    experiment: NullExperiment
    summaries: list[ChanceSummary]
    figure: go.Figure

    @property
    def label(self) -> str:
        """'TCGA-LIHC · 20 permutations · 3fa21c': different for every experiment."""
        most = max(len(runs) for runs in self.experiment.runs.values())
        return f"{self.experiment.cohort.title} · {count(most, 'permutation')} · {self.experiment.key.digest[:6]}"


def show_chance() -> None:
    """The experiment that is chosen, or how to make one."""
    runs = data.workspace().runs.list()
    nulls = [run for run in runs if is_null(run)]
    st.markdown(MEANING)
    found = _experiments(str(data.workspace().root), data.stamp(_files(runs)) if nulls else ())
    _say_what_is_under_way(nulls)
    if not found:
        _show_way_in()
        return
    by_key = {shown.experiment.key.digest: shown for shown in found}
    labels = {key: shown.label for key, shown in by_key.items()}
    shown = by_key[pick("Experiment", list(by_key), EXPERIMENT, first=next(iter(by_key)), show=labels.__getitem__)]
    _show_verdicts(shown.summaries)
    _show_figure(shown)


def _files(runs: Sequence[Run]) -> list[Path]:
    return [run.folder / name for run in runs for name in ("predictions.parquet", "status.json")]


@st.cache_resource(max_entries=4, show_spinner="Looking at the null experiments…")
def _experiments(root: str, of: data.Stamp) -> list[Shown]:
    found = []
    for experiment in find_experiments(data.workspace().runs.list()):
        summaries = summarise(experiment)
        found.append(Shown(experiment, summaries, chance_figure(experiment, summaries)))
    return found


def _show_verdicts(summaries: Sequence[ChanceSummary]) -> None:
    for one in summaries:
        show = st.error if one.lower > CHANCE else st.success if one.upper >= CHANCE else st.info
        show(f"**{one.protocol}**: {plain(one.verdict)}.")
    table = summary_table(summaries)
    st.dataframe(
        table, hide_index=True, alt="C-index by protocol", key="chance-summary", placeholder="–",
        column_config={
            name: st.column_config.NumberColumn(title, format="%.3f", help=explain)
            for name, title, explain in (
                ("mean", "mean C", "Over permutations; each is the mean over folds."),
                ("sd", "sd", "Standard deviation over permutations."),
                ("lower", "from", "95 % interval of the mean, by Student's t over permutations."),
                ("upper", "to", "95 % interval of the mean, by Student's t over permutations."),
                ("above", "share above 0.5", "Of the permutations."),
                ("own", "own outcomes", "C-index of the run with the same settings and everybody's own outcome."),
                ("p", "permutation p", "Share of permutations that reach it, the run itself counted among them."),
            )
        },
    )  # fmt: skip
    save_table(table, "chance-summary")


def _show_figure(shown: Shown) -> None:
    """A click on a point opens its run."""
    experiment = shown.experiment
    clicked = show_figure(
        shown.figure, "chance", chance_table(experiment, shown.summaries),
        "C-index of every permutation, by protocol", command=null_command(experiment), select=True,
    )  # fmt: skip
    st.caption(
        "A point is a run; click on it to open it. The diamond is their mean with its 95 % interval, the star the run "
        "with everybody's own outcome, where there is one."
    )
    runs = [*experiment.own.values(), *(run for of in experiment.runs.values() for run in of.values())]
    for run in runs:
        if run.id in clicked:
            open_run(run)


def summary_table(summaries: Sequence[ChanceSummary]) -> pd.DataFrame:
    """A row a protocol: protocol, permutations, mean, sd, lower, upper, above (shares from 0 to 1), own, p."""
    rows = [
        (one.protocol, len(one.scores), one.mean, one.sd, one.lower, one.upper, one.above, one.own, one.p)
        for one in summaries
    ]
    columns = ["protocol", "permutations", "mean", "sd", "lower", "upper", "above", "own", "p"]
    return pd.DataFrame(rows, columns=columns)


def null_command(experiment: NullExperiment) -> str:
    """`pomp null …` that makes the experiment, or goes on with it."""
    numbers = sorted({number for runs in experiment.runs.values() for number in runs})
    preset, changes = nearest_preset(experiment.config)
    cohort = data.cohort_argument(next(iter(next(iter(experiment.runs.values())).values())).cohort_folder)
    words = ["pomp", "null", cohort, "--preset", preset]
    words += ["--permutations", str(max(2, numbers[-1] - numbers[0] + 1)), "--seed", str(numbers[0])]
    for protocol in sorted(experiment.runs):
        words += ["--protocol", protocol]
    for path, value in changes.items():
        words += [] if path == "protocol" else ["--set", f"{path}={setting_text(value)}"]
    return shlex.join(words)


def _say_what_is_under_way(nulls: Sequence[Run]) -> None:
    busy = sum(data.status(run).active for run in nulls)
    if busy:
        st.caption(f"{count(busy, 'run')} of null experiments waiting or under way; the Train page shows them.")


def _show_way_in() -> None:
    empty_state(
        "There is no finished null experiment yet.",
        "It takes as many runs as permutations and protocols, so choose a small setting. From a terminal:",
    )
    folders = data.cohort_folders()
    cohort = next(iter(folders), "COHORT")
    st.code(shlex.join(["pomp", "null", cohort, "--preset", "demo"]), language="bash", wrap_lines=True)
