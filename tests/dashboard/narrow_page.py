"""A page with figures beside each other, and below each other in a narrow window."""

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.charts.cohort import bar_figure, bar_table, funnel_figure, modality_figure, range_figure, range_table
from dashboard.charts.incidence import incidence_figure
from dashboard.charts.patient import patient_figure
from dashboard.charts.reasons import contributions_figure, genes_figure
from dashboard.charts.survival import survival_figure
from dashboard.charts.training import loss_figure
from dashboard.endpoints import describe_endpoint
from dashboard.figure.component import draw_figure
from dashboard.theme import HIGH_RISK, LOW_RISK
from dashboard.words import PART_NAMES
from pomp.data.exclusion import Step
from pomp.evaluation.cumulative_incidence import cumulative_incidence
from pomp.evaluation.curves import kaplan_meier

OS = describe_endpoint("OS")
COLOURS = {"low risk": LOW_RISK, "high risk": HIGH_RISK}
STAGES = pd.Series(["Stage IIA"] * 239 + ["Stage IV"] * 9).rename(index=str)
AGES = pd.Series(np.linspace(30, 90, 300)).rename(index=str)

rng = np.random.default_rng(0)
sizes = {"low risk": 354, "high risk": 399}
curves = {name: kaplan_meier(rng.integers(1, 8000, size), rng.integers(0, 2, size)) for name, size in sizes.items()}
incidence = {
    name: cumulative_incidence(rng.integers(1, 8000, size), rng.integers(0, 3, size)) for name, size in sizes.items()
}
genes = pd.DataFrame(
    {"gene": [f"LOC{k}_{k}" for k in range(642580, 642590)], "attribution": np.linspace(-2, 2, 10), "percentile": 50.0}
)
parts = pd.DataFrame({"part": ["mrna", PART_NAMES["omics"]], "difference": [0.042, -0.872], "hazard": [1.04, 0.42]})
fan = pd.DataFrame({"time_days": np.arange(0, 7000, 100.0)} | dict.fromkeys((0.10, 0.25, 0.50, 0.75, 0.90), 0.5))
metrics = pd.DataFrame(
    [
        {"stage": "finetune", "fold": fold, "epoch": epoch, "cox": 5.8 / (epoch + 1), "test_c_index": 0.6}
        for fold in range(5) for epoch in range(10)
    ]
)  # fmt: skip
has = pd.DataFrame({"mrna": [True, False], "mirna": [True, True], "methylation": [True, True], "patients": [753, 9]})

FIGURES = {
    "Curves": survival_figure(curves, COLOURS, OS),
    "Incidence": incidence_figure(incidence, COLOURS, describe_endpoint("DSS")),
    "Funnel": funnel_figure([Step("loaded", 1769), Step("has methylation", 1753), Step("kept", 1753)]),
    "Stages": bar_figure(bar_table(STAGES, ["Stage IIA", "Stage IV"], STAGES.index), [], filtered=False),
    "Stages shown": bar_figure(bar_table(STAGES, ["Stage IIA", "Stage IV"], STAGES.index), [], filtered=True),
    "Ages": range_figure(range_table(AGES, AGES.index), "age at initial pathologic diagnosis (years)", (), False),
    "Modalities": modality_figure(has),
    "Contributions": contributions_figure(parts),
    "Genes": genes_figure(genes),
    "Patient": patient_figure(fan, [0.5] * len(fan), 4000, False, OS),
    "Losses": loss_figure(metrics, "finetune"),
}

left, middle, right = st.columns([4, 4, 3])  # in a window of 1000 px as wide as on the pages
half = middle.container(width=230)  # a little less than beside the side bar
for name, figure in FIGURES.items():
    with {
        "Curves": left,
        "Incidence": left,
        "Losses": left,
        "Funnel": left,
        "Patient": middle,
        "Contributions": half,
        "Genes": middle,
    }.get(name, right):
        draw_figure(figure, key=name, name=name, alt=name, select=False)
