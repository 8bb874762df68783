"""Figures hold exactly the numbers they are given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dashboard.charts.calibration import brier_figure, brier_table, calibration_figure, calibration_table
from dashboard.charts.concordance import concordance_figure, concordance_table
from dashboard.charts.epochs import epoch_figure, epoch_table, rule_table
from dashboard.charts.survival import (
    DAYS_PER_YEAR,
    TimeAxis,
    ends_by_row,
    survival_figure,
    survival_table,
)
from dashboard.charts.training import loss_figure, stage_metrics
from dashboard.endpoints import describe_endpoint
from dashboard.figure.component import packed
from dashboard.theme import HIGH_RISK, LOW_RISK, with_alpha
from pomp.evaluation.calibration import CalibrationBin
from pomp.evaluation.curves import kaplan_meier
from pomp.evaluation.epochs import epoch_strip
from pomp.evaluation.prediction_error import PredictionError
from pomp.evaluation.report import FoldScore, ModelScore

# Five patients, by hand: deaths at 1 and 3 years, censored at 2, 4 and 4 → S = 1, 4/5, 4/5·2/3 = 8/15.
LOW = kaplan_meier([DAYS_PER_YEAR * years for years in (1, 2, 3, 4, 4)], [1, 0, 1, 0, 0])
# Three patients, all dead at 1, 1 and 2 years → S = 1, 1/3, 0: no median problem, and no band at the end.
HIGH = kaplan_meier([DAYS_PER_YEAR, DAYS_PER_YEAR, 2 * DAYS_PER_YEAR], [1, 1, 1])
CURVES = {"low risk": LOW, "high risk": HIGH}
OS = describe_endpoint("OS")
COLOURS = {"low risk": LOW_RISK, "high risk": HIGH_RISK}


def trace(figure, name: str):
    return next(found for found in figure.data if found.name == name)


@pytest.mark.parametrize(
    ("last_day", "unit", "ticks"),
    [
        (4 * DAYS_PER_YEAR, "years", (0, 1, 2, 3, 4)),
        (23 * DAYS_PER_YEAR, "years", (0, 3, 6, 9, 12, 15, 18, 21)),
        (2 * DAYS_PER_YEAR, "months", (0, 3, 6, 9, 12, 15, 18, 21, 24)),
        (100, "months", (0, 1, 2, 3)),
    ],
)
def test_time_axis(last_day: float, unit: str, ticks: tuple[float, ...]) -> None:
    axis = TimeAxis.up_to(last_day)
    assert (axis.unit, axis.ticks) == (unit, ticks)


def test_survival_figure_draws_the_curves() -> None:
    figure = survival_figure(CURVES, COLOURS, OS)
    line = trace(figure, "Low risk: 5 patients, 2 deaths")
    np.testing.assert_allclose(line.x, [0, 1, 2, 3, 4])  # a step at each death, and a point at each censoring
    np.testing.assert_allclose(line.y, [100, 80, 80, 800 / 15, 800 / 15], rtol=1e-6)
    assert figure.layout.yaxis.ticksuffix == " %"
    assert "%{y:.1f} % alive" in line.hovertemplate
    assert line.line.shape == "hv"
    assert line.line.color == LOW_RISK
    ticks = trace(figure, "low risk, censored")
    # One step line: down at year 1, a tick at 2, down at 3, a tick at 4.
    assert (ticks.mode, ticks.line.shape, ticks.hoverinfo) == ("lines", "hv", "skip")
    np.testing.assert_allclose(ticks.x, [1, 2, 2, 2, 3, 4, 4, 4])
    high, low, tick = 80, 800 / 15, 1.15
    expected = [high, high + tick, high - tick, high, low, low + tick, low - tick, low]
    np.testing.assert_allclose(ticks.y, expected, rtol=1e-6)


def test_survival_figure_counts_at_the_start_under_the_same_axis() -> None:
    figure = survival_figure(CURVES, COLOURS, OS)
    low, high = trace(figure, "low risk, at risk"), trace(figure, "high risk, at risk")
    assert low.text == ("5", "5", "4", "3", "2")
    assert high.text == ("3", "3", "1", "0", "0")
    np.testing.assert_allclose(low.x, figure.layout.xaxis.tickvals)
    assert figure.layout.xaxis.matches == "x2" or figure.layout.xaxis2.matches == "x"


def test_survival_figure_ends_the_band_where_it_is_undefined() -> None:
    lower = [found for found in survival_figure(CURVES, COLOURS, OS).data if found.name == "high risk, 95 % band"][1]
    np.testing.assert_allclose(lower.x, [0, 1])
    assert lower.fill == "tonexty"


def test_survival_table_has_every_row() -> None:
    table = survival_table(CURVES)
    assert table["group"].value_counts().to_dict() == {"low risk": 5, "high risk": 3}
    assert table.loc[2].to_dict() | {"lower": 0, "upper": 0} == {
        "group": "low risk", "time_days": 2 * DAYS_PER_YEAR, "survival": pytest.approx(0.8), "lower": 0, "upper": 0,
        "at_risk": 4, "events": 0, "censored": 1,
    }  # fmt: skip


def test_survival_figure_in_detail_counts_events_and_censored_until_each_tick() -> None:
    figure = survival_figure(CURVES, COLOURS, OS, in_detail=True)
    assert trace(figure, "low risk, at risk").text == ("5", "5", "4", "3", "2")
    assert trace(figure, "low risk, deaths").text == ("0", "0", "1", "1", "2")
    assert trace(figure, "low risk, censored").mode == "lines"  # the ticks of the curve
    counts = [found for found in figure.data if found.name == "low risk, censored" and found.mode == "text"]
    assert counts[0].text == ("0", "0", "0", "1", "1")
    assert figure.layout.yaxis2.ticktext == ("Low risk", "deaths", "censored", "High risk", "deaths", "censored")


def test_ends_of_follow_up_say_whose_they_are() -> None:
    ends = ends_by_row(HIGH.time, ["a", "<b>", "c"], [DAYS_PER_YEAR, DAYS_PER_YEAR, 2 * DAYS_PER_YEAR])
    assert ends == [[], ["a", "<b>"], ["c"]]
    figure = survival_figure({"high risk": HIGH}, COLOURS, OS, patients={"high risk": ends})
    points = trace(figure, "High risk: 3 patients, 3 deaths")
    assert points.text == ("", "a, &lt;b&gt;", "c")
    np.testing.assert_allclose(points.x, [0, 12, 24])  # months


def test_points_carry_their_row_among_those_of_all_curves() -> None:
    ends = {"low risk": [[], *"abcd"], "high risk": [[], *"ef"]}
    figure = survival_figure(CURVES, COLOURS, OS, patients=ends)
    line = trace(figure, "Low risk: 5 patients, 2 deaths")
    assert (line.mode, line.customdata.tolist()) == ("lines", [0, 1, 2, 3, 4])  # censored patients too
    assert trace(figure, "High risk: 3 patients, 3 deaths").customdata.tolist() == [5, 6, 7]


def test_points_that_cannot_be_clicked_say_how_many_are_at_risk() -> None:
    line = trace(survival_figure(CURVES, COLOURS, OS), "Low risk: 5 patients, 2 deaths")
    assert line.customdata.tolist() == [5, 5, 4, 3, 2]
    assert "%{customdata:,} at risk" in line.hovertemplate


def test_a_group_of_one_is_one_patient() -> None:
    alone = kaplan_meier([DAYS_PER_YEAR], [1])
    names = {found.name for found in survival_figure({"low risk": alone}, COLOURS, OS).data}
    assert "Low risk: 1 patient, 1 death" in names


def test_numbers_at_risk_are_not_cut_off_at_the_axis() -> None:
    """The first of them stands half to its left."""
    figure = survival_figure(CURVES, COLOURS, OS)
    assert [found.cliponaxis for found in figure.data if found.mode == "text"] == [False, False]


def test_a_name_keeps_its_capitals() -> None:
    figure = survival_figure({"stage IIA": LOW}, {"stage IIA": LOW_RISK}, OS)
    assert figure.layout.yaxis2.ticktext == ("Stage IIA",)


def test_a_thousand_patients_are_sent_in_few_bytes() -> None:
    rng = np.random.default_rng(0)
    time, event = rng.exponential(1500, 1000).round() + 1, rng.random(1000) < 0.4
    names = [f"TCGA-AB-{number:04d}" for number in range(1000)]
    halves = {"low risk": slice(0, 500), "high risk": slice(500, None)}
    curves = {name: kaplan_meier(time[half], event[half]) for name, half in halves.items()}
    ends = {name: ends_by_row(curves[name].time, names[half], time[half]) for name, half in halves.items()}
    figure = survival_figure(curves, COLOURS, OS, patients=ends)
    figure.layout.template = None
    assert len(packed(figure.to_json())) < 40_000


@pytest.mark.parametrize(("name", "title"), [
    ("OS", "Share of patients alive"), ("PFI", "Kaplan–Meier estimate, free of progression"),
])  # fmt: skip
def test_a_curve_claims_shares_only_where_every_death_is_an_event(name: str, title: str) -> None:
    assert survival_figure(CURVES, COLOURS, describe_endpoint(name)).layout.yaxis.title.text == title


BINS = [
    CalibrationBin(365.25, 10, 0.2, 0.3, 0.1, 0.6),
    CalibrationBin(365.25, 10, 0.8, 0.7, 0.4, 0.9),
    CalibrationBin(3 * 365.25, 10, 0.4, float("nan"), float("nan"), float("nan")),
]


def test_calibration_figure_leaves_out_what_is_not_observed() -> None:
    figure = calibration_figure(BINS, OS)
    assert [found.name for found in figure.data] == ["predicted = observed", "1 year"]
    year = trace(figure, "1 year")
    assert (year.x, year.y) == ((20, 80), (30, 70))
    assert year.error_y.array == (pytest.approx(30), pytest.approx(20))
    assert year.error_y.arrayminus == (pytest.approx(20), pytest.approx(30))
    assert figure.layout.xaxis.ticksuffix == figure.layout.yaxis.ticksuffix == " %"
    assert len(calibration_table(BINS)) == 3


def test_calibration_figure_says_why_a_point_has_no_bar() -> None:
    nan = float("nan")
    bins = [CalibrationBin(365.25, 188, 0.9, 1.0, nan, nan), CalibrationBin(365.25, 2, 0.1, 0.0, nan, nan), *BINS]
    for name, said in {
        "OS": ("no interval: no death by then", "no interval: nobody alive", "95 % band 10 % to 60 %"),
        "PFI": (
            "no interval: no progression by then",
            "no interval: nobody free of progression",
            "95 % band 10 % to 60 %",
        ),
    }.items():
        year = trace(calibration_figure(bins, describe_endpoint(name)), "1 year")
        assert [text for _, text in year.customdata[:3]] == list(said)
        assert np.isnan([*year.error_y.array[:2], *year.error_y.arrayminus[:2]]).all()


def test_brier_figure() -> None:
    found = PredictionError(np.array([365.25, 4 * 365.25]), np.array([0.1, 0.2]), np.array([0.2, 0.25]), 0.15, 0.22)
    figure = brier_figure(found)
    np.testing.assert_allclose(trace(figure, "Model").x, [1, 4])
    np.testing.assert_allclose(trace(figure, "Model").y, [0.1, 0.2], rtol=1e-6)
    assert brier_table(found)["kaplan_meier"].tolist() == [0.2, 0.25]


def test_epoch_figure_marks_what_each_rule_takes() -> None:
    values = {0: [0.5, 0.7, 0.6], 1: [0.8, 0.6, 0.8]}
    rows = [
        {"stage": "finetune", "fold": fold, "epoch": epoch, "test_c_index": value}
        for fold, series in values.items() for epoch, value in enumerate(series)
    ]  # fmt: skip
    strip = epoch_strip(pd.DataFrame(rows))
    figure = epoch_figure(strip)
    best = trace(figure, "best epoch of each fold")
    assert (best.x, best.y) == ((2, 1), (0.7, 0.8))
    np.testing.assert_allclose(trace(figure, "fold 2").y, values[1], rtol=1e-6)
    assert rule_table(strip)["above_last"].tolist() == pytest.approx([0, 0.05, 0])
    assert epoch_table(strip).columns.tolist() == ["epoch", "fold_1", "fold_2", "mean"]


def test_many_epochs_are_thinned_but_for_those_of_the_rules() -> None:
    rows = [
        {"stage": "finetune", "fold": 0, "epoch": k, "test_c_index": 0.9 if k == 1234 else 0.5} for k in range(3001)
    ]
    line = trace(epoch_figure(epoch_strip(pd.DataFrame(rows))), "fold 1")
    assert len(line.x) <= 303
    assert {1235, 3001} <= set(line.x)


def score(name: str, *values: float) -> ModelScore:
    folds = tuple(FoldScore(k, 20, 8, value, value - 0.01, value) for k, value in enumerate(values))
    known = [value for value in values if not np.isnan(value)]
    sd = float(np.std(known, ddof=1)) if len(known) > 1 else float("nan")
    return ModelScore(name, folds, float(np.mean(known)), sd, 0.4, 0.8)


def test_concordance_figure() -> None:
    scores = {"POMP": score("POMP", 0.6, 0.7), "clinical Cox": score("clinical Cox", 0.5, float("nan"))}
    figure = concordance_figure(scores)
    assert trace(figure, "POMP").y == (0.6, 0.7)
    mean = trace(figure, "POMP, mean")
    assert mean.y == (pytest.approx(0.65),)
    assert mean.error_y.array == (pytest.approx(0.0707, abs=1e-4),)
    assert mean.cliponaxis is False  # its number is whole in a narrow column
    assert trace(figure, "clinical Cox, mean").error_y.visible is False
    assert trace(figure, "clinical Cox, mean").hovertemplate == "mean 0.500, sd –<extra></extra>"  # of one fold
    assert figure.layout.xaxis.ticktext == ("POMP", "clinical<br>Cox")
    assert figure.layout.yaxis.tickformat == ".2f"  # 0.70 beside 0.65
    names = ("ridge Cox (30 components)", "random survival forest", "a<b, paper-released")
    assert concordance_figure(dict.fromkeys(names, scores["POMP"])).layout.xaxis.ticktext == (
        "ridge Cox<br>(30<br>components)", "random<br>survival<br>forest", "a&lt;b,<br>paper-<br>released",
    )  # fmt: skip
    assert concordance_table(scores)["c_index"].tolist()[:3] == [0.6, 0.7, 0.5]
    assert concordance_table(scores)["events"].tolist() == [8, 8, 8, 8]  # of whatever endpoint
    assert "deaths" not in trace(figure, "POMP").hovertemplate


METRICS = pd.DataFrame(
    [
        {"stage": "pretrain", "fold": -1, "epoch": 0, "total": 9.0, "mom": 5.0},
        {"stage": "pretrain", "fold": -1, "epoch": 1, "total": 7.0, "mom": 4.0},
        {"stage": "pretrain", "fold": -1, "epoch": 1, "total": 6.0, "mom": 3.0},
        {"stage": "finetune", "fold": 0, "epoch": 0, "cox": 2.0, "train_c_index": 0.5},
        {"stage": "finetune", "fold": 1, "epoch": 0, "cox": 2.5, "train_c_index": 0.6},
    ]
)


def test_loss_figure_leaves_out_tasks_that_are_off() -> None:
    figure = loss_figure(METRICS, "pretrain")
    assert [note.text for note in figure.layout.annotations] == ["Total loss", "MOM: fill in masked omics"]
    assert [found.name for found in figure.data] == ["all patients"] * 2
    assert list(figure.data[0].x) == [1, 2]
    assert list(figure.data[0].y) == [9, 6]


def test_loss_figure_says_what_its_axes_count() -> None:
    titles = [loss_figure(METRICS, "finetune").layout[axis].title.text for axis in ("yaxis", "yaxis2")]
    assert titles == ["Loss", "C-index"]


def test_loss_figure_has_its_panels_below_each_other_where_it_is_narrow() -> None:
    figure = loss_figure(METRICS, "finetune")
    narrow = figure.layout.meta["narrow"]
    assert figure.layout.xaxis2.domain[0] > 0.5
    assert (narrow["xaxis"]["domain"], narrow["xaxis2"]["domain"]) == ([0, 1], [0, 1])
    assert narrow["yaxis"]["domain"][0] > narrow["yaxis2"]["domain"][1]
    assert narrow["height"] > figure.layout.height


def test_loss_figure_by_fold() -> None:
    figure = loss_figure(METRICS, "finetune")
    assert [(found.name, tuple(found.y)) for found in figure.data] == [
        ("fold 1", (2.0,)), ("fold 1", (0.5,)), ("fold 2", (2.5,)), ("fold 2", (0.6,)),
    ]  # fmt: skip


@pytest.mark.parametrize("metrics", [pd.DataFrame(), METRICS[METRICS["stage"] == "finetune"]])
def test_loss_figure_without_an_epoch(metrics: pd.DataFrame) -> None:
    assert loss_figure(metrics, "pretrain") is None
    assert stage_metrics(metrics, "pretrain").empty


def test_with_alpha() -> None:
    assert with_alpha("#0072B2", 0.2) == "rgba(0, 114, 178, 0.2)"
