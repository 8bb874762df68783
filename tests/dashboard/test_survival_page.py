"""The Survival page, part by part: what it shows is what the core says, and what it lacks it explains."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.charts.timed_scores import timed_table
from dashboard.elements import run_label
from dashboard.report.protocols import describe_optimism
from dashboard.survival.added import describe_added
from dashboard.survival.calibration import describe_calibration
from dashboard.survival.choices import CurveChoice
from dashboard.survival.compared import compare
from dashboard.survival.comparison import put_beside, released_twin
from dashboard.survival.comparison_table import comparison_numbers
from dashboard.survival.grouping import GroupChoice
from dashboard.survival.models import describe_column, describe_covariates, read_covariates, score_table
from dashboard.survival.patients import patient_table
from dashboard.survival.results import added_to_clinical, calibrated, judge, model_scores, scored_by_time
from dashboard.survival.timed import integrated_words
from pomp.config import override
from pomp.evaluation.added_value import AddedRatio, AddedValue
from pomp.evaluation.calibration_slope import Calibration, CalibrationInTheLarge, CalibrationSlope
from pomp.evaluation.concordance import concordance_index
from pomp.evaluation.group_comparison import compare_groups
from pomp.evaluation.model_comparison import compare_models
from pomp.evaluation.multiplicity import holm
from pomp.evaluation.paired import Estimate
from pomp.evaluation.pooled import compare_folds, pool, report_scores
from pomp.evaluation.report import evaluate
from pomp.evaluation.timed_scores import REFERENCE, TimedScore, TimedScores
from pomp.evaluation.uncertainty import Interval
from pomp.runs.grid.score import mean_interval, score_plain, score_run
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from tests.dashboard.fake import CONFIG, FakeWorkspace, finish, make_workspace
from tests.dashboard.pages import open_page, small_tables, words

from pomp.data.cohort import read_cohort  # isort: skip

MEDIAN = CurveChoice("OS", GroupChoice("median"), None, 0.0, None, in_detail=False)


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    """The usual workspace, with what newer runs record, other endpoints, and a second seed."""
    made = make_workspace(tmp_path_factory.mktemp("workspace"))
    add_endpoints(made.root / "cohorts" / "tumours" / "clinical.csv")
    for name in ("honest", "released"):
        add_training_risks(made.runs[name])
    add_test_scores(made.runs["released"])
    cohort = read_cohort(made.root / "cohorts" / "omics_only")
    omics = override(CONFIG, {"model.modalities": "omics"})
    workspace = Workspace(made.root)
    for seed in (0, 1, 2):
        run = finish(workspace.runs.create(cohort, override(omics, {"seed": seed, "folds": 2})), cohort, signal=1.0)
        made.runs[f"seed {seed}"] = run
    return made


@pytest.fixture(autouse=True)
def home(fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POMP_HOME", str(fake.root))


def add_endpoints(file: Path) -> None:
    """PFI of everybody but two, a column of two values, and one of numbers."""
    table = pd.read_csv(file)
    table["PFI"], table["PFI.time"] = 1 - table["OS"], table["OS.time"] / 2
    table.loc[[10, 11], "PFI"] = np.nan
    table["grade"] = np.arange(len(table)) % 3 + 1
    table.to_csv(file, index=False)


def add_training_risks(run: Run) -> None:
    rng = np.random.default_rng(1)
    parts = [
        pd.DataFrame({"fold": fold.index, "patient": fold.train, "risk": rng.uniform(-1, 1, len(fold.train))})
        for fold in run.splits().folds
    ]
    run.write_table("training_risks", pd.concat(parts, ignore_index=True))


def add_test_scores(run: Run) -> None:
    """Of three folds and two epochs more than `finish` has written."""
    for fold in range(3):
        for epoch in (4, 5):
            value = 0.5 + 0.1 * fold - 0.05 * (epoch - 4)
            run.append_metrics({"stage": "finetune", "fold": fold, "epoch": epoch, "test_c_index": value})


def copy_home(fake: FakeWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workspace of the test's own, `home` in its folder, which the page then shows."""
    shutil.copytree(fake.root, tmp_path / "home")
    monkeypatch.setenv("POMP_HOME", str(tmp_path / "home"))


def open_part(run: Run, part: str, **chosen: str) -> AppTest:
    return open_page("survival", run=run, **{"survival-part": part} | chosen)


def groups_of(app: AppTest) -> pd.DataFrame:
    """The table beside the curves, a row a group."""
    return small_tables(app)[0].set_index("Group")


# Curves


