"""Slides, and region features and coordinates of TRIDENT and CLAM, by where they lie and what they are called."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import pandas as pd

from pomp.data.barcode import Barcode, parse_barcode
from pomp.data.importing.plan import PlannedSlide
from pomp.data.problems import Problems, enumerate_some
from pomp.data.readers.slides import COORDINATE_SUFFIXES, FEATURE_SUFFIXES, has_image
from pomp.wording import agree, count

IMAGES = (".svs", ".tif", ".tiff", ".ndpi", ".mrxs", ".scn", ".vms", ".vmu", ".svslide", ".bif")

# TRIDENT: <job>/20x_256px_0px_overlap/features_uni_v1/<slide>.h5; CLAM: <job>/h5_files/<slide>.h5, pt_files/<slide>.pt.
_FEATURES = re.compile(r"features_.+|h5_files|pt_files|features")
_DIAGNOSTIC = re.compile(r"-DX[0-9A-Z]*(\.|$)")
_BARCODE_AT_START = re.compile(r"(TCGA-[A-Z0-9]{2}-[A-Z0-9]{4}(?:-\d\d[A-Z]?(?:-[A-Za-z0-9]+)*)?)")


@dataclass
class FoundSlides:
    """The rows of slides.csv, and the folder they were found in."""

    folder: Path | None = None
    rows: list[PlannedSlide] = field(default_factory=list)
    claimed: set[Path] = field(default_factory=set)


def find_slides(
    files: Sequence[Path], root: Path, patients: Collection[str], known: Mapping[str, str], problems: Problems
) -> FoundSlides:
    """Slides of tumours by patient; where there are region features, those slides that have them.

    Where there are none, slides go with the coordinates of their regions.

    A patient with diagnostic slides (DX, paraffin) goes without the frozen ones (TS, BS, MS), as is usual.

    Args:
        files: everything in the folder.
        root: the folder.
        patients: those with follow-up: a name that is no barcode belongs to the patient it begins with.
        known: sample or patient by name of the slide file, from a sample sheet or a table of slides.
    """
    images = [path for path in files if path.suffix.lower() in IMAGES]
    features, folder = _choose_features(files, root, problems)
    beside_images = _find_coordinates(files, images)
    found = FoundSlides(claimed={*images, *beside_images, *(path for path in files if _is_features(path))})
    if not images and not features:
        return found
    found.folder = folder or _common(images, root)
    pictures = {path.stem: path for path in images}
    place = str(found.folder.relative_to(root)) if found.folder != root else found.folder.name
    places = {} if features else _choose_coordinates(beside_images, root, problems)
    codes = _tell_patients(list(features.values()) or images, patients, known, place, problems)
    for path in _keep_diagnostic(codes, place, problems):
        picture = pictures.get(path.stem) if features else path
        beside = str(path) if features and picture else None
        found.rows.append(
            PlannedSlide(
                patient=codes[path].patient, file=str(picture or path), features=beside,
                coordinates=places.get(path.stem),
            )
        )  # fmt: skip
    lacking = [path.name for path in images if features and path.stem not in features]
    if lacking:
        has, is_ = agree(len(lacking), "has", "have"), agree(len(lacking), "is", "are")
        problems.warning(
            place,
            f"{count(len(lacking), 'slide')} {has} no features, and {is_} not used: {enumerate_some(lacking)}.",
        )
    return found


def _tell_patients(
    paths: Sequence[Path], patients: Collection[str], known: Mapping[str, str], place: str, problems: Problems
) -> dict[Path, Barcode]:
    """Whose each slide is, as far as that can be told."""
    stems = {Path(name).stem: label for name, label in known.items()} | dict(known)  # names with or without .svs
    codes, strangers = {}, []
    for path in paths:
        label = known.get(path.name) or stems.get(path.stem) or _name_patient(path.stem, patients)
        if label is None:
            strangers.append(path.name)
        else:
            codes[path] = parse_barcode(label)
    if strangers:
        problems.warning(
            place,
            f"{count(len(strangers), 'slide belongs', 'slides belong')} to no patient by "
            f"{agree(len(strangers), 'its', 'their')} name: {enumerate_some(strangers)}.",
        )
    return codes


def list_slides(rows: pd.DataFrame) -> list[PlannedSlide]:
    """The rows of a slides.csv, as `read_slides` gives them."""
    beside = rows["features"].where(has_image(rows) & (rows["features"] != ""), None)
    lines = zip(rows["patient"], rows["file"], beside, rows["mpp"], rows["coordinates"], strict=True)
    return [
        PlannedSlide(
            patient=patient, file=file, features=features, mpp=None if math.isnan(mpp) else mpp,
            coordinates=coordinates or None,
        )
        for patient, file, features, mpp, coordinates in lines
    ]  # fmt: skip


def _is_features(path: Path) -> bool:
    return path.suffix.lower() in FEATURE_SUFFIXES and _FEATURES.fullmatch(path.parent.name) is not None


def _choose_features(files: Sequence[Path], root: Path, problems: Problems) -> tuple[dict[str, Path], Path | None]:
    """The feature files of the folder with most of them, by slide."""
    counts = Counter(path.parent for path in files if _is_features(path))
    if not counts:
        return {}, None
    chosen = _choose_folder(counts, "features", root, problems)
    return {path.stem: path for path in files if path.parent == chosen and _is_features(path)}, chosen


def _choose_folder(counts: Counter[Path], what: str, root: Path, problems: Problems) -> Path:
    """The folder with most of the files; of two, one with .h5, which has coordinates, before CLAM's .pt."""
    chosen = min(counts, key=lambda folder: (-counts[folder], folder.name == "pt_files", str(folder)))
    others = [str(folder.relative_to(root)) for folder in sorted(counts) if folder != chosen]
    if others:
        problems.warning(
            str(chosen.relative_to(root)), f"its {what} are taken, and not those of {enumerate_some(others)}."
        )
    return chosen


