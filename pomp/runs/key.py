"""What a run is: the one place that says which runs are the same, and which are so but for their seed or protocol."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from pomp.config import RunConfig, override
from pomp.runs.run import Run

Varied = Literal["seed", "protocol", "cohort.permutation"]
"""Settings in which runs are made to differ on purpose: see `repeats`, `twins` and `null`."""

_ANY: dict[Varied, Any] = {"seed": 0, "protocol": "honest", "cohort.permutation": None}


class RunKey(NamedTuple):
    """Runs of one key are the same experiment, made twice: their numbers would come out alike.

    Where the cohort lies, and what a run is called, do not matter.
    """

    cohort: str
    """Its name: the same files under two names are two cohorts."""
    files: str
    """Digest of the cohort."""
    settings: str
    """Digest of the settings."""
    joined: tuple[str, ...]
    """Digests of the cohorts that join the pre-training."""

    @property
    def digest(self) -> str:
        """SHA-256 of all of it: 64 hex digits."""
        return hashlib.sha256(json.dumps(self).encode()).hexdigest()


def run_key(run: Run, *varied: Varied) -> RunKey:
    """What a run is; runs that differ in nothing but the settings `varied` have one key."""
    info = run.info
    joined = tuple(companion.digest for companion in info.companions)
    return RunKey(info.cohort.name, info.cohort.digest, settings_digest(info.config, *varied), joined)


@lru_cache(maxsize=4096)  # pages ask for the keys of all runs at every click
def settings_digest(config: RunConfig, *varied: Varied) -> str:
    """Digest of the settings, whatever those `varied` are."""
    return settings_but(config, *varied).digest


def settings_but(config: RunConfig, *varied: Varied) -> RunConfig:
    """The settings with one value for all runs in those `varied`."""
    return override(config, {name: _ANY[name] for name in varied}) if varied else config