def test_default_is_the_training_median_stratified_by_fold(fake: FakeWorkspace) -> None:
    app = open_part(fake.runs["honest"], "Curves")
    said = words(app)
    assert "High against low risk" in said
    assert "stratified by fold" in said
    assert "median risk of that fold's training patients" in said
    assert list(groups_of(app).index) == ["Low risk", "High risk"]
    assert "the last time at which 10 % of every group are still followed" in said
    assert "Research use only" in words(app)
    assert "cause-specific" not in said  # every death counts
    assert "years alive on average within the first" in said


GROUPS = [
    ("risk: tertiles of the training fold", ["Low risk", "Middle risk", "High risk"], "Thirds by risk", "p for trend"),
    ("risk: quartiles of the training fold", ["Lowest quarter", "Second quarter", "Third quarter", "Highest quarter"],
     "Quarters by risk", "quartiles of the risks of each fold's training patients"),
    ("risk: own percentile of the training fold", ["Low risk", "High risk"], "High against low risk",
     "You chose where the cut lies"),
    ("risk: own value", ["Low risk", "High risk"], "High against low risk", "a risk above +0.00"),
    ("clinical: stage", ["Stage I", "Stage II", "Stage III"], "By stage", "not recorded in that column"),
    ("clinical: stage", ["Stage I", "Stage II", "Stage III"], "By stage", "Sub-stages count with their stage"),
    ("clinical: grade", ["1", "2", "3"], "By grade", "no predictions out of fold"),
    ("clinical: age, cut into thirds", None, "By age", "cut into thirds of these patients"),
]  # fmt: skip


@pytest.mark.parametrize(("groups", "names", "title", "said"), GROUPS, ids=[f"{case[0]}: {case[3]}" for case in GROUPS])
def test_groups(groups: str, names: list[str] | None, title: str, said: str, fake: FakeWorkspace) -> None:
    app = open_part(fake.runs["honest"], "Curves", **{"survival-groups": groups})
    assert app.selectbox(key="survival-groups").value == groups
    assert title in [element.value for element in app.header]
    assert said in words(app)
    assert ("Sub-stages" in words(app)) == (groups == "clinical: stage")
    assert names is None or list(groups_of(app).index) == names
    stratified = "stratified by fold)" in words(app) and "not stratified" not in words(app)
    assert stratified == groups.startswith("risk")


def test_a_choice_that_is_gone_falls_back(fake: FakeWorkspace) -> None:
    app = open_part(
        fake.runs["honest"], "Curves", **{"survival-groups": "clinical: nothing", "survival-fold": "fold 9"}
    )
    assert app.selectbox(key="survival-groups").value.startswith("risk: median")
    assert app.selectbox(key="survival-fold").value == "all folds together"


def test_a_run_without_training_risks_says_what_to_do(fake: FakeWorkspace) -> None:
    app = open_part(fake.runs["hostile"], "Curves", **{"survival-groups": "risk: tertiles of the training fold"})
    assert "has not recorded the risks of its training patients" in words(app)
    assert not app.error


def test_another_endpoint(fake: FakeWorkspace) -> None:
    run = fake.runs["honest"]
    app = open_part(run, "Curves", **{"survival-endpoint": "PFI: progression-free interval"})
    said = words(app)
    assert "Judged by progression-free interval; 2 patients without it left out" in said
    assert "The model was trained on overall survival" in said
    assert "count as censored here: the Kaplan–Meier curve is the cause-specific one" in said
    assert "months free of progression on average" in said or "years free of progression on average" in said
    judged = judge(run, "PFI")
    assert len(judged.lost) == 2
    own = judge(run, "OS").table.set_index("patient")
    other = judged.table.set_index("patient")
    assert (other["event"] == ~own.loc[other.index, "event"].astype(bool)).all()
    assert (other["time_days"] == own.loc[other.index, "time_days"] / 2).all()
    assert (groups_of(app)["Progressions"].astype(int).sum()) == other["event"].sum()


def test_one_fold(fake: FakeWorkspace) -> None:
    app = open_part(fake.runs["honest"], "Curves", **{"survival-fold": "fold 2"})
    predictions = fake.runs["honest"].require_predictions()
    assert groups_of(app)["Patients"].astype(int).sum() == (predictions["fold"] == 1).sum()


def test_landmark_counts_from_there(fake: FakeWorkspace) -> None:
    run = fake.runs["honest"]
    app = open_part(run, "Curves", **{"survival-landmark": "2 years"})
    early = int((run.require_predictions()["time_days"] <= 730.5).sum())
    assert f"{early} patients left out who died or were lost within 2.0 years" in words(app)


