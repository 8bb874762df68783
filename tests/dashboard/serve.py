"""`python -m tests.dashboard.serve SCRIPT [TOKEN]`: the dashboard's server around another script, on any free port."""

from __future__ import annotations

import sys
from pathlib import Path

from dashboard.server import announce, create_app, find_port, known_folders, streamlit_options
from pomp.runs.workspace import Workspace

ADDRESS = "127.0.0.1"

if __name__ == "__main__":
    port = find_port(ADDRESS, 18600)
    workspace = Workspace.default()
    app = create_app(
        Path(sys.argv[1]),
        lambda: known_folders(workspace),
        token=sys.argv[2] if len(sys.argv) > 2 else None,
        on_start=lambda: announce(f"http://{ADDRESS}:{port}", open_browser=False),
    )
    app.run(config=streamlit_options(ADDRESS, port))
