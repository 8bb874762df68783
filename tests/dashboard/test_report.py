"""The report of a run: one file, every section, the run's own numbers, and nothing from outside."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.charts.timed_scores import score_cell
from dashboard.endpoints import describe_endpoint
from dashboard.report import performance
from dashboard.report.document import Document, Figure, cell, section, text
from dashboard.report.explanation import contribution_table, leading_genes
from dashboard.report.patients import slide_funnel
from dashboard.report.protocols import describe_optimism
from dashboard.report.render import render
from dashboard.report.run_report import run_html
from dashboard.report.training import training_section
from dashboard.survival.comparison import put_beside
from pomp.config import override
from pomp.data.bundle import assets_folder
from pomp.data.cohort import read_cohort
from pomp.evaluation.corrected_t import CorrectedT
from pomp.evaluation.report import Optimism, evaluate, optimism
from pomp.evaluation.uncertainty import Interval
from pomp.runs.grid.score import Difference, compare, score_run
from pomp.runs.info_sheet.facts import gather_facts
from pomp.runs.info_sheet.results import by_time
from pomp.runs.run import Run
from pomp.runs.twins import Contrast, Twin, contrasts, find_twins
from pomp.runs.workspace import Workspace
from tests.dashboard.browsing import PATIENCE, SCREENSHOTS
from tests.dashboard.conftest import WatchedPage
from tests.dashboard.fake import CONFIG, FakeWorkspace, finish
from tests.dashboard.pages import open_page
from tests.dashboard.report_page import ReportPage
from tests.dashboard.test_hostile import ALIVE, ALL, PAYLOADS, add_run, make_hostile_cohort

SECTIONS = ["result", "curves", "folds", "calibration", "protocols", "training", "explanation", "patients", "settings",
            "making", *(f"sheet-{number}" for number in range(1, 8))]  # fmt: skip
ADDRESS = "http://127.0.0.1/report.html"


@pytest.fixture(scope="module")
def demo() -> ReportPage:
    """Of the bundled run of slides and omics."""
    return ReportPage(run_html(bundled("demo-both")))


@pytest.fixture(scope="module")
def honest(fake: FakeWorkspace) -> ReportPage:
    return ReportPage(run_html(fake.runs["honest"]))


def bundled(name: str) -> Run:
    return Run.open(assets_folder() / "runs" / name)


def copy(run: Run, root: Path, *without: str) -> Run:
    """The run in a workspace of its own, without some of its files and without its cohort."""
    folder = root / "runs" / run.id
    shutil.copytree(run.folder, folder)
    for name in without:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return Run.open(folder)


def test_curves_say_what_other_deaths_do_to_them(fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    progression = describe_endpoint("PFI")
    monkeypatch.setattr(performance, "describe_endpoint", lambda _: progression)
    said = ReportPage(run_html(fake.runs["honest"])).words
    assert said.count(progression.competing) == 2  # of the risk groups, and of the calibration


def test_asks_for_nothing_from_outside(demo: ReportPage) -> None:
    addresses = [*demo.values("src"), *demo.values("href")]
    assert addresses
    assert [where for where in addresses if not where.startswith(("#", "data:"))] == []
    policies = [attrs["content"] for tag, attrs in demo.elements if attrs.get("http-equiv")]
    assert "default-src 'none'" in str(policies[0])
    assert "http" not in str(policies[0])


def test_every_section_is_there_and_linked(demo: ReportPage) -> None:
    assert [attrs["id"] for tag, attrs in demo.elements if tag == "section"] == SECTIONS
    assert set(demo.values("href")) >= {f"#{name}" for name in SECTIONS}


def test_every_figure_has_words_and_its_numbers(demo: ReportPage) -> None:
    assert [*demo.figures] == [
        "kaplan-meier", "c-index", "calibration", "brier", "losses-pretrain", "losses-finetune", "contributions",
        "funnel",
    ]  # fmt: skip
    drawings = [attrs for _, attrs in demo.elements if attrs.get("role") == "img"]
    assert [attrs["id"] for attrs in drawings] == [f"figure-{name}" for name in demo.figures]
    assert all(len(str(attrs["aria-label"])) > 20 for attrs in drawings)
    assert set(demo.values("download")) >= {f"{name}.csv" for name in demo.figures}
    assert len([tag for tag, _ in demo.elements if tag == "details"]) == len(drawings) + 1  # and all settings
    for drawn in demo.figures.values():
        assert drawn["layout"]["legend"]["itemclick"] is False
        assert drawn["layout"]["width"] == 700


def test_numbers_are_those_of_the_evaluation(demo: ReportPage) -> None:
    run = bundled("demo-both")
    report = evaluate(run.require_predictions(), run.baseline(), run.comparators())
    for score in (report.score, *report.comparators):
        assert f"{score.mean:.3f} ± {score.sd:.3f}" in demo.words
        assert f"95 % interval {score.lower:.3f} to {score.upper:.3f}" in demo.words
        assert all(f"{fold.harrell:.4g}" in demo.words for fold in score.folds)
    ratio = report.hazard_ratio
    assert f"Hazard ratio of high over low risk {ratio.ratio:.2f} (95 % interval {ratio.lower:.2f} to" in demo.words
    curves = demo.figures["kaplan-meier"]["data"]
    assert any("High risk: " in trace.get("name", "") for trace in curves)


def test_says_what_must_be_known_first(demo: ReportPage) -> None:
    start = demo.words[:1200]
    for said in ("honest protocol", "Research use only", "synthetic", "no patient is real", "must not guide"):
        assert said in start


def test_models_are_judged_and_scored_by_time(fake: FakeWorkspace, honest: ReportPage) -> None:
    facts = gather_facts(fake.runs["honest"])
    assert facts.by_time is not None
    scores = [one.score for one in facts.by_time.scores if one.kind != "integrated brier"]
    assert len(scores) == 3 * 3 + 2 * 3  # AUC of POMP and two plain models, Brier score of POMP and Kaplan-Meier
    for one in scores:
        assert score_cell(one) in honest.words
    for line in by_time(facts):
        if line.startswith("Integrated"):
            assert line in honest.words
    for beside in facts.comparisons:
        assert beside.verdict.sentence("POMP", beside.other) in honest.words


def test_what_makes_it_again(demo: ReportPage) -> None:
    info = bundled("demo-both").info
    for said in (info.command, info.splits_digest, info.config_digest, info.cohort.digest, info.versions["torch"],
                 "device cpu", "pomp report runs/demo-both --html report.html"):  # fmt: skip
        assert said in demo.words
    assert "Preset: demo." in demo.words
    assert "model.modalities both auto" in demo.words  # here, and in the preset


def test_a_null_experiment_says_so(fake: FakeWorkspace) -> None:
    workspace = Workspace(fake.root)
    config = override(CONFIG, {"cohort.permutation": 3})
    cohort = read_cohort(workspace.cohorts / "tumours", config.cohort)
    run = finish(workspace.runs.create(cohort, config), cohort, signal=0.0)
    try:
        page = ReportPage(run_html(run))
    finally:
        workspace.runs.delete(run.id)
    assert "outcomes permuted" in page.words
    assert "A null experiment: outcomes were dealt anew" in page.words


def test_protocols_stand_side_by_side(fake: FakeWorkspace, honest: ReportPage) -> None:
    reports = [evaluate(fake.runs[name].require_predictions()) for name in ("honest", "released")]
    found = optimism(*reports)
    assert f"{found.difference:+z.3f} (sd {found.sd:.3f})" in honest.words
    assert "protocols" in honest.figures
    assert "paper-released" in honest.words
    (twin,) = find_twins(fake.runs["honest"]).found
    (one,) = contrasts(Twin(fake.runs["honest"], reports[0]), [twin]).values()
    assert f"{one.difference.lower:+.3f} to {one.difference.upper:+.3f}".replace("-", "−") in honest.words
    assert one.difference.verdict.sentence("paper-released", "honest") in honest.words
    assert describe_optimism(one) in honest.words


def test_only_runs_that_differ_in_the_protocol_alone_are_twins(fake: FakeWorkspace, tmp_path: Path) -> None:
    assert [twin.run.id for twin in find_twins(fake.runs["honest"]).found] == [fake.runs["released"].id]
    workspace = Workspace(tmp_path)
    shutil.copytree(fake.root / "cohorts" / "tumours", workspace.cohorts / "tumours")
    cohort = read_cohort(workspace.cohorts / "tumours")
    for changes in ({}, {"protocol": "paper", "finetune.epochs": 3}, {"protocol": "paper", "seed": 1}):
        run = finish(workspace.runs.create(cohort, override(CONFIG, changes)), cohort, signal=1.0)
    workspace.runs.create(cohort, override(CONFIG, {"protocol": "paper"}))  # not finished
    own = next(run for run in workspace.runs.list() if run.info.protocol == "honest")
    assert (find_twins(own).found, find_twins(own).damaged) == ((), ())
    page = ReportPage(run_html(run))
    assert "no finished run with the same settings on the same folds" in page.words


def test_a_damaged_twin_is_left_out_and_named(fake: FakeWorkspace, tmp_path: Path) -> None:
    shutil.copytree(fake.root, tmp_path / "home")
    own, other = (Run.open(tmp_path / "home" / "runs" / fake.runs[name].id) for name in ("honest", "released"))
    file = other.folder / "predictions.parquet"
    for write in (
        lambda: file.write_bytes(b"PAR1, and no more"),
        lambda: other.write_table("predictions", fake.runs["released"].require_predictions().iloc[1:]),
    ):
        write()
        assert (find_twins(own).found, find_twins(own).damaged) == ((), (other.id,))
    assert f"Left out, because the predictions are damaged: {other.id}." in ReportPage(run_html(own)).words


def test_runs_that_are_judged_by_different_follow_up_are_not_compared(fake: FakeWorkspace, tmp_path: Path) -> None:
    shutil.copytree(fake.root, tmp_path / "home")
    own, other = (Run.open(tmp_path / "home" / "runs" / fake.runs[name].id) for name in ("honest", "released"))
    table = other.require_predictions()
    longer = table["patient"].isin(table.loc[~table["event"].astype(bool), "patient"].head(4))
    other.write_table("predictions", table.assign(time_days=table["time_days"] + 100 * longer))
    assert compare({0: score_run(other)}, {0: score_run(own)}) is None
    first = min(table["patient"][longer])
    beside = put_beside(own, evaluate(own.require_predictions()), other)
    assert beside.found is None
    assert f"judged by different follow-up, that of 4 patients, such as {first}, " in beside.why
    assert find_twins(own).found == ()


def pair(value: float, lower: float, upper: float, p_value: float) -> Contrast:
    test = CorrectedT(value, 0.02, Interval(value - 0.1, value + 0.1), 2.0, 4, p_value, 5, 0, None)
    by_fold = Optimism((), honest=0.64, paper=0.64 + value, difference=value, sd=0.02)
    return Contrast(by_fold, Difference(value, lower, upper, test))


@pytest.mark.parametrize(("found", "said"), [
    (pair(0.08, 0.02, 0.14, 0.01), "raises the C-index from 0.640 to 0.720. That gain comes from having seen the test "
     "patients"),
    (pair(0.08, 0.02, 0.14, 0.23), "gives 0.720 and the honest one 0.640. The two cannot be told apart: this pair does "
     "not show what having seen the test patients is worth. The null experiment (pomp null) is the better evidence."),
    (pair(0.0003, -0.05, 0.06, 0.99), "The two cannot be told apart"),
    (pair(-0.08, -0.14, -0.02, 0.01), "here it gained nothing, though it has seen the test patients"),
])  # fmt: skip
def test_only_a_gain_that_can_be_told_from_none_is_given_a_cause(found: Contrast, said: str) -> None:
    sentence = describe_optimism(found)
    assert said in sentence
    assert ("That gain comes from" in sentence) == (found.difference.verdict.outcome == "better")


def test_the_bundled_pair_shows_no_gain_by_itself() -> None:
    """+0.081 (+0.021 to +0.143), but p = 0.23 over five folds: the folds differ too much among themselves."""
    own = bundled("brca-honest")
    twins = find_twins(own).found
    assert {twin.run.id for twin in twins} == {"brca-paper", "brca-paper-released"}
    honest = Twin(own, evaluate(own.require_predictions()))
    found = contrasts(honest, twins)
    assert found["paper-released"].words == "+0.081 (+0.021 to +0.143)"
    alone = compare({0: score_run(bundled("brca-paper-released"))}, {0: score_run(own)})
    assert alone is not None
    assert found["paper-released"].difference.training == alone.training
    assert found["paper-released"].difference.adjusted_p == pytest.approx(2 * alone.training.p_value)  # one of two
    assert "this pair does not show" in describe_optimism(found["paper-released"])
    beside = put_beside(own, honest.report, bundled("brca-paper-released"))
    assert beside.found is not None
    assert beside.found.difference == found["paper-released"].difference  # the page says what the report says


LACKING = {
    "baseline.parquet": "There is nothing to calibrate: either the run has no baseline hazards",
    "comparators.parquet": "The run has no plain models to stand beside it.",
    "contributions.parquet": "The run does not say what each part of the data adds",
    "gene_attributions.parquet": "The run has not kept which genes its risks rest on.",
    "selectors": "No genes were chosen",
    "slides.parquet": "The run has not recorded what became of its slides.",
    "metrics.jsonl": "Pre-training: the run has none.",
    "threads.json": "threads of each worker not recorded",
}


def test_what_is_missing_leaves_a_sentence(tmp_path: Path) -> None:
    """A run of which only the predictions are left, and whose cohort is gone."""
    page = ReportPage(run_html(copy(bundled("demo-both"), tmp_path, *LACKING)))
    assert [attrs["id"] for tag, attrs in page.elements if tag == "section"] == SECTIONS
    for said in (*LACKING.values(), "The folder of the cohort Demo is not there any more.",
                 "Who was left out, and why, is not recorded", "There is no Brier score"):  # fmt: skip
        assert said.casefold() in page.words.casefold()
    assert [*page.figures] == ["kaplan-meier", "c-index"]


def test_the_epoch_strip_of_a_run_that_looked(fake: FakeWorkspace) -> None:
    found = training_section(bundled("brca-paper-released")).blocks
    assert [block.name for block in found if isinstance(block, Figure)][-1] == "epoch-strip"
    honest = training_section(fake.runs["honest"]).blocks[-1]
    assert "looked at once" in honest.lines[0]


def test_parts_by_hand() -> None:
    parts = contribution_table(pd.DataFrame({
        "patient": ["a", "b", "a", "b"], "part": ["slides", "slides", "mrna", "mrna"],
        "difference": [0.1, -0.3, 0.5, 0.7],
    }))  # fmt: skip
    assert parts.to_dict("list") == {
        "part": ["mrna", "Slides"], "patients": [2, 2], "mean_change": pytest.approx([0.6, 0.2]),
        "largest": [0.7, 0.3], "raises": [1.0, 0.5],
    }  # fmt: skip


def test_leading_genes_by_hand() -> None:
    """Four patients in two folds; G2 is read in one of them only, so that its weight is halved."""
    rows = [(patient, fold, "mrna", "G1", value, weight) for patient, fold, value, weight in
            [("a", 0, 1.0, 0.2), ("b", 0, -1.0, -0.2), ("c", 1, 2.0, 0.2), ("d", 1, -2.0, -0.2)]]  # fmt: skip
    rows += [("a", 0, "mrna", "G2", 1.0, -0.6), ("b", 0, "mrna", "G2", -1.0, 0.6)]
    columns = ["patient", "fold", "type", "gene", "value", "attribution"]
    found = leading_genes(pd.DataFrame(rows, columns=columns))
    assert found["gene"].tolist() == ["G2", "G1"]
    assert found["mean_weight"].tolist() == pytest.approx([0.3, 0.2])
    assert found["folds"].tolist() == [1, 2]
    assert found["high_value"].tolist() == ["lowers the risk", "raises the risk"]
    assert leading_genes(pd.DataFrame(rows, columns=columns), top=1)["gene"].tolist() == ["G2"]


def test_slides_by_hand() -> None:
    steps, reasons = slide_funnel(pd.DataFrame({
        "regions": [3, 0, None, 4], "reason": [None, None, "cannot be opened", None],
    }))  # fmt: skip
    assert steps["number"].tolist() == [4, 2, 7]
    assert dict(reasons.to_numpy().tolist()) == {"cannot be opened": 1, "no region with tissue": 1}


@pytest.mark.parametrize(("value", "shown"), [
    (0.65432, "0.6543"), (float("nan"), "–"), (None, "–"), (pd.NA, "–"), (True, "yes"), (12, "12"), (1204, "1,204"),
    (np.int64(1204), "1,204"), ("text", "text"),
])  # fmt: skip
def test_cells(value: object, shown: str) -> None:
    assert cell(value) == shown


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of a run whose title, cohort, omics types and genes are payloads."""
    workspace = Workspace(tmp_path_factory.mktemp("hostile-report"))
    cohort = make_hostile_cohort(workspace.cohorts / "hostile")
    run = add_run(workspace, cohort, ALL)
    genes = [f"{payload} gene" for payload in PAYLOADS]
    weights = [(PAYLOADS[4], 0, PAYLOADS[0], gene, 1.0, 1 / place) for place, gene in enumerate(genes, start=1)]
    columns = ["patient", "fold", "type", "gene", "value", "attribution"]
    run.write_table("gene_attributions", pd.DataFrame(weights, columns=columns))
    parts = pd.DataFrame({"patient": PAYLOADS[4], "part": list(PAYLOADS), "difference": 0.1})
    run.write_table("contributions", parts)
    reasons = pd.DataFrame({"slide": "s", "patient": "p", "regions": 0, "reason": list(PAYLOADS)})
    run.write_table("slides", reasons)
    return run_html(run)


