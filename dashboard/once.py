"""Figures and tables that pages show again and again, made once for the same data."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from hashlib import blake2b
from typing import Any, ParamSpec, TypeVar

import streamlit as st

P = ParamSpec("P")
T = TypeVar("T")


def once(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """What a function makes of plain data; for data that it has seen lately, what it made then.

    A page is run from its top at every click, and plotly takes 10 to 50 ms to build a figure, but 1 ms is enough to see
    that its data are the same.

    Args:
        work: depends on its arguments alone. What it returns is shared by all who ask: it is shown, never changed.
        given: can be pickled.
        named: can be pickled.
    """
    digest = blake2b(pickle.dumps((given, named)), digest_size=16).hexdigest()
    return _made(work.__module__, work.__qualname__, digest, work, given, named)  # type: ignore[no-any-return]


@st.cache_resource(max_entries=64, show_spinner=False)
def _made(
    module: str, name: str, digest: str, _work: Callable[..., Any], _given: tuple[Any, ...], _named: dict[str, Any]
) -> Any:
    return _work(*_given, **_named)
