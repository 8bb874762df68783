"""The Alignment page: its numbers by hand, a planted swap, and every state in which a run can be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.alignment.matching import verdict
from dashboard.alignment.scores import (
    TO_OMICS,
    TO_SLIDES,
    align_fold,
    recall_tables,
    spread_table,
    swap_table,
    thinned,
)
from dashboard.charts.alignment import (
    correlation_figure,
    reconstruction_figure,
    retrieval_figure,
    similarity_figure,
)
from pomp.runs.run import Run
from tests.dashboard.fake import FakeWorkspace, make_workspace
from tests.dashboard.pages import figures, open_page, small_tables, words

HIDDEN = "Hidden omics"
SWAPPED = ["P-07", "P-11"]


@pytest.fixture(scope="module")
def aligned(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    """As `fake`; the slides of the honest run find their omics, but for two patients whose profiles were swapped."""
    fake = make_workspace(tmp_path_factory.mktemp("aligned"))
    for label in ("honest", "released"):
        record(fake.runs[label])
    fake.runs["hostile"].write_table("reconstructions", reconstructions(fake.runs["hostile"]))
    return fake


def record(run: Run) -> None:
    run.write_table("embeddings", embeddings(run))
    run.write_table("reconstructions", reconstructions(run))


def embeddings(run: Run) -> pd.DataFrame:
    """Of everybody omics, of the first twenty slides too; the two that were swapped are put into one fold."""
    table = run.require_predictions()[["patient", "fold"]].copy()
    table.loc[table["patient"].isin(SWAPPED), "fold"] = 0
    random = np.random.default_rng(4)
    omics = random.normal(size=(len(table), 16))
    omics /= np.linalg.norm(omics, axis=1, keepdims=True)
    slides = {name: row for name, row in zip(table["patient"], omics, strict=True) if name < "P-20"}
    slides |= dict(zip(SWAPPED, [slides[name] for name in SWAPPED[::-1]], strict=True))
    return table.assign(pathology=table["patient"].map(slides), omics=list(omics))


def reconstructions(run: Run) -> pd.DataFrame:
    """Of mrna every value doubled; of mirna the same for everybody."""
    random, parts = np.random.default_rng(6), []
    for row in run.require_predictions().itertuples():
        for omics in ("mrna", "mirna"):
            observed = random.normal(size=12)
            made = 2 * observed if omics == "mrna" else np.arange(12.0)
            genes = [f"<b>{omics}-{k}" for k in range(12)]
            parts.append(
                pd.DataFrame(
                    {"patient": row.patient, "fold": row.fold, "type": omics, "gene": genes, "observed": observed,
                     "reconstructed": made}
                )
            )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def open_aligned(
    aligned: FakeWorkspace, monkeypatch: pytest.MonkeyPatch, run: str = "honest", **chosen: str
) -> AppTest:
    monkeypatch.setenv("POMP_HOME", str(aligned.root))
    return open_page("alignment", run=aligned.runs[run], **chosen)


def fold_of(similarity: list[list[float]], names: str) -> object:
    """Slides are the axes themselves, so that their cosines with the omics are what is asked for."""
    size = len(names)
    rows = np.array(similarity).T
    rest = np.sqrt(1 - (rows**2).sum(axis=1, keepdims=True))  # one axis more, on which no slide lies
    return align_fold(
        0,
        pd.DataFrame(
            {"patient": list(names), "pathology": list(np.eye(size, size + 1)), "omics": list(np.hstack([rows, rest]))}
        ),
    )


def correlations(app: AppTest) -> pd.DataFrame:
    return small_tables(app)[0].set_index("Hidden type")


class TestNumbers:
    def test_patients_are_ordered_by_their_own_pair(self) -> None:
        found = fold_of([[0.1, 0.5, 0.2], [0.2, 0.6, 0.3], [0.1, 0.1, 0.7]], "abc")
        assert (found.fold, found.patients) == (0, ("b", "c", "a"))
        np.testing.assert_allclose(found.similarity, [[0.6, 0.3, 0.2], [0.1, 0.7, 0.1], [0.5, 0.2, 0.1]], atol=1e-12)
        assert found.ranks[TO_OMICS].tolist() == [1, 1, 3]
        assert found.ranks[TO_SLIDES].tolist() == [1, 1, 2.5]

    def test_recall_in_both_directions(self) -> None:
        found = fold_of([[0.1, 0.5, 0.2], [0.2, 0.6, 0.3], [0.1, 0.1, 0.7]], "abc")
        scores, each = recall_tables([found])
        first = scores[scores["k"] == 1].set_index("direction")
        assert first["recall"].to_dict() == pytest.approx({TO_OMICS: 2 / 3, TO_SLIDES: 2 / 3})
        assert first["chance"].tolist() == pytest.approx([1 / 3, 1 / 3])
        assert each[["k", "fold"]].to_numpy().tolist() == [[k, 1] for k in (1, 5, 10)] * 2

    @pytest.mark.parametrize(
        ("recall", "lower", "chance", "said"),
        [
            (0.6, 0.5, 0.2, "60 % of patients have their own among the first 10 (95 % interval 50 % to 90 %); guessing "
             "gives 20 %: better than guessing."),
            (0.3, 0.1, 0.2, "not to be told from guessing"),
            (1.0, 1.0, 1.0, "The folds have 10 patients or fewer"),
        ],
    )  # fmt: skip
    def test_in_words(self, recall: float, lower: float, chance: float, said: str) -> None:
        row = {"direction": TO_OMICS, "k": 10, "recall": recall, "lower": lower, "upper": 0.9, "chance": chance}
        assert said in verdict(pd.DataFrame([row]), TO_OMICS)

    def test_large_folds_are_thinned_from_best_to_worst(self) -> None:
        random = np.random.default_rng(0)
        vectors = list(random.normal(size=(400, 8)))
        table = pd.DataFrame({"patient": [f"p{k}" for k in range(400)], "pathology": vectors, "omics": vectors[::-1]})
        found = align_fold(0, table)
        matrix, names = thinned(found)
        assert matrix.shape == (80, 80)
        assert (names[0], names[-1]) == (found.patients[0], found.patients[-1])
        places = [found.patients.index(name) for name in names]
        assert set(np.diff(places)) <= {5, 6}
        assert matrix[3, 5] == found.similarity[places[3], places[5]]

    def test_spread(self) -> None:
        values = np.arange(101) / 100
        spread = spread_table(pd.DataFrame({"type": "mrna", "pearson": values, "others": np.nan}))
        assert spread.to_numpy().tolist() == [["mrna", "own prediction", 101, 0.05, 0.25, 0.5, 0.75, 0.95]]


class TestFigures:
    def test_retrieval(self) -> None:
        scores = pd.DataFrame(
            [(TO_OMICS, 1, 0.4, 0.3, 0.5, 0.1), (TO_SLIDES, 1, 0.2, 0.1, 0.3, 0.1)],
            columns=["direction", "k", "recall", "lower", "upper", "chance"],
        )
        each = pd.DataFrame([(TO_OMICS, 1, 1, 0.4)], columns=["direction", "k", "fold", "recall"])
        figure = retrieval_figure(scores, each)
        omics = next(trace for trace in figure.data if trace.name == TO_OMICS)
        assert list(omics.y) == [40]
        assert (omics.error_y.array[0], omics.error_y.arrayminus[0]) == pytest.approx((10, 10))
        assert list(omics.customdata[0]) == pytest.approx([30, 50, 10])
        assert figure.layout.yaxis.ticksuffix == " %"
        guessing = next(trace for trace in figure.data if trace.name == "Guessing")
        assert (guessing.x, guessing.y) == ((-0.42, 0.42, None), (10, 10, None))  # never as far as the next place

    def test_similarity_is_sent_in_thousandths(self) -> None:
        figure = similarity_figure(np.array([[0.456, -1.0], [0.0, 1.0]]), ["<i>", "b"])
        assert figure.data[0].z == ([456, -1000], [0, 1000])
        assert figure.data[0].x == ("&lt;i&gt;", "b")
        large = similarity_figure(
            np.random.default_rng(0).uniform(-1, 0, (80, 80)), [f"TCGA-AA-{k}" for k in range(80)]
        )
        assert len(large.to_json()) < 50_000
        narrow = figure.layout.meta["narrow"]["coloraxis"]["colorbar"]
        assert narrow["orientation"] == "h"  # beside the matrix it took its room where there is little

    def test_reconstruction(self) -> None:
        genes = pd.DataFrame({"gene": ["<a>", "b"], "observed": [1.0, -2.0], "reconstructed": [0.5, -1.0]})
        line, points = reconstruction_figure(genes).data
        assert (list(points.x), list(points.y)) == ([1, -2], [0.5, -1])
        assert points.text == ("&lt;a&gt;", "b")
        assert (line.x, line.y) == ((-2, 1), (-2, 1))

    def test_correlations(self) -> None:
        spread = spread_table(
            pd.DataFrame({"type": ["mrna"] * 3, "pearson": [0.1, 0.2, 0.3], "others": [0.0, 0.0, 0.1]})
        )
        own, others, patient = correlation_figure(spread, pd.DataFrame({"type": ["mrna"], "pearson": [0.3]})).data
        assert (own.median[0], others.median[0], patient.y[0]) == (0.2, 0.0, 0.3)


class TestPage:
    def test_matching(self, aligned: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
        app = open_aligned(aligned, monkeypatch)
        said = words(app)
        assert "Do they find each other?" in said
        assert "worth a check" in said
        assert "Pre-training saw these patients" not in [warning.proto.title for warning in app.warning]
        assert len(figures(app)) == 2

    def test_the_planted_swap_is_listed(self, aligned: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
        app = open_aligned(aligned, monkeypatch)
        (pairs,) = [table.value for table in app.dataframe if "gain" in table.value]
        assert [sorted(pair) for pair in pairs[["a", "b"]].to_numpy().tolist()] == [SWAPPED]
        assert pairs["fold"].tolist() == [1]
        assert pairs["swapped"].iloc[0] == pytest.approx(1)
        assert "1 pair. If profiles were dealt out" in words(app)

    def test_no_swap(self, aligned: FakeWorkspace) -> None:
        table = aligned.runs["honest"].table("embeddings").dropna(subset=["pathology"])
        table = table[~table["patient"].isin(SWAPPED)]
        assert swap_table([align_fold(0, table)]).empty

    def test_paper_protocols_are_said_to_be_no_test(
        self, aligned: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = open_aligned(aligned, monkeypatch, "released")
        assert "None of these numbers is out of fold" in words(app)

    def test_the_fold_stands_in_the_address(self, aligned: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
        app = open_aligned(aligned, monkeypatch, **{"alignment-fold": "Fold 2"})
        assert figures(app)[1]["name"] == "similarity-2"

    def test_hidden_omics(self, aligned: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
        app = open_aligned(aligned, monkeypatch, patient="P-12", **{"alignment-view": HIDDEN, "alignment-type": "mrna"})
        shown = correlations(app).loc["mrna"]
        assert (shown["Pearson's r"], shown["Spearman's ρ"]) == ("1.00", "1.00")
        assert app.selectbox(key="patient").value == "P-12"
        assert "12 genes of mrna of P-12" in words(app)

    def test_the_same_for_everybody_is_seen(self, aligned: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
        app = open_aligned(aligned, monkeypatch, **{"alignment-view": HIDDEN, "alignment-type": "mirna"})
        shown = correlations(app).loc["mirna"]
        assert shown["Pearson's r"] == shown["r with predictions for others"]

    def test_omics_alone(self, aligned: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "This run has read omics alone" in words(open_aligned(aligned, monkeypatch, "hostile"))
        app = open_aligned(aligned, monkeypatch, "hostile", **{"alignment-view": HIDDEN})
        assert len(figures(app)) == 2
        assert "<script>" not in "\n".join(str(element.value) for element in [*app.markdown, *app.caption])

    @pytest.mark.parametrize(("view", "said"), [("Slides and omics", "has not recorded where"), (HIDDEN, "how hidden")])
    def test_a_run_of_an_older_version(
        self, view: str, said: str, fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("POMP_HOME", str(fake.root))
        app = open_page("alignment", run=fake.runs["honest"], **{"alignment-view": view})
        assert said in words(app)
        assert fake.runs["honest"].info.command in [code.value for code in app.code]

    def test_no_finished_run(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("POMP_HOME", str(tmp_path))
        assert "There is no finished run yet" in words(open_page("alignment"))


class TestLittle:
    @pytest.fixture
    def run(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
        monkeypatch.setenv("POMP_HOME", str(tmp_path))
        run = make_workspace(tmp_path).runs["honest"]
        record(run)
        return run

    def test_one_patient(self, run: Run) -> None:
        for table in ("embeddings", "reconstructions"):
            rows = run.table(table)
            run.write_table(table, rows[rows["patient"] == "P-12"])
        assert "No fold has two patients with both" in words(open_page("alignment", run=run))
        app = open_page("alignment", run=run, **{"alignment-view": HIDDEN})
        assert set(correlations(app)["r with predictions for others"]) == {"–"}

    def test_nothing_to_predict_from(self, run: Run) -> None:
        run.write_table("reconstructions", run.table("reconstructions").iloc[:0])
        app = open_page("alignment", run=run, **{"alignment-view": HIDDEN})
        assert "No patient has anything from which" in words(app)

    @pytest.mark.parametrize(("view", "table"), [("Slides and omics", "embeddings"), (HIDDEN, "reconstructions")])
    def test_a_damaged_table(self, run: Run, view: str, table: str) -> None:
        (run.folder / f"{table}.parquet").write_bytes(b"torn")
        app = open_page("alignment", run=run, **{"alignment-view": view})
        assert f"{table}.parquet is damaged" in app.error[0].value.replace("\\", "")
