"""Where grid files lie: those that come with pomp, and a workspace's own in its folder `grids`."""

from __future__ import annotations

from pathlib import Path

from pomp.data.bundle import assets_folder
from pomp.errors import ConfigError
from pomp.runs.grid.spec import Grid, read_grid
from pomp.runs.workspace import Workspace


def grid_files(workspace: Workspace) -> dict[str, Path]:
    """Grid files by name without `.toml`; a workspace's own takes the place of one that comes with pomp.

    Raises:
        PompError: pomp was installed without its assets.
    """
    folders = (assets_folder() / "grids", workspace.root / "grids")
    return {file.stem: file for folder in folders for file in sorted(folder.glob("*.toml"))}


def find_grid(name: str, workspace: Workspace) -> Grid:
    """The grid of that name, or in the file of that path, which ends in `.toml`.

    Raises:
        ConfigError: there is none, or it cannot be used.
    """
    if name.endswith(".toml"):
        return read_grid(Path(name))
    files = grid_files(workspace)
    if name not in files:
        raise ConfigError(
            f"There is no grid '{name}'. Choose one of {', '.join(files)}, name a file that ends in .toml, or put one "
            f"into {workspace.root / 'grids'}."
        )
    return read_grid(files[name])
