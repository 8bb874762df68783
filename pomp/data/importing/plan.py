"""What an import will do: made by `scan`, changed with `model_copy(update=…)`, carried out by `stage`."""

from __future__ import annotations

import re
from typing import Literal

from pomp.config import Frozen
from pomp.data.omics_table import Kind
from pomp.data.problems import Problem

Origin = Literal["tables", "xena", "gdc", "mudata"]


class SampleFile(Frozen):
    """The values of one sample in a file of its own, as the GDC hands them out."""

    sample: str  # sample barcode; the patient where samples have no barcodes
    file: str  # absolute path
    md5: str | None = None  # by the manifest


class PlannedTable(Frozen):
    """One omics type: where its values lie and what they are taken for."""

    name: str  # the omics type, a section [omics.<name>] of cohort.toml
    file: str  # absolute path: the table, the .h5ad or .h5mu, or the GDC's sample sheet
    kind: Kind
    note: str  # a sentence: what was recognised, and how the kind was told
    samples: tuple[SampleFile, ...] = ()  # one file a sample; empty where `file` holds the values itself
    modality: str | None = None  # of a .h5mu; None for its other formats
    log2_counts: bool = False  # the file holds log2(count + 1); as kind "counts", 2^x − 1 is written, rounded


class PlannedSlide(Frozen):
    """One row of slides.csv."""

    patient: str
    file: str  # absolute path: the slide, or its features where there is no picture
    features: str | None = None  # absolute path: region features beside a picture
    mpp: float | None = None  # micrometres a pixel at level 0, where the source says so
    coordinates: str | None = None  # absolute path: where TRIDENT or CLAM found the picture's regions


class ImportPlan(Frozen):
    """A cohort folder to be. Paths are absolute; nothing they name is ever written to."""

    name: str  # of the folder: letters, digits, - and _
    title: str  # one line
    endpoint: str
    source: str
    licence: str
    synthetic: bool = False  # made up: no patient is real
    origin: Origin
    folder: str  # what was scanned
    clinical: str | None  # the file with the follow-up; None if none was recognised
    covariates: tuple[str, ...] = ()  # further tables of patients, joined to `clinical`; some with follow-up too
    endpoints: tuple[str, ...] = ()  # those that these tables hold
    omics: tuple[PlannedTable, ...] = ()
    slides: str | None = None  # where the slides or region features were found; None leaves `slide_files` out
    slide_files: tuple[PlannedSlide, ...] = ()
    slide_table: str | None = None  # the table that lists the slides, as findings call it; None where there is none
    findings: tuple[Problem, ...] = ()  # `file` is relative to `folder`


def make_slug(text: str) -> str:
    """A folder name: letters, digits, - and _; never empty, never hidden."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-") or "cohort"
