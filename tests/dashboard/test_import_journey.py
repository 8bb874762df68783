"""A hospital's tables become a cohort, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from pomp.data.cohort import read_cohort
from tests.conftest import REPOSITORY
from tests.dashboard.browsing import PATIENCE, forgive_probes, keep_picture, see_figure, settle
from tests.dashboard.conftest import Serve, WatchedPage
from tests.dashboard.fake import make_cohort

PATIENTS = 50


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Follow-up of 50 patients, two of them for 9 days, and raw counts of 12 microRNAs."""
    folder = tmp_path_factory.mktemp("hospital") / "liver 2024"
    folder.mkdir()
    rng = np.random.default_rng(1)
    names = [f"L{number:03d}" for number in range(PATIENTS)]
    days = rng.integers(100, 4000, PATIENTS)
    days[:2] = 9
    pd.DataFrame(
        {"patient": names, "OS": rng.integers(0, 2, PATIENTS), "OS.time": days, "gender": "FEMALE"}
    ).to_csv(folder / "clinical.csv", index=False)  # fmt: skip
    counts = pd.DataFrame(rng.poisson(80, (PATIENTS, 12)), names, [f"hsa-mir-{k}" for k in range(12)])
    counts.to_csv(folder / "mirna.csv", index_label="patient")
    return folder


@pytest.mark.timeout(600)
def test_from_a_folder_of_tables_to_the_funnel(
    downloads: Path, tmp_path_factory: pytest.TempPathFactory, serve: Serve, watched: WatchedPage
) -> None:
    home, page = tmp_path_factory.mktemp("home"), watched.page
    make_cohort(home / "cohorts" / "another", slides=False)
    page.set_default_timeout(PATIENCE)
    page.goto(f"{serve(REPOSITORY / 'dashboard' / 'app.py', home)}/cohort?view=Import")
    settle(page)
    enter_the_folder(page, downloads)
    page.get_by_role("button", name="Read this folder").click()
    fill_the_form(page)
    keep_picture(page, "import")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("48 patients would be in")).to_be_visible(timeout=PATIENCE)
    assert not (home / "cohorts" / "liver").exists()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Who is in: 48 of 50 patients")).to_be_visible(timeout=PATIENCE)
    cohort = read_cohort(home / "cohorts" / "liver")
    assert {name: table.kind for name, table in cohort.omics.items()} == {"mirna": "counts"}
    page.reload()
    settle(page)
    expect(page).to_have_url(re.compile(r"cohort=liver"))
    expect(page.get_by_text("Who is in: 48 of 50 patients")).to_be_visible(timeout=PATIENCE)
    see_figure(page)
    forgive_probes(watched)


def enter_the_folder(page: Page, downloads: Path) -> None:
    """Type the folder above, see the names in it, and type on."""
    box = page.get_by_label("Folder", exact=True)
    box.fill(str(downloads.parent))
    box.press("Enter")
    expect(page.get_by_text("1 folder, 0 files")).to_be_visible()
    box.fill(str(downloads / "missing"))
    box.press("Enter")
    expect(page.get_by_text("There is no folder")).to_be_visible()
    box.fill(str(downloads))
    box.press("Enter")
    expect(page.get_by_text("0 folders, 2 files")).to_be_visible()


def fill_the_form(page: Page) -> None:
    """The folder's own name holds a space; the form asks for another until it is a name."""
    name = page.get_by_label("Folder name", exact=True)
    expect(name).to_be_visible(timeout=PATIENCE)
    name.fill("liver 2024")
    name.press("Enter")
    expect(page.get_by_text("may hold letters, digits")).to_be_visible()
    name.fill("liver")
    name.press("Enter")
    expect(page.get_by_text("may hold letters, digits")).to_be_hidden()
