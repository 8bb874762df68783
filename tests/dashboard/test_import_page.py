"""Importing on the Cohort page: from a folder or an upload to a cohort of the workspace."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.elements import code
from pomp.data.cohort import read_cohort
from pomp.data.exclusion import ExclusionLog, Step
from pomp.data.importing.plan import ImportPlan
from pomp.data.problems import Problem
from pomp.errors import CohortError
from pomp.progress import OnProgress
from tests.dashboard.pages import figures, open_page

HOSTILE = "![x](http://example.invalid/x.png) <script>alert(1)</script>"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace."""
    monkeypatch.setenv("POMP_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    """A hospital's tables: 40 patients with follow-up, one of them for 3 days, and log expression of 6 genes."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    rng = np.random.default_rng(3)
    names = [f"P-{number:02d}" for number in range(40)]
    days = rng.integers(40, 3000, 40)
    days[0] = 3
    clinical = pd.DataFrame({"patient": names, "OS": rng.integers(0, 2, 40), "OS.time": days, "age": 60})
    clinical.to_csv(folder / "clinical.csv", index=False)
    values = pd.DataFrame(rng.uniform(0, 14, (40, 6)).round(3), names, [f"GENE{k}" for k in range(6)])
    values.to_csv(folder / "mrna.csv", index_label="patient")
    return folder


def open_import(folder: Path | str = "", **chosen: str) -> AppTest:
    return open_page("cohort", folder=str(folder), **chosen)


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    return run(app)


def buttons(app: AppTest) -> set[str]:
    return {button.label for button in app.button}


def words(app: AppTest) -> str:
    kinds = ("title", "header", "markdown", "caption", "error", "warning", "info", "success", "code")
    said = "\n".join(str(element.value) for kind in kinds for element in getattr(app, kind))
    return re.sub(r"\\(.)", r"\1", said).replace("\u2060", "")


def field(app: AppTest, label: str) -> object:
    return next(element for element in (*app.text_input, *app.selectbox) if element.label == label)


def test_an_empty_workspace_begins_with_the_import() -> None:
    said = words(open_import())
    assert "There is no cohort yet." in said
    assert "Import a cohort" in said


def test_from_a_folder_to_a_cohort(downloads: Path, home: Path) -> None:
    app = open_import(downloads)
    assert app.dataframe[0].value["Name"].tolist() == ["clinical.csv", "mrna.csv"]
    assert "Try it" not in buttons(app)  # nothing is read before it is asked for
    press(app, "Read this folder")
    assert field(app, "Omics type").value == "mrna"
    assert field(app, "Its numbers are").value == "log"
    field(app, "Title").set_value("Liver of ours")
    field(app, "Folder name").set_value("ours")
    press(run(app), "Try it")
    assert "39 patients would be in" in words(app)
    assert app.dataframe[-1].value["reason"].tolist() == ["followed for 3 days, fewer than 30"]
    assert not (home / "cohorts").exists()
    press(app, "Import")
    cohort = read_cohort(home / "cohorts" / "ours")
    assert (cohort.title, len(cohort.patients), list(cohort.omics)) == ("Liver of ours", 39, ["mrna"])
    assert app.session_state["cohort"] == "ours"
    assert "Who is in: 39 of 40 patients" in words(app)
    assert list((home / "uploads").iterdir()) == []  # of the trial


def test_a_change_asks_for_another_trial(downloads: Path) -> None:
    app = press(press(open_import(downloads), "Read this folder"), "Try it")
    assert {"Import"} <= buttons(app)
    field(app, "Its numbers are").set_value("zscore")
    run(app)
    assert "Try it" in buttons(app)
    assert "Import" not in buttons(app)


@pytest.mark.parametrize(
    ("label", "value", "said"),
    [
        ("Folder name", "../out", "The folder name '../out' may hold letters, digits, - and _ only"),
        ("Folder name", "", "The folder name '' may hold"),
        ("Folder name", "taken", "There is a cohort 'taken' in the workspace already"),
        ("Omics type", "slides", "'slides' cannot be the name of an omics type"),
        ("Use it", False, "No table and no slide is to be used"),
    ],
)
def test_mistakes_in_the_form(label: str, value: str | bool, said: str, downloads: Path, home: Path) -> None:
    (home / "cohorts" / "taken").mkdir(parents=True)
    app = press(open_import(downloads, view="Import"), "Read this folder")
    elements = [*app.text_input, *app.checkbox]
    next(element for element in elements if element.label == label).set_value(value)
    assert said in words(run(app))
    assert "Try it" not in buttons(app)


def test_without_follow_up(downloads: Path) -> None:
    (downloads / "clinical.csv").unlink()
    text = (downloads / "mrna.csv").read_text(encoding="utf-8")
    (downloads / "mrna.csv").write_text(text.replace("P-", "TCGA-AA-00"), encoding="utf-8")
    said = words(press(open_import(downloads), "Read this folder"))
    assert "two columns such as `OS`" in said
    assert "There is no follow-up: without it nobody can be kept." in said


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("/no/such/folder", "There is no folder '/no/such/folder' on the server"),
        ("relative/path", "'relative/path' is no full path"),
        (f"/{HOSTILE}", "There is no folder"),
    ],
)
def test_a_folder_that_is_none_is_a_sentence(folder: str, said: str) -> None:
    app = open_import(folder)
    assert said in words(app)
    assert "![x](" not in app.error[0].value


