"""Whether slides and omics of the same patient find each other, and who looks swapped."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.alignment.scores import (
    FIRST,
    TO_OMICS,
    TO_SLIDES,
    Alignment,
    FoldAlignment,
    alignment,
    swap_table,
    thinned,
)
from dashboard.charts.alignment import retrieval_figure, similarity_figure
from dashboard.elements import empty_state, plain, save_table, show_command, show_figure
from dashboard.not_explained import said_only_of_pomp
from dashboard.once import once
from dashboard.small_table import show_small_table
from dashboard.state import switch
from pomp.runs.run import Run
from pomp.wording import count, number, percent

FOLD = "alignment-fold"
"""Name in the URL of the fold whose matrix is shown."""


def show_matching(run: Run) -> None:
    """Retrieval in both directions, the matrix of a fold, and likely swaps."""
    if said_only_of_pomp(run, "picture of how slides and omics match"):
        return
    if run.config.model.modalities != "both":
        empty_state(
            f"This run has read {plain(run.config.model.modalities)} alone.",
            "Slides and omics can be matched only where a model has read both. Choose another run above, or train one "
            "with the modality *both*.",
            "views/train.py", "Go to Train",
        )  # fmt: skip
        return
    found = alignment(run)
    if found is None:
        empty_state(
            "This run has not recorded where pre-training puts slides and omics.",
            "Older versions did not. Make the run again to get it; it takes as long as the first time.",
        )
        show_command(run.info.command, "matching-again")
        return
    if not found.folds:
        empty_state(
            "No fold has two patients with both slides and omics.",
            "There is nobody among whom a slide could look for its omics profile. Add slides to the cohort, then train "
            "again.",
            "views/cohort.py", "Go to Cohort",
        )  # fmt: skip
        return
    show_retrieval(run, found)
    show_matrix(run, found.folds)
    show_swaps(found.folds)


def show_retrieval(run: Run, found: Alignment) -> None:
    scores, each = found.recall, found.recall_by_fold
    st.header("Do they find each other?")
    for direction in (TO_OMICS, TO_SLIDES):
        st.markdown(f"**{direction}.** {verdict(scores, direction)}")
    left, right = st.columns([3, 2], gap="large")
    with left:
        table = pd.concat([scores.assign(fold="mean"), each.assign(fold=each["fold"].astype(str))], ignore_index=True)
        show_figure(
            once(retrieval_figure, scores, each), "retrieval",
            table[["direction", "k", "fold", "recall", "lower", "upper", "chance"]],
            "Share of patients whose counterpart is among the most similar", command=run.info.command,
        )  # fmt: skip
        st.caption(
            "Each slide is compared with the omics profiles of all test patients of the fold, and each profile with "
            "all slides. Diamonds: mean over folds, with the 95 % interval (1,000 bootstrap samples of the patients "
            "within each fold). Points: folds. Grey: guessing."
        )
    with right:
        show_median_ranks(found)


def show_median_ranks(found: Alignment) -> None:
    """By fold, their mean, and what guessing gives."""
    omics, slides = found.median_ranks[TO_OMICS], found.median_ranks[TO_SLIDES]
    sizes = [len(fold.patients) for fold in found.folds]
    labels = [f"Fold {fold.fold + 1}" for fold in found.folds]
    rows = [*zip(labels, sizes, omics.folds, slides.folds, strict=True)]
    mean = round(sum(sizes) / len(sizes))
    rows += [("Mean", mean, omics.mean, slides.mean), ("Guessing", mean, omics.chance, slides.chance)]
    st.markdown("**Median rank of the own counterpart**")
    table = pd.DataFrame(rows, columns=["", "Patients", "Omics", "Slide"])
    show_small_table(
        table,
        formats={"Patients": "{:,}", "Omics": "{:,.1f}", "Slide": "{:,.1f}"},
        explain={
            "Omics": "rank of the own omics profile, as the slide ranks all profiles. 1 is the best.",
            "Slide": "rank of the own slide, as the omics profile ranks all slides. 1 is the best.",
        },
    )
    save_table(table, "median-ranks")


def verdict(scores: pd.DataFrame, direction: str) -> str:
    """Recall at the largest k in words, beside guessing."""
    row = scores[(scores["direction"] == direction) & (scores["k"] == max(FIRST))].iloc[0]
    found = f"{percent(row['recall'])} of patients have their own among the first {max(FIRST)}"
    limits = f"{percent(row['lower'])} to {percent(row['upper'])}"
    beside = f"(95 % interval {limits}); guessing gives {percent(row['chance'])}"
    if row["chance"] >= 1:
        return f"The folds have {max(FIRST)} patients or fewer: everybody is among the first {max(FIRST)}."
    better = "better than guessing" if row["lower"] > row["chance"] else "not to be told from guessing"
    return f"{found} {beside}: {better}."


def show_matrix(run: Run, folds: Sequence[FoldAlignment]) -> None:
    st.header("Every slide against every omics profile")
    by_name = {f"Fold {fold.fold + 1}": fold for fold in folds}
    chosen = by_name[switch("Fold", list(by_name), FOLD, explain="Models of different folds cannot be compared.")]
    matrix, names = thinned(chosen)
    table = pd.DataFrame(matrix.round(2), names, names).rename_axis("slide of").reset_index()
    left, right = st.columns([2, 1], gap="large")
    with left:
        show_figure(
            once(similarity_figure, matrix, names), f"similarity-{chosen.fold + 1}", table,
            "Similarity of every slide with every omics profile", command=run.info.command,
        )  # fmt: skip
    with right:
        fewer = len(names) < len(chosen.patients)
        st.markdown(
            "**How to read it.** A row is a patient's slide, a column a patient's omics profile, and both axes have "
            "the same order: first those whose own pair ranks best. The diagonal holds each patient's own pair. Where "
            "pre-training has worked, it is brighter than the rest of its row and column."
        )
        st.markdown(
            "**Stripes.** A bright column is a profile that fits every slide, a bright row a slide that fits every "
            "profile: they say nothing about the patient."
        )
        st.caption(
            f"Colours run from the lowest to the highest similarity shown, {matrix.min():.2f} to {matrix.max():.2f}; a "
            "cosine of 1 is a perfect match, 0 nothing in common."
        )
        if fewer:
            st.caption(
                f"{len(names):,} of {len(chosen.patients):,} patients are shown, evenly from the best to the worst own "
                "pair. The numbers above and below are of all."
            )


def show_swaps(folds: Sequence[FoldAlignment]) -> None:
    st.header("Likely sample swaps")
    table = swap_table(list(folds))
    expected = sum(fold.swaps.by_chance for fold in folds)
    st.markdown(
        "Two patients are listed if the slide of each is among the best matches of the other's omics profile and the "
        "other way round, if neither matches their own, and if exchanging the two gains similarity. **This is worth a "
        "check of the sample sheet, and no proof**: tumours that are alike look the same."
    )
    if table.empty:
        st.caption(
            f"No pair looks swapped. If profiles were dealt out at random, {number(expected, 1)} pairs would. A swap "
            "can only show where slides and omics find each other at all; see above."
        )
        return
    st.dataframe(
        table, hide_index=True, alt="Pairs of patients who look swapped",
        column_config={
            "fold": "Fold",
            "a": "Patient A",
            "b": "Patient B",
            "own": st.column_config.NumberColumn(
                "As they are", format="%.2f", help="Mean similarity (cosine) of each one's own slide and omics profile."
            ),
            "swapped": st.column_config.NumberColumn(
                "If swapped", format="%.2f", help="The same with the two omics profiles exchanged."
            ),
            "gain": st.column_config.NumberColumn("Gain", format="%.2f"),
        },
    )  # fmt: skip
    save_table(table, "likely-swaps")
    st.caption(
        f"{count(len(table), 'pair')}. If profiles were dealt out to the patients of each fold at random, "
        f"{number(expected, 1)} such pairs would be listed on average: only what goes well beyond that is a sign."
    )
