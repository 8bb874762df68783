"""What a grid is: a TOML file with a row for every variant, validated once."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeInt,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from pomp.config import PRESETS, Frozen, PresetName, ProtocolName, RunConfig, override
from pomp.data.published import published_row
from pomp.errors import ConfigError
from pomp.runs.command import flatten

SIDES = ("protocol", "seed")
"""Settings that every grid varies by itself, as `protocols` and `seeds`."""


def _dotted(changes: Any) -> Any:
    """TOML's nested tables as dotted fields; what is no table is the validator's to refuse."""
    return flatten(changes) if isinstance(changes, dict) else changes


def _check_sides(changes: dict[str, Any]) -> dict[str, Any]:
    for side in SIDES:
        if side in changes:
            raise ValueError(
                f"'{side}' is not changed here: a grid has its {side}s at the top, as '{side}s', and "
                f"a command has --{side}"
            )
    return changes


def _check_distinct(values: tuple[Any, ...]) -> tuple[Any, ...]:
    twice = sorted({str(value) for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} stands there twice")
    return values


def _look_up(published: Any) -> Any:
    """ "table2:POMP-B1" is a row of the paper; values that a file states itself stay as they are."""
    if not isinstance(published, str):
        return published
    try:
        return dict(published_row(published))
    except ConfigError as error:
        raise ValueError(str(error).removesuffix(".")) from None


Changes = Annotated[dict[str, Any], BeforeValidator(_dotted), AfterValidator(_check_sides)]
Distinct = AfterValidator(_check_distinct)


class Variant(Frozen):
    """A row: what is changed, and what the paper reports for it."""

    name: str = Field(min_length=1)
    label: str = ""
    changes: Changes = Field(default_factory=dict)
    published: Annotated[dict[str, tuple[float, float]], BeforeValidator(_look_up)] = Field(default_factory=dict)
    """Abbreviation of a TCGA cohort → C-index, mean and standard deviation over folds. In a file, a row of the paper is
    named, "table2:POMP-B1", and numbers from elsewhere are written out."""
    reference: bool = False
    """The row that all others are compared with; the last one, if none is marked."""


class Grid(Frozen):
    """Everything that a grid file says. Settings: the preset, then `changes`, then those of the variant."""

    name: str = Field(min_length=1)
    title: str = ""
    note: str = ""
    """For readers of the table."""
    published_in: str = ""
    """Where the published values stand: 'Table 2'."""
    preset: PresetName = "honest"
    changes: Changes = Field(default_factory=dict)
    cohorts: Annotated[tuple[str, ...], Distinct] = Field(min_length=1)
    seeds: Annotated[tuple[NonNegativeInt, ...], Distinct] = Field((0,), min_length=1)
    protocols: Annotated[tuple[ProtocolName, ...], Distinct] = Field(("honest",), min_length=1)
    variants: tuple[Variant, ...] = Field(alias="variant", min_length=1)

    @model_validator(mode="after")
    def _check_variants(self) -> Self:
        _check_distinct(tuple(variant.name for variant in self.variants))
        marked = [variant.name for variant in self.variants if variant.reference]
        if len(marked) > 1:
            raise ValueError(f"{' and '.join(marked)} are both marked as reference: mark one at most")
        return self

    @property
    def reference(self) -> Variant:
        """The row that all others are compared with."""
        return next((variant for variant in self.variants if variant.reference), self.variants[-1])

    def configure(self, variant: Variant, protocol: ProtocolName, seed: int) -> RunConfig:
        """The settings of one cell, before they are fitted to a cohort.

        Raises:
            ConfigError: a setting is unknown or out of range; the message names the variant.
        """
        changes = self.changes | variant.changes | {"protocol": protocol, "seed": seed}
        try:
            return override(PRESETS[self.preset], changes)
        except ConfigError as error:
            raise ConfigError(f"Variant '{variant.name}': {error}") from None


def read_grid(file: Path) -> Grid:
    """The grid that a file describes.

    Raises:
        ConfigError: the file cannot be read, or a key or setting is unknown or out of range. The message names the
            file and, where there is one, the variant and the field.
    """
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"There is no grid in {file}: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read as TOML: {error}.") from None
    return _parse(data, f"The grid {file}")


def choose(
    grid: Grid,
    *,
    preset: str | None = None,
    cohorts: Sequence[str] = (),
    seeds: Sequence[int] = (),
    protocols: Sequence[str] = (),
    changes: dict[str, Any] | None = None,
) -> Grid:
    """The grid with other sides than its file names; what is empty stays. `changes` are added to those of the file.

    Raises:
        ConfigError: there is no such preset or protocol, or a setting is unknown or out of range.
    """
    sides = {"preset": preset, "cohorts": cohorts, "seeds": seeds, "protocols": protocols}
    chosen = {name: value for name, value in sides.items() if value}
    return _parse(
        grid.model_dump(by_alias=True) | chosen | {"changes": grid.changes | (changes or {})}, f"The grid '{grid.name}'"
    )


def _parse(data: dict[str, Any], source: str) -> Grid:
    try:
        grid = Grid.model_validate(data)
    except ValidationError as error:
        lines = [f"- {_place(data, item['loc'])}: {_reason(dict(item))}" for item in _causes(error)]
        raise ConfigError("\n".join([f"{source} cannot be used:", *lines])) from None
    for variant in grid.variants:
        try:
            grid.configure(variant, grid.protocols[0], grid.seeds[0])
        except ConfigError as error:
            raise ConfigError(f"{source} cannot be used. {error}") from None
    return grid


def _causes(error: ValidationError) -> list[ErrorDetails]:
    """What is wrong, without what follows from it: a list whose every item is wrong counts as empty too."""
    found = error.errors()
    return [item for item in found if not any(_is_within(other["loc"], item["loc"]) for other in found)]


def _is_within(inner: Sequence[int | str], outer: Sequence[int | str]) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _place(data: dict[str, Any], keys: Sequence[int | str]) -> str:
    """('variant', 2, 'changes') → "variant 'POMP-B1', changes"."""
    if len(keys) > 1 and keys[0] == "variant" and isinstance(keys[1], int):
        row = data["variant"][keys[1]]
        name = row.get("name", keys[1] + 1) if isinstance(row, dict) else keys[1] + 1
        return ", ".join(filter(None, [f"variant '{name}'", ".".join(map(str, keys[2:]))]))
    return ".".join(map(str, keys)) or "variants"


def _reason(item: dict[str, Any]) -> str:
    if item["type"] == "value_error":
        return f"{item['ctx']['error']}."
    if item["type"] == "missing":
        return "is required and missing."
    if item["type"] == "extra_forbidden":
        return "there is no such key."
    return f"{item['msg']} (got {item['input']!r})."