def test_a_landmark_leaves_out_who_has_progressed(fake: FakeWorkspace) -> None:
    run = fake.runs["honest"]
    chosen = {"survival-endpoint": "PFI: progression-free interval", "survival-landmark": "2 years"}
    app = open_part(run, "Curves", **chosen)
    early = int((judge(run, "PFI").table["time_days"] <= 730.5).sum())
    assert f"{early} patients left out who progressed, died or were lost within 2.0 years" in words(app)
    boxes = {box.label: box.help for box in app.selectbox}
    assert "those who progressed, died or were lost" in boxes["Landmark"]
    assert "patients are free of progression on average" in boxes["Numbers within (τ)"]


def test_compared_is_what_the_core_says(fake: FakeWorkspace) -> None:
    run = fake.runs["honest"]
    table = run.require_predictions()
    names = np.where(table["high_risk"], "high risk", "low risk")
    expected = compare_groups(("low risk", "high risk"), names, table["time_days"], table["event"], table["fold"])
    found = compare(run, MEDIAN).found
    assert found.logrank == expected.logrank
    assert found.permutation_p == expected.permutation_p
    assert found.ratios == expected.ratios
    assert found.means == expected.means


def test_an_own_horizon_is_taken(fake: FakeWorkspace) -> None:
    app = open_part(fake.runs["honest"], "Curves", **{"survival-horizon": "2 years"})
    assert "τ is 2.0 years." in words(app)


