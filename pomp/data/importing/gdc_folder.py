"""A folder as the GDC's tools leave it: manifest, sample sheet or metadata, and one folder a file."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pomp.data.barcode import parse_barcode
from pomp.data.importing.gdc_values import MEASURES, Measure, find_measure
from pomp.data.importing.origins import Origin, describe_unmarked
from pomp.data.importing.plan import PlannedTable, SampleFile
from pomp.data.problems import Problems, enumerate_some
from pomp.wording import agree, count

_MANIFEST = re.compile(r"(gdc_)?manifest.*\.(txt|tsv)", re.IGNORECASE)
_LEFTOVER = re.compile(r"annotations\.txt|.*\.parcel|.*\.partial|.*\.part|fetch\.json", re.IGNORECASE)
NO_SHEET = (
    "nothing says which sample a file of the GDC belongs to. In the GDC's portal, put the same files into the cart and "
    "download its 'Sample Sheet' (gdc_sample_sheet….tsv) into this folder; 'Metadata' (metadata….json) will do too. Or "
    "take the file out, to go on without it."
)


@dataclass
class GdcFolder:
    """What was found."""

    tables: list[PlannedTable] = field(default_factory=list)
    origins: dict[str, Origin] = field(default_factory=dict)  # by name of the file
    projects: list[str] = field(default_factory=list)
    sheet: Path | None = None
    claimed: set[Path] = field(default_factory=set)


@dataclass(frozen=True)
class _Listed:
    """One line of a manifest."""

    file_id: str
    name: str
    md5: str
    size: int


def recognise_gdc(files: Sequence[Path], root: Path, problems: Problems) -> GdcFolder | None:
    """Tables of the GDC's files of one sample each; None where there is nothing of the GDC's.

    Files that the manifest lists and that are missing or too short are warnings, and left out. MD5 sums are compared
    when the files are read.

    Args:
        files: everything in the folder.
        root: the folder; findings name files relative to it.
    """
    found = GdcFolder()
    manifests = [path for path in files if _MANIFEST.fullmatch(path.name) and _read_manifest(path)]
    measured = [(path, measure) for path in files if (measure := find_measure(path.name))]
    for path in files:
        _read_origins(path, found)
    if not manifests and not measured and not found.origins:
        return None
    found.claimed |= {*manifests, *(path for path, _ in measured)}
    found.claimed |= {path for path in files if _LEFTOVER.fullmatch(path.name)}
    listed = {line.name: line for path in manifests for line in _read_manifest(path)}
    torn = _check_manifest(listed.values(), files, problems, manifests[0].name if manifests else "")
    normals = [path for path in files if path.name in found.origins and found.origins[path.name].is_unmarked_normal]
    found.claimed |= {*torn, *normals}
    if measured and not found.origins:
        problems.error(str(measured[0][0].relative_to(root)), NO_SHEET)
        return found
    for measure in MEASURES:
        paths = [path for path, one in measured if one is measure and path not in torn]
        samples = _name_samples(paths, found.origins, listed, problems, measure)
        if samples:
            note = f"{count(len(samples), 'file')} of the GDC: {measure.what}, one sample each."
            found.tables.append(
                PlannedTable(
                    name=measure.name, file=str(found.sheet), kind=measure.kind, note=note, samples=tuple(samples)
                )
            )
    return found


def _read_manifest(path: Path) -> list[_Listed]:
    """The lines of a manifest; none where the file is something else."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t"))
        return [_Listed(row["id"], row["filename"], row["md5"], int(row["size"])) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, TypeError, ValueError):
        return []


def _check_manifest(listed: Iterable[_Listed], files: Sequence[Path], problems: Problems, manifest: str) -> set[Path]:
    """Report what is missing or too short, and give back the latter."""
    places = {(path.parent.name, path.name): path for path in files} | {("", path.name): path for path in files}
    missing, torn = [], {}
    for line in listed:
        path = places.get((line.file_id, line.name)) or places.get(("", line.name))
        if path is None:
            missing.append(line.name)
        elif path.stat().st_size != line.size:
            torn[path] = f"{line.name} ({path.stat().st_size} of {line.size} bytes)"
    again = "Download them again, or go on without."
    if missing:
        problems.warning(manifest, f"{len(missing)} of its files are not here: {enumerate_some(missing)}. {again}")
    if torn:
        problems.warning(
            manifest,
            f"{len(torn)} of its files have another size, and are not used: {enumerate_some([*torn.values()])}. "
            f"{again}",
        )
    return set(torn)


