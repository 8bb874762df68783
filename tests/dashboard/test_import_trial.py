"""A trial of an import leaves nothing behind, however it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.cohort_import import trial
from dashboard.cohort_import.trial import try_plan
from dashboard.cohort_import.uploads import UPLOADS
from pomp.data.importing.plan import ImportPlan
from pomp.errors import CohortError
from pomp.progress import OnProgress

PLAN = ImportPlan(
    name="ours", title="Ours", endpoint="OS", source="", licence="", origin="tables", folder="/data", clinical=None
)


class StopError(BaseException):
    """As Streamlit ends a page that is left: no Exception."""


@pytest.mark.parametrize("how", [CohortError("The disk is full."), StopError()])
def test_a_trial_that_is_cut_off_is_swept(how: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stage(plan: ImportPlan, folder: Path, on_progress: OnProgress | None = None) -> None:
        folder.mkdir()
        (folder / "mrna.parquet").write_bytes(b"half")
        raise how

    monkeypatch.setattr(trial, "stage", stage)
    with pytest.raises(type(how)):
        try_plan(PLAN, tmp_path)
    assert list((tmp_path / UPLOADS).iterdir()) == []


def test_a_workspace_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / UPLOADS).write_text("a file where the folder should be")
    with pytest.raises(CohortError, match="The trial could not write to .*uploads: File exists"):
        try_plan(PLAN, tmp_path)