def test_a_horizon_that_a_group_does_not_reach_is_said(
    fake: FakeWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_home(fake, tmp_path, monkeypatch)
    run = Run.open(tmp_path / "home" / "runs" / fake.runs["honest"].id)
    table = run.require_predictions()
    run.write_table("predictions", table.assign(time_days=np.where(table["high_risk"], 1200, table["time_days"])))
    said = words(open_part(run, "Curves", **{"survival-horizon": "5 years"}))
    assert "τ is 3.3 years: not every group is followed for 5.0 years. It is the last time at which 10 %" in said


def test_numbers_are_those_of_the_comparison(fake: FakeWorkspace) -> None:
    found = compare(fake.runs["honest"], MEDIAN).found
    table = comparison_numbers(found).set_index("group")
    assert table.loc["high risk", "hazard_ratio"] == found.ratios["high risk"].ratio
    assert pd.isna(table.loc["low risk", "hazard_ratio"])
    assert table.loc["low risk", "mean_days"] == found.means["low risk"].days


# C-index


def test_models_beside_each_other(fake: FakeWorkspace) -> None:
    app = open_part(fake.runs["honest"], "C-index")
    table = small_tables(app)[0]
    assert table["Model"].tolist() == ["POMP", "clinical Cox", "ridge Cox (30 components)"]
    assert set(table["Verdict"]) <= {"", "cannot be told apart", "POMP is better", "POMP is worse"}
    said = words(app)
    run = fake.runs["honest"]
    report, scores = evaluate(run.require_predictions(), run.baseline(), run.comparators()), model_scores(run)
    for one in compare_models(report, scores):
        assert one.verdict.sentence("POMP", one.other) in said.replace("\\", "")
    assert "What it adds to the clinical data" in said
    assert "Uno's τ" in said
    other = put_beside(run, report, fake.runs["released"])
    assert other.named
    assert other.found is not None
    assert other.verdict in said
    assert describe_optimism(other.found) in said
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Optimism"] == other.found.words
    (card,) = [metric for metric in app.metric if metric.label == "Optimism"]
    assert card.delta == other.found.difference.verdict.outcome
    (card,) = [metric for metric in app.metric if metric.label == "C-index, mean ± sd"]
    assert card.delta == f"95 %: {report.score.lower:.3f}–{report.score.upper:.3f}"
    ratio = report.hazard_ratio
    assert ratio is not None
    assert shown["Hazard ratio"] == f"{ratio.ratio:.2f} ({ratio.lower:.2f}–{ratio.upper:.2f})"
    assert "Clinical Cox reads: age, gender, stage, grade." in said
    assert "- age: numbers\n" in said


def test_one_interval_wherever_a_c_index_is_shown(fake: FakeWorkspace) -> None:
    """The first line, the table of models, and the Reproduce and Runs pages."""
    run = fake.runs["honest"]
    score, plain = evaluate(run.require_predictions(), None, run.comparators()), score_plain(run)
    found = {one.model: one.harrell for one in model_scores(run).models}
    for one, drawn in ((score.score, score_run(run)), *((one, plain[one.model]) for one in score.comparators)):
        interval = mean_interval([drawn])
        assert (one.lower, one.upper) == pytest.approx((interval.lower, interval.upper), abs=1e-12)
        assert vars(found[one.model].interval) == pytest.approx(vars(interval), abs=1e-12)


def test_runs_that_differ_in_more_than_the_protocol_are_no_twins(
    fake: FakeWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A narrower model of more epochs, on the same folds."""
    copy_home(fake, tmp_path, monkeypatch)
    workspace, own = Workspace(tmp_path / "home"), Run.open(tmp_path / "home" / "runs" / fake.runs["honest"].id)
    cohort = read_cohort(workspace.cohorts / "tumours")
    changes = {"protocol": "paper-released", "model.width": 48, "finetune.epochs": 99}
    other = finish(workspace.runs.create(cohort, override(CONFIG, changes)), cohort, signal=2.0)
    app = open_part(own, "C-index", compare=run_label(other))
    said = words(app)
    beside = put_beside(own, evaluate(own.require_predictions()), other)
    assert beside.found is not None
    assert "Difference" in {metric.label for metric in app.metric}
    assert "The two differ in more than the protocol" in said
    assert beside.verdict in said
    assert "the paper's way of working" not in said
    twin = next(run for run in workspace.runs.list() if run.id == fake.runs["released"].id)
    assert released_twin(own, workspace.runs.list()) == twin


@pytest.mark.parametrize(("known", "said"), [
    (True, ["", ""]), (False, ["nobody to compare", "cannot be told"]),
])  # fmt: skip
def test_a_card_says_what_is_missing_or_is_not_there(known: bool, said: list[str], fake: FakeWorkspace) -> None:
    def script(report: object) -> None:
        from dashboard.survival.headline import show_headline

        show_headline(report, None, named=False)

    report = evaluate(fake.runs["honest"].require_predictions())
    shown = report if known else replace(report, hazard_ratio=None, logrank=None)
    app = AppTest.from_function(script, kwargs={"report": shown}).run()
    assert [metric.label for metric in app.metric] == ["C-index, mean ± sd", "Log-rank p", "Hazard ratio"]
    assert [metric.delta for metric in app.metric[1:]] == said


def test_a_damaged_twin_does_not_end_the_page(
    fake: FakeWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_home(fake, tmp_path, monkeypatch)
    other = fake.runs["released"].id
    (tmp_path / "home" / "runs" / other / "predictions.parquet").write_bytes(b"PAR1, and no more")
    app = open_part(fake.runs["honest"], "C-index")
    assert not app.error
    assert "predictions.parquet is damaged" in words(app)
    assert "What it adds to the clinical data" in words(app)


AGES = [*map(str, range(40, 79))]


@pytest.mark.parametrize(("columns", "said"), [
    ({"age": [40, 50], "OS": [0, 1], "OS.time": [1, 2], "stage": ["I", "II"]}, "Clinical Cox reads: age, stage."),
    ({"OS": [0, 1], "OS.time": [1, 2]}, "Clinical Cox reads no column."),
    ({f"x{place}": [1, 2] for place in range(12)},
     "Clinical Cox reads: x0, x1, x2, x3, x4, x5, x6, x7, x8, x9 and 2 more."),
    ({"lab": ["987", "1,234"]}, "Clinical Cox reads no column. Left out: lab."),
    ({"age": [*AGES, "ninety"], "id": [f"a{row}" for row in range(40)]},
     "Clinical Cox reads: age. Left out: id. Not every cell is understood of: age."),
])  # fmt: skip
def test_what_clinical_cox_reads(columns: dict[str, list], said: str) -> None:
    assert describe_covariates(read_covariates(pd.DataFrame(columns))) == said


@pytest.mark.parametrize(("name", "cells", "said"), [
    ("age", [*AGES, "ninety"], "age: numbers; 1 of 40 cells are not understood and count as missing, such as 'ninety' "
     "of P39"),
    ("age", [*AGES, ">89"], "age: numbers; a bound such as '>89' counts as its number, in 1 of 40 cells"),
    ("age", ["61,5", "70"], "age: numbers, with decimals after a comma"),
    ("stage", ["I", "II", None], "stage: stages as numbers, 0 to 4"),
    ("grade", ["G1"] * 5 + ["G2"] * 5 + ["G3"], "grade: categories: G1, G2; 1 of 11 cells are of values too rare to "
     "count"),
    ("lab", ["987", "1,234"], "lab: left out: nobody can tell whether its commas stand before decimals or thousands"),
])  # fmt: skip
def test_how_each_column_is_said_to_be_read(name: str, cells: list, said: str) -> None:
    table = pd.DataFrame({name: cells}, index=[f"P{row}" for row in range(len(cells))])
    assert [describe_column(one) for one in read_covariates(table)] == [said]


def test_p_values_are_saved_as_they_are_and_adjusted(fake: FakeWorkspace) -> None:
    run = fake.runs["honest"]
    compared = compare_models(evaluate(run.require_predictions(), run.baseline(), run.comparators()), model_scores(run))
    table = score_table(model_scores(run), compared).set_index("model").loc[[one.other for one in compared]]
    p_values = [one.training.p_value for one in compared]
    assert table["p_value"].tolist() == p_values
    assert table["p_holm"].astype(float).tolist() == holm(p_values).tolist()
    assert min(table["p_holm"]) == pytest.approx(2 * min(p_values))  # of two models


def test_what_the_model_adds_is_shown_with_its_numbers(fake: FakeWorkspace) -> None:
    found = added_to_clinical(fake.runs["honest"])
    assert found is not None
    app = open_part(fake.runs["honest"], "C-index")
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Hazard ratio beside it"].startswith(f"{found.model_ratio.ratio:.2f} (")
    assert shown["C-index gained"].replace("−", "-").startswith(f"{found.gain.value:+.3f} (")


def added(p_value: float, ratio: float, lower: float, reason: str | None = None) -> AddedValue:
    one, gain = AddedRatio(ratio, Interval(0.5, 2.0)), Estimate(0.02, Interval(lower, 0.05))
    return AddedValue(4.0, p_value, one, one, reason, gain, gain, gain, None, 50, 20)


@pytest.mark.parametrize(("found", "said"), [
    (added(0.2, 1.5, 0.01), "Beside clinical Cox, POMP is not seen to add anything (p = 0.200)."),
    (added(0.0001, 1.5, 0.01), "Beside clinical Cox, POMP adds something (p < 0.001), and orders patients better with "
     "it."),
    (added(0.01, 1.5, -0.01), "Beside clinical Cox, POMP adds something (p = 0.010), but the order of patients is "
     "hardly better for it."),
    (replace(added(0.01, 1.5, np.nan), reason_gain="fold 2 has no event"), "Beside clinical Cox, POMP adds something "
     "(p = 0.010); whether patients are ordered better with it cannot be told: fold 2 has no event."),
    (added(0.01, 0.7, 0.01), "Beside clinical Cox, the risk of POMP points the wrong way (p = 0.010)."),
    (added(np.nan, 1.0, 0.0, "no patient has an event"), "There is no test of POMP beside clinical Cox: no patient has "
     "an event."),
])  # fmt: skip
def test_what_the_model_adds_in_words(found: AddedValue, said: str) -> None:
    assert describe_added(found, "POMP") == said


def numbers_of(slope: tuple[float, float], level: tuple[float, float], reason: str | None = None) -> Calibration:
    large = CalibrationInTheLarge(10, 10.0, 1.0, Interval(*level), reason)
    return Calibration(CalibrationSlope(1.0, Interval(*slope), 50, 20, reason), large, {})


@pytest.mark.parametrize(("found", "said"), [
    (numbers_of((0.9, 1.1), (0.8, 1.2)), []),
    (numbers_of((0.1, 0.3), (0.2, 0.4)), ["too extreme", "Fewer events than predicted"]),
    (numbers_of((1.1, 2.0), (1.2, 1.6)), ["too cautious", "More events than predicted"]),
    (numbers_of((np.nan, np.nan), (np.nan, np.nan), "nobody died"),
     ["no calibration slope: nobody died", "no number of expected events: nobody died"]),
])  # fmt: skip
def test_calibration_in_words(found: Calibration, said: list[str]) -> None:
    sentences = describe_calibration(found)
    assert len(sentences) == len(said)
    assert all(part in sentence for part, sentence in zip(said, sentences, strict=True))


def test_slope_and_level_are_shown_with_their_numbers(fake: FakeWorkspace) -> None:
    found = calibrated(fake.runs["honest"])
    assert found is not None
    shown = {metric.label: metric.value for metric in open_part(fake.runs["honest"], "Calibration").metric}
    assert shown["Calibration slope"].startswith(f"{found.slope.slope:.2f} (")
    assert shown["Deaths, observed over expected"].startswith(f"{found.in_the_large.ratio:.2f} (")


def test_four_plain_models(fake: FakeWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of this version have four, earlier ones two; the page shows those that the run has."""
    copy_home(fake, tmp_path, monkeypatch)
    run = Run.open(tmp_path / "home" / "runs" / fake.runs["honest"].id)
    two = run.comparators()
    assert two is not None
    names = {"clinical Cox": "clinical + ridge Cox", "ridge Cox (30 components)": "random survival forest"}
    more = two.assign(model=two["model"].map(names), risk=-two["risk"])
    run.write_table("comparators", pd.concat([two, more], ignore_index=True))
    app = open_part(run, "C-index")
    assert small_tables(app)[0]["Model"].tolist() == ["POMP", *names, *names.values()]
    assert words(app).count("Beside clinical Cox, POMP") == 1  # which are those of clinical Cox, and no other's


def test_one_seed_says_how_to_get_more(fake: FakeWorkspace) -> None:
    said = words(open_part(fake.runs["honest"], "C-index"))
    assert "--set seed=1" in said
    assert "pomp run tumours" in said


def test_seeds_are_pooled_as_repeats(fake: FakeWorkspace) -> None:
    runs = [fake.runs[f"seed {seed}"] for seed in (0, 1, 2)]
    tables = [
        pd.concat([run.require_predictions().assign(model="POMP"), run.comparators()]).assign(repeat=repeat)
        for repeat, run in enumerate(runs)
    ]
    scores = pd.DataFrame([
        (model, repeat, fold, len(part), concordance_index(part["time_days"], part["event"], part["risk"]))
        for (repeat, model, fold), part in pd.concat(tables).groupby(["repeat", "model", "fold"], sort=False)
    ], columns=["model", "repeat", "fold", "patients", "score"])  # fmt: skip
    expected = pool(scores)
    app = open_part(runs[1], "C-index")
    shown = next(table.value for table in app.dataframe if "SD between seeds" in table.value)
    assert shown["Model"].tolist() == [one.model for one in expected]
    for row, one in zip(shown.to_dict("records"), expected, strict=True):
        assert row["Mean C-index"] == f"{one.mean:.3f}"
        assert row["SD over folds"] == f"{one.sd:.3f}"
        assert row["SD between seeds"] == f"{one.sd_between_repeats:.3f}"
        assert row["95 % interval"] == f"{one.interval.lower:.3f} to {one.interval.upper:.3f}"
        assert row["Folds"] == 6
        ahead = None if one.model == "POMP" else compare_folds(scores, "POMP", one.model)
        assert row["POMP ahead by"].startswith("" if ahead is None else f"{ahead.mean:+.3f} (".replace("-", "−"))
        assert (row["p"] == "") == (ahead is None)
    assert "3 seeds: each deals other folds" in words(app)
    (helped,) = [table.proto.columns for table in app.dataframe if "SD between seeds" in table.value]
    assert "How often a difference at least this large would be seen if the two were equally good" in helped


def test_a_damaged_seed_is_left_out_and_named(
    fake: FakeWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_home(fake, tmp_path, monkeypatch)
    lost = fake.runs["seed 2"].id
    (tmp_path / "home" / "runs" / lost / "predictions.parquet").write_bytes(b"PAR1, and no more")
    app = open_part(fake.runs["seed 1"], "C-index", compare="none")
    assert not app.error
    assert f"Left out, because the predictions are damaged: {lost}." in words(app)
    assert "Delete it, then resume the run" in words(app)
    assert "2 seeds: each deals other folds" in words(app)


def test_a_model_that_one_seed_lacks_is_not_pooled(fake: FakeWorkspace) -> None:
    run = fake.runs["seed 0"]
    whole = evaluate(run.require_predictions(), run.baseline(), run.comparators())
    scores = report_scores([whole, replace(whole, comparators=whole.comparators[:1])])
    assert scores["model"].unique().tolist() == ["POMP", whole.comparators[0].model]
    assert scores["repeat"].unique().tolist() == [0, 1]


# Calibration


def test_calibration_brier_and_auc(fake: FakeWorkspace) -> None:
    app = open_part(fake.runs["released"], "Calibration")
    said = words(app)
    assert "7.39" in said
    assert "without an event there is no interval" in said
    assert "Deaths within 1, 3 and 5 years" in [element.value for element in app.header]
    assert "Integrated Brier score" in said
    found = scored_by_time(fake.runs["released"])
    assert found is not None
    shown = [table.value for table in app.dataframe if "1 year" in table.value]
    assert [table["Model"].tolist() for table in shown] == [
        ["POMP", "clinical Cox", "ridge Cox (30 components)"], ["POMP", "Kaplan–Meier"],
    ]  # fmt: skip
    for table, kind in zip(shown, ("auc", "brier"), strict=True):
        for row in table.to_dict("records"):
            scores = found.of(row["Model"], kind)
            assert list(row)[1:] == ["1 year", "3 years", "5 years"]
            for one, cell in zip(scores, list(row.values())[1:], strict=True):
                interval = one.score.interval
                assert cell == f"{one.score.value:.3f} ({interval.lower:.3f}–{interval.upper:.3f})"


def test_scores_by_time_as_a_table(fake: FakeWorkspace) -> None:
    found = scored_by_time(fake.runs["honest"])
    assert found is not None
    table = timed_table(found)
    assert len(table) == len(found.scores)
    assert table.loc[table["model"] == "POMP", "gain"].isna().all()
    beside = table[(table["model"] == REFERENCE) & (table["kind"] == "integrated brier")].iloc[0]
    own = table[(table["model"] == "POMP") & (table["kind"] == "integrated brier")].iloc[0]
    assert beside["gain"] == pytest.approx(beside["value"] - own["value"])
    assert beside["gain_lower"] < beside["gain"] < beside["gain_upper"]


def integrated(own: float, beside: float) -> TimedScores:
    def score(model: str, value: float, gain: Estimate | None) -> TimedScore:
        estimate = Estimate(value, Interval(value - 0.01, value + 0.01))
        return TimedScore(model, "integrated brier", 730.5, estimate, gain)

    gain = Estimate(beside - own, Interval(beside - own - 0.02, beside - own + 0.02))
    return TimedScores((score("POMP", own, None), score(REFERENCE, beside, gain)), 50)


@pytest.mark.parametrize(("found", "said"), [
    (integrated(0.15, 0.2), "**Integrated Brier score 0.150 (0.140–0.160)** over 2.0 years, Kaplan–Meier 0.200 "
     "(0.190–0.210): 25 % better than the same prediction for everybody (by 0.050, 95 % interval 0.030 to 0.070)."),
    (integrated(0.25, 0.2), "25 % worse than the same prediction for everybody (by 0.050, 95 % interval 0.030 to "
     "0.070)."),
    (integrated(0.19, 0.2), "5 % better than the same prediction for everybody (by 0.010, 95 % interval −0.010 to "
     "0.030, which holds 0)."),
    (integrated(0.21, 0.2), "5 % worse than the same prediction for everybody (by 0.010, 95 % interval −0.010 to "
     "0.030, which holds 0)."),
    (integrated(np.nan, np.nan), ""),
    (TimedScores((), 0), ""),
])  # fmt: skip
def test_integrated_brier_in_words(found: TimedScores, said: str) -> None:
    words_of = integrated_words(found, "POMP")
    assert words_of.endswith(said)
    assert bool(words_of) == bool(said)


def test_only_a_cosine_is_said_to_be_bounded(
    fake: FakeWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_home(fake, tmp_path, monkeypatch)
    run = Run.open(tmp_path / "home" / "runs" / fake.runs["hostile"].id)  # on omics alone
    predictions = run.require_predictions()
    risk = np.where(np.arange(len(predictions)) == 0, -3.2, predictions["risk"])
    run.write_table("predictions", predictions.assign(risk=risk))
    assert "7.39" not in words(open_part(run, "Calibration"))
    for one, reach in ((run, 4.0), (fake.runs["honest"], 1.0)):
        app = open_part(one, "Curves", **{"survival-groups": "risk: own value"})
        slider = app.slider(key="survival-cut")
        assert (slider.min, slider.max) == (-reach, reach)


def test_without_baseline_it_says_what_is_missing(fake: FakeWorkspace, tmp_path: Path,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    copy_home(fake, tmp_path, monkeypatch)
    run = fake.runs["honest"]
    (tmp_path / "home" / "runs" / run.id / "baseline.parquet").unlink()
    said = words(open_part(run, "Calibration"))
    assert "There is nothing to calibrate" in said
    assert "There is no Brier score" in said


# Epochs


def test_epochs_of_the_released_code(fake: FakeWorkspace) -> None:
    app = open_part(fake.runs["released"], "Epochs")
    table = app.dataframe[0].value.set_index("rule")
    assert table.loc["last epoch", "c_index"] == "0.550"
    assert table.loc["best epoch of each fold", "c_index"] == "0.600"
    assert table.loc["best epoch of each fold", "above_last"] == "+0.050"
    assert table.loc["best epoch of each fold", "epochs"] == "5, 5, 5"
    assert "reports 0.600; the last epoch gives 0.550" in words(app)


def test_an_honest_run_has_no_strip_and_links_to_the_released_one(fake: FakeWorkspace) -> None:
    app = open_part(fake.runs["honest"], "Epochs")
    assert "That is how it should be" in words(app)
    next(button for button in app.button if "paper-released" in button.label).click().run()
    assert not app.exception
    assert app.session_state["run"] == fake.runs["released"].id


def test_no_released_run_to_link_to(fake: FakeWorkspace) -> None:
    said = words(open_part(fake.runs["hostile"], "Epochs"))
    assert "there is none on the same folds yet" in said


# Patients


def test_patients_are_sorted_by_risk_and_found(fake: FakeWorkspace) -> None:
    run = fake.runs["honest"]
    table = open_part(run, "Patients").dataframe[0].value
    predictions = run.require_predictions()
    assert len(table) == len(predictions)
    assert table["patient"].iloc[0] == predictions.loc[predictions["risk"].idxmax(), "patient"]
    found = open_part(run, "Patients", **{"survival-find": "p-2"}).dataframe[0].value
    assert found["patient"].str.startswith("P-2").all()
    assert "No patient of this run" in words(open_part(run, "Patients", **{"survival-find": "nobody"}))


def test_patient_table_by_hand() -> None:
    table = patient_table(
        pd.DataFrame(
            {"patient": ["a", "b"], "fold": [0, 1], "risk": [0.1, 0.9], "cutoff": [0.5, 0.5],
             "high_risk": [False, True], "time_days": [365.25, 731], "event": [True, False]}
        )
    )  # fmt: skip
    assert table[["patient", "group", "event", "fold"]].to_numpy().tolist() == [
        ["b", "high risk", False, 2], ["a", "low risk", True, 1],
    ]  # fmt: skip
    np.testing.assert_allclose(table["years"], [2.0, 1.0], atol=0.01)


# States of workspace and run


@pytest.mark.parametrize("part", ["Curves", "C-index", "Calibration", "Epochs", "Patients"])
def test_names_from_data_are_shown_letter_by_letter(part: str, fake: FakeWorkspace) -> None:
    app = open_part(fake.runs["hostile"], part)
    said = "\n".join(str(element.value) for element in [*app.markdown, *app.caption])
    assert "<script>" not in said
    assert "![x](" not in said


@pytest.mark.parametrize("part", ["Curves", "C-index", "Calibration", "Epochs", "Patients"])
def test_without_the_cohort_folder(part: str, fake: FakeWorkspace, tmp_path: Path,
                                   monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    shutil.copytree(fake.root, tmp_path / "home")
    shutil.rmtree(tmp_path / "home" / "cohorts")
    monkeypatch.setenv("POMP_HOME", str(tmp_path / "home"))
    app = open_part(fake.runs["honest"], part)
    assert not app.error
    assert part != "Curves" or "The cohort folder is gone" in words(app)


@pytest.mark.parametrize("part", ["Curves", "C-index", "Calibration", "Epochs", "Patients"])
@pytest.mark.parametrize("patients", [1, 2])
def test_next_to_nobody(part: str, patients: int, fake: FakeWorkspace, tmp_path: Path,
                        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    copy_home(fake, tmp_path, monkeypatch)
    run = Run.open(tmp_path / "home" / "runs" / fake.runs["honest"].id)
    run.write_table("predictions", run.require_predictions().iloc[:patients])
    (run.folder / "comparators.parquet").unlink()
    app = open_part(run, part)
    assert not app.error, [error.value for error in app.error]


def test_failed_runs_are_not_offered(fake: FakeWorkspace) -> None:
    app = open_page("survival", run=fake.runs["failed"])
    assert app.selectbox(key="run").value != fake.runs["failed"].id


def test_a_landmark_that_is_not_there_is_said_while_the_choices_are_closed(fake: FakeWorkspace) -> None:
    said = "The link asks for 99 years"
    app = open_part(fake.runs["honest"], "Curves", **{"survival-landmark": "99 years"})
    assert said in words(app)
    (closed,) = (block for block in app.get("popover") if block.proto.popover.label == "More choices")
    assert closed.selectbox(key="survival-landmark").value == "none"
    assert not closed.warning


def test_a_group_without_an_event_has_no_interval() -> None:
    """Its variance is 0, which says nothing of six patients."""

    def table() -> None:
        from dashboard.endpoints import describe_endpoint
        from dashboard.survival.comparison_table import show_numbers
        from pomp.evaluation.group_comparison import compare_groups

        groups = ["low"] * 6 + ["high"] * 6
        found = compare_groups(("low", "high"), groups, [900.0] * 6 + [100.0, 200.0, 300.0, 900.0, 900.0, 900.0],
                               [0] * 6 + [1, 1, 1, 0, 0, 0])  # fmt: skip
        show_numbers(found, describe_endpoint("OS"), "numbers")

    (shown,) = small_tables(AppTest.from_function(table).run())
    mean, difference = (shown.filter(like=name).iloc[:, 0].tolist() for name in ("Mean within", "Difference"))
    assert mean[0] == "29.6"
    assert "(" in mean[1]
    assert difference[0] == "–"
    assert difference[1].startswith("−")
    assert "(" not in difference[1]


def test_where_nobody_is_followed_for_a_year_no_empty_table_is_shown(
    fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = scored_by_time(fake.runs["honest"])
    assert whole is not None
    left = TimedScores(tuple(one for one in whole.scores if one.kind == "integrated brier"), whole.patients)
    monkeypatch.setattr("dashboard.survival.timed.scored_by_time", lambda run: left)
    app = open_part(fake.runs["honest"], "Calibration")
    assert "There is no AUC: no fold has somebody with the event within a year" in words(app)
    assert "Brier score** (lower is better)" not in words(app)
