"""Tables of patients: a row that was ticked is that of one patient, whatever the table is narrowed to afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.fake import make_cohort
from tests.dashboard.pages import open_page, words

NOBODY = "No finished run on this cohort has a risk for"


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Two cohorts without a run, so that no click leaves the page. Left out are P-03 and P-04 of both."""
    monkeypatch.setenv("POMP_HOME", str(tmp_path))
    for name in ("first", "second"):
        make_cohort(tmp_path / "cohorts" / name, slides=False)
    return open_page("cohort", cohort="first", view="Patients")


def tick(app: AppTest, table: str, row: int) -> None:
    """As a click does."""
    keys = [one.proto.id.split("-", 2)[2] for one in app.dataframe if one.proto.id]
    (key,) = [key for key in keys if key.startswith(f"patients-{table}")]
    app.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    app.run()


@pytest.mark.parametrize("wanted", ["P-0", "P-1", "P-2"])
def test_a_search_forgets_the_row(app: AppTest, wanted: str) -> None:
    tick(app, "list", 10)
    assert f"{NOBODY} P-12" in words(app)
    app.text_input(key="cohort-find").set_value(wanted).run()
    assert not app.exception, [error.value for error in app.exception]
    assert NOBODY not in words(app)


def test_another_cohort_forgets_the_row(app: AppTest) -> None:
    tick(app, "left-out", 1)
    assert f"{NOBODY} P-04" in words(app)
    app.selectbox(key="cohort").select("second").run()
    assert not app.exception, [error.value for error in app.exception]
    assert NOBODY not in words(app)