def test_a_folder_of_nothing_useful_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    app = press(open_import(tmp_path / "empty"), "Read this folder")
    assert "can be used" in words(app)
    assert not figures(app)


def test_a_cohort_folder_is_registered_where_it_lies(downloads: Path, home: Path) -> None:
    (downloads / "cohort.toml").write_text('name = "mine"\n[omics.mrna]\nfile = "mrna.csv"\nkind = "log"\n')
    app = press(open_import(downloads), "Register this cohort")
    assert app.session_state["cohort"] == str(downloads)
    assert "Who is in: 39 of 40 patients" in words(app)
    assert not (home / "cohorts").exists()
    assert "in the workspace already" in words(open_import(downloads, view="Import"))


def test_uploaded_tables_become_a_cohort(downloads: Path, home: Path) -> None:
    app = open_import(source="Upload tables")
    files = [(path.name, path.read_bytes(), "text/csv") for path in sorted(downloads.iterdir())]
    app.file_uploader[0].set_value(files)
    press(run(app), "Use these tables")
    (kept,) = (home / "uploads").iterdir()
    assert sorted(path.name for path in kept.iterdir()) == ["clinical.csv", "mrna.csv"]
    assert "The tables that you uploaded" in words(app)
    field(app, "Folder name").set_value("sent")
    press(press(run(app), "Try it"), "Import")
    assert len(read_cohort(home / "cohorts" / "sent").patients) == 39
    assert not kept.exists()


def test_tcga_is_a_command_and_then_a_folder(downloads: Path, home: Path) -> None:
    app = open_import(source="TCGA")
    app.selectbox(key="project").set_value("TCGA-LIHC")
    assert app.pills(key="types").proto.wrap  # else slides are out of sight in a narrow window
    app.pills(key="types").set_value(["mrna", "mirna"])
    folder = home / "downloads" / "TCGA-LIHC"
    assert f"pomp cohort fetch TCGA-LIHC --types mrna,mirna --to {folder}" in words(run(app))
    assert "Import what was fetched" not in buttons(app)
    folder.parent.mkdir(parents=True)
    downloads.rename(folder)
    press(run(app), "Import what was fetched")
    assert app.session_state["folder"] == str(folder)


def test_fetching_nothing_is_no_command() -> None:
    app = open_import(source="TCGA")
    app.pills(key="types").set_value([])
    assert "Choose at least one type." in words(run(app))
    assert not app.code


def test_problems_are_sentences_and_names_no_markup(downloads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = Problem("error", "mrna.csv", 7, "GENE1", HOSTILE, "is no number. Correct it.")
    log = ExclusionLog((Step("loaded", 40), Step("kept", 0)))

    class Check:
        cohort, problems = None, (problem,)

    Check.log = log
    monkeypatch.setattr("dashboard.cohort_import.trial.stage", lambda plan, folder, on_progress=None: Check)
    app = press(press(open_import(downloads), "Read this folder"), "Try it")
    said = words(app)
    assert "repair the files and read the folder again" in said
    assert "mrna.csv, row 7, column 'GENE1'" in said
    assert all("![x](" not in error.value for error in app.error)
    assert "Import" not in buttons(app)


def test_an_import_that_fails_is_a_sentence(downloads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(plan: ImportPlan, cohorts: Path, on_progress: OnProgress | None = None) -> Path:
        on_progress(1, 3, "mrna")
        raise CohortError("The disk is full: free some space.")

    monkeypatch.setattr("dashboard.cohort_import.page.import_cohort", refuse)
    app = press(press(press(open_import(downloads), "Read this folder"), "Try it"), "Import")
    assert "The disk is full: free some space." in words(app)


@pytest.mark.parametrize(
    ("text", "shown"), [("/data/x_1", "`/data/x_1`"), ("a`b", "`` a`b ``"), ("a\n b", "`a b`"), ("``", "``` `` ```")]
)
def test_paths_are_shown_letter_by_letter(text: str, shown: str) -> None:
    assert code(text) == shown
