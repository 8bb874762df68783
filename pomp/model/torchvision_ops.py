"""Lets timm be imported beside a torch without CUDA.

timm imports torchvision, and the torchvision wheel of the package index is built for CUDA. Beside a CPU build of torch
its compiled operators cannot be loaded, and `import torchvision` then fails with "operator torchvision::nms does not
exist", because it registers a fake kernel for operators that it takes for granted. POMP uses none of them. Importing
this module first loads the compiled operators where that works and otherwise declares the two that are missed.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import torch

_SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


def _load_compiled() -> bool:
    spec = find_spec("torchvision")
    if spec is None or spec.origin is None:
        return False
    for library in sorted(Path(spec.origin).parent.glob("_C*.so")):
        try:
            torch.ops.load_library(library)
        except OSError:
            return False
    return hasattr(torch.ops.torchvision, "nms")


def _declare_missing() -> torch.library.Library:
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name, schema in _SCHEMAS.items():
        if not hasattr(torch.ops.torchvision, name):
            library.define(schema)
    return library


# The declarations live as long as the library object does.
FRAGMENT: torch.library.Library | None = None if _load_compiled() else _declare_missing()
