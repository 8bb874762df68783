"""What the method cannot do."""

from __future__ import annotations

from dashboard.help.entry import Entry

LIMITS = (
    Entry(
        "Research use only",
        "This is no medical device. No number here may guide the treatment of any patient.",
        "disclaimer",
    ),
    Entry(
        "Two patients' hazards differ by 7.39 times at most",
        "With the paper's risk, which is the cosine between the slide's and the omics' summary, a risk lies between −1 "
        "and +1. The hazard is e to the power of the risk, so the highest is e¹ ÷ e⁻¹ = e² = 7.39 times the lowest, "
        "whatever the data say. Where true hazards differ by more, predicted curves lie too close together: "
        "calibration shows it at both ends. The other choices of *How the risk is made* on the Train page have no such "
        "limit, or another.",
        "cosine cap e2 calibration",
    ),
    Entry(
        "Small cohorts",
        "What counts is the number of events, not of patients. A fold with 20 deaths scores a C-index with a deviation "
        "of 0.05 or more by chance alone. With a few dozen events, most comparisons of models cannot be decided.",
        "events sample size",
    ),
    Entry(
        "Folds differ by more than methods do",
        "Deviations of 0.03 to 0.09 between folds are usual, and the methods in the paper's Table 1 lie 0.004 to 0.020 "
        "apart. Look at intervals and at plain models before believing a rank.",
        "deviation Table 1 significance",
    ),
    Entry(
        "Genes chosen on all patients make scores too good",
        "On pure noise, genes that were chosen on all patients give a C-index of 0.58 to 0.95; chosen in the training "
        "fold, about 0.5. This is why the honest protocol is the default.",
        "leakage optimism selection",
    ),
    Entry(
        "Attention is no explanation",
        "Attention tells where the model looked. Alignment is not even on the way to the paper's risk. Only *Effect on "
        "the risk* answers what raised or lowered it, and only for this model: tissue may matter that no map shows.",
        "map occlusion",
    ),
    Entry(
        "Maps and genes are of a model, not of biology",
        "Another seed or fold may rest on other regions and genes and predict as well. What only one fold shows is a "
        "question for an experiment, not a finding.",
        "biomarker stability",
    ),
    Entry(
        "Patients who lack a type of data",
        "They stay in, and the model is told what is missing. Their risk rests on less, and may be less certain than "
        "it looks.",
        "missing modality",
    ),
    Entry(
        "The demo is made up",
        "Its patients, genes and slides were made by a program that planted the signal, so its C-index is far better "
        "than real cohorts give. It shows how things work and nothing else.",
        "synthetic",
    ),
    Entry(
        "Other hospitals",
        "All folds are of one cohort. Other scanners, stains, laboratories and patients can make a model much worse. "
        "Random folds do not measure that; folds of whole hospitals (`folds_by = sites`) measure the part of it that "
        "the cohort's own hospitals show.",
        "external validation generalisation",
    ),
)
"""The most important first."""
