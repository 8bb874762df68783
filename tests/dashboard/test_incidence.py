"""Cumulative incidence on the Survival page: offered where there are deaths without the event, and as the core says."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.charts.incidence import incidence_figure, incidence_table
from dashboard.endpoints import describe_endpoint
from dashboard.survival.choices import CurveChoice
from dashboard.survival.compared import compare
from dashboard.survival.competing import find_competing
from dashboard.survival.grouping import GroupChoice
from dashboard.survival.incidence import incidence_numbers
from dashboard.survival.results import judge
from pomp.config import override
from pomp.data.cohort import read_cohort
from pomp.data.outcome_causes import COMPETING, EVENT
from pomp.evaluation.cumulative_incidence import cumulative_incidence
from pomp.evaluation.curves import kaplan_meier
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from pomp.wording import DAYS_PER_YEAR
from tests.conftest import REPOSITORY
from tests.dashboard.browsing import PATIENCE, forgive_probes, see_figure, see_page, settle
from tests.dashboard.conftest import Serve, WatchedPage
from tests.dashboard.fake import CONFIG, finish, make_cohort
from tests.dashboard.pages import figures, open_page, words

YEARS = DAYS_PER_YEAR
LOW = cumulative_incidence([1 * YEARS, 2 * YEARS, 4 * YEARS, 4 * YEARS], [1, 2, 0, 0])
HIGH = cumulative_incidence([1 * YEARS, 2 * YEARS], [2, 0])
CURVES, COLOURS = {"low risk": LOW, "high risk": HIGH}, {"low risk": "#0072B2", "high risk": "#D55E00"}
PFI, SHOWN = "PFI: progression-free interval", {"survival-curve": "Cumulative incidence"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = tmp_path_factory.mktemp("workspace")
    cohort = make_cohort(root / "cohorts" / "tumours", slides=False)
    return finish(Workspace(root).runs.create(cohort, override(CONFIG, {"model.modalities": "omics"})), cohort, 0.8)


@pytest.fixture
def run(made: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run whose cohort has PFI: of every three patients one progresses at half time; the others die or live on."""
    shutil.copytree(made.folder.parents[1], tmp_path / "home")
    monkeypatch.setenv("POMP_HOME", str(tmp_path / "home"))
    own = Run.open(tmp_path / "home" / "runs" / made.id)
    rewrite(own, with_pfi)
    return own


def with_pfi(table: pd.DataFrame) -> pd.DataFrame:
    progressed = np.arange(len(table)) % 3 == 0
    time = np.where(progressed, table["OS.time"] / 2, table["OS.time"])
    return table.assign(**{"PFI": progressed.astype(float), "PFI.time": time})


def rewrite(run: Run, change) -> None:
    file = run.cohort_folder / "clinical.csv"
    change(pd.read_csv(file)).to_csv(file, index=False)


def open_curves(run: Run, **chosen: str) -> AppTest:
    return open_page("survival", run=run, **{"survival-part": "Curves", "survival-endpoint": PFI} | chosen)


def choice(landmark_days: float = 0.0) -> CurveChoice:
    return CurveChoice("PFI", GroupChoice("median"), None, landmark_days, None, in_detail=False, incidence=True)


def test_the_curves_are_the_core_s(run: Run) -> None:
    predictions = run.require_predictions().set_index("patient")
    clinical = pd.read_csv(run.cohort_folder / "clinical.csv", index_col="patient").loc[predictions.index]
    cause = np.where(clinical["PFI"] == 1, 1, np.where(clinical["OS"] == 1, 2, 0))
    high = predictions["high_risk"].to_numpy(bool)
    found = compare(run, choice()).incidence
    for name, own in (("low risk", ~high), ("high risk", high)):
        expected = cumulative_incidence(clinical["PFI.time"][own], cause[own])
        np.testing.assert_array_equal(found[name].event.share, expected.event.share)
        np.testing.assert_array_equal(found[name].competing.upper, expected.competing.upper)


def test_the_page_shows_both_and_their_numbers_at_tau(run: Run) -> None:
    app = open_curves(run, **SHOWN)
    said, (figure,) = words(app), figures(app)
    assert "of cause-specific hazards" in said
    assert "Aalen–Johansen estimates" in said
    assert "no test of cumulative incidences" in said
    assert figure["alt"].startswith("Cumulative incidence of progression and of death without progression, of the")
    numbers = incidence_numbers(compare(run, choice())).set_index("group")
    shown, first = app.dataframe[0].value, numbers.loc["low risk"]
    assert shown["Ended by"].tolist() == ["progressions", "deaths without progression"] * 2
    assert shown["How many"].tolist()[:2] == [first["events"], first["competing"]]
    column = next(name for name in shown if name.startswith("Cumulative incidence within"))
    share, lower, upper = (100 * first[f"event_incidence{part}"] for part in ("", "_lower", "_upper"))
    assert shown.loc[0, column] == f"{share:.1f} % ({lower:.1f}–{upper:.1f})"
    assert (numbers["event_incidence"] < numbers["one_minus_km"]).all()
    assert (numbers["one_minus_km_lower"] < numbers["one_minus_km"]).all()
    assert (numbers["one_minus_km"] < numbers["one_minus_km_upper"]).all()


