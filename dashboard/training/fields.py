"""Every field of the configuration, with what a form must know of it: its kind, its limits, its choices."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from pomp.config import RunConfig

Kind = Literal["choice", "tick", "whole", "number", "name", "names"]
"""One of a list, yes or no, a whole number, a number, one name that the cohort has, any number of them."""

EDGE = 1e-9
"""How far a number box stays from a limit that itself is excluded."""


@dataclass(frozen=True)
class Setting:
    """One field of `RunConfig`."""

    path: str
    """Dotted, as `--set` takes it."""
    info: FieldInfo

    @property
    def section(self) -> str:
        """'pretrain' of 'pretrain.epochs', '' of 'folds'."""
        return self.path.rpartition(".")[0]

    @property
    def optional(self) -> bool:
        """Whether it may be empty."""
        return type(None) in get_args(self.info.annotation)

    @cached_property
    def bare(self) -> Any:
        """Its type, None left out."""
        if get_origin(self.info.annotation) not in {Union, types.UnionType}:
            return self.info.annotation
        (inner,) = [part for part in get_args(self.info.annotation) if part is not type(None)]
        return inner

    @property
    def kind(self) -> Kind:
        """What a form shows for it.

        Raises:
            TypeError: there is no way yet to ask for such a type.
        """
        simple: dict[Any, Kind] = {bool: "tick", int: "whole", float: "number", str: "name"}
        if self.bare in simple:
            return simple[self.bare]
        if get_origin(self.bare) is Literal:
            return "choice"
        if get_origin(self.bare) is tuple:
            return "names"
        raise TypeError(f"{self.path}: a form cannot ask for {self.bare}.")

    @property
    def choices(self) -> tuple[str, ...]:
        """The values of a choice; empty where it is none."""
        return get_args(self.bare) if self.kind == "choice" else ()

    @cached_property
    def check(self) -> TypeAdapter[Any]:
        """The field's own type with its limits, without those that bind it to other fields."""
        return TypeAdapter(Annotated[self.info.annotation, self.info])  # type: ignore[arg-type]  # a type made at run time


def walk(model: type[BaseModel] = RunConfig, prefix: str = "") -> Iterator[Setting]:
    """Every field of a configuration, those of its sections included, in their order."""
    for name, info in model.model_fields.items():
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            yield from walk(info.annotation, f"{prefix}{name}.")
        else:
            yield Setting(prefix + name, info)


SETTINGS: dict[str, Setting] = {setting.path: setting for setting in walk()}
"""By dotted path."""


def find_field(path: str) -> FieldInfo:
    """The field of `RunConfig` that a dotted path names.

    Raises:
        KeyError: there is none.
    """
    return SETTINGS[path].info


def lowest(field: FieldInfo) -> float | None:
    """The smallest number that a box may offer for the field; None: there is no limit."""
    for bound in field.metadata:
        if hasattr(bound, "ge"):
            return float(bound.ge)
        if hasattr(bound, "gt"):
            return float(bound.gt) + (1 if field.annotation is int else EDGE)
    return None


def highest(field: FieldInfo) -> float | None:
    """The largest number that a box may offer for the field; None: there is no limit."""
    for bound in field.metadata:
        if hasattr(bound, "le"):
            return float(bound.le)
        if hasattr(bound, "lt"):
            return float(bound.lt) - (1 if field.annotation is int else EDGE)
    return None


def read_value(config: RunConfig, path: str) -> Any:
    """The value that a dotted path has in a configuration."""
    value: Any = config
    for part in path.split("."):
        value = getattr(value, part)
    return value
