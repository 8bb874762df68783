"""Patient: one patient's risk, rank and predicted survival."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.charts.survival import QUANTILES, patient_figure
from dashboard.elements import empty_state, pick_run, plain, run_badges, show_figure
from dashboard.endpoints import describe_endpoint
from dashboard.state import PATIENT, pick
from dashboard.words import follow_up
from pomp.runs.run import Run


def show_risk(predictions: pd.DataFrame, patient: pd.Series) -> None:
    fold = predictions[predictions["fold"] == patient["fold"]]
    rank = int((fold["risk"] > patient["risk"]).sum()) + 1
    share = float((predictions["risk"] < patient["risk"]).mean())
    cards = st.columns(4)
    cards[0].metric(
        "Risk score", f"{patient['risk']:+.3f}", border=True,
        help="Log of the relative hazard: 0.7 more means twice the hazard. The cosine risk lies between −1 and 1, so "
        "no two patients' hazards differ by more than 7.4 times.",
    )  # fmt: skip
    cards[1].metric(
        "Percentile in the cohort", f"{100 * share:.0f} %", border=True,
        help="The share of patients with a lower risk. Scores of different folds come from different models, so it is "
        "only roughly right; the rank within the fold is exact.",
    )  # fmt: skip
    cards[2].metric(
        f"Rank in fold {int(patient['fold']) + 1}", f"{rank} of {len(fold)}", border=True,
        help="1 is the highest risk. The model of this fold was trained without these patients.",
    )  # fmt: skip
    cards[3].metric(
        "Group", "high risk" if patient["high_risk"] else "low risk", border=True,
        help=f"High: above {patient['cutoff']:+.3f}, the median risk of the fold's training patients.",
    )  # fmt: skip


def show_curve(run: Run, patient: pd.Series) -> None:
    endpoint = describe_endpoint(run.info.cohort.endpoint)
    curves = data.predicted_curves(run)
    fan = pd.DataFrame(
        {"time_days": curves.columns} | {share: curves.quantile(share).to_numpy() for share in QUANTILES}
    )
    own = curves.loc[patient["patient"]].to_numpy()
    st.subheader("Predicted survival")
    figure = patient_figure(fan, own, float(patient["time_days"]), bool(patient["event"]), endpoint)
    table = fan.assign(this_patient=own)
    show_figure(figure, "predicted-survival", table, "Predicted survival of the patient over the cohort's quantiles")
    ended = f"{endpoint.event} observed" if patient["event"] else f"last seen {endpoint.free}"
    st.caption(
        "Blue: this patient, from the risk score and the baseline hazard of the training patients of fold "
        f"{int(patient['fold']) + 1}. Grey: the middle half and the middle 80 % of the cohort. Observed: followed for "
        f"{follow_up(float(patient['time_days']))}, {ended}."
    )


def show_clinical(run: Run, name: str) -> None:
    st.subheader("Clinical data")
    cohort = data.cohort_check(run.cohort_folder, run.config.cohort).cohort
    if cohort is None or name not in cohort.clinical.index:
        st.caption("The cohort folder of this run cannot be read any more; see the Cohort page.")
        return
    row = cohort.clinical.loc[name].dropna().astype(str)
    table = pd.DataFrame({"value": row}).rename_axis("column").reset_index()
    st.dataframe(
        table, hide_index=True, height=300 if len(table) > 7 else "content", alt="The patient's row of clinical.csv"
    )
    has = [omics for omics, values in cohort.omics.items() if name in values.values.index]
    st.caption(f"Omics types of this patient: {plain(', '.join(has) or 'none')}.")
    if name in set(cohort.slides["patient"]):
        st.page_link("views/slide.py", label="Look at the slide", icon=":material/biotech:")
    else:
        st.caption("This patient has no slide.")


st.title("Patient")
left, right = st.columns(2)
with left:
    run = pick_run(data.finished_runs())
predictions = data.predictions(run)
if predictions.empty:
    empty_state("This run has no patient.", "Choose another run above.")
    st.stop()
with right:
    name = pick("Patient", sorted(predictions["patient"]), PATIENT, explain="Type to search.")
run_badges(run, of_patient=True)
patient = predictions[predictions["patient"] == name].iloc[0]
show_risk(predictions, patient)
left, right = st.columns([3, 2])
with left:
    show_curve(run, patient)
with right:
    show_clinical(run, name)
