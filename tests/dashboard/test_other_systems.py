"""Every page for a run of another system than POMP: it says which system it is, and why a figure is not there."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
import torch
from streamlit.testing.v1 import AppTest

from dashboard.charts import training
from dashboard.elements import run_label
from dashboard.report.explanation import explanation_section
from pomp.config import SystemName, override
from pomp.data.cohort import read_cohort
from pomp.evaluation.report import evaluate
from pomp.runs.run import Run
from pomp.runs.system_name import SYSTEM_NAMES
from pomp.runs.workspace import Workspace
from tests.baselines.systems.models import system_model
from tests.baselines.systems.test_every_system import STAGES, losses_of, step
from tests.dashboard.fake import CONFIG, FakeWorkspace, finish
from tests.dashboard.pages import open_page, small_tables, words
from tests.small import batch_of

WHY = {
    "patient": [
        "MCAT has no account of what each part of the data adds; POMP has.",
        "MCAT has no account of the genes that a risk rests on; POMP has.",
        "MCAT has no map of a slide; POMP has.",
        "MCAT has no space in which patients are compared; POMP has.",
    ],
    "slide": ["MCAT has no maps of slides; POMP has."],
    "alignment": ["MCAT has no picture of how slides and omics match; POMP has."],
}
PARTS: dict[str, list[dict[str, str]]] = {
    "patient": [{"patient-part": part} for part in ("Reasons", "Slide", "Clinical and similar patients")]
}
"""Parts of a page that are not shown at first."""
TITLED = ["survival", "patient", "slide", "alignment"]
"""Pages that are about one run, under its badges."""


@pytest.fixture(scope="module")
def mcat(fake: FakeWorkspace) -> Run:
    return add_run(fake, "mcat")


def add_run(fake: FakeWorkspace, system: SystemName) -> Run:
    """A finished run of that system on the cohort with slides; the worker leaves no maps of it."""
    cohort = read_cohort(fake.root / "cohorts" / "tumours")
    config = override(CONFIG, {"model.system": system, "model.modalities": "both"})
    run = finish(Workspace(fake.root).runs.create(cohort, config), cohort, signal=0.7)
    Path(run.folder / "attention" / "regions.parquet").unlink()
    return run


def badges(app: AppTest) -> str:
    return " ".join(element.value for element in app.markdown if "-badge[" in element.value)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("page", ["start", "train", "runs", "cohort", "help", *TITLED])
def test_every_page_opens_and_those_about_a_run_name_the_system(page: str, mcat: Run) -> None:
    app = open_page(page, run=mcat)
    if page in TITLED:
        assert "MCAT" in badges(app)
        parts = PARTS.get(page, [{}])
        said = "\n".join(words(open_page(page, run=mcat, **part)) for part in parts)
        for sentence in WHY.get(page, []):
            assert sentence in said
        assert "Older versions did not" not in said
    assert "Older versions did not" not in words(app)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("page", TITLED)
def test_a_run_of_pomp_needs_no_such_badge(page: str, fake: FakeWorkspace, mcat: Run) -> None:
    app = open_page(page, run=fake.runs["honest"])
    assert "MCAT" not in badges(app)
    assert "; POMP has." not in words(app)


@pytest.mark.usefixtures("home")
def test_a_run_with_maps_is_shown_first_where_none_was_chosen(mcat: Run) -> None:
    """The run of MCAT is the newest."""
    assert "POMP has." not in words(open_page("slide"))


@pytest.mark.usefixtures("home")
def test_the_survival_page_names_the_model_in_its_comparisons(mcat: Run) -> None:
    app = open_page("survival", run=mcat, **{"survival-part": "C-index"})
    tables = [table for table in small_tables(app) if "Verdict" in table]
    assert tables[0]["Model"].tolist()[0] == "MCAT"
    assert "MCAT ahead by" in tables[0]
    assert "POMP" not in " ".join([*tables[0].columns, *tables[0]["Model"], *tables[0]["Verdict"]])


@pytest.mark.usefixtures("home")
def test_what_two_systems_differ_by_is_not_called_optimism(mcat: Run, fake: FakeWorkspace) -> None:
    """The fake workspace has a run of POMP on the same folds under the released code's protocol."""
    chosen = {"survival-part": "C-index", "compare": run_label(fake.runs["released"])}
    said = words(open_page("survival", run=mcat, **chosen))
    assert "Difference" in said
    assert "Optimism" not in said
    assert "Optimism" not in words(open_page("survival", run=mcat))  # nor is that run chosen for the reader
    assert "Optimism" in words(open_page("survival", run=fake.runs["honest"]))


@pytest.mark.usefixtures("home")
def test_tables_of_runs_have_the_system(mcat: Run, fake: FakeWorkspace) -> None:
    table = open_page("runs").dataframe[0].value.set_index("run")
    assert table.loc[mcat.id, "system"] == "MCAT"
    assert table.loc[fake.runs["honest"].id, "system"] == "POMP"


@pytest.mark.parametrize(("system", "stage"), STAGES)
def test_every_loss_of_a_system_has_a_panel(system: SystemName, stage: str, generator: torch.Generator) -> None:
    terms = step(system_model(system).train(), batch_of([2, 1, 3], generator), losses_of(system, stage))
    assert set(terms) - {"total"} <= set(training.LOSSES[stage])


def test_every_system_has_a_name() -> None:
    assert list(SYSTEM_NAMES) == list(get_args(SystemName))
    assert len(set(SYSTEM_NAMES.values())) == len(SYSTEM_NAMES)


def test_the_report_calls_the_model_what_it_is(mcat: Run) -> None:
    assert evaluate(mcat.require_predictions(), model="MCAT").score.model == "MCAT"
    assert evaluate(mcat.require_predictions()).score.model == "POMP"


def test_the_report_of_a_run_says_that_the_model_is_not_explained(mcat: Run) -> None:
    said = str(explanation_section(mcat))
    assert "the model of this run is MCAT" in said
    assert "older version" not in said


@pytest.mark.usefixtures("home")
def test_hidden_omics_of_another_system_are_said_not_to_be_there(mcat: Run) -> None:
    app = open_page("alignment", run=mcat, **{"alignment-view": "Hidden omics"})
    assert "MCAT has no picture of how hidden omics are predicted; POMP has." in words(app)
