"""R, where it is installed: a comparison with it is skipped, visibly, elsewhere."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from shutil import which

import pytest


@pytest.fixture
def needs_r() -> Callable[[str], None]:
    """Skips the rest of a test where R, or the package of it that is named, is not installed."""

    def skip(package: str) -> None:
        if which("Rscript") is None:
            pytest.skip("R is not installed")
        test = f"quit(status = !requireNamespace('{package}', quietly = TRUE))"
        if subprocess.run(["Rscript", "-e", test], capture_output=True, check=False).returncode:
            pytest.skip(f"R has no package {package}")

    return skip
