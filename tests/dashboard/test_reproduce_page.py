"""The Reproduce page: the paper's numbers beside those of the runs at hand, and what is said where there are none."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.endpoints import describe_endpoint
from dashboard.reproduce import figure2
from dashboard.reproduce.differences import Facts, facts_of, facts_table, sentence
from dashboard.reproduce.figure2 import p_values
from dashboard.reproduce.figure3 import bar_figure, bar_table
from dashboard.reproduce.figure5 import FIGURE_A, FIGURE_B, draw
from dashboard.reproduce.places import Places, ask, cohorts, fill_places, types_of_paper
from dashboard.reproduce.tables import deviating_settings, every_number, impossible, in_detail, overview
from dashboard.reproduce.verdict import sentences
from dashboard.runs.opening import run_of
from pomp.config import PROTOCOLS, override
from pomp.data.bundle import assets_folder
from pomp.data.cohort import Cohort, read_cohort
from pomp.evaluation.report import evaluate
from pomp.evaluation.uncertainty import Interval
from pomp.runs.grid.reproduction import Nearness, Optimism, Reproduction
from pomp.runs.grid.score import score_run
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from tests.dashboard.fake import CONFIG, FakeWorkspace, finish, make_cohort
from tests.dashboard.pages import figures, open_page, widths, words
from tests.dashboard.test_hostile import ALL, add_run, live, make_hostile_cohort

PARTS = ("Table 1", "Table 2", "Figure 2", "Figure 3a", "Figure 3b", "Figure 5", "Data")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("bundle"))
    workspace.install_bundle(assets_folder())
    return workspace


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace."""
    monkeypatch.setenv("POMP_HOME", str(tmp_path))
    return Workspace(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    """LIHC with slides: POMP under each protocol, MCAT and the task POC alone under the honest one; STAD without."""
    workspace = Workspace(tmp_path_factory.mktemp("made"))
    liver = make_cohort(workspace.cohorts / "LIHC", slides=True)
    make_cohort(workspace.cohorts / "STAD", slides=False)
    wanted: dict[str, tuple[dict[str, Any], float]] = {
        "honest": ({}, 0.3),
        "paper": ({"protocol": "paper"}, 0.6),
        "released": ({"protocol": "paper-released"}, 3.0),
        "mcat": ({"model.system": "mcat"}, 0.0),
        "b1": ({"pretrain.pom": 0.0, "pretrain.mom": 0.0}, 0.3),
    }
    runs = {name: add(workspace, liver, changes, signal) for name, (changes, signal) in wanted.items()}
    return FakeWorkspace(workspace.root, runs)


def add(workspace: Workspace, cohort: Cohort, changes: dict[str, Any], signal: float) -> Run:
    return finish(workspace.runs.create(cohort, override(CONFIG, changes)), cohort, signal=signal)


@pytest.fixture
def table(made: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.setenv("POMP_HOME", str(made.root))
    return fill_places("table1", ask("honest", [0]))


def page(home: Workspace | FakeWorkspace, monkeypatch: pytest.MonkeyPatch, **chosen: str) -> AppTest:
    monkeypatch.setenv("POMP_HOME", str(home.root))
    return open_page("reproduce", **{f"reproduce-{name}": value for name, value in chosen.items()})


def mean_of(run: Run) -> float:
    return float(np.mean(score_run(run).folds))


# The page


def go_through(app: AppTest) -> Iterator[str]:
    """Every part of an open page, one after another."""
    for part in PARTS:
        app.session_state["reproduce-part"] = part
        app.run()
        assert not app.exception, [error.value for error in app.exception]
        yield part


def test_an_empty_workspace_shows_what_is_published_and_what_to_do(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = page(home, monkeypatch)
    for part in go_through(app):
        said = words(app)
        assert not app.error
        assert "None of the 90 published C-indices of Tables 1 and 2 has a finished run here." in said
        assert "There is no finished run of a cohort of the paper." in said
        assert "pomp cohort fetch TCGA-COAD" in said
        if part.startswith("Table"):
            shown = app.dataframe[0].value.set_index("system")
            assert shown.loc[shown.index[-1], "LGG · published"] == "0.856 ± 0.046"
            assert not [column for column in shown.columns if "ours" in column]


@pytest.mark.parametrize("cohort", ["BRCA", "demo", "LUAD"])
def test_every_part_opens_on_the_bundle(bundle: Workspace, monkeypatch: pytest.MonkeyPatch, cohort: str) -> None:
    app = page(bundle, monkeypatch, cohort=cohort)
    for _ in go_through(app):
        assert not app.error
        assert app.selectbox(key="reproduce-cohort").value == cohort
        assert ("TCGA-LUAD is not in this workspace." in words(app)) == (cohort == "LUAD")


def test_rows_that_come_to_one_run_show_it_once(bundle: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """BRCA has no slides, so that contrast and matching drop out of every row."""
    monkeypatch.setenv("POMP_HOME", str(bundle.root))
    filled = fill_places("table2", ask("honest", [0]))
    shown, _ = overview(filled, "honest", ["BRCA"])
    ours = shown.set_index("system")["BRCA · ours"]
    assert ours.iloc[:7].tolist() == ["missing", *["as POMP-B0"] * 2, "as POMP", "as POMP-B0", *["as POMP"] * 2]
    assert ours.iloc[7].endswith("†")
    detail, _ = in_detail(filled, "BRCA")
    twins = detail[detail["ours"] == "as POMP"]
    assert len(twins) == 3 * 3
    assert (twins[["ours − published", "best plain model"]] == "").all(axis=None)
    numbers = every_number(filled).set_index(["cohort", "protocol", "variant"])
    assert numbers.loc[("BRCA", "honest", "POMP-B5"), "same_run_as"] == "POMP"


def test_the_bundled_runs_fill_what_they_can(bundle: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = page(bundle, monkeypatch)
    said = words(app)
    assert "1 of the 90 published C-indices of Tables 1 and 2 has a finished run here (BRCA POMP)." in said
    assert "With slides, as all of the paper's: 0." in said
    assert app.selectbox(key="reproduce-cohort").value == "BRCA"
    shown = app.dataframe[0].value.set_index("system")
    assert re.fullmatch(r"0\.\d{3} ± 0\.\d{3} †", shown.loc["POMP", "BRCA · ours"])
    assert shown.loc["POMP", "BRCA · published"] == "0.700 ± 0.030"
    assert shown.loc["MCAT: co-attention", "BRCA · ours"] == "cannot be run"
    assert "MCAT: The system 'mcat' reads slides and omics together" in said.replace("*", "")
    detail = app.dataframe[1].value
    assert detail["protocol"].tolist() == list(PROTOCOLS)
    assert detail["patients (events)"].tolist() == ["753 (101)"] * 3
    assert detail["best plain model"].str.startswith("clinical + ridge Cox: 0.").all()
    assert "753 patients and 101 deaths" in said
    assert "the paper has 724 patients" in said
    assert "Not here: slides." in said


def test_what_is_chosen_stands_in_the_address(made: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = page(made, monkeypatch, part="Table 2", cohort="STAD", protocol="paper", settings="demo")
    assert app.selectbox(key="reproduce-cohort").value == "STAD"
    assert app.session_state["reproduce-protocol"] == "paper"
    assert "pomp ablate table2 --preset demo --cohort STAD" in words(app)
    app = page(made, monkeypatch, part="nothing", cohort="nobody", protocol="fair", settings="huge")
    assert app.selectbox(key="reproduce-cohort").value == "LIHC"  # the first with a run
    assert app.header[0].value.startswith("Table 1")
    assert not app.error


def test_seeds_that_are_none_are_told(made: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = page(made, monkeypatch)
    app.text_input(key="reproduce-seeds").set_value("one").run()
    assert "'one' are no seeds" in words(app)


def test_another_seed_has_other_runs(made: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = page(made, monkeypatch, seeds="1")
    assert "None of the 90 published" in words(app)


def test_damaged_predictions_leave_the_page_standing(
    made: FakeWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(made.root, tmp_path / "home")
    workspace = Workspace(tmp_path / "home")
    for name, file in (("honest", "predictions"), ("mcat", "comparators")):
        (workspace.root / "runs" / made.runs[name].id / f"{file}.parquet").write_bytes(b"PAR1 torn")
    app = page(workspace, monkeypatch, cohort="LIHC")
    said = words(app)
    assert "predictions.parquet" in said
    assert "comparators.parquet" in said
    assert app.dataframe[0].value.set_index("system").loc["POMP", "LIHC · ours"] == "done"


def test_a_rerun_reads_no_table_and_draws_no_figure_again(made: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = page(made, monkeypatch, cohort="LIHC")
    assert list(go_through(app)) == list(PARTS)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("worked out again")

    for name in ("pomp.runs.run.read_table", "pomp.runs.run.metrics.read_rows", "pomp.runs.grid.cells.read_cohort",
                 "dashboard.reproduce.places.plan_cells", "dashboard.reproduce.places.make_entries",
                 "dashboard.reproduce.figure2.survival_figure", "dashboard.reproduce.figure3.bar_figure",
                 "dashboard.reproduce.figure5.curve_figure", "dashboard.reproduce.differences.cohort_check",
                 "dashboard.reproduce.tables.tidy"):  # fmt: skip
        monkeypatch.setattr(name, never)
    assert list(go_through(app)) == list(PARTS)


def test_a_finished_run_is_seen_at_the_next_look(made: FakeWorkspace, tmp_path: Path,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    shutil.copytree(made.root, tmp_path / "home")
    workspace = Workspace(tmp_path / "home")
    app = page(workspace, monkeypatch, cohort="LIHC")
    assert app.dataframe[0].value.set_index("system").loc["GPDBN: bilinear fusion", "LIHC · ours"] == "missing"
    liver = workspace.find_cohort("LIHC")
    add(workspace, read_cohort(liver), {"model.system": "gpdbn"}, 0.5)
    app.run()
    assert app.dataframe[0].value.set_index("system").loc["GPDBN: bilinear fusion", "LIHC · ours"].endswith("†")


@pytest.mark.parametrize(("part", "cohort", "offered"), [
    ("Table 1", "LIHC", "Launch 24 missing runs…"),  # of these settings: what stands in is another size
    ("Table 1", "STAD", "Launch 3 missing runs…"),  # POMP alone needs no slides
    ("Figure 3b", "LIHC", "Launch 12 missing runs…"),
    ("Figure 3b", "STAD", ""),
    ("Table 1", "LGG", ""),
])  # fmt: skip
def test_what_is_missing_of_a_cohort_can_be_launched(
    made: FakeWorkspace, monkeypatch: pytest.MonkeyPatch, part: str, cohort: str, offered: str
) -> None:
    app = page(made, monkeypatch, part=part, cohort=cohort)
    labels = [block.proto.popover.label for block in app.get("popover")]
    assert next((label for label in labels if label.startswith("Launch")), "") == offered


# What stands in the tables


def test_columns_are_the_papers_cohorts_and_the_demo_if_it_is_there(
    home: Workspace, bundle: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cohorts() == ["COAD", "LIHC", "STAD", "BRCA", "LUAD", "LGG"]
    monkeypatch.setenv("POMP_HOME", str(bundle.root))
    assert cohorts()[-1] == "demo"


def test_the_overview_is_of_one_protocol(made: FakeWorkspace, table: Places) -> None:
    shown, found = overview(table, "honest", ["LIHC", "STAD"])
    rows = shown.set_index("system")
    assert list(rows.columns[:4]) == ["LIHC · published", "LIHC · ours", "STAD · published", "STAD · ours"]
    assert rows.loc["POMP", "LIHC · ours"].startswith(f"{mean_of(made.runs['honest']):.3f} ± ")
    assert rows.loc["MCAT: co-attention", "LIHC · ours"].startswith(f"{mean_of(made.runs['mcat']):.3f} ± ")
    assert rows.loc["MCAT: co-attention", "STAD · ours"] == "cannot be run"
    assert rows.loc["POMP", "STAD · ours"] == "missing"
    assert run_of(found[7, "LIHC · ours"]) == made.runs["honest"]
    assert run_of(found[1, "LIHC · ours"]) is None
    assert (7, "LIHC · published") not in found
    other, _ = overview(table, "paper-released", ["LIHC"])
    assert other.set_index("system").loc["POMP", "LIHC · ours"].startswith(f"{mean_of(made.runs['released']):.3f}")


def test_a_cohort_in_detail_has_every_protocol(made: FakeWorkspace, table: Places) -> None:
    shown, entries = in_detail(table, "LIHC")
    assert len(shown) == len(entries) == 8 * 3
    rows = shown.set_index(["system", "protocol"])
    honest, mcat = rows.loc[("POMP", "honest")], rows.loc[("MCAT: co-attention", "honest")]
    assert (honest["published"], honest["against POMP"]) == ("0.755 ± 0.047", "the reference")
    expected = f"{mean_of(made.runs['honest']) - 0.755:+.3f}".replace("-", "−")
    assert honest["ours − published"] == expected
    assert re.match(r"[+−]0\.\d{3} \([+−]0\.\d{3} to [+−]0\.\d{3}\)", mcat["against POMP"])
    assert re.match(r"(clinical|ridge) Cox.*: 0\.\d{3} ± 0\.\d{3}", honest["best plain model"])
    assert rows.loc[("CAMR: cross-aligned representations", "paper"), "ours"] == "missing"


def test_rows_that_cannot_be_say_why_and_are_not_in_the_detail(table: Places) -> None:
    shown, _ = in_detail(table, "STAD")
    assert shown["system"].unique().tolist() == ["POMP"]
    found = impossible(table, "STAD")
    assert list(found.values()) == [[variant.name] for variant in table.grid.variants[:-1]]
    assert all("cohort 'STAD' has no slides" in problem for problem in found)
    assert impossible(table, "LIHC") == {}


def test_the_file_has_every_number(made: FakeWorkspace, table: Places) -> None:
    numbers = every_number(table)
    assert len(numbers) == 6 * 3 * 8
    rows = numbers.set_index(["cohort", "protocol", "variant"])
    honest, lacking = rows.loc[("LIHC", "honest", "POMP")], rows.loc[("COAD", "honest", "POMP")]
    assert honest["c_index"] == pytest.approx(mean_of(made.runs["honest"]))
    assert honest["lower_95"] < honest["c_index"] < honest["upper_95"]
    assert honest["minus_published"] == pytest.approx(honest["c_index"] - 0.755)
    assert honest["minus_plain"] == pytest.approx(honest["c_index"] - honest["plain_c_index"])
    assert (honest["patients"], honest["published"]) == (58, 0.755)
    assert "omics.genes" in honest["deviations"].split()
    assert lacking["published"] == 0.715
    assert pd.isna(lacking["c_index"])


def test_what_deviates_is_listed_once_a_run(made: FakeWorkspace, table: Places) -> None:
    found = deviating_settings(table, "LIHC")
    own = found[found["run"] == made.runs["honest"].id].set_index("setting")
    assert (own.loc["omics.genes", "here"], own.loc["omics.genes", "asked"]) == ("5", "300")
    assert own.index.is_unique
    assert "model.system" not in set(found["setting"])
    assert deviating_settings(table, "STAD").empty


def test_what_deviates_is_shown_once_it_is_unfolded(made: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = page(made, monkeypatch, cohort="LIHC")
    assert not [shown for shown in app.dataframe if "asked" in shown.value]
    app.session_state["deviations-table1-LIHC-part"] = True
    app.run()
    assert len([shown for shown in app.dataframe if "asked" in shown.value]) == 1


def test_types_that_the_paper_has_not_are_left_out(home: Workspace) -> None:
    make_cohort(home.cohorts / "STAD", slides=False)
    assert types_of_paper("STAD") == []
    manifest = home.cohorts / "STAD" / "cohort.toml"
    shutil.copyfile(home.cohorts / "STAD" / "mrna.csv", home.cohorts / "STAD" / "cnv.csv")
    manifest.write_text(manifest.read_text() + '\n[omics.cnv]\nfile = "cnv.csv"\nkind = "copies"\n')
    assert types_of_paper("STAD") == ["mrna", "mirna"]
    assert types_of_paper("LGG") == []
    filled = fill_places("table1", ask("honest", [0]))
    grid, cells, _ = filled.launchable("STAD")
    assert grid.changes == {"cohort.omics": ["mrna", "mirna"]}
    wanted = [cell.wanted.config.cohort.omics for cell in cells if cell.wanted is not None]
    assert set(wanted) == {("mirna", "mrna")}


# The verdict

NOTHING = Reproduction(90, (), (), (), (), (), None)
ONE = (("BRCA", "POMP"),)
NEAR = (Nearness("honest", -0.06, 0.06), Nearness("paper-released", 0.02, 0.02))


@pytest.mark.parametrize(("found", "said"), [
    (NOTHING, ["None of the 90 published C-indices of Tables 1 and 2 has a finished run here."]),
    (Reproduction(90, ONE, (), (), ONE, NEAR[:1], None),
     ["1 of the 90 published C-indices of Tables 1 and 2 has a finished run here (BRCA POMP). With slides, as all of "
      "the paper's: 0. With exactly the settings chosen below: 0; the others deviate, see † below.",
      "Only the protocol honest was used: ours minus published is −0.060 on average."]),
    (Reproduction(90, ONE * 5, ONE, ONE, (), (), None),
     ["5 of the 90 published C-indices of Tables 1 and 2 have a finished run here. With slides, as all of the paper's: "
      "1. With exactly the settings chosen below: 1; the others deviate, see † below.",
      "No published number has a run under each of the protocols that were used here, so that they cannot be compared "
      "with each other."]),
    (Reproduction(90, ONE, ONE, ONE, ONE, NEAR, None),
     ["On the one number that both have, ours minus published is on average −0.060 under honest, +0.020 under "
      "paper-released: paper-released comes nearest, 0.020 away."]),
])  # fmt: skip
def test_the_verdict_says_what_is_there(found: Reproduction, said: list[str]) -> None:
    assert sentences(found)[-len(said) :] == said


@pytest.mark.parametrize(("above", "said"), [
    (-0.01, "here an honest run already reaches what the paper prints"),
    (0.0, "here an honest run already reaches what the paper prints"),
    (0.02, "the protocol alone adds more than parts the paper from an honest run"),
    (0.06, "what the protocol adds here is about what parts the paper from us"),
    (0.12, "the protocol alone does not account for the difference"),
])  # fmt: skip
def test_what_the_protocol_is_worth_is_judged_by_its_interval(above: float, said: str) -> None:
    found = Optimism(3, 0.07, Interval(0.03, 0.11), above, told_apart=1)
    last = sentences(Reproduction(90, ONE, (), (), ONE, NEAR, found))[-1]
    assert last.endswith(f": {said}.")
    assert "on the 3 numbers" in last
    assert "is +0.070 (95 % interval +0.030 to +0.110)" in last
    unsure = Reproduction(90, ONE, (), (), ONE, NEAR, replace(found, told_apart=0))
    assert sentences(unsure)[-1].endswith("stays open." if above > 0 else f": {said}.")


# Figures


def test_figure_2_has_curves_of_each_protocol_and_a_row_for_each_p(
    made: FakeWorkspace, monkeypatch: pytest.MonkeyPatch, table: Places
) -> None:
    app = page(made, monkeypatch, part="Figure 2", cohort="LIHC")
    assert len(figures(app)) == 3
    assert widths(app.main).count(figure2.CURVES_PX) == 3  # so wide that numbers at risk do not lie over each other
    assert "Log-rank p" in words(app)
    rows = p_values(table)
    assert rows[["cohort", "protocol", "paper"]].to_numpy().tolist() == [
        ["LIHC", protocol, "p < 0.05"] for protocol in PROTOCOLS
    ]
    report_p = rows.set_index("protocol").loc["paper-released", "logrank_p"]
    expected = evaluate(made.runs["released"].require_predictions()).logrank
    assert expected is not None
    assert report_p == pytest.approx(expected.p_value)
    app = page(made, monkeypatch, part="Figure 2", cohort="STAD")
    assert "POMP on STAD: missing." in words(app)
    assert not figures(app)


def test_figure_2_says_what_other_deaths_do_to_its_curves(made: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    progression = describe_endpoint("PFI")
    monkeypatch.setattr(figure2, "describe_endpoint", lambda _: progression)
    app = page(made, monkeypatch, part="Figure 2", cohort="LIHC")
    assert words(app).count(progression.competing) == len(figures(app)) == 3


def test_figure_3_has_bars_with_intervals_beside_what_is_published(
    made: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POMP_HOME", str(made.root))
    filled = fill_places("fig3a", ask("honest", [0]))
    table = bar_table(filled.of("LIHC"))
    figure = bar_figure(filled, table)
    *bars, published = figure.data
    assert [bar.name for bar in bars] == list(PROTOCOLS)
    honest = bars[0]
    assert honest.x == ("both",)
    top = mean_of(made.runs["honest"])
    assert (honest.y[0] + honest.base) == pytest.approx(top)
    row = table.set_index(["variant", "protocol"]).loc[("both", "honest")]
    assert top + honest.error_y.array[0] == pytest.approx(row["upper"])
    assert top - honest.error_y.arrayminus[0] == pytest.approx(row["lower"])
    assert (published.x, published.y, published.error_y.array) == (("both",), (0.755,), (0.047,))
    low, high = figure.layout.yaxis.range
    assert low < row["lower"]
    assert high > 0.755


def test_figure_3_says_what_is_missing_and_what_cannot_be(made: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    said = words(page(made, monkeypatch, part="Figure 3a", cohort="LIHC"))
    assert "omics (honest): missing" in said
    said = words(page(made, monkeypatch, part="Figure 3b", cohort="STAD"))
    assert "Cohort 'STAD' has no slides" in said.replace("\u2060", "")


def test_figure_5_has_a_line_a_row_and_says_which_are_lacking(made: FakeWorkspace) -> None:
    runs = {"POMP": made.runs["honest"], "POMP-B1": made.runs["b1"]}
    found = draw(runs, FIGURE_A)
    assert found.table["run"].unique().tolist() == ["POMP: total loss", "POMP-B1: POC loss"]
    assert found.lacking == ("POMP-B2: POM loss", "POMP-B3: MOM loss")
    # of `fake.add_metrics`: poc is 3 / (epoch + 1) in every fold
    poc = found.table[found.table["run"] == "POMP-B1: POC loss"]
    assert poc["mean"].tolist() == pytest.approx([3.0, 1.5, 1.0, 0.75])
    assert [trace.name for trace in found.figure.data if trace.fill is None] == [
        "POMP: total loss", "POMP-B1: POC loss",
    ]  # fmt: skip
    assert draw(runs, FIGURE_B).lacking == ("POMP-B3: MOM loss", "POMP-B5: MOM loss", "POMP-B6: MOM loss")
    assert draw({}, FIGURE_B).table.empty


def test_figure_5_is_of_the_protocol_that_is_chosen(made: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = page(made, monkeypatch, part="Figure 5", cohort="LIHC", protocol="honest")
    assert "POMP-B2: POM loss" in words(honest)
    assert "POMP-B1: POC loss" not in words(honest)
    paper = page(made, monkeypatch, part="Figure 5", cohort="LIHC", protocol="paper")
    assert "POMP-B1: POC loss" in words(paper)  # lacking


# What differs in the data


def test_facts_are_the_files(home: Workspace) -> None:
    cohort = make_cohort(home.cohorts / "LIHC", slides=True)
    facts = facts_of("LIHC")
    assert facts is not None
    assert (facts.patients, facts.events) == (58, int(cohort.outcome["event"].sum()))
    assert (facts.slides, facts.genes) == (len(cohort.slides), {"mrna": 8, "mirna": 8})
    assert facts.lacking == ("DNA methylation",)
    both = set(cohort.omics["mirna"].values.index) & set(cohort.slides["patient"])
    assert facts.complete == (len(both), int(cohort.outcome.loc[sorted(both), "event"].sum()))
    assert facts_of("LGG") is None
    table = facts_table(["LIHC", "LGG"]).set_index("cohort")
    assert (table.loc["LIHC", "paper_patients"], table.loc["LIHC", "patients"]) == (323, 58)
    assert table.loc["LGG", "paper_patients"] == 451
    assert pd.isna(table.loc["LGG", "patients"])


@pytest.mark.parametrize(("cohort", "facts", "said"), [
    ("LIHC", Facts(348, 124, (307, 105), "OS", 0, {"mrna": 1550, "cnv": 20}, ("slides",), ("cnv",), 730.5, ()),
     "348 patients and 124 deaths (307 and 105 with all of the paper's types of data that there are); the paper has "
     "323 patients. Features: 1,550 mrna, 20 cnv. Not here: slides. Not in the paper, and left out of its "
     "tables here: cnv. Median follow-up 2.0 years."),
    ("demo", Facts(1, 1, (1, 1), "PFI", 2, {}, (), (), float("nan"), ()),
     "1 patient and 1 progression. Features: none; 2 slides."),
])  # fmt: skip
def test_a_sentence_says_what_differs(cohort: str, facts: Facts, said: str) -> None:
    assert sentence(cohort, facts) == said


def test_a_cohort_that_cannot_be_read_is_left_out(home: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    make_cohort(home.cohorts / "LIHC", slides=False)
    (home.cohorts / "LIHC" / "clinical.csv").write_text("patient\n")
    assert facts_of("LIHC") is None
    assert list(go_through(page(home, monkeypatch, cohort="LIHC"))) == list(PARTS)


def test_nothing_of_a_hostile_cohort_comes_alive(home: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    add_run(home, make_hostile_cohort(home.cohorts / "LIHC"), ALL)
    app = page(home, monkeypatch, cohort="LIHC")
    for table in ("table1", "table2"):
        app.session_state[f"deviations-{table}-LIHC-part"] = True
    for _ in go_through(app):
        assert live(app) == []
    assert "LIHC POMP" in words(app)
