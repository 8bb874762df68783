"""How many there are is written in the same way wherever it stands: 1,200."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.charts.selection import stability_figure
from dashboard.charts.survival import survival_figure
from dashboard.endpoints import describe_endpoint
from pomp.evaluation.curves import kaplan_meier
from tests.dashboard.pages import figures, open_page, small_tables

PATIENTS = 1200


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a cohort of many patients with as many genes, by sex."""
    home = tmp_path_factory.mktemp("many")
    folder = home / "cohorts" / "many"
    folder.mkdir(parents=True)
    names = [f"P-{number:04d}" for number in range(PATIENTS + 1)]
    rng = np.random.default_rng(0)
    clinical = {"patient": names, "OS": 1, "OS.time": [5, *rng.integers(100, 3000, PATIENTS)], "sex": "female"}
    pd.DataFrame(clinical).to_csv(folder / "clinical.csv", index=False)
    genes = pd.DataFrame(rng.normal(size=(PATIENTS + 1, 1001)).round(1), names, [f"G{k}" for k in range(1001)])
    genes.to_csv(folder / "mrna.csv", index_label="patient")
    (folder / "cohort.toml").write_text('name = "many"\n[omics.mrna]\nfile = "mrna.csv"\nkind = "log"\n')
    return home


@pytest.fixture(scope="module")
def page(home: Path) -> AppTest:
    """The Cohort page's first part."""
    return open_at(home, "Overview")


def open_at(home: Path, view: str) -> AppTest:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POMP_HOME", str(home))
        return open_page("cohort", cohort="many", view=view)


def test_cards(page: AppTest) -> None:
    assert {metric.label: metric.value for metric in page.metric if "," in metric.value} == {
        "Patients": "1,200", "Deaths": "1,200",
    }  # fmt: skip


def test_tables(page: AppTest) -> None:
    (omics,) = small_tables(page)
    assert omics[["Patients", "Genes"]].to_numpy().tolist() == [["1,200", "1,001"]]


def test_figures(page: AppTest, home: Path) -> None:
    shown = figures(page) + figures(open_at(home, "Clinical and survival"))
    said = [json.dumps(found["figure"]["data"]) for found in shown]
    for text in ('"1,201"', "1: 1,200 patients", "All patients: 1,200 patients, 1,200 deaths"):
        assert any(text in data for data in said)
    assert not any('"1200"' in data or '"1201"' in data for data in said)


def test_numbers_at_risk() -> None:
    time = np.arange(1, PATIENTS + 1)
    figure = survival_figure({"all": kaplan_meier(time, time > 0)}, {"all": "#000000"}, describe_endpoint("OS"))
    assert figure.data[-1].text[0] == "1,200"


def test_genes_by_fold() -> None:
    counts = pd.DataFrame({"omics": ["mrna"], "folds": [5], "genes": [PATIENTS]})
    (bars,) = stability_figure(counts, 5).data
    assert bars.texttemplate == "%{y:,}"


def test_axes() -> None:
    template = stability_figure(pd.DataFrame({"omics": [], "folds": [], "genes": []}), 5).layout.template.layout
    for axis in (template.xaxis, template.yaxis):
        assert (axis.separatethousands, axis.exponentformat) == (True, "none")  # 12,000 and not 12k
