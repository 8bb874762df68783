"""A folder of downloads → the plan of a cohort."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from pomp.data.importing.containers import is_container, list_modalities, read_notes, read_observations
from pomp.data.importing.gdc_clinical import OVERALL_SURVIVAL, is_gdc_clinical
from pomp.data.importing.gdc_folder import GdcFolder, recognise_gdc
from pomp.data.importing.lacking import explain_tables
from pomp.data.importing.leftover import SHEETS, SILENT, report_leftover
from pomp.data.importing.modalities import noted_slides, plan_modality
from pomp.data.importing.patients import NO_FOLLOW_UP, read_patients
from pomp.data.importing.plan import ImportPlan, Origin, PlannedSlide, PlannedTable, make_slug
from pomp.data.importing.slides import IMAGES, find_slides, list_slides
from pomp.data.importing.tables import holds_follow_up, sort_tables
from pomp.data.importing.xena import cancer_code, is_xena_clinical
from pomp.data.manifest import CLINICAL, MANIFEST, SLIDES, read_manifest
from pomp.data.outcome import has_endpoint, list_endpoints, usable_endpoints
from pomp.data.problems import Problems, list_first
from pomp.data.readers.slides import FEATURE_SUFFIXES, read_slides
from pomp.errors import CohortError
from pomp.wording import count, one_line

USABLE = (
    "What can be imported: a table of follow-up with columns such as OS and OS.time and omics tables beside it (csv, "
    "tsv or parquet), UCSC Xena's downloads, a folder of the GDC's with its sample sheet and clinical data, or a .h5ad "
    "or .h5mu."
)
_LICENCE = "Open access, under the NIH Genomic Data Sharing Policy"


@dataclass
class _Draft:
    """A plan while it is being made."""

    root: Path
    files: list[Path]  # not yet recognised
    problems: Problems = field(default_factory=Problems)
    omics: list[PlannedTable] = field(default_factory=list)
    slides: list[PlannedSlide] = field(default_factory=list)
    slides_place: Path | None = None
    slide_table: str | None = None  # as findings call it
    clinical: Path | None = None
    covariates: list[Path] = field(default_factory=list)
    lacking: dict[str, str] = field(default_factory=dict)  # what each table lacks, where there is no follow-up
    patients: pd.DataFrame = field(default_factory=pd.DataFrame)
    origin: Origin = "tables"
    synthetic: bool = False
    texts: dict[str, str] = field(default_factory=dict)  # name, title, endpoint, source, licence where known

    def claim(self, paths: Iterable[Path]) -> None:
        gone = set(paths)
        self.files = [path for path in self.files if path not in gone]


def scan(folder: Path) -> ImportPlan:
    """Recognise what lies in a folder: a plan to look at, to change, and to carry out with `import_cohort`.

    Odd content never raises: what is not recognised becomes a finding of the plan.

    Raises:
        CohortError: there is no such folder, or nothing in it can be used; the message says what could be.
    """
    root = folder.absolute()
    if not _is(root.is_dir):
        if _is(root.is_file):
            raise CohortError(f"{folder} is a file: name the folder that it lies in. Every table there is looked at.")
        raise CohortError(f"{folder} is no folder. {USABLE}")
    problems = Problems()
    draft = _Draft(root, _list_files(root, problems), problems)
    if (root / MANIFEST).is_file():
        _read_cohort_folder(draft)
    else:
        _report_links(draft)
        gdc = recognise_gdc(draft.files, root, draft.problems)
        draft.claim(gdc.claimed if gdc else ())
        _choose_clinical(draft)
        _add_containers(draft)
        if gdc is not None:
            _add_gdc(draft, gdc)
        _add_slides_and_tables(draft, gdc)
    _report_rest(draft)
    return _finish(draft)


def _is(asked: Callable[[], bool]) -> bool:
    """Of a path's `is_dir` or `is_file`: also where no name can be as long, or nobody here may look."""
    try:
        return asked()
    except OSError:
        return False


def _list_files(root: Path, problems: Problems) -> list[Path]:
    """Every file below a folder, sorted; hidden files and folders are left out, and a folder that is locked is said."""

    def say(error: OSError) -> None:
        place = os.path.relpath(error.filename, root)
        problems.warning(place, f"is a folder that cannot be read: {error.strerror}. Nothing in it is looked at.")

    found = []
    for place, folders, names in os.walk(root, onerror=say):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in names if not name.startswith(".")]
    return sorted(path for path in found if _is(path.is_file))  # and no dangling link