def _find_coordinates(files: Sequence[Path], images: Sequence[Path]) -> dict[Path, str]:
    """The coordinate files of these images, each with its slide's name: TRIDENT adds `_patches` to it, CLAM nothing."""
    stems = {path.stem for path in images}
    named = {
        path: path.stem if path.stem in stems else path.stem.removesuffix("_patches")
        for path in files
        if path.suffix.lower() in COORDINATE_SUFFIXES and not _is_features(path)
    }
    return {path: stem for path, stem in named.items() if stem in stems and _holds_coordinates(path)}


def _holds_coordinates(path: Path) -> bool:
    """Coordinates and no features. What is no HDF5 file is not ours to judge here."""
    try:
        with h5py.File(path, "r") as file:
            return "coords" in file and "features" not in file
    except (OSError, RuntimeError):
        return False


def _choose_coordinates(found: Mapping[Path, str], root: Path, problems: Problems) -> dict[str, str]:
    """The coordinate files of the folder with most of them, by slide."""
    if not found:
        return {}
    chosen = _choose_folder(Counter(path.parent for path in found), "coordinates", root, problems)
    return {stem: str(path) for path, stem in found.items() if path.parent == chosen}


def _common(paths: Sequence[Path], root: Path) -> Path:
    parents = {path.parent for path in paths}
    return parents.pop() if len(parents) == 1 else root


def _name_patient(stem: str, patients: Collection[str]) -> str | None:
    """The barcode at the start of a name, otherwise the longest patient id it starts with."""
    found = _BARCODE_AT_START.match(stem)
    if found:
        return found.group(1)
    starts = [name for name in patients if re.match(re.escape(name) + r"($|[^A-Za-z0-9])", stem)]
    return max(starts, key=len) if starts else None


def _keep_diagnostic(codes: Mapping[Path, Barcode], place: str, problems: Problems) -> list[Path]:
    tumours = [path for path, code in codes.items() if code.is_tumour]
    if len(tumours) < len(codes):
        normal = len(codes) - len(tumours)
        is_ = agree(normal, "is", "are")
        problems.warning(place, f"{count(normal, 'slide')} {is_} of normal tissue, and {is_} not used.")
    diagnostic = {codes[path].patient for path in tumours if _DIAGNOSTIC.search(path.stem)}
    kept = [path for path in tumours if _DIAGNOSTIC.search(path.stem) or codes[path].patient not in diagnostic]
    if len(kept) < len(tumours):
        frozen = len(tumours) - len(kept)
        what = f"{count(frozen, 'frozen slide')} of patients who have diagnostic ones"
        problems.warning(place, f"{what} {agree(frozen, 'is', 'are')} not used.")
    return sorted(kept, key=lambda path: (codes[path].patient, path.name))
