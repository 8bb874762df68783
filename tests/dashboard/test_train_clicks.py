"""What only a browser shows of the Train page: its form after another page has held the same settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import REPOSITORY
from tests.dashboard.browsing import PATIENCE, forgive_probes, see_page, settle
from tests.dashboard.conftest import Serve, WatchedPage
from tests.dashboard.fake import FakeWorkspace

SETTINGS = {"Pre-training epochs": "12", "Fine-tuning epochs": "6", "Folds": "3"}
"""The first and the last are changed, the other is as the preset has it."""


@pytest.mark.timeout(300)
def test_the_form_stands_as_it_was_left_after_a_visit_to_the_preparation(
    serve: Serve, watched: WatchedPage, fake: FakeWorkspace
) -> None:
    page = watched.page
    page.set_default_timeout(PATIENCE)
    address = serve(REPOSITORY / "dashboard" / "app.py", Path(fake.root))
    page.goto(f"{address}/train?cohort=tumours&set=pretrain.epochs%3D12&set=folds%3D3&set=cohort.omics%3Dmrna")
    see_form(page)
    page.get_by_role("link", name="Cohort").click()
    see_page(page, "Cohort")
    page.get_by_role("radio", name="Preparation").click()
    command = page.locator("code", has_text="pomp prepare tumours")
    expect(command).to_contain_text("--set folds=3 --set cohort.omics=mrna --set pretrain.epochs=12", timeout=PATIENCE)
    settle(page)
    page.get_by_role("link", name="Train", exact=True).click()
    see_form(page)
    expect(page).to_have_url(re.compile(r"set=folds%3D3&set=cohort\.omics%3Dmrna&set=pretrain\.epochs%3D12"))
    forgive_probes(watched)


def see_form(page: Page) -> None:
    see_page(page, "Train")
    for label, value in SETTINGS.items():
        expect(page.get_by_label(re.compile(rf"^{label}"))).to_have_value(value, timeout=PATIENCE)
    said = page.get_by_text("Differs from the preset demo in:")
    expect(said).to_contain_text("Folds 3 instead of 5", timeout=PATIENCE)
    expect(said).to_contain_text("Omics types mrna instead of all")
