"""The words for deaths that come before an event."""

from __future__ import annotations

from dashboard.help.entry import Entry

COMPETING = (
    Entry(
        "Competing events",
        "A patient who died of something else can no longer die of the disease, progress or relapse. DSS, PFI and DFI "
        "count such deaths as censored, as if the event might still come. The Kaplan–Meier curve then shows how fast "
        "the event itself takes patients (it is *cause-specific*), and falls lower than the share who really meet it: "
        "the more other deaths, the lower. Groups can be compared by it; a patient's chances cannot be read off it, "
        "but off the *cumulative incidence*.",
        "competing risks cause-specific DSS PFI DFI",
    ),
    Entry(
        "Cumulative incidence",
        "The share of patients who have had the event by a given time, where some die before they can: the "
        "Aalen–Johansen estimate, beside that of such deaths. The Survival page offers it wherever overall survival "
        "(OS) tells of some. A patient counts as dead without the event who has not had it, and died (OS) within a "
        "month of the day until which the endpoint was followed. With TCGA's endpoints (Liu et al. 2018) that is, for "
        "DSS, a death that is not of the disease; for PFI and DFI a death without a new tumour before it, of a patient "
        "free of the tumour or of whom nobody recorded whether there was one. Whoever was followed for the endpoint "
        "until an earlier day is censored then; who has no OS on record is left out. Groups are still compared by the "
        "log-rank test, which is of cause-specific hazards.",
        "competing risks Aalen Johansen CIF Gray death other causes DSS PFI DFI",
    ),
)
"""In an order that can be read from top to bottom."""