def test_hostile_text_is_text(hostile: str) -> None:
    page = ReportPage(hostile)
    allowed = {"html", "head", "meta", "link", "title", "style", "body", "header", "p", "span", "h1", "h2", "h4", "nav",
               "ol", "ul", "li", "a", "main", "section", "dl", "div", "dt", "dd", "figure", "figcaption", "details",
               "summary", "table", "thead", "tbody", "tr", "th", "td", "pre", "code", "footer", "strong",
               "script"}  # fmt: skip
    assert {tag for tag, _ in page.elements} <= allowed
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on")]
    assert len(page.scripts) == 3
    assert not [where for where in [*page.values("src"), *page.values("href")] if not where.startswith(("#", "data:"))]
    for payload in PAYLOADS:  # as the reason for which slides were not used
        assert " ".join(payload.split()) in page.words


def test_hostile_names_in_figures_are_no_markup(hostile: str) -> None:
    """Plotly reads a little HTML; what it draws is escaped, so that it shows the letters."""
    names = ReportPage(hostile).figures["contributions"]["data"][0]["y"]
    assert len(names) == len(PAYLOADS)
    assert not [name for name in names if re.search(r"[<>]", name)]
    block = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', hostile, re.DOTALL)
    assert block is not None
    assert not set(block[1]) & set("<>&")