def test_kaplan_meier_is_first_and_says_where_the_other_is(run: Run) -> None:
    app = open_curves(run)
    assert app.segmented_control(key="survival-curve").value == "Kaplan–Meier"
    assert "Cumulative incidence, above, does not." in words(app)
    assert "death (OS)" not in words(app)
    app = open_page("survival", run=run, **{"survival-part": "Curves"})  # overall survival
    assert "survival-curve" not in [box.key for box in app.segmented_control]
    assert "cumulative incidence" not in words(app)
    assert "cause-specific" not in words(app)


def test_a_landmark_counts_from_there(run: Run) -> None:
    day = 2 * YEARS
    causes = find_competing(run, "PFI").causes
    assert causes is not None
    found = compare(run, choice(day)).incidence
    assert sum(curve.patients for curve in found.values()) == (causes["time_days"] > day).sum()
    last = max(curve.time[-1] for curve in found.values())
    assert last == pytest.approx(causes["time_days"].max() - day)
    assert "Time since the landmark" in str(figures(open_curves(run, **SHOWN | {"survival-landmark": "2 years"})))


NONE = [
    ("no overall survival", lambda t: t.rename(columns={"OS": "alive", "OS.time": "days"}), "no overall survival (OS"),
    ("everybody progresses", lambda t: t.assign(PFI=1.0), "there is no death without progression on record"),
    ("not followed until death", lambda t: t.assign(PFI=0.0, **{"PFI.time": t["OS.time"] / 9}),
     "died more than a month after the follow-up for it had ended"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), [case[1:] for case in NONE], ids=[case[0] for case in NONE])
def test_where_there_is_none_it_says_why(run: Run, change, said: str) -> None:
    rewrite(run, change)
    app = open_curves(run, **SHOWN)
    assert not app.error
    assert said in words(app)
    assert "There is no cumulative incidence beside the Kaplan–Meier curve" in words(app)
    assert "survival-curve" not in [box.key for box in app.segmented_control]
    (figure,) = figures(app)
    assert figure["alt"].startswith("Kaplan-Meier curves")


LOST = [
    ("no OS of the first two", lambda t: t.assign(OS=t["OS"].where(t.index > 1)),
     "2 patients left out of the cumulative incidence: without overall survival on record"),
    ("beyond death", lambda t: t.assign(**{"PFI.time": t["PFI.time"].where(t.index != t.index[last_dead(t)], 9000)}),
     "1 patient left out of the cumulative incidence: followed for PFI beyond their own death"),
    ("until shortly before", lambda t: t.assign(**{"PFI.time": t["PFI.time"].where(t.index != last_dead(t), 1)}),
     "1 patient died more than a month after the follow-up for it had ended: censored then."),
    ("no PFI", lambda t: t.assign(PFI=t["PFI"].where(t.index != last_dead(t))),
     "Of the patients without PFI on record, 1 died."),
]  # fmt: skip


def last_dead(table: pd.DataFrame) -> int:
    """The row of the last patient who died without progression."""
    return int(table.index[(table["OS"] == 1) & (table["PFI"] == 0) & (table["OS.time"] > 60)][-1])


@pytest.mark.parametrize(("change", "said"), [case[1:] for case in LOST], ids=[case[0] for case in LOST])
def test_who_is_not_in_it_is_counted(run: Run, change, said: str) -> None:
    rewrite(run, change)
    assert said in " ".join(find_competing(run, "PFI").said)
    assert said in words(open_curves(run, **SHOWN))


def test_of_one_fold_only_its_own_patients_are_counted(run: Run) -> None:
    rewrite(run, lambda t: t.assign(PFI=t["PFI"].where(t.index != last_dead(t))))
    folds = run.require_predictions().set_index("patient")["fold"]
    (patient,) = judge(run, "PFI").lost
    own = int(folds[patient])
    for fold in sorted(folds.unique()):
        lost = judge(run, "PFI", fold).lost
        assert lost == ((patient,) if fold == own else ())
        assert ("1 died" in " ".join(find_competing(run, "PFI", fold).said)) == (fold == own)
    for fold in (own, (own + 1) % int(folds.nunique())):
        said = words(open_curves(run, **{"survival-fold": f"fold {fold + 1}"}))
        assert ("1 patient without it left out" in said) == (fold == own)


def test_all_columns_are_of_the_same_patients(run: Run) -> None:
    """Half of those who progress have no OS on record: they are in the curves of survival, but in no incidence."""
    rewrite(run, lambda t: t.assign(OS=t["OS"].where((t["PFI"] == 0) | (t.index % 2 == 0))))
    table = incidence_numbers(compare(run, choice())).set_index("group")
    causes = find_competing(run, "PFI").causes
    assert causes is not None
    for group, part in compare(run, choice()).causes.groupby("group"):
        curve = kaplan_meier(part["time_days"], part["cause"] == EVENT)
        last = np.searchsorted(curve.time, table.loc[group, "days"], side="right") - 1
        assert table.loc[group, "one_minus_km"] == pytest.approx(1 - curve.survival[last])
        assert table.loc[group, "event_incidence"] <= table.loc[group, "one_minus_km"]


