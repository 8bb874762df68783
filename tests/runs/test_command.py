from __future__ import annotations

import itertools
import shlex
from typing import Any

import pytest

from pomp.config import PRESETS, PresetName, override
from pomp.runs.command import command_line

CASES: list[tuple[PresetName, dict[str, Any], str]] = [
    ("demo", {}, "pomp run tiny --preset demo"),
    ("honest", {}, "pomp run tiny --preset honest"),
    ("paper", {}, "pomp run tiny --preset paper"),
    ("demo", {"protocol": "paper", "seed": 3}, "pomp run tiny --preset demo --set protocol=paper --set seed=3"),
    ("honest", {"finetune.clip_norm": None}, "pomp run tiny --preset honest --set finetune.clip_norm="),
    ("honest", {"model.residual": False}, "pomp run tiny --preset honest --set model.residual=false"),
    ("honest", {"cohort.omics": ["mrna", "a b"]}, "pomp run tiny --preset honest --set 'cohort.omics=a b,mrna'"),
    (
        "honest",
        {"cohort.omics": ["mrna", "a,b"]},
        """pomp run tiny --preset honest --set 'cohort.omics=["a,b", "mrna"]'""",
    ),
    ("honest", {"cohort.omics": [" a"]}, """pomp run tiny --preset honest --set 'cohort.omics=[" a"]'"""),
    ("honest", {"cohort.omics": ["[1]"]}, """pomp run tiny --preset honest --set 'cohort.omics=["[1]"]'"""),
    ("honest", {"cohort.omics": ["1", "null"]}, "pomp run tiny --preset honest --set cohort.omics=1,null"),
    ("honest", {"cohort.omics": []}, "pomp run tiny --preset honest --set 'cohort.omics=[]'"),
    ("honest", {"cohort.endpoint": "1"}, """pomp run tiny --preset honest --set 'cohort.endpoint="1"'"""),
    ("honest", {"cohort.endpoint": "5e3"}, """pomp run tiny --preset honest --set 'cohort.endpoint="5e3"'"""),
    ("honest", {"cohort.endpoint": "true"}, """pomp run tiny --preset honest --set 'cohort.endpoint="true"'"""),
    ("honest", {"cohort.endpoint": "null"}, """pomp run tiny --preset honest --set 'cohort.endpoint="null"'"""),
    ("honest", {"cohort.endpoint": "NaN"}, """pomp run tiny --preset honest --set 'cohort.endpoint="NaN"'"""),
    ("honest", {"cohort.endpoint": ""}, """pomp run tiny --preset honest --set 'cohort.endpoint=""'"""),
    ("honest", {"pretrain.with_cohorts": ["b", "a"]}, "pomp run tiny --preset honest --set pretrain.with_cohorts=a,b"),
    ("honest", {"finetune.learning_rate": 1e-7}, "pomp run tiny --preset honest --set finetune.learning_rate=1e-07"),
    ("honest", {"cohort.endpoint": "PFI"}, "pomp run tiny --preset honest --set cohort.endpoint=PFI"),
]


@pytest.mark.parametrize(("preset", "changes", "command"), CASES)
def test_the_command_names_what_differs(preset: PresetName, changes: dict[str, Any], command: str) -> None:
    assert command_line("tiny", override(PRESETS[preset], changes)) == command


@pytest.mark.parametrize(("preset", "changes", "command"), CASES)
def test_the_command_line_reads_it_back(preset: PresetName, changes: dict[str, Any], command: str) -> None:
    from pomp.cli.options import configuration

    words = shlex.split(command)
    settings = [value for option, value in itertools.pairwise(words) if option == "--set"]
    assert configuration(preset, None, settings).digest == override(PRESETS[preset], changes).digest


def test_a_folder_with_a_space_is_quoted() -> None:
    assert command_line("/data/my cohort", PRESETS["demo"]) == "pomp run '/data/my cohort' --preset demo"