def _report_links(draft: _Draft) -> None:
    """Linked folders are not entered: they may lead anywhere, and in a circle."""
    for place, folders, _ in os.walk(draft.root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in [Path(place, name) for name in folders if Path(place, name).is_symlink()]:
            draft.problems.warning(
                str(path.relative_to(draft.root)),
                "is a link to a folder, and is not read. Put its files in its place, or link each of them.",
            )


def _choose_clinical(draft: _Draft) -> None:
    """The table with the follow-up: one with endpoints, Xena's survival first; otherwise the GDC's clinical data."""
    follow_up = [path for path in draft.files if not is_container(path) and holds_follow_up(path)]
    gdc = [path for path in draft.files if path not in follow_up and is_gdc_clinical(path)]
    containers = {path: _observes_follow_up(path) for path in draft.files if is_container(path)}
    follow_up.sort(key=lambda path: (not is_xena_clinical(path.name), "clinical" not in path.name.lower()))
    gdc.sort(key=lambda path: path.suffix.lower() != ".json")
    observed = [path for path, has in containers.items() if has]
    candidates = [*follow_up, *gdc, *observed, *containers]
    if not candidates:
        return
    draft.clinical = candidates[0]
    draft.covariates = [path for path in (*follow_up, *gdc, *observed) if path != candidates[0]]
    draft.claim([*follow_up, *gdc])
    draft.patients = _look_at_patients(candidates[0], draft.covariates, draft.problems)


def _observes_follow_up(container: Path) -> bool:
    try:
        return has_endpoint(list(map(str, read_observations(container).columns)))
    except CohortError:  # said where its values are read
        return False


def _look_at_patients(clinical: Path, covariates: Sequence[Path], problems: Problems) -> pd.DataFrame:
    try:
        return read_patients(clinical, covariates, Problems())
    except CohortError as error:
        problems.error(clinical.name, str(error))
        return pd.DataFrame()


def _add_containers(draft: _Draft) -> None:
    for path in [path for path in draft.files if is_container(path)]:
        draft.claim([path])
        draft.origin = "mudata"
        try:
            notes = read_notes(path)
            for modality in list_modalities(path):
                draft.omics.append(plan_modality(path, modality, notes))
        except CohortError as error:
            said = str(error).removeprefix(str(path)).lstrip(": ")
            draft.problems.error(path.name, f"{said} Or take it out of the folder, to go on without it.")
            continue
        draft.texts |= {
            key: str(notes[key]) for key in ("name", "title", "endpoint", "source", "licence") if key in notes
        }
        draft.synthetic |= bool(notes.get("synthetic", False))
        draft.slides += noted_slides(notes)
        draft.slides_place = path if draft.slides else None


def _add_gdc(draft: _Draft, gdc: GdcFolder) -> None:
    draft.omics += gdc.tables
    draft.origin = "gdc"
    fetched = _read_record(draft.root / "fetch.json")
    named = " and ".join(gdc.projects) or fetched.get("project") or draft.root.name
    source = f"NCI Genomic Data Commons, {named}"
    if draft.clinical is not None and is_gdc_clinical(draft.clinical):
        source += f"; {OVERALL_SURVIVAL}"
    draft.texts |= {"title": fetched.get("title") or named, "name": named, "source": source, "licence": _LICENCE}


def _read_record(record: Path) -> dict[str, str]:
    """Project and its title, as `pomp cohort fetch` left them; nothing where it did not."""
    try:
        content = json.loads(record.read_text(encoding="utf-8"))
        return {key: str(content[key]) for key in ("project", "title") if content.get(key)}
    except (OSError, ValueError, AttributeError):
        return {}


def _add_slides_and_tables(draft: _Draft, gdc: GdcFolder | None) -> None:
    patients = set(map(str, draft.patients.index))
    files = [path for path in draft.files if not _is_other(path)]
    tables = sort_tables(files, draft.root, patients, draft.problems)
    if draft.clinical is None:
        used = {table.file for table in tables.omics}
        draft.lacking = explain_tables([path for path in files if str(path) not in used], draft.root)
    if tables.slides and not any(path.suffix.lower() in IMAGES for path in draft.files):
        draft.problems.warning(
            draft.root.name,
            f"{count(len(tables.slides), 'slide is', 'slides are')} listed in a table, and none lies in the folder.",
        )
    known = tables.slides | {name: origin.label for name, origin in (gdc.origins if gdc else {}).items()}
    if tables.slide_table is not None:
        place = tables.slide_table
        draft.slide_table = place.name
        draft.slides += list_slides(read_slides(place.parent, place.name, draft.problems))
        draft.slides_place = place
        draft.claim([path for path in draft.files if path.suffix.lower() in (*IMAGES, *FEATURE_SUFFIXES)])
    slides = find_slides(draft.files, draft.root, patients, known, draft.problems)
    draft.claim([path for path in draft.files if path not in tables.unknown and not _is_other(path)])
    draft.claim(slides.claimed)
    draft.omics += tables.omics
    draft.covariates += tables.covariates
    draft.slides += slides.rows
    draft.slides_place = slides.folder or draft.slides_place
    survival = draft.clinical.name if draft.clinical else ""
    if draft.origin == "tables" and (tables.xena or is_xena_clinical(survival)):
        draft.origin = "xena"
        code = next((code for name in [survival, *tables.xena] if (code := cancer_code(name))), None)
        title = f"TCGA-{code}" if code else draft.root.name
        draft.texts |= {"title": title, "name": title, "source": f"UCSC Xena, {title}", "licence": _LICENCE}


def _is_other(path: Path) -> bool:
    """What is no table by its name."""
    return path.suffix.lower() in {*SILENT, *SHEETS, ".json", ".toml"} or path.name.upper().startswith("LICENSE")


def _read_cohort_folder(draft: _Draft) -> None:
    """A folder that is a cohort already: what cohort.toml says."""
    manifest = read_manifest(draft.root)
    draft.texts = {key: getattr(manifest, key) for key in ("name", "title", "endpoint", "source", "licence")}
    draft.synthetic = manifest.synthetic
    clinical = draft.root / CLINICAL
    if clinical.is_file():
        draft.clinical, draft.patients = clinical, _look_at_patients(clinical, (), draft.problems)
    for name, entry in manifest.omics.items():
        file = str(draft.root / entry.file)
        draft.omics.append(PlannedTable(name=name, file=file, kind=entry.kind, note=f"As {MANIFEST} says."))
    table = manifest.slides.file if manifest.slides else SLIDES
    if (draft.root / table).is_file():
        draft.slides_place = draft.root / table
        draft.slide_table = table
        draft.slides = list_slides(read_slides(draft.root, table, draft.problems))
    draft.files = []


def _report_rest(draft: _Draft) -> None:
    report_leftover(draft.files, draft.root, draft.problems)
    if draft.clinical is None:
        # That their rows are no patients with follow-up, which is all that was found of them, helps nobody here.
        draft.problems.found = [problem for problem in draft.problems.found if problem.file not in draft.lacking]
        draft.problems.error(draft.root.name, NO_FOLLOW_UP)
        for file, lack in draft.lacking.items():
            draft.problems.warning(file, lack)


def _finish(draft: _Draft) -> ImportPlan:
    if draft.clinical is None and not draft.omics and not draft.slides:
        found = [str(problem) for problem in draft.problems.found if problem.message != NO_FOLLOW_UP]
        if any(problem.severity == "warning" and problem.file != draft.root.name for problem in draft.problems.found):
            first = f"Nothing in {draft.root} can be used yet: in no table is follow-up recognised."
            raise CohortError("\n".join([first, list_first(found, "look at these first."), USABLE]))
        errors = [str(problem) for problem in draft.problems.errors[:1]]
        raise CohortError(" ".join([f"Nothing in {draft.root} can be used.", *errors, USABLE]))
    there, usable = list_endpoints(map(str, draft.patients.columns)), usable_endpoints(draft.patients)
    # Overall survival stays the choice where its coding is wrong: the import says so, and takes nothing else unasked.
    default = next((name for name in ("OS", *usable, *there) if name in there), "OS")
    endpoints = tuple(name for name in there if name in usable or name == default)
    title = one_line(draft.texts.get("title") or draft.root.name)
    return ImportPlan(
        name=make_slug(draft.texts.get("name") or title),
        title=title,
        endpoint=draft.texts.get("endpoint") or default,
        source=draft.texts.get("source", ""),
        licence=draft.texts.get("licence", ""),
        synthetic=draft.synthetic,
        origin=draft.origin,
        folder=str(draft.root),
        clinical=None if draft.clinical is None else str(draft.clinical),
        covariates=tuple(map(str, draft.covariates)),
        endpoints=endpoints,
        omics=tuple(draft.omics),
        slides=None if draft.slides_place is None or not draft.slides else str(draft.slides_place),
        slide_files=tuple(draft.slides),
        slide_table=draft.slide_table,
        findings=tuple(draft.problems.found),
    )
