"""POMP: pathology-omics multimodal pre-training for cancer survival, evaluated honestly."""

from importlib.metadata import version

__version__ = version("pomp")
