"""What only a browser can do on the Reproduce page: a row of its table, which is a canvas, opens the run."""

from __future__ import annotations

from pathlib import Path

import pytest

from pomp.config import override
from pomp.runs.workspace import Workspace
from tests.conftest import REPOSITORY
from tests.dashboard.browsing import PATIENCE, forgive_probes, see_page, settle, tick_first_row
from tests.dashboard.conftest import Serve, WatchedPage
from tests.dashboard.fake import CONFIG, finish, make_cohort


@pytest.mark.timeout(300)
def test_a_row_opens_its_run(serve: Serve, watched: WatchedPage, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    cohort = make_cohort(workspace.cohorts / "LIHC", slides=True)
    run = finish(workspace.runs.create(cohort, override(CONFIG, {"model.system": "mcat"})), cohort, signal=0.3)
    page = watched.page
    page.set_default_timeout(PATIENCE)
    page.goto(f"{serve(REPOSITORY / 'dashboard' / 'app.py', tmp_path)}/reproduce?reproduce-cohort=LIHC")
    settle(page)
    tick_first_row(page, page.locator("[class*=st-key-detail-table1-LIHC] [data-testid=stDataFrame]"))
    see_page(page, "Survival", rf"/survival\?.*{run.id[-6:]}")
    forgive_probes(watched)