def test_outcomes_dealt_anew_belong_to_nobody_s_death(run: Run) -> None:
    file = run.cohort_folder / "cohort.toml"
    file.write_text(f'endpoint = "PFI"\n{file.read_text(encoding="utf-8")}', encoding="utf-8")
    cohort, workspace = read_cohort(run.cohort_folder), Workspace(run.folder.parents[1])
    for permutation in (None, 1):
        config = override(CONFIG, {"model.modalities": "omics", "cohort.permutation": permutation})
        found = find_competing(finish(workspace.runs.create(cohort, config), cohort, 0.0), "PFI")
        assert (found.causes is None) == (permutation is not None)
        assert ("belong to nobody's death" in " ".join(found.said)) == (permutation is not None)


def test_figure_has_the_event_above_deaths_without_it() -> None:
    figure = incidence_figure(CURVES, COLOURS, describe_endpoint("PFI"))
    line = next(found for found in figure.data if found.name.startswith("Low risk: "))
    assert line.name == "Low risk: 4 patients"
    lines = [found for found in figure.data if found.name == line.name]
    assert [found.yaxis for found in lines] == ["y", "y2"]
    assert [found.showlegend for found in lines] == [True, False]
    np.testing.assert_allclose(lines[0].x, [0, 1, 4])
    np.testing.assert_allclose(lines[0].y, [0, 25, 25])
    np.testing.assert_allclose(lines[1].y, [0, 25, 25])
    assert figure.layout.yaxis.ticksuffix == figure.layout.yaxis2.ticksuffix == " %"
    assert [note.text for note in figure.layout.annotations] == [
        "<b>Progression</b>", "<b>Death without progression</b>", "<b>Number at risk</b>",
    ]  # fmt: skip
    assert figure.layout.yaxis.range == figure.layout.yaxis2.range
    counts = [found for found in figure.data if found.mode == "text"]
    assert [found.name for found in counts] == ["low risk, at risk", "high risk, at risk"]
    assert counts[0].text == ("4", "4", "3", "2", "2")


def test_a_step_says_whom_it_befell_and_can_be_clicked() -> None:
    ends = {"low risk": [[[], ["a"], [], []], [[], [], ["<b>"], []]], "high risk": [[[], [], []], [[], ["c"], []]]}
    figure = incidence_figure(CURVES, COLOURS, describe_endpoint("PFI"), patients=ends)
    lines = [found for found in figure.data if found.line.width == 2.5]
    assert [line.text for line in lines] == [("", "a", ""), ("", ""), ("", "&lt;b&gt;", ""), ("", "c", "")]
    # Rows of all curves, one after the other: 4 of low risk, 3 of high risk, and again.
    assert [line.customdata.tolist() for line in lines] == [[0, 1, 3], [4, 6], [7, 9, 10], [11, 12, 13]]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("cause", "panel"), [(EVENT, "xy"), (COMPETING, "x2y2")])
def test_a_click_on_a_step_opens_the_patient(
    cause: int, panel: str, run: Run, serve: Serve, watched: WatchedPage
) -> None:
    compared = compare(run, choice())
    causes, curve = compared.causes, compared.incidence["high risk"]
    ended = causes[(causes["group"] == "high risk") & (causes["cause"] == cause)]
    last = ended["time_days"].idxmax()
    address, page = serve(REPOSITORY / "dashboard" / "app.py", run.folder.parents[1]), watched.page
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/survival?{urlencode({'survival-part': 'Curves', 'survival-endpoint': PFI} | SHOWN)}")
    settle(page)
    figure = page.locator("[class*=st-key-figure-incidence-]").get_by_role("figure")
    see_figure(page, figure)
    line = figure.locator(f".{panel} .scatterlayer .trace").last.locator("path.js-line")
    line.scroll_into_view_if_needed()
    box = line.bounding_box()
    assert box is not None
    along = float(ended.loc[last, "time_days"]) / float(curve.time[-1])
    page.mouse.click(box["x"] + along * box["width"], box["y"])  # the last step is the highest
    see_page(page, "Patient", rf"/patient\?.*patient={last}")
    forgive_probes(watched)


def test_figure_in_detail_counts_both_kinds_of_end() -> None:
    figure = incidence_figure(CURVES, COLOURS, describe_endpoint("DSS"), in_detail=True)
    assert figure.layout.yaxis3.ticktext[:4] == (
        "Low risk",
        "deaths of the disease",
        "deaths of other causes",
        "censored",
    )
    texts = {found.name: found.text for found in figure.data if found.mode == "text"}
    assert texts["low risk, deaths of other causes"] == ("0", "0", "0", "1", "1")


def test_table_has_every_row() -> None:
    table = incidence_table(CURVES)
    assert table["group"].tolist() == ["low risk"] * 4 + ["high risk"] * 3
    assert table.loc[2, ["event_incidence", "competing_incidence", "at_risk", "competing"]].tolist() == [
        0.25,
        0.25,
        3,
        1,
    ]
