"""How to read the figures, page by page."""

from __future__ import annotations

from dashboard.help.entry import Entry

FIGURES = (
    Entry(
        "Every figure",
        "Numbers stand beside the mouse. Drag a box to look closer, and double-click to see all again. A click on a "
        "name in the legend hides its line or shows it. The tool bar above saves a picture, moves, and fills the "
        "screen; below are the numbers and, where there is one, the command that makes them.",
        "zoom camera save picture full screen export legend",
    ),
    Entry(
        "Cohort: who is in",
        "Each bar is a step from the patients in the files to those in the analysis. Look for large losses at one "
        "step: the part Patients says who was left out and why.",
        "funnel",
    ),
    Entry(
        "Cohort: agreement of the folds on genes",
        "How far the lists of genes chosen in different folds overlap, beside what chance alone would give. Poor "
        "agreement is common and does not make predictions bad; it makes single genes unreliable.",
        "stability",
    ),
    Entry(
        "Survival: high against low risk",
        "Two Kaplan–Meier curves of out-of-fold groups. Bands that overlap throughout say little. The cut is the "
        "median risk of the *training* patients, so the groups need not be of equal size.",
        "Kaplan-Meier groups",
    ),
    Entry(
        "Survival: cumulative incidence",
        "For endpoints that leave some deaths out: above, the share with the event by each time, below, the share who "
        "died without it, on one scale. Compare the heights: where the lower panel is as high as the upper one, other "
        "deaths take as many patients as the disease does. At the right ends one patient is a large step.",
        "competing risks Aalen-Johansen",
    ),
    Entry(
        "Survival: C-index by fold",
        "A point is a fold, the diamond their mean. Look at the spread first: differences between models that are "
        "smaller than the spread of the folds mean nothing. Plain models stand on the same folds.",
        "comparators clinical Cox ridge random survival forest",
    ),
    Entry(
        "Survival: calibration",
        "Points on the diagonal are predictions that came true. Points that rise more steeply than the diagonal mean "
        "predictions that lie too close together, as the cosine's limit makes them (see *Limits*).",
    ),
    Entry(
        "Patient: predicted survival",
        "The patient's curve over the quantiles of the cohort. It is the prediction of a model that was fine-tuned "
        "without the patient, and no statement about one person's lifetime: half of a cohort lies above its median by "
        "definition.",
        "curve fan",
    ),
    Entry(
        "Patient: what each part adds",
        "The risk minus the risk without that part. A bar to the right: the part raises the risk. The bars need not "
        "add up to the risk, because parts act together.",
        "contributions leave one out modality",
    ),
    Entry(
        "Slide: maps",
        "Read *Effect on the risk* for what raises or lowers it, *Attention* for where the model looked, *Match with "
        "…* for the tissue that an omics profile is tied to. Scores are not smoothed. Each map is of one fold's model, "
        "which is named; where folds disagree, trust none of them.",
        "heat map occlusion attention alignment",
    ),
    Entry(
        "Alignment: similarity matrix",
        "Each row is a slide, each column an omics profile, in the same order. A bright diagonal means that slides and "
        "profiles of the same patient find each other. *Recall at 5* is the share of patients whose own partner is "
        "among the five most alike; chance is beside it.",
        "retrieval recall swaps",
    ),
    Entry(
        "Alignment: likely swaps",
        "Two patients whose slides and profiles would fit better exchanged. Worth a look into the sample sheet, and no "
        "proof of anything.",
        "swap mislabelled",
    ),
    Entry(
        "Reproduce: tables",
        "What the paper prints beside what the runs here say, under each protocol. Look first at *What differs in the "
        "data*: other patients, or no slides, make it another experiment. Then at what cannot be told apart.",
        "Table 1 Table 2 published reproduction",
    ),
    Entry(
        "Reproduce: bars",
        "A bar is a mean C-index, its line the 95 % interval by the choice of test patients, the grey diamond what the "
        "paper prints, with its standard deviation over folds: the two lines are not the same kind of thing.",
        "Figure 3 modalities risk",
    ),
    Entry(
        "Train: curves",
        "Lower losses are better, up to where they no longer fall. The C-index of training patients reaches 1 in a "
        "model that knows them by heart; it is no result. Smoothing is an average over the epochs before; what was "
        "measured stands faintly behind it.",
        "loss smoothing",
    ),
    Entry(
        "Runs: ablation grid",
        "Each cell is one run, or one a seed: mean C-index and its deviation over folds. A difference that "
        "stands out says no more than its numbers; the others say that they cannot be told apart.",
        "Table 2 variants",
    ),
)
"""In the order of the pages."""
