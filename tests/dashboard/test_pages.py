"""Every page on every kind of workspace: it says what it should, and never shows a traceback."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import missed
from dashboard.elements import plain
from dashboard.state import turn_to
from pomp.config import RunConfig
from pomp.runs.run import Run
from tests.dashboard.fake import HOSTILE_PATIENT, FakeWorkspace
from tests.dashboard.pages import APP, figures, open_page, patient_shown, small_tables, words

pytestmark = pytest.mark.usefixtures("home")
PAGES = ("cohort", "train", "survival", "patient", "slide")


@pytest.mark.parametrize("page", PAGES)
def test_page_opens(page: str) -> None:
    app = open_page(page)
    assert app.title[0].value.lower() == page
    assert not app.error


@pytest.mark.parametrize(
    ("page", "way_out"),
    [
        ("cohort", "pomp demo"),
        ("train", "There is no cohort to train on"),
        ("train", "put the bundled ones here with `pomp demo`"),
        ("survival", "There is no finished run yet"),
        ("patient", "There is no finished run yet"),
        ("slide", "No finished run has read slides"),
    ],
)
def test_empty_workspace_says_what_to_do(
    page: str, way_out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POMP_HOME", str(tmp_path))
    app = open_page(page)
    assert way_out in words(app)
    if page != "train":  # where the form stays beside it
        assert not app.columns, "it has half of the page's width"


def test_cohort_page_counts_and_explains() -> None:
    app = open_page("cohort", cohort="tumours")
    assert {metric.label: metric.value for metric in app.metric}["Patients"] == "58"
    assert "2 left out: who and why is in the part Patients." in words(app)
    (omics,) = small_tables(app)
    assert omics[["Type", "Genes"]].to_numpy().tolist() == [["mrna", "8"], ["mirna", "8"]]
    listed = open_page("cohort", cohort="tumours", view="Patients")
    assert "followed for 5 days, fewer than 30" in listed.dataframe[1].value["reason"].tolist()


def test_broken_cohort_lists_its_problems(fake: FakeWorkspace) -> None:
    broken = fake.root / "cohorts" / "zz-broken"
    shutil.copytree(fake.root / "cohorts" / "omics_only", broken)
    try:
        text = (broken / "clinical.csv").read_text(encoding="utf-8")
        (broken / "clinical.csv").write_text(text.replace("P-07,", "P-06,"), encoding="utf-8")
        app = open_page("cohort", cohort="zz-broken")
        assert "P-06" in app.error[0].value.replace("\\", "")
        assert "reload this page" in words(app)
    finally:
        shutil.rmtree(broken)


def test_survival_page_names_optimism(fake: FakeWorkspace) -> None:
    app = open_page("survival", run=fake.runs["honest"])
    said = words(app)
    assert "C-index, mean ± sd" in said
    assert re.search(r"Optimism: \+0\.\d{3}", said)
    assert "stratified by fold" in said
    assert "median risk of that fold's training patients" in said


def test_survival_page_says_when_the_model_is_no_better_than_guessing(fake: FakeWorkspace) -> None:
    said = words(open_page("survival", run=fake.runs["hostile"]))
    assert "covers 0.5" in said
    assert "There is no other finished run" in said


def test_patient_page(fake: FakeWorkspace) -> None:
    run = fake.runs["honest"]
    row = run.require_predictions().set_index("patient").loc["P-20"]
    app = open_page("patient", run=run, patient="P-20")
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Risk score"].replace("−", "-") == f"{row['risk']:+.3f}"
    assert shown["Group"] == ("high risk" if row["high_risk"] else "low risk")
    assert "Research use only" in words(app)
    app = open_page("patient", run=run, patient="P-20", **{"patient-part": "Slide"})
    assert "This patient has no slide" in words(app)


@pytest.mark.parametrize("label", ["honest", "released", "hostile"])
def test_run_and_patient_stand_in_the_address(label: str, fake: FakeWorkspace) -> None:
    app = open_page("patient", run=fake.runs[label], patient="P-31")
    assert (app.selectbox(key="run").value, patient_shown(app)) == (fake.runs[label].id, "P-31")


def test_unknown_choices_in_the_address_fall_back() -> None:
    app = open_page("patient", patient="../../etc/passwd", run="../../etc")
    assert patient_shown(app) == "P-00"


@pytest.mark.parametrize(
    ("page", "key", "asked"),
    [
        ("survival", "run", "TCGA-BRCA · honest · deleted"),
        ("cohort", "cohort", "doesnotexist"),
        ("train", "cohort", "doesnotexist"),
    ],
)
def test_a_link_to_what_is_not_there_says_what_is_shown_instead(page: str, key: str, asked: str) -> None:
    app = open_page(page, **{key: asked})
    box = app.selectbox(key=key)
    shown = box.options[box.index]
    said = f"The link asks for {plain(asked)}, which is not here. Shown is {plain(shown)}."
    assert [warning.value for warning in app.warning if "The link" in warning.value] == [said]
    app.run()  # as a page that watches a run does by itself
    assert "The link asks for" in words(app)
    box = app.selectbox(key=key)
    box.select_index((box.index + 1) % len(box.options)).run()
    assert not app.exception
    assert "The link asks for" not in words(app)


@pytest.mark.parametrize("asked", ["DEMO-999", HOSTILE_PATIENT + "2"])
@pytest.mark.parametrize("way", ["find", "walk"])
def test_a_link_to_a_patient_who_is_not_there(asked: str, way: str) -> None:
    app = open_page("patient", patient=asked)
    assert patient_shown(app) == "P-00"
    said = f"The link asks for {plain(asked)}, which is not here. Shown is {plain('P-00')}."
    assert [warning.value for warning in app.warning if "The link" in warning.value] == [said]
    app.run()
    assert "The link asks for" in words(app)
    if way == "find":
        app.selectbox(key="find-patient").select("P-31").run()
        assert patient_shown(app) == "P-31"
        assert app.selectbox(key="find-patient").value is None  # ready for the next
    else:
        next(button for button in app.button if "risk" in button.label and not button.disabled).click().run()
        assert patient_shown(app) != "P-00"
    assert not app.exception
    assert "The link asks for" not in words(app)


@pytest.mark.parametrize(
    ("asked", "shown"), [("999", "50"), ("-3", "50"), ("nan", "50"), ("many", "50"), ("<script>", "50")]
)
def test_a_link_to_a_number_out_of_bounds_says_so(asked: str, shown: str, fake: FakeWorkspace) -> None:
    by_percentile = {"survival-groups": "risk: own percentile of the training fold", "survival-percentile": asked}
    app = open_page("survival", run=fake.runs["honest"], **by_percentile)
    slider = app.slider(key="survival-percentile")
    assert f"{slider.value:g}" == shown
    assert f"The link asks for {asked}, which is not between 5 and 95. Shown is {shown}." in words(app)
    slider.set_value(60.0).run()
    assert "The link asks for" not in words(app)


@pytest.mark.parametrize(
    ("page", "key", "asked", "why", "shown"),
    [
        ("cohort", "view", "nonsense", "which is not here", "Overview"),
        ("survival", "survival-part", "nonsense", "which is not here", "Curves"),
        ("runs", "part", "nonsense", "which is not here", "All runs"),
        ("train", "train-stage", "nonsense", "which is not here", "Pre-training"),
        ("help", "help-part", "<b>", "which is not here", "Words"),
        ("cohort", "cohort-columns", "nonsense", "which is not here", "age, gender, stage"),
        ("cohort", "cohort-followed", "nonsense", "which is no part of 3 to 98", "3 to 98"),
        ("cohort", "cohort-followed", "-5", "which is no part of 3 to 98", "3 to 98"),
        ("runs", "under", "nonsense", "which is not here", "all"),
        ("slide", "map", "nonsense", "which is not here", "Effect on the risk"),
        ("slide", "slide-region", "999", "which is not here", "no region"),
    ],
)
def test_no_part_of_a_link_is_dropped_in_silence(
    page: str, key: str, asked: str, why: str, shown: str, fake: FakeWorkspace
) -> None:
    chosen = {"cohort": "tumours"} if page == "cohort" else {} if page == "runs" else {"run": fake.runs["honest"]}
    app = open_page(page, **chosen, **{key: asked})
    said = f"The link asks for {plain(asked)}, {why}. Shown is {plain(shown)}."
    assert [warning.value for warning in app.warning if "The link" in warning.value] == [said]


def test_of_several_choices_of_a_link_those_that_are_there_count(fake: FakeWorkspace) -> None:
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params["cohort"] = "tumours"
    app.query_params["cohort-columns"] = ["age", "shoe size"]
    app.run()
    app.switch_page("views/cohort.py").run()
    assert app.multiselect(key="cohort-columns").value == ["age"]
    assert "The link asks for shoe size, which is not here. Shown is age." in words(app)
    app.multiselect(key="cohort-columns").select("gender").run()
    assert "The link asks for" not in words(app)


def test_a_number_of_a_link_within_its_bounds_needs_no_word(fake: FakeWorkspace) -> None:
    chosen = {"survival-groups": "risk: own percentile of the training fold", "survival-percentile": "75"}
    app = open_page("survival", run=fake.runs["honest"], **chosen)
    assert app.slider(key="survival-percentile").value == 75
    assert "The link asks for" not in words(app)


def test_what_goes_with_the_former_run_was_no_link(fake: FakeWorkspace) -> None:
    app = open_page("patient", run=fake.runs["hostile"], patient=HOSTILE_PATIENT)
    assert patient_shown(app) == HOSTILE_PATIENT
    app.selectbox(key="run").select(fake.runs["honest"].id).run()
    assert patient_shown(app) == "P-00"
    assert "The link asks for" not in words(app)


def test_a_link_in_vain_is_said_where_it_led(fake: FakeWorkspace) -> None:
    app = open_page("survival", run="TCGA-BRCA · honest · deleted")
    assert "The link asks for" in words(app)
    app.switch_page("views/patient.py").run()
    assert app.selectbox(key="run").value
    assert "The link asks for" not in words(app)
    app = open_page("patient", patient="DEMO-999")
    next(button for button in app.button if "risk" in button.label and not button.disabled).click().run()
    assert "The link asks for" not in words(app)


def test_what_a_link_asks_for_counts_before_what_was_chosen_earlier(fake: FakeWorkspace) -> None:
    app = open_page("survival", run=fake.runs["honest"], **{"survival-part": "Epochs"})
    app.switch_page("views/patient.py").run()
    assert "survival-part" not in app.query_params
    app.switch_page("views/survival.py").run()
    assert app.session_state["survival-part"] == app.query_params["survival-part"] == "Epochs"  # as it was left
    app.switch_page("views/patient.py").run()
    app.query_params["survival-part"] = "C-index"
    app.switch_page("views/survival.py").run()
    assert app.session_state["survival-part"] == "C-index"
    app.query_params["patient"] = "P-31"
    app.switch_page("views/patient.py").run()
    assert patient_shown(app) == "P-31"


@pytest.mark.parametrize("name", ["$$ID-x", "$$STREAMLIT_x", "_page", "_written", "_next", "_missed"])
def test_names_of_our_own_and_of_streamlits_in_a_link_do_nothing(name: str, fake: FakeWorkspace) -> None:
    app = open_page("patient", run=fake.runs["honest"], patient="P-12", **{name: "1"})
    next(button for button in app.button if "risk" in button.label and not button.disabled).click().run()
    after = patient_shown(app)
    assert after != "P-12"
    app.run()
    assert patient_shown(app) == after
    assert not app.exception


def test_a_page_that_is_drawn_as_a_whole_needs_no_second_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missed.st, "session_state", {})
    monkeypatch.setattr(missed.st, "query_params", {})
    turn_to("survival")
    missed.note_missed("run", "nothing")
    turn_to("patient")
    assert not missed.has_to_be_taken_back()
    missed.note_missed("patient", "nobody")
    missed.take_back_missed()  # a choice
    assert missed.has_to_be_taken_back()
    assert not missed.has_to_be_taken_back()


@pytest.mark.parametrize("page", ["survival", "patient"])
def test_names_from_data_are_shown_letter_by_letter(page: str, fake: FakeWorkspace) -> None:
    app = open_page(page, run=fake.runs["hostile"], patient=HOSTILE_PATIENT)
    said = "\n".join(str(element.value) for element in [*app.markdown, *app.caption])
    assert "<script>" not in said
    assert "![x](" not in said
    assert r"\<script\>alert\(1\)" in said


@pytest.mark.parametrize("view", ["Patients", "Clinical and survival", "Genes", "Slides", "Preparation", "Import"])
def test_every_part_of_the_cohort_page_shows_names_letter_by_letter(view: str) -> None:
    app = open_page("cohort", cohort="omics_only", view=view)
    said = "\n".join(str(element.value) for element in [*app.markdown, *app.caption, *app.warning])
    assert "<script>" not in said
    assert "![x](" not in said
    assert (r"\<script\>alert\(1\)" in said) == (view != "Import")


def test_an_unknown_part_of_the_cohort_page_falls_back() -> None:
    assert "Who is in: 58 of 60 patients" in words(open_page("cohort", cohort="tumours", view="../etc"))


def test_slide_page_explains_its_map(fake: FakeWorkspace) -> None:
    app = open_page("slide", run=fake.runs["honest"], patient="P-12")
    said = words(app)
    assert "Above zero: the region raises the risk" in said
    assert re.search(r"model of fold \d, which was trained without this patient", said)
    assert app.selectbox(key="map").options == [
        "Effect on the risk",
        "Attention",
        "Match with mrna",
        "Match with mirna",
    ]
    app.selectbox(key="map").select("alignment_mrna").run()
    assert "It is not on the way to the risk" in words(app)


@pytest.mark.parametrize(
    ("protocol", "said"),
    [("honest", "was trained without these patients."), ("released", "was fine-tuned without these patients, but")],
)
def test_patient_page_says_what_the_model_knew_before(protocol: str, said: str, fake: FakeWorkspace) -> None:
    assert said in words(open_page("patient", run=fake.runs[protocol], patient="P-12"))


def test_slide_page_without_the_viewer(monkeypatch: pytest.MonkeyPatch, fake: FakeWorkspace) -> None:
    monkeypatch.setattr("dashboard.viewer.available", lambda: False)
    monkeypatch.setattr("dashboard.viewer.explain_absence", lambda: "Install it again to get the viewer.")
    app = open_page("slide", run=fake.runs["honest"], patient="P-12")
    assert app.info[0].value == "Install it again to get the viewer."
    assert len(figures(app)) == 1


def test_slide_page_leaves_out_maps_of_missing_types(fake: FakeWorkspace) -> None:
    app = open_page("slide", run=fake.runs["honest"], patient="P-05")
    assert "Match with mirna" not in app.selectbox(key="map").options


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("failed", "The loss of fold 2 is not finite. Lower the learning rate."),
        ("interrupted", "resume to go on from the last checkpoint"),
        ("empty", "Not started yet."),
        ("honest", "Pre-training"),
    ],
)
def test_train_page_shows_every_state(state: str, text: str, fake: FakeWorkspace) -> None:
    app = open_page("train", run=fake.runs[state])
    assert text in words(app)
    resumable = [button.label for button in app.button if button.key == "resume"]
    assert resumable == ([] if state == "honest" else ["Resume"])


def test_train_page_shows_the_command_and_the_fields_own_help() -> None:
    app = open_page("train", cohort="tumours")
    app.number_input(key="folds@demo").set_value(3).run()
    assert "pomp run tumours --preset demo --set folds=3" in words(app)
    assert app.number_input(key="folds@demo").min == 2
    assert "stratified by event" in app.number_input(key="folds@demo").help


def test_train_page_lets_other_cohorts_join_the_pre_training() -> None:
    app = open_page("train", cohort="tumours")
    joining = app.multiselect(key="with_cohorts")
    assert joining.options == ["omics_only"]
    assert "join the pre-training" in joining.help
    joining.select("omics_only").run()
    assert "--set pretrain.with_cohorts=omics_only" in words(app)


def test_start_asks_for_the_run_that_is_shown(monkeypatch: pytest.MonkeyPatch, fake: FakeWorkspace) -> None:
    asked = []

    def launch(folder: Path, config: RunConfig, title: str, device: str) -> tuple[Run, int]:
        asked.append((folder.name, config.folds, config.protocol, title, device))
        return fake.runs["empty"], 1

    monkeypatch.setattr("dashboard.actions.launch", launch)
    app = open_page("train", cohort="omics_only")
    app.number_input(key="folds@demo").set_value(4)
    app.text_input(key="title").set_value("mine")
    app.run()
    next(button for button in app.button if button.label == "Start").click().run()
    assert not app.exception
    assert asked == [("omics_only", 4, "honest", "mine", "auto")]
    assert app.session_state["run"] == fake.runs["empty"].id


def test_an_error_of_ours_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page("train", cohort="omics_only")
    app.segmented_control(key="modality").set_value("pathology").run()
    next(button for button in app.button if button.label == "Start").click().run()
    assert not app.exception
    assert "has no slides" in words(app)


def test_damaged_table_is_text(fake: FakeWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "home"
    shutil.copytree(fake.root, copy)
    monkeypatch.setenv("POMP_HOME", str(copy))
    run = fake.runs["honest"]
    (copy / "runs" / run.id / "predictions.parquet").write_bytes(b"PAR1 torn")
    for page in ("survival", "patient", "train"):
        app = open_page(page, run=run)
        assert page == "train" or "is damaged" in words(app)
