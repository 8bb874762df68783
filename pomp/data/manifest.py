"""cohort.toml: what a cohort is called and where its tables lie."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError

from pomp.config import Frozen
from pomp.data.omics_table import Kind
from pomp.data.problems import Problems
from pomp.errors import CohortError
from pomp.wording import has_breaks, one_line, visible

MANIFEST = "cohort.toml"
CLINICAL = "clinical.csv"
SLIDES = "slides.csv"


class OmicsEntry(Frozen):
    """A section ``[omics.<name>]``."""

    file: str = Field(min_length=1)
    kind: Kind


class SlidesEntry(Frozen):
    """The section ``[slides]``."""

    file: str = SLIDES


TAKEN_NAMES = frozenset({"", "slides", "omics"})
"""No omics type can have them: where parts of a patient's data are named, the latter two are parts."""


def _check_omics_name(name: str) -> str:
    if name.strip() in TAKEN_NAMES:
        raise ValueError(f"'{name}' cannot be the name of an omics type")
    return _check_letters(name)


def _check_letters(name: str) -> str:
    if has_breaks(name):
        raise ValueError(f"'{visible(name)}' holds a line break or a tab: take it out")
    return name


class Manifest(Frozen):
    """The content of cohort.toml."""

    name: Annotated[str, AfterValidator(_check_letters)] = Field(min_length=1)
    title: Annotated[str, AfterValidator(one_line)] = ""
    endpoint: str = "OS"
    source: str = ""
    licence: str = ""
    synthetic: bool = False
    omics: dict[Annotated[str, AfterValidator(_check_omics_name)], OmicsEntry] = Field(default_factory=dict)
    slides: SlidesEntry | None = None


_KNOWN_KEYS: dict[str, type[Frozen]] = {"": Manifest, "slides": SlidesEntry, "omics": OmicsEntry}
# Lets the rest of the folder be checked where one key is wrong: any finite number is a valid value of this kind.
_LENIENT_KIND: Kind = "log"


def read_manifest(folder: Path) -> Manifest:
    """The cohort.toml of a folder; no table is opened.

    Raises:
        CohortError: the folder is none, has no cohort.toml, or that is damaged; every problem is listed.
    """
    problems = Problems()
    manifest = check_manifest(folder, problems)
    if manifest is None or problems.errors:
        lines = tuple(str(problem) for problem in problems.errors)
        raise CohortError(f"{folder} cannot be used as a cohort:\n" + "\n".join(lines), lines)
    return manifest


def check_manifest(folder: Path, problems: Problems) -> Manifest | None:
    """As much of cohort.toml as can be used, its problems added to `problems`; None if nothing can."""
    path = folder / MANIFEST
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        problems.error(str(folder), f"{what}. A cohort is a folder with {MANIFEST}, {CLINICAL} and its tables.")
        return None
    if not path.is_file():
        problems.error(
            MANIFEST,
            f"is missing in {folder}. A cohort folder holds {MANIFEST} (name, endpoint, one section [omics.<name>] "
            f"with file and kind for each table), {CLINICAL}, the tables, and {SLIDES} if there are slides.",
        )
        return None
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        problems.error(MANIFEST, f"cannot be read as TOML: {error}")
        return None
    return _validate(data, folder, problems)


def _validate(data: dict[str, Any], folder: Path, problems: Problems) -> Manifest | None:
    """Validate; where keys are wrong, report them all and go on without them."""
    try:
        return Manifest.model_validate(data, strict=True)
    except ValidationError as error:
        found = error.errors()
    for item in found:
        keys = [str(part) for part in item["loc"]]
        problems.error(MANIFEST, _explain(item["type"], keys, item["msg"]), column=".".join(keys), value=_quote(item))
        _mend(data, keys)
    data.setdefault("name", folder.name)
    try:
        return Manifest.model_validate(data, strict=True)
    except ValidationError:
        return None


def _explain(kind: str, keys: list[str], message: str) -> str:
    section = keys[0] if len(keys) > 1 else ""
    if kind == "extra_forbidden":
        known = ", ".join(_KNOWN_KEYS[section].model_fields)
        where = f"in [{'.'.join(keys[:-1])}]" if section else "at the top"
        return f"stands under an unknown key; known {where}: {known}."
    if kind == "missing":
        return "is required and missing."
    said = message.removeprefix("Value error, ")
    return f"is not valid: {said[0].lower()}{said[1:]}."


def _quote(item: Any) -> object:
    """The value as written; nothing where it is absent or a whole section."""
    return None if item["type"] == "missing" or isinstance(item["input"], dict) else item["input"]


def _mend(data: dict[str, Any], keys: list[str]) -> None:
    """Take out the wrong key, so that the rest of the folder can still be checked."""
    node: Any = data
    for key in keys[:-1]:
        if not isinstance(node, dict) or key not in node:
            return
        node = node[key]
    if not isinstance(node, dict):
        return
    if len(keys) == 3 and keys[-1] == "kind":
        node["kind"] = _LENIENT_KIND
    elif len(keys) == 3 and keys[-1] in {"file", "[key]"}:
        data["omics"].pop(keys[1], None)
    else:
        node.pop(keys[-1], None)
