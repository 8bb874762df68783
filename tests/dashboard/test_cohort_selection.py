"""Genes by fold on the Cohort page: what was chosen, how far folds agree, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.charts.selection import (
    beside_paper,
    choice_table,
    fold_counts,
    gene_table,
    rank_table,
    stability_figure,
    stability_table,
)
from dashboard.cohort.gene_list import find_genes
from dashboard.elements import run_label
from dashboard.words import agreement, interval, span
from pomp.config import override
from pomp.data.cohort import read_cohort
from pomp.evaluation.stability import selection_stability
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from tests.dashboard.fake import FakeWorkspace, make_workspace
from tests.dashboard.pages import figures, open_page, small_tables, words

HOSTILE_GENE = "<script>alert(1)</script>"
CHOSEN = [("TP53", "MYC"), ("TP53", "KRAS"), ("TP53", "MYC")]  # of mrna, by fold
RANKED = ("TP53", "MYC", "KRAS", HOSTILE_GENE)


def selection(chosen: tuple[str, ...], omics: str = "mrna") -> pd.DataFrame:
    """Four genes that reached the ranking, the chosen ones first, of ten that were tested."""
    genes = [*chosen, *(gene for gene in RANKED if gene not in chosen)]
    return pd.DataFrame(
        {
            "omics": omics, "gene": genes, "contrast": "event by day 900 (20) vs followed longer (25)",
            "test": "moderated t", "statistic": 2.0, "p_value": 0.01, "q_value": [0.01, 0.04, 0.2, 0.3], "tested": 10,
            "selector": "forest", "importance": [0.04, 0.03, 0.02, 0.01], "rank": range(1, 5),
            "selected": [True, True, False, False],
        }
    )  # fmt: skip


FOLDS = pd.concat([selection(chosen).assign(fold=fold) for fold, chosen in enumerate(CHOSEN)], ignore_index=True)


class TestTables:
    def test_genes_by_how_often_they_were_chosen(self) -> None:
        table = gene_table(FOLDS)
        assert table[["gene", "folds", "ranked"]].to_numpy().tolist() == [
            ["TP53", 3, 3], ["MYC", 2, 3], ["KRAS", 1, 3], [HOSTILE_GENE, 0, 3],
        ]  # fmt: skip
        assert table["mean_rank"].tolist() == pytest.approx([1, 7 / 3, 8 / 3, 4])
        assert table["mean_importance"].tolist() == pytest.approx([0.04, 0.08 / 3, 0.07 / 3, 0.01])
        assert table["lowest_q"].tolist() == [0.01, 0.04, 0.04, 0.3]

    def test_rank_in_every_fold(self) -> None:
        table = rank_table(FOLDS[(FOLDS["gene"] != "MYC") | (FOLDS["fold"] != 1)])
        assert table.columns.tolist() == ["omics", "gene", "fold 1", "fold 2", "fold 3"]
        ranks = table.set_index("gene").drop(columns="omics")
        assert ranks.loc["KRAS"].tolist() == [3, 2, 3]
        assert ranks.loc["MYC"].tolist() == [2, pd.NA, 2]

    def test_genes_by_number_of_folds(self) -> None:
        counts = fold_counts(FOLDS, 3)
        assert counts.to_numpy().tolist() == [["mrna", 3, 1], ["mrna", 2, 1], ["mrna", 1, 1]]
        bars = stability_figure(counts, 3).data[0]
        assert (tuple(bars.x), tuple(bars.y)) == (("3", "2", "1"), (1, 1, 1))

    def test_agreement(self) -> None:
        # Pairs share 1, 2 and 1 of 2 genes: (1/2 + 1 + 1/2) / 3. At random, 2 of 10.
        row = stability_table(selection_stability(FOLDS)).loc[0]
        assert row[["omics", "chosen", "always"]].tolist() == ["mrna", 2, 1]
        assert row[["shared", "by_chance"]].tolist() == pytest.approx([2 / 3, 0.2])

    def test_choices(self) -> None:
        table = choice_table(FOLDS, alpha=0.05)
        assert table["fold"].tolist() == ["1", "2", "3"]
        assert table[["tested", "passed", "chosen"]].to_numpy().tolist() == [[10, 2, 2]] * 3

    def test_choices_of_a_run_that_chose_once_and_counted_nothing(self) -> None:
        old = selection(CHOSEN[0]).drop(columns="tested").assign(fold=-1)
        table = choice_table(old, alpha=0.05)
        assert table["fold"].tolist() == ["all patients"]
        assert table["tested"].isna().all()

    def test_two_tests_in_one_type_are_both_named(self) -> None:
        mixed = selection(CHOSEN[0]).assign(fold=0, test=["DESeq2 Wald", "moderated t"] * 2)
        assert choice_table(mixed, alpha=0.05)["test"].tolist() == ["DESeq2 Wald and moderated t"]

    def test_beside_the_paper(self) -> None:
        paper = selection(("TP53", HOSTILE_GENE))
        table = beside_paper(gene_table(FOLDS), paper, 3)
        assert table[["folds", "genes"]].to_numpy().tolist() == [[3, 1], [2, 0], [1, 0], [0, 1]]

    def test_a_gene_that_no_fold_ranked_counts_as_never_chosen(self) -> None:
        paper = selection(("TP53", "MYC")).replace("MYC", "NEW")
        assert beside_paper(gene_table(FOLDS), paper, 3).set_index("folds")["genes"].to_dict() == {
            3: 1,
            2: 0,
            1: 0,
            0: 1,
        }


class TestSearch:
    GENES = gene_table(pd.concat([FOLDS, FOLDS.assign(omics="mirna")]))

    @pytest.mark.parametrize(
        ("text", "omics", "genes"),
        [
            ("", None, ["TP53", "TP53", "MYC", "MYC", "KRAS", "KRAS"]),
            ("", "mirna", ["TP53", "MYC", "KRAS"]),
            ("tp5", "mrna", ["TP53"]),
            ("script", "mrna", [HOSTILE_GENE]),  # ranked, and never chosen
            ("[", None, []),
        ],
    )
    def test_by_name_and_type(self, text: str, omics: str | None, genes: list[str]) -> None:
        assert find_genes(self.GENES, text, omics)["gene"].tolist() == genes


class TestWords:
    @pytest.mark.parametrize(("numbers", "said"), [([], "–"), ([300, 300], "300"), ([43, 1060, 50], "43–1,060")])
    def test_span(self, numbers: list[int], said: str) -> None:
        assert span(numbers) == said

    @pytest.mark.parametrize(
        ("values", "said"), [((0.534, 0.5, 0.57), "0.53 (0.50–0.57)"), ((0.5, float("nan"), float("nan")), "0.50")]
    )
    def test_interval(self, values: tuple[float, float, float], said: str) -> None:
        assert interval(*values) == said

    def test_little_agreement_is_a_warning(self) -> None:
        said = agreement(selection_stability(FOLDS))
        # By hand: f = 1, 2/3, 1/3, so that Σ s² = 3/2 (2/9 + 2/9) = 2/3, a mean of 1/15; k̄/p (1 - k̄/p) = 4/25.
        assert "Moderate agreement on mrna (stability 0.58)" in said
        assert "two folds share 67 % of these genes, and chance alone would give 20 %" in said
        assert "single genes must not be read as biomarkers" in said

    def test_full_agreement(self) -> None:
        same = pd.concat([selection(CHOSEN[0]).assign(fold=fold) for fold in range(3)])
        assert "The folds agree well" in agreement(selection_stability(same))

    def test_nothing_to_choose(self) -> None:
        every = FOLDS.assign(selected=True, tested=4)
        assert "there was nothing to choose" in agreement(selection_stability(every))


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeWorkspace:
    """A workspace whose honest run chose by fold and whose released run chose once."""
    made = make_workspace(tmp_path)
    for fold, chosen in enumerate(CHOSEN):
        made.runs["honest"].write_table(f"selectors/fold-{fold}", selection(chosen))
    made.runs["released"].write_table("selectors/all", selection(("TP53", HOSTILE_GENE)))
    monkeypatch.setenv("POMP_HOME", str(tmp_path))
    return made


def open_genes(cohort: str = "tumours", run: Run | None = None, **more: str) -> AppTest:
    chosen = {} if run is None else {"run": run_label(run)}
    return open_page("cohort", cohort=cohort, view="Genes", **chosen, **more)


def open_agreement(run: Run) -> AppTest:
    return open_genes(run=run, **{"genes-part": "Agreement"})


def test_an_honest_run_shows_agreement_and_the_paper_beside(fake: FakeWorkspace) -> None:
    app = open_agreement(fake.runs["honest"])
    said = words(app)
    assert "two folds share 67 % of these genes" in said
    assert "Beside the paper's protocol" in said
    assert not app.dataframe
    assert len(figures(app)) == 1


def test_the_genes_stand_first_with_how_they_were_chosen(fake: FakeWorkspace) -> None:
    app = open_genes(run=fake.runs["honest"])
    said = words(app)
    assert "two folds share" not in said
    assert small_tables(app)[0].to_numpy().tolist() == [
        ["mrna", "10", "2", "2", "moderated t", "event by day 900 (20) vs followed longer (25)"]
    ]
    assert app.dataframe[0].value["gene"].tolist() == ["TP53", "MYC", "KRAS"]
    assert "3 genes chosen at least once." in said


def test_the_newest_run_with_genes_comes_first(fake: FakeWorkspace) -> None:
    app = open_genes()
    assert app.selectbox(key="run").value == fake.runs["honest"].id
    assert len(app.selectbox(key="run").options) == 2


def test_genes_are_found_whether_chosen_or_not(fake: FakeWorkspace) -> None:
    app = open_genes(run=fake.runs["honest"])
    app.text_input(key="gene").set_value("SCRIPT>a").run()
    assert app.dataframe[0].value["gene"].tolist() == [HOSTILE_GENE]
    app.text_input(key="gene").set_value("[").run()
    assert not app.exception
    assert "No gene of that name reached the ranking" in words(app)


def test_search_and_type_stand_in_the_address(fake: FakeWorkspace) -> None:
    app = open_page("cohort", cohort="tumours", view="Genes", run=fake.runs["honest"], gene="kra")
    table = app.dataframe[0].value
    assert table["gene"].tolist() == ["KRAS"]
    assert table[["fold 1", "fold 2", "fold 3"]].to_numpy().tolist() == [[3, 2, 3]]


def test_seeds_beside_each_other(fake: FakeWorkspace) -> None:
    honest = fake.runs["honest"]
    cohort = read_cohort(honest.cohort_folder)
    assert "Across seeds" not in words(open_agreement(honest))
    other = Workspace(fake.root).runs.create(cohort, override(honest.config, {"seed": 7}))
    for fold in range(3):
        other.write_table(f"selectors/fold-{fold}", selection(CHOSEN[0]))
    other.write_status(state="DONE")
    app = open_agreement(honest)
    assert "2 finished runs that differ in nothing but the seed (0, 7), 6 choices in all" in words(app)
    table = next(table for table in small_tables(app) if "Always" in table)
    # Five choices of TP53 and MYC, one of TP53 and KRAS: of 15 pairs 10 share both, and 5 one of two.
    assert table[["Type", "Always"]].to_numpy().tolist() == [["mrna", "1"]]
    assert table["Shared"].tolist() == [f"{100 * (10 + 5 / 2) / 15:.0f} %"]


def test_a_run_that_chose_once_says_what_that_means(fake: FakeWorkspace) -> None:
    app = open_genes(run=fake.runs["released"])
    assert "the genes were chosen with the patients on whom the model is tested later" in words(app)
    assert not figures(app)
    assert "folds" not in app.dataframe[-1].value
    app = open_agreement(fake.runs["released"])
    assert "the genes were chosen with the patients on whom the model is tested later" in words(app)
    assert not figures(app)


def test_changed_files_are_said(fake: FakeWorkspace) -> None:
    table = fake.root / "cohorts" / "tumours" / "clinical.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("P-07,", "P-99,"), encoding="utf-8")
    assert "have changed since this run was made" in words(open_genes(run=fake.runs["honest"]))


def test_without_genes_the_way_leads_to_the_preparation(fake: FakeWorkspace) -> None:
    app = open_genes("omics_only")
    assert "No genes have been chosen on this cohort yet." in words(app)
    assert "Go to Preparation" in {button.label for button in app.button}


def test_an_older_run_still_shows_its_genes(fake: FakeWorkspace) -> None:
    for fold, chosen in enumerate(CHOSEN):
        fake.runs["honest"].write_table(f"selectors/fold-{fold}", selection(chosen).drop(columns="tested"))
    assert "prepare the cohort again to see more" in words(open_agreement(fake.runs["honest"]))
    app = open_genes(run=fake.runs["honest"])
    assert small_tables(app)[0]["Genes tested"].tolist() == ["–"]


def test_a_damaged_table_is_text(fake: FakeWorkspace) -> None:
    (fake.runs["honest"].folder / "selectors" / "fold-1.parquet").write_bytes(b"PAR1 torn")
    assert "is damaged" in words(open_genes(run=fake.runs["honest"]))
