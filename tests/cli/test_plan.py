"""`pomp plan`: what it prints, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pomp.cli.commands import make_app
from pomp.errors import ConfigError
from tests.dashboard.fake import make_cohort

PAPER = ["--patients", "374", "--regions", "144", "--preset", "paper", "--device"]


def invoke(*words: str) -> str:
    return CliRunner().invoke(make_app(), ["plan", *words], catch_exceptions=False).output


def test_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    said = invoke(*PAPER, "a100-40", "--devices", "4", "--price", "2.5")
    for part in (
        "374 patients × 144 regions on 4 × NVIDIA A100, 40 GB",
        "500 epochs × 374 patients × 144 regions",
        "device hours",
        "A step goes through the ViT in 3 parts of 776 regions",
        "How it grows",
        "1,496",
        "assumed, not",
        "As many",
    ):
        assert part in said


def test_json_of_a_cohort(tmp_path: Path) -> None:
    """Its patients and genes are counted; settings and protocol are those of a run."""
    make_cohort(tmp_path / "omics_only", slides=False)
    words = ["--preset", "demo", "--protocol", "paper", "--set", "folds=3", "--device", "l4", "--json"]
    found = json.loads(invoke(str(tmp_path / "omics_only"), *words))
    assert (found["patients"], found["regions"], found["price"]) == (58, 0, None)
    times = {stage["name"]: stage["times"] for stage in found["stages"]}
    assert times == {"select": 1, "pretrain": 1, "finetune": 3, "explain": 3}


@pytest.mark.parametrize("fmt", [[], ["--json"]])
def test_what_would_end_the_training_is_said(fmt: list[str], tmp_path: Path) -> None:
    make_cohort(tmp_path / "tumours", slides=False)
    for folds, expected in ("3", False), ("57", True):
        words = ["--preset", "demo", "--set", f"folds={folds}", "--device", "l4", *fmt]
        said = " ".join(invoke(str(tmp_path / "tumours"), *words).split())
        assert ("training would stop here: " in said and "cannot fill 57 folds" in said) == expected


@pytest.mark.parametrize(("words", "said"), [
    ([], "Name either a cohort, or with --patients"),
    (["tumours", "--patients", "9"], "Name either a cohort, or with --patients"),
    (["--patients", "374"], "Say with --regions how many"),
    (["--patients", "374", "--regions", "0", "--device", "t4"], "A patient with 0 regions"),
    ([*PAPER, "abacus"], "Nothing is known of a device 'abacus'"),
    ([*PAPER, "t4", "--set", "precision=bf16"], "has no bfloat16"),
    ([*PAPER, "t4", "--devices", "0"], "1 device or more"),
])  # fmt: skip
def test_what_is_refused(words: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        invoke(*words)
