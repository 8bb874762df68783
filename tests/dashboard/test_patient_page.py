"""The Patient page: its numbers by hand, its words, and every state in which a run can be."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from dashboard.charts.patient import QUANTILES, patient_figure, seeds_figure, strip_figure
from dashboard.charts.reasons import contributions_figure, genes_figure
from dashboard.elements import run_label
from dashboard.endpoints import describe_endpoint
from dashboard.patient import alike, certainty, clinical, prediction, reasons, tissue, walk
from dashboard.patient.alike import alike_table, compare
from dashboard.patient.certainty import describe_seeds, more_seeds, other_group, out_of_hundred, risks_by_seed
from dashboard.patient.reasons import genes_by_patient, part_table
from dashboard.patient.tissue import extremes
from dashboard.patient.walk import fold_by_risk
from dashboard.survival.results import calibrated
from dashboard.theme import HIGH_RISK, LOW_RISK
from pomp.config import override
from pomp.data.cohort import read_cohort
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from tests.dashboard.browsing import click_middle, forgive_probes, see_figure, settle, tick_first_row
from tests.dashboard.conftest import Serve, WatchedPage
from tests.dashboard.fake import HOSTILE_PATIENT, FakeWorkspace, finish, make_workspace
from tests.dashboard.pages import APP, figures, open_page, patient_shown, words

OS = describe_endpoint("OS")
OTHERS = {"patient-part": "Clinical and similar patients"}
HEADERS = {
    "Risk": {"Predicted survival", "Among the patients of its fold", "How sure is this?"},
    "Reasons": {"What each part of the data adds", "Leading genes"},
    "Slide": {"Slide"},
    "Clinical and similar patients": {"Clinical data", "Similar patients"},
}
"""Part of the page → what it has."""
NAN = float("nan")


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    """As `fake`, with what a run of this version records beside it."""
    fake = make_workspace(tmp_path_factory.mktemp("explained"))
    for label in ("honest", "hostile"):
        explain(fake.runs[label])
    return fake


def explain(run: Run) -> None:
    """Tables of made-up numbers for every patient of a run."""
    predictions, random = run.require_predictions(), np.random.default_rng(3)
    training = [
        (fold.index, patient, random.normal() / 5) for fold in run.splits().folds for patient in fold.train
    ]  # fmt: skip
    run.write_table("training_risks", pd.DataFrame(training, columns=["fold", "patient", "risk"]))
    parts, genes, vectors = [], [], []
    for row in predictions.itertuples():
        parts += [(row.patient, row.fold, part, row.risk - 0.1, 0.1) for part in ("mrna", "mirna")]
        genes += [
            (row.patient, row.fold, omics, f"<b>{omics}-{k}</b>", random.normal(), random.normal() / 50)
            for omics in ("mrna", "mirna")
            for k in range(20)
        ]
        slides, omics = random.normal(size=(2, 4))
        vectors.append((row.patient, row.fold, slides / np.linalg.norm(slides), omics / np.linalg.norm(omics)))
    columns = ["patient", "fold"]
    run.write_table("contributions", pd.DataFrame(parts, columns=[*columns, "part", "without", "difference"]))
    run.write_table(
        "gene_attributions", pd.DataFrame(genes, columns=[*columns, "type", "gene", "value", "attribution"])
    )
    run.write_table("embeddings", pd.DataFrame(vectors, columns=[*columns, "pathology", "omics"]))


def open_explained(
    explained: FakeWorkspace, monkeypatch: pytest.MonkeyPatch, run: str = "honest", **chosen: str
) -> AppTest:
    monkeypatch.setenv("POMP_HOME", str(explained.root))
    return open_page("patient", run=explained.runs[run], **chosen)


class TestNumbers:
    @pytest.mark.parametrize(
        ("share", "text"),
        [(0, "0 of 100"), (0.004, "fewer than 1 of 100"), (0.12, "12 of 100"), (0.999, "more than 99 of 100"),
         (1, "100 of 100")],
    )  # fmt: skip
    def test_shares_in_words(self, share: float, text: str) -> None:
        assert out_of_hundred(share) == text

    def test_group_changes_by_the_training_risks_of_the_own_fold(self, explained: FakeWorkspace) -> None:
        run = explained.runs["honest"]
        row = run.require_predictions().iloc[0]
        own = run.table("training_risks").query("fold == @row.fold")["risk"]
        cut = float(np.median(own))
        assert other_group(run, row.copy().replace(row["risk"], cut + 5)) == 0
        near = row.copy()
        near["risk"], near["cutoff"] = cut, cut
        assert 0.3 < other_group(run, near) < 0.7

    def test_fold_by_risk(self) -> None:
        table = pd.DataFrame({"patient": list("abcd"), "fold": [0, 0, 1, 0], "risk": [0.1, 0.5, 0.9, 0.5]})
        assert fold_by_risk(table, table.iloc[0])["patient"].tolist() == ["b", "d", "a"]

    def test_parts_are_sorted_and_said_as_hazards(self) -> None:
        own = pd.DataFrame(
            {"part": ["slides", "mrna", "omics"], "without": [0.1, 0.5, 0.0], "difference": [0.2, -0.2, np.log(2)]}
        )
        table = part_table(own)
        assert table["part"].tolist() == ["All omics", "Slides", "mrna"]
        assert table["hazard"].tolist() == pytest.approx([2, np.exp(0.2), np.exp(-0.2)])

    def test_percentiles_of_genes(self) -> None:
        rows = [("a", 1.0, 0.1), ("b", 2.0, -0.3), ("c", 2.0, 0.0), ("d", 5.0, 0.2)]
        table = pd.DataFrame(
            [(name, "mrna", "TP53", value, weight) for name, value, weight in rows]
            + [("a", "mrna", "BRCA1", 0.0, -0.4), ("b", "mirna", "TP53", 9.0, 0.0)],
            columns=["patient", "type", "gene", "value", "attribution"],
        )
        found = genes_by_patient(table)
        # Of the three others: none below a; one below b, and c ties; all three below d.
        shares = {
            name: genes.set_index(["type", "gene"])["percentile"]["mrna", "TP53"] for name, genes in found.items()
        }
        assert shares == pytest.approx({"a": 0, "b": 50, "c": 50, "d": 100})
        assert found["a"]["gene"].tolist() == ["BRCA1", "TP53"]
        assert np.isnan(found["a"]["percentile"].iloc[0])  # nobody else has it
        assert found["a"]["attribution"].tolist() == [-0.4, 0.1]

    def test_who_is_alike(self) -> None:
        table = pd.DataFrame(
            {"patient": list("abcd"), "pathology": [[1.0, 0.0], [1.0, 0.0], None, [0.0, 1.0]],
             "omics": [[1.0, 0.0], [0.0, 1.0], [0.6, 0.8], None]}
        )  # fmt: skip
        fold = pd.DataFrame(
            {"patient": list("abcd"), "risk": [0.1, 0.2, 0.3, 0.4], "high_risk": [False, True, True, True],
             "time_days": [100.0, 730.5, 1461.0, 300.0], "event": [True, True, False, False]}
        )  # fmt: skip
        found = alike_table(compare(table), fold, "a", OS)
        assert found["patient"].tolist() == ["c", "b", "d"]
        assert found["likeness"].tolist() == pytest.approx([0.6, 0.5, 0])
        assert found["compared"].tolist() == ["omics", "slides and omics", "slides"]
        assert found["outcome"].tolist() == ["alive after 4.0 years", "death after 2.0 years", "alive after 10 months"]
        assert found["group"].tolist() == ["high risk"] * 3
        assert alike_table(compare(table), fold, "nobody", OS).empty

    def test_extreme_regions(self) -> None:
        effects = [0.1, -0.2, 0.3, NAN, 0.0, 0.2, 0.4, -0.1]
        regions = pd.DataFrame({"row": range(8), "column": 0, "x": 0, "y": 0, "occlusion": effects})
        top, bottom = extremes(regions)
        assert top["row"].tolist() == [6, 2, 5]
        assert bottom["row"].tolist() == [1, 7]
        weak = regions.assign(occlusion=[0.00004, -0.00004, 0.00006, NAN, 0.0, 0.0, 0.0, -0.00006])
        assert [part["row"].tolist() for part in extremes(weak)] == [[2], [7]]


class TestCurve:
    def test_a_curve_that_does_not_hold_for_all_patients_is_doubted(
        self, fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("POMP_HOME", str(fake.root))
        run = fake.runs["honest"]
        assert not open_page("patient", run=run).warning
        monkeypatch.setattr(prediction, "describe_calibration", lambda found: [f"Slope {found.slope.slope:.2f}."])
        found = calibrated(run)
        assert found is not None
        said = f"Of this run's curves, over all patients: Slope {found.slope.slope:.2f}."
        assert [box.value for box in open_page("patient", run=run).warning] == [said]


class TestSeeds:
    def test_in_words(self) -> None:
        seeds = pd.DataFrame({"risk": [0.1, -0.2, 0.3], "high_risk": [True, False, True], "below": [0.5, 0.25, 0.8]})
        assert describe_seeds(seeds) == (
            "Over 3 runs, each with its own seed, the risk lies between −0.200 and +0.300, above that of 25 to 80 % of "
            "the fold's patients. The patient is in the high-risk group in 2 of them."
        )

    def test_a_row_a_run(self, explained: FakeWorkspace) -> None:
        run, other = explained.runs["honest"], explained.runs["released"]
        found = risks_by_seed([run, other], "P-12")
        assert found["label"].tolist() == ["seed 0, this run", "seed 0"]
        for row, table in zip(
            found.itertuples(), (run.require_predictions(), other.require_predictions()), strict=True
        ):
            own = table.set_index("patient").loc["P-12"]
            fold = table[table["fold"] == own["fold"]]
            assert (row.risk, row.cutoff, row.high_risk) == (own["risk"], own["cutoff"], own["high_risk"])
            assert row.below == sum(fold["risk"] < own["risk"]) / len(fold)
        only_there = risks_by_seed([run, explained.runs["hostile"]], HOSTILE_PATIENT)
        assert only_there["label"].tolist() == ["seed 0"]

    def test_the_command_names_seeds_that_are_new(self, explained: FakeWorkspace) -> None:
        run = explained.runs["honest"]
        assert more_seeds(run).splitlines() == [
            "for seed in 1 2 3 4; do",
            f"  {run.info.command} --set seed=$seed",
            "done",
        ]

    def test_other_seeds_on_the_page(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        fake = make_workspace(tmp_path)
        monkeypatch.setenv("POMP_HOME", str(tmp_path))
        run = fake.runs["honest"]
        assert "Only one run with these settings" in words(open_page("patient", run=run, patient="P-20"))
        cohort = read_cohort(tmp_path / "cohorts" / "tumours")
        config = override(run.config, {"seed": 7})
        again = finish(Workspace(tmp_path).runs.create(cohort, config), cohort, signal=0.8)
        app = open_page("patient", run=run, patient="P-20")
        said = words(app)
        risks = [one.require_predictions().set_index("patient").loc["P-20", "risk"] for one in (run, again)]
        assert f"between {min(risks):+.3f} and {max(risks):+.3f}" in said
        assert "Only one run" not in said
        (again.folder / "predictions.parquet").write_bytes(b"torn")
        app = open_page("patient", run=run, patient="P-20")
        said = words(app).replace("\u2060", "")
        assert f"Left out, because the predictions are damaged: {again.id}." in said
        assert "predictions.parquet is damaged" in said
        assert "Only one run with these settings can be read" in said
        assert not app.error
        assert {title.value for title in app.header} == HEADERS["Risk"]


class TestFigures:
    @pytest.mark.parametrize(("died", "text"), [(True, "observed: death"), (False, "observed: last seen alive")])
    def test_predicted_curve(self, died: bool, text: str) -> None:
        fan = pd.DataFrame({"time_days": [0.0, 365.25, 1461.0]} | {share: [1, 1 - share, 0.1] for share in QUANTILES})
        figure = patient_figure(fan, [1, 0.7, 0.2], followed_days=730.5, event=died, endpoint=OS)
        patient = named(figure, "This patient")
        np.testing.assert_allclose(patient.x, [0, 1, 4])
        np.testing.assert_allclose(patient.y, [100, 70, 20], rtol=1e-6)
        assert figure.layout.yaxis.ticksuffix == " %"
        assert named(figure, "Cohort's median").y[1] == 50
        edges = [found.y[1] for found in figure.data if found.name == "Cohort's 10–90 %"]
        assert edges == pytest.approx([10, 90])
        assert figure.layout.shapes[0].x0 == 2
        assert text in [note.text for note in figure.layout.annotations]

    def test_strip(self) -> None:
        fold = pd.DataFrame(
            {"patient": ["a", "<b>", "c"], "risk": [0.5, 0.1, -0.3], "event": [True, False, True],
             "high_risk": [True, True, False]}
        )  # fmt: skip
        figure = strip_figure(fold, "<b>", 0.0, OS)
        high, low, ring = (named(figure, name) for name in ("High risk", "Low risk", "This patient"))
        np.testing.assert_allclose(high.x, [0.5, 0.1])
        assert list(high.customdata) == ["a", "<b>"]
        assert high.text == ("a", "&lt;b&gt;")
        assert low.marker.color == LOW_RISK
        assert [round(float(y)) for y in (*high.y, *low.y)] == [1, 0, 1]  # the lane says whether the event was seen
        assert (ring.x[0], ring.y[0]) == (high.x[1], high.y[1])
        assert figure.layout.shapes[0].x0 == 0

    def test_seeds(self) -> None:
        seeds = pd.DataFrame(
            {"label": ["seed 0", "seed 1"], "risk": [0.2, -0.1], "cutoff": [0.1, 0.0], "high_risk": [True, False]}
        )
        figure = seeds_figure(seeds, [0.4, 0.3])
        assert (named(figure, "High risk").x[0], named(figure, "High risk").y) == (0.2, ("seed 0",))
        assert (named(figure, "Low risk").x[0], named(figure, "Low risk").y) == (-0.1, ("seed 1",))
        assert list(named(figure, "Trained on this patient").x) == [0.4, 0.3]
        assert "Trained on this patient" not in {trace.name for trace in seeds_figure(seeds, []).data}

    def test_contributions(self) -> None:
        parts = pd.DataFrame({"part": ["<i>", "mrna"], "difference": [0.5, -0.25], "hazard": [1.65, 0.78]})
        bars = contributions_figure(parts).data[0]
        assert bars.y == ("&lt;i&gt;", "mrna")
        assert bars.text == ("+0.500", "−0.250")
        assert list(bars.marker.color) == [HIGH_RISK, LOW_RISK]

    def test_genes(self) -> None:
        genes = pd.DataFrame({"gene": ["<a>", "B"], "attribution": [-0.02, 0.01], "percentile": [97.0, 20.0]})
        bars, points = genes_figure(genes).data
        assert (bars.y, list(bars.x)) == (("&lt;a&gt;", "B"), [-0.02, 0.01])
        assert list(points.x) == [97, 20]


def named(figure: object, name: str) -> object:
    return next(trace for trace in figure.data if trace.name == name)  # type: ignore[attr-defined]


class TestPage:
    def test_everything_that_is_recorded(self, explained: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
        shown = {
            part: open_explained(explained, monkeypatch, patient="P-12", **{"patient-part": part}) for part in HEADERS
        }
        texts = {
            "Risk": ["no longer in the"],
            "Reasons": ["What each part of the data adds", "need not add up", "The 15 of 20 genes of mrna",
                        "not a proof"],
            "Slide": ["Raise the risk most"],
            "Clinical and similar patients": ["Select a row to open that patient"],
        }  # fmt: skip
        for part, app in shown.items():
            said = words(app)
            for text in [*texts[part], "Research use only"]:
                assert text in said
            assert {metric.label: metric.value for metric in app.metric}["Would change group"].endswith("of 100")
            assert {header.value for header in app.header} == HEADERS[part]
            assert app.query_params.get("patient-part", "Risk") == part  # the first stands in none
        # By the number that it has in the slide viewer.
        assert re.search(r"[+−]0\.\d{4}  \nregion \d+", words(shown["Slide"]))
        tables = shown["Clinical and similar patients"].dataframe
        similar = next(table.value for table in tables if "likeness" in table.value)
        assert len(similar) == 8
        assert similar["likeness"].is_monotonic_decreasing
        names = [{figure["name"] for figure in figures(app)} for app in shown.values()]
        assert names == [{"predicted-survival", "risks"}, {"contributions", "leading-genes"}, set(), set()]

    def test_another_patient_is_shown_in_the_same_part(
        self, explained: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = open_explained(explained, monkeypatch, patient="P-12", **{"patient-part": "Reasons"})
        next(button for button in app.button if "risk" in button.label and not button.disabled).click().run()
        assert patient_shown(app) != "P-12"
        assert {header.value for header in app.header} == HEADERS["Reasons"]
        assert app.query_params["patient-part"] == "Reasons"

    @pytest.mark.parametrize("part", HEADERS)
    def test_other_parts_are_not_worked_out(
        self, part: str, explained: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drawn = {
            (prediction, "show_curve"): "Risk", (walk, "show_place"): "Risk", (certainty, "show_certainty"): "Risk",
            (reasons, "show_parts"): "Reasons", (reasons, "show_genes"): "Reasons", (tissue, "show_tissue"): "Slide",
            (clinical, "show_clinical"): OTHERS["patient-part"], (alike, "show_alike"): OTHERS["patient-part"],
        }  # fmt: skip
        called: list[str] = []
        for module, name in drawn:
            monkeypatch.setattr(module, name, lambda *_, name=name: called.append(name))
        open_explained(explained, monkeypatch, patient="P-31", **{"patient-part": part})
        assert set(called) == {name for (_, name), of in drawn.items() if of == part}

    def test_a_run_of_an_older_version(self, fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("POMP_HOME", str(fake.root))
        lacks = {
            "Risk": ["has not recorded the risks of its training patients"],
            "Reasons": ["does not say what each part", "does not say which genes"],
            "Clinical and similar patients": ["does not say who is similar"],
        }
        for part, texts in lacks.items():
            app = open_page("patient", run=fake.runs["honest"], patient="P-12", **{"patient-part": part})
            for text in texts:
                assert text in words(app)
            assert fake.runs["honest"].info.command in [code.value for code in app.code]
            assert [metric.label for metric in app.metric] == ["Risk score", "Rank in fold 1", "Group"]

    def test_patients_are_walked_through_by_risk(
        self, explained: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        predictions = explained.runs["honest"].require_predictions()
        fold = fold_by_risk(predictions, predictions.iloc[0])
        names = fold["patient"].tolist()
        app = open_explained(explained, monkeypatch, patient=names[0])
        assert app.button(key="patient-Higher risk").disabled
        app.button(key="patient-Lower risk").click().run()
        assert patient_shown(app) == names[1]
        assert app.query_params["patient"] == names[1]
        app.button(key="patient-Higher risk").click().run()
        assert patient_shown(app) == names[0]
        keys = {app.button(key=f"patient-{side} risk").proto.shortcut for side in ("Higher", "Lower")}
        assert keys == {"shift+left", "shift+right"}  # with Alt they are the browser's own

    def test_whole_numbers_of_clinical_data_are_shown_as_such(
        self, explained: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = open_explained(explained, monkeypatch, patient="P-12", **OTHERS)
        clinical = next(table.value for table in app.dataframe if list(table.value) == ["column", "value"])
        assert not clinical["value"].str.fullmatch(r"-?\d+\.0").any()
        assert set(clinical["column"]) >= {"OS", "OS.time"}
        assert "OS.time: days of follow-up; 1 in OS: the event was seen." in words(app)

    def test_the_omics_type_stands_in_the_address(
        self, explained: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = open_explained(
            explained, monkeypatch, patient="P-12", **{"patient-part": "Reasons", "patient-type": "mirna"}
        )
        assert "genes of mirna that weigh most" in words(app)

    def test_names_are_shown_letter_by_letter(self, explained: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
        charts = []
        for part in HEADERS:
            app = open_explained(explained, monkeypatch, "hostile", patient=HOSTILE_PATIENT, **{"patient-part": part})
            assert not app.exception
            charts += figures(app)
        assert len(charts) >= 3
        for chart in charts:
            assert "<script>x" not in drawn_text(chart["figure"])

    def test_a_run_on_omics_alone(self, explained: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
        chosen = {"run": "hostile", "patient": "P-20"}
        said = words(open_explained(explained, monkeypatch, **chosen, **{"patient-part": "Slide"}))
        assert "This run has read no slides" in said
        said = words(open_explained(explained, monkeypatch, **chosen, **OTHERS))
        assert "this run has not read both" in said

    def test_a_patient_without_a_slide(self, explained: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
        app = open_explained(explained, monkeypatch, patient="P-40", **{"patient-part": "Slide"})
        assert "This patient has no slide" in words(app)


@pytest.mark.slow
def test_clicks_open_other_patients(explained: FakeWorkspace, serve: Serve, watched: WatchedPage) -> None:
    """A point of the strip, then a row of the similar patients, and no further jump after either."""
    run, page = explained.runs["honest"], watched.page
    predictions = run.require_predictions()
    fold = fold_by_risk(predictions, predictions.iloc[0])
    first, last = fold["patient"].iloc[0], fold["patient"].iloc[-1]
    page.set_default_timeout(60_000)
    page.set_viewport_size({"width": 1400, "height": 4000})
    page.goto(f"{serve(APP, explained.root)}/patient?{urlencode({'run': run_label(run), 'patient': first})}")
    strip = page.get_by_role("figure", name="Risks of the")
    see_figure(page, strip)
    settle(page)
    point = strip.locator(".trace.scatter").first.locator(".point")  # low risk, in the order of the fold
    click_middle(page, point.last)
    expect(page).to_have_url(re.compile(f"patient={last}"))
    settle(page)
    # The figure that was clicked comes back with its patient; the click does not.
    box = page.get_by_role("combobox", name="Find a patient")
    box.fill("-0")  # letters that stand together: P-10 has them too, but apart
    expect(page.get_by_role("option").first).to_be_visible()
    assert all("-0" in name for name in page.get_by_role("option").all_inner_texts())
    box.fill(first)
    box.press("Enter")
    expect(page).to_have_url(re.compile(f"patient={first}"))
    settle(page)
    expect(page).to_have_url(re.compile(f"patient={first}"))
    click_middle(page, point.last)
    expect(page).to_have_url(re.compile(f"patient={last}"))
    settle(page)
    vectors = run.table("embeddings")
    similar = alike_table(compare(vectors[vectors["fold"] == fold["fold"].iloc[0]]), fold, last, OS)
    page.get_by_role("radio", name="Clinical and similar patients").click()
    settle(page)
    tick_first_row(page, page.get_by_role("region", name="The most similar patients of the fold"))
    expect(page).to_have_url(re.compile(f"patient={similar['patient'].iloc[0]}"))
    settle(page)
    expect(page).to_have_url(re.compile(f"patient={similar['patient'].iloc[0]}"))
    forgive_probes(watched)


class TestWhatIsGone:
    @pytest.fixture
    def own(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeWorkspace:
        monkeypatch.setenv("POMP_HOME", str(tmp_path))
        fake = make_workspace(tmp_path)
        explain(fake.runs["honest"])
        return fake

    def test_the_cohort_folder(self, own: FakeWorkspace) -> None:
        shutil.rmtree(own.root / "cohorts" / "tumours")
        chosen = {"run": own.runs["honest"], "patient": "P-12"}
        said = words(open_page("patient", **chosen, **{"patient-part": "Slide"}))
        assert "There is no picture of this slide" in said
        assert "Raise the risk most" in said
        said = words(open_page("patient", **chosen, **OTHERS))
        assert "cannot be read any more" in said

    @pytest.mark.parametrize(
        ("table", "part"),
        [
            ("training_risks", "Risk"),
            ("contributions", "Reasons"),
            ("gene_attributions", "Reasons"),
            ("embeddings", "Clinical and similar patients"),
            ("baseline", "Risk"),
            ("attention/regions", "Slide"),
        ],
    )
    def test_a_damaged_table(self, own: FakeWorkspace, table: str, part: str) -> None:
        (own.runs["honest"].folder / f"{table}.parquet").write_bytes(b"torn")
        app = open_page("patient", run=own.runs["honest"], patient="P-12", **{"patient-part": part})
        assert f"{table}.parquet is damaged" in app.error[0].value.replace("\\", "")
        assert len(app.error) == 1
        assert {title.value for title in app.header} == HEADERS[part]
        cards = {metric.label for metric in app.metric}
        assert "Risk score" in cards
        assert ("Would change group" in cards) == (table != "training_risks")

    def test_all_but_one_patient(self, own: FakeWorkspace) -> None:
        run = own.runs["honest"]
        for table in ("predictions", "contributions", "gene_attributions", "embeddings"):
            rows = run.table(table)
            run.write_table(table, rows[rows["patient"] == "P-12"])
        app = open_page("patient", run=run)
        assert {metric.label: metric.value for metric in app.metric}["Risk score"]
        assert app.button(key="patient-Higher risk").disabled
        assert app.button(key="patient-Lower risk").disabled
        app = open_page("patient", run=run, **OTHERS)
        assert "No other patient of this fold" in words(app)

    def test_every_patient(self, own: FakeWorkspace) -> None:
        run = own.runs["honest"]
        run.write_table("predictions", run.require_predictions().iloc[:0])
        assert "This run has no patient" in words(open_page("patient", run=run))

    def test_failed_runs_alone(self, own: FakeWorkspace) -> None:
        for label in ("honest", "released", "hostile"):
            shutil.rmtree(own.runs[label].folder)
        assert "There is no finished run yet" in words(open_page("patient"))


def drawn_text(figure: dict[str, Any]) -> str:
    """A figure's JSON without what is sent back on a click, which nobody draws."""
    for trace in figure["data"]:
        trace.pop("customdata", None)
    return json.dumps(figure)
