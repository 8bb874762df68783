"""timm imports beside a torch without CUDA."""

import subprocess
import sys


def test_timm_imports_in_a_fresh_process() -> None:
    code = "import pomp.model, timm, torchvision; print(timm.__version__)"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