def _read_origins(path: Path, found: GdcFolder) -> None:
    """Add what a sample sheet or a metadata file says; anything else adds nothing."""
    name = path.name.lower()
    try:
        if name.endswith((".tsv", ".txt")) and "sample_sheet" in name:
            origins, projects = _read_sheet(path)
        elif name.endswith(".json") and "metadata" in name:
            origins, projects = _read_metadata(json.loads(path.read_text(encoding="utf-8-sig"))), []
        else:
            return
    except (OSError, UnicodeDecodeError, csv.Error, ValueError, KeyError, TypeError, AttributeError):
        return
    if origins:
        found.origins |= origins
        found.projects += [project for project in projects if project not in found.projects]
        found.sheet = found.sheet or path
        found.claimed.add(path)


def _read_sheet(path: Path) -> tuple[dict[str, Origin], list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    origins = {}
    for row in rows:
        types = row.get("Sample Type") or row.get("Tissue Type") or ""
        parts = [[part.strip() for part in text.split(",")] for text in (row["Case ID"], row["Sample ID"], types)]
        origins[row["File Name"]] = _first_tumour([Origin(*one) for one in zip(*_even(parts), strict=True)])
    return origins, sorted({row["Project ID"] for row in rows})


def _even(columns: list[list[str]]) -> list[list[str]]:
    """A file of two samples names them in one cell each; a single value holds for all of them."""
    most = max(map(len, columns))
    return [(column * most if len(column) == 1 else column + [""] * (most - len(column))) for column in columns]


def _read_metadata(entries: Any) -> dict[str, Origin]:
    """The portal's metadata.cart….json: a list of files with the aliquots or samples they are about."""
    origins = {}
    for entry in entries:
        about = []
        for case in entry.get("cases") or []:
            name = case.get("submitter_id") or ""
            for sample in case.get("samples") or []:
                kind = sample.get("sample_type") or sample.get("tissue_type") or ""
                about.append(Origin(name, sample["submitter_id"], kind))
        for entity in [] if about else entry.get("associated_entities") or []:
            label = entity["entity_submitter_id"]
            about.append(Origin(parse_barcode(label).patient, label, ""))
        if about:
            origins[entry["file_name"]] = _first_tumour(about)
    return origins


def _first_tumour(origins: Sequence[Origin]) -> Origin:
    return next((one for one in origins if not one.is_normal), origins[0])


def _name_samples(
    paths: Sequence[Path],
    origins: dict[str, Origin],
    listed: dict[str, _Listed],
    problems: Problems,
    measure: Measure,
) -> list[SampleFile]:
    """The files that are used, each with a label of its own that leads to the patient."""
    unknown, normals, twins = [], [], []
    chosen: dict[str, SampleFile] = {}
    for path in sorted(paths, key=lambda path: (origins.get(path.name, Origin("", "", "")), path.name)):
        origin = origins.get(path.name)
        if origin is None:
            unknown.append(path.name)
            continue
        if origin.is_unmarked_normal:
            normals.append(origin.sample)
            continue
        if origin.label in chosen:
            twins.append(path.name)
            continue
        line = listed.get(path.name)
        chosen[origin.label] = SampleFile(sample=origin.label, file=str(path), md5=line.md5 if line else None)
    what = f"of {measure.what}"
    if unknown:
        problems.warning(
            measure.name,
            f"{count(len(unknown), 'file')} {what} {agree(len(unknown), 'is', 'are')} in no sample sheet: "
            f"{enumerate_some(unknown)}.",
        )
    if normals:
        problems.warning(measure.name, f"{describe_unmarked(len(normals), f' {what}')}.")
    if twins:
        problems.warning(
            measure.name,
            f"{count(len(twins), 'file')} {what} {agree(len(twins), 'is', 'are')} of a sample that has one already: "
            f"{enumerate_some(twins)}.",
        )
    return list(chosen.values())
