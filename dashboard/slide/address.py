"""What is chosen in the viewer, in the address: pasted elsewhere, it shows the same.

Who goes to another page and comes back finds it, too: the address is then without it, the session is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import streamlit as st

from dashboard.missed import note_missed, say_missed
from dashboard.slide.words import LOOK, REGION, SECOND_MAP
from dashboard.state import MAP
from dashboard.viewer import Choice, Look, Pane, RegionMap

_MAPS = (MAP, SECOND_MAP)
_SHOWN, _KEPT = "slide-shown", "slide-kept"


def read_address(panes: Sequence[Pane]) -> Choice:
    """The choice that the address names; what it does not name, or these panes do not have, is as at first."""
    keys = [_key_of(pane, _read(name)) for pane, name in zip(panes, _MAPS, strict=False)]
    missed = {name: _read(name) for name, key in zip(_MAPS, keys, strict=False) if not key}
    if len(panes) > 1 and not _read(SECOND_MAP):
        keys[1] = _other(panes, keys[0])
    named = re.fullmatch(r"(2:)?([0-9]{1,9})", _read(REGION))
    region = (int(named[1] is not None), int(named[2]) - 1) if named else None
    choice = Choice(tuple(keys), region, Look.from_text(_read(LOOK))).fit(panes)
    if choice.region is None:
        missed[REGION] = _read(REGION)
    for name, text in missed.items():
        if text != st.session_state.get(_KEPT, {}).get(name, ""):  # else what was chosen here on another slide
            note_missed(name, text)
    return choice


def write_address(choice: Choice, panes: Sequence[Pane]) -> None:
    """Let the address name what is chosen in the viewer, and say what it asked for in vain."""
    named = dict.fromkeys(_MAPS, "") | {LOOK: choice.look.as_text()}
    for pane, name, key in zip(panes, _MAPS, choice.maps, strict=False):
        named[name] = pane.find_map(key).scale.title
        say_missed(name, named[name])
    for name, text in named.items():
        _write(name, text)
    write_region(choice.region)


def write_map(chosen: RegionMap) -> None:
    """Let the address name the map of a slide that stands alone."""
    _write(MAP, chosen.scale.title)


def write_region(region: tuple[int, int] | None) -> None:
    """Let the address name the chosen region: of which pane, and its position (iloc)."""
    say_missed(REGION, "no region" if region is None else f"region {region[1] + 1}")
    _write(REGION, "" if region is None else f"{'2:' if region[0] else ''}{region[1] + 1}")


def forget_region(shown: Sequence[str]) -> None:
    """A region chosen on what was shown before is none of these; `shown` is what tells one slide from another."""
    if st.session_state.get(_SHOWN, shown) != shown:
        write_region(None)
    st.session_state[_SHOWN] = shown


def _read(name: str) -> str:
    kept: dict[str, str] = st.session_state.get(_KEPT, {})
    return st.query_params.get(name, kept.get(name, ""))


def _write(name: str, text: str) -> None:
    """A name that is as it should be is left alone: the browser is then told nothing."""
    st.session_state.setdefault(_KEPT, {})[name] = text
    if text and st.query_params.get(name) != text:
        st.query_params[name] = text
    elif not text and name in st.query_params:
        del st.query_params[name]


def _key_of(pane: Pane, title: str) -> str:
    return next((one.key for one in pane.maps if one.scale.title == title), "")


def _other(panes: Sequence[Pane], key: str) -> str:
    """At first two views of one slide show two maps, and two slides the same one."""
    first = panes[0].find_map(key)
    if panes[0].slide_url != panes[1].slide_url:
        return first.key
    return next((one.key for one in panes[1].maps if one.key != first.key), first.key)
