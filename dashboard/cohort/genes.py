"""The Cohort page's genes: how each fold chose them, and how far the folds agree."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.badges import say_run
from dashboard.charts.selection import beside_paper, stability_figure, stability_table
from dashboard.cohort.chosen_genes import ChosenGenes, chose_once, chosen_genes, selection_files
from dashboard.cohort.gene_list import show_genes
from dashboard.cohort.gene_seeds import show_seeds
from dashboard.elements import empty_state, plain, run_label, save_table, show_figure
from dashboard.once import once
from dashboard.small_table import show_small_table
from dashboard.state import RUN, VIEW, go, pick, switch
from dashboard.words import CHOSEN_ONCE, SELECTORS, agreement, interval, span
from pomp.data.cohort import Cohort
from pomp.evaluation.stability import SelectionStability
from pomp.runs.run import Run
from pomp.wording import count

PREPARATION = "Preparation"
PART = "genes-part"  # its name in the URL
LIST, AGREEMENT = "The genes", "Agreement"


def show_selection(cohort: Cohort) -> None:
    """Everything about the chosen genes of one run on this cohort."""
    st.header("Genes by fold")
    runs = [run for run in data.runs_of(cohort) if selection_files(run)]
    if not runs:
        empty_state(
            "No genes have been chosen on this cohort yet.",
            "A preparation chooses the genes of every fold without training anything. A training does it on its way.",
        )
        if cohort.omics and st.button("Go to Preparation", icon=":material/arrow_forward:"):
            go(**{VIEW: PREPARATION})
        return
    by_id = {run.id: run for run in runs}
    run = by_id[
        pick(
            "Run", list(by_id), RUN, show=lambda key: run_label(by_id[key]),
            explain="Runs on this cohort that have chosen genes, newest first; those on files changed since, last.",
        )
    ]  # fmt: skip
    say_run(run)
    if run.info.cohort.digest != cohort.digest:
        st.warning("The files of this cohort have changed since this run was made: it speaks of the old ones.")
    part = switch("Part of the genes", [LIST, AGREEMENT], PART, hidden=True)
    found = chosen_genes(run)
    if chose_once(run):
        st.info(CHOSEN_ONCE, title="Chosen once, on all patients")
    if part == LIST:
        show_choices(run, found.choices)
        show_genes(run, found)
    elif chose_once(run):
        show_seeds(run, runs)
    else:
        show_stability(run, found)
        show_paper(run, cohort, runs)
        show_seeds(run, runs)


def show_choices(run: Run, table: pd.DataFrame) -> None:
    """What was compared by which test, and how many genes passed and were chosen."""
    rows = [
        (omics, *(span(part[column].dropna().to_list()) for column in ("tested", "passed", "chosen")),
         part["test"].iloc[0], part["contrast"].iloc[0])
        for omics, part in table.groupby("omics", sort=False)
    ]  # fmt: skip
    names = ["Type", "Genes tested", "Different", "Chosen", "Test"]
    names.append("Compared" if chose_once(run) else "Compared (in fold 1)")
    show_small_table(
        pd.DataFrame(rows, columns=names),
        explain={
            "Genes tested": "after genes that hardly vary or are mostly missing.",
            "Different": f"genes with a false discovery rate below {run.config.omics.alpha:g}, the fewest and the most "
            f"of all folds; at most {run.config.omics.most_ranked:,} go on to the ranking.",
            "Chosen": "genes that the model reads, in each fold.",
            names[-1]: "the two groups of the differential test. Values above zero: higher in the first group.",
        },
    )
    st.caption(
        "Genes that differ, and the next by p-value where too few do, are ranked by survival "
        f"({SELECTORS[run.config.omics.selector]}); the first {run.config.omics.genes:,} are chosen."
    )
    save_table(table, f"choices-{run.id}")


def show_stability(run: Run, found: ChosenGenes) -> None:
    """How far the folds agree on the genes."""
    if found.folds < 2:
        st.caption("Only one fold has chosen its genes so far: how far folds agree shows from two on.")
        return
    st.markdown("**How far the folds agree**")
    if found.agreement is None:
        st.caption("This run has not recorded how many genes it tested: prepare the cohort again to see more.")
    else:
        _show_agreement(run, found.agreement)
    figure = once(stability_figure, found.counts, found.folds)
    show_figure(
        figure, f"stability-{run.id}", found.counts, "Genes by the number of folds that chose them",
        command=run.info.command,
    )  # fmt: skip


def _show_agreement(run: Run, found: Sequence[SelectionStability]) -> None:
    """Shared genes and Nogueira's index of each omics type, and what they mean."""
    table = stability_table(found)
    shown = pd.DataFrame(
        {
            "Type": table["omics"],
            "Chosen": table["chosen"],
            "In all folds": table["always"],
            "Shared": 100 * table["shared"],
            "By chance": 100 * table["by_chance"],
            "Stability": [interval(*row) for row in table[["stability", "lower", "upper"]].to_numpy()],
        }
    )
    show_small_table(
        shown,
        formats={"Chosen": "{:,.0f}", "In all folds": "{:,}", "Shared": "{:.0f} %", "By chance": "{:.0f} %"},
        explain={
            "Chosen": "genes a fold, on average.",
            "In all folds": "genes that every fold chose.",
            "Shared": "of the genes of one fold, how many another fold chose too; mean over all pairs of folds.",
            "By chance": "what two folds would share if their genes were drawn at random.",
            "Stability": "Nogueira's index with its 95 % interval: 1, always the same genes; 0, no better than chance; "
            "above 0.75 excellent, below 0.4 poor. Folds have most patients in common, so that the interval is "
            "narrower than it should be.",
        },
    )
    st.markdown(plain(agreement(found)))
    save_table(table, f"agreement-{run.id}")


def show_paper(run: Run, cohort: Cohort, runs: list[Run]) -> None:
    """The genes that a run under a paper protocol chose once, beside those of the honest folds."""
    paper = next((other for other in runs if chose_once(other) and other.info.cohort.digest == cohort.digest), None)
    if paper is None or chose_once(run) or run.info.cohort.digest != cohort.digest:
        return
    st.markdown("**Beside the paper's protocol**")
    table = once(beside_paper, chosen_genes(run).genes, chosen_genes(paper).selections, run.config.folds)
    wide = table.pivot_table(index="omics", columns="folds", values="genes", sort=False)
    wide.columns = [f"in {count(k, 'fold')}" if k else "in none" for k in map(int, wide.columns)]
    show_small_table(wide.rename_axis("Type").reset_index(), formats=dict.fromkeys(wide.columns, "{:,.0f}"))
    save_table(table, f"beside-paper-{run.id}")
    st.caption(
        f"The genes that {plain(run_label(paper))} chose on all patients, by how many of this run's folds, which do "
        "not see their test patients, chose them too. What no fold would choose was chosen with the help of patients "
        "on whom the model is tested."
    )