def test_a_script_that_slipped_in_would_not_run(hostile: str) -> None:
    """The policy names scripts by their digests: no other is allowed."""
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', hostile)
    rule = next(part for part in policy.replace("&#39;", "'").split("; ") if part.startswith("script-src"))
    assert re.fullmatch(r"script-src( 'sha256-[A-Za-z0-9+/]{43}='){2}", rule)


@pytest.mark.slow
@pytest.mark.parametrize("which", ["demo", "hostile"])
def test_opens_in_a_browser_without_a_network(watched: WatchedPage, hostile: str, which: str) -> None:
    """Every figure is drawn; `watched` fails on a console error, a blocked script, or a request to another host."""
    html = hostile if which == "hostile" else run_html(bundled("demo-both"))
    watched.page.context.set_offline(True)
    watched.page.route(ADDRESS, lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    watched.page.on("dialog", lambda dialog: watched.problems.append(f"dialog: {dialog.message}"))
    watched.page.goto(ADDRESS, timeout=PATIENCE)
    names = [*ReportPage(html).figures]
    for name in names:
        watched.page.locator(f"#figure-{name} .main-svg").first.wait_for(timeout=PATIENCE)
    ours = ('<script type="application/json"', "<h1>&lt;script&gt;")  # the figures, and the title as text
    assert [found for found in watched.page.evaluate(ALIVE) if not found.startswith(ours)] == []
    if SCREENSHOTS and which == "demo":
        watched.page.screenshot(path=Path(SCREENSHOTS) / "report.png")


def test_a_figure_keeps_the_pages_own_colours() -> None:
    """White ground and the pages' series, whatever the theme of the page."""
    run = bundled("demo-pathology")
    drawn = next(block for block in training_section(run).blocks if isinstance(block, Figure))
    layout = drawn.figure["layout"]["template"]["layout"]
    assert layout["plot_bgcolor"] == "white"
    assert layout["colorway"][0] == "#0072B2"


def test_a_document_without_figures_is_whole() -> None:
    page = ReportPage(render(Document("a", "b", (), (), "c", (section("x", "y", [text("one"), None, text()]),))))
    assert page.figures == {}
    assert "one" in page.words


def test_the_survival_page_offers_both_files(home: None, fake: FakeWorkspace) -> None:
    app = open_page("survival", run=fake.runs["honest"])
    labels = [button.proto.label for button in app.get("download_button")]
    assert {"Report (HTML)", "Information sheet"} <= set(labels)
