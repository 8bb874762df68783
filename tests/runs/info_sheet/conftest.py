"""Made-up finished runs under each protocol, on one cohort."""

from __future__ import annotations

import pytest

from pomp.config import PROTOCOLS, override
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from tests.dashboard.fake import CONFIG, finish, make_cohort


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """By protocol; those with `-omics` and `-slides` at their end read one modality, honestly."""
    workspace = Workspace(tmp_path_factory.mktemp("sheets"))
    cohort = make_cohort(workspace.cohorts / "tumours", slides=True)
    changes = {name: {"protocol": name} for name in PROTOCOLS}
    changes["honest-omics"] = {"model.modalities": "omics"}
    changes["paper-slides"] = {"protocol": "paper", "model.modalities": "pathology"}
    return {
        name: finish(workspace.runs.create(cohort, override(CONFIG, change), name), cohort, signal=1.0)
        for name, change in changes.items()
    }
