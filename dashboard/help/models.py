"""The words for what POMP is compared with."""

from __future__ import annotations

from dashboard.help.entry import Entry

MODELS = (
    Entry(
        "Plain models: clinical Cox, ridge Cox, random survival forest",
        "Four models that are no deep networks, fitted in every run on the same training patients as POMP. *Clinical "
        "Cox* is a Cox regression on the clinical columns, such as age and stage. *Ridge Cox* reads the omics alone: "
        "all genes are summed up in 30 principal components, directions in which patients differ most, and a Cox "
        "regression that keeps its weights small is fitted to these. *Clinical + ridge Cox* reads both. The *random "
        "survival forest* reads the same components by many decision trees, so that it need not be linear. They choose "
        "no genes, read no slides and never see the test patients. A model that is not ahead of them has not shown "
        "that it needs its slides or its size.",
        "comparator baseline ridge components PCA principal clinical forest trees linear",
    ),
    Entry(
        "Best plain model",
        "Of the plain models the one with the highest C-index on the same folds. It is picked by these folds, so it "
        "looks a little too good.",
        "comparators baseline",
    ),
    Entry(
        "Ablation, grid",
        "The same training again with one thing changed or taken away, such as a pre-training task or the slides: what "
        "the score loses is what that thing was worth. A grid runs each variant for each cohort, protocol and seed "
        "that is chosen, and each combination is a cell.",
        "variant reference Table 2 Figure 3",
    ),
    Entry(
        "Modality",
        "The two kinds of data that the model reads: *pathology* (slides) and *omics*. *Both* reads the two together; "
        "*auto* takes what the cohort has.",
        "pathology slides omics both auto",
    ),
)
"""In an order that can be read from top to bottom."""
