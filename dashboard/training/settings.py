"""Settings on the Train page: a form whose boxes, help texts and limits come from the configuration's own fields."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.elements import code, folded, plain
from dashboard.start.glance import glance
from dashboard.state import pick_many, switch
from dashboard.training.address import from_address, to_address
from dashboard.training.fields import SETTINGS, Setting, find_field, highest, lowest, read_value
from dashboard.training.words import EMPTY, LABELS, SECTIONS, value_in_words
from dashboard.words import PRESET_WORDS, PROTOCOLS
from pomp.config import PRESETS, PresetName, RunConfig

SHOWN = (
    "pretrain.epochs",
    "finetune.epochs",
    "folds",
    "omics.genes",
    "pretrain.batch_size",
    "finetune.batch_size",
    "seed",
)
"""The settings that stand open; all others are one click away."""

MODALITY, COMPANIONS = "model.modalities", "pretrain.with_cohorts"
"""Fields that have a place, and a name in the address, of their own."""

ADDRESS = "set"
_KEPT, _KNOWN = "train-kept", "train-known"
_MARK = " :orange-badge[changed]"
Offers = Mapping[str, Sequence[str]]
"""Field that takes names → the names that the cohort has."""


def ask_preset() -> PresetName:
    """The settings to start from."""
    explain = "\n".join(f"- **{key}**: {text}" for key, text in PRESET_WORDS.items())
    return switch("Settings to start from", list(PRESET_WORDS), "preset", explain=explain)


def ask_protocol(preset: PresetName, config: RunConfig) -> dict[str, Any]:
    """The rules of the run; the preset's own come first."""
    names = [config.protocol, *(name for name in PROTOCOLS if name != config.protocol)]
    explain = "\n".join(f"- **{key}**: {text}" for key, text in PROTOCOLS.items())
    chosen = switch(LABELS["protocol"], names, f"protocol-{preset}", explain=explain)
    return {"protocol": chosen} if chosen != config.protocol else {}


def ask_modality() -> dict[str, Any]:
    """What the model reads."""
    setting = SETTINGS[MODALITY]
    chosen = switch(LABELS[MODALITY], setting.choices, "modality", explain=setting.info.description)
    return {MODALITY: chosen} if chosen != setting.info.default else {}


def ask_companions(others: Sequence[str]) -> dict[str, Any]:
    """Cohorts that join the pre-training, where the workspace has `others`."""
    if not others:
        return {}
    explain = find_field(COMPANIONS).description
    chosen = pick_many(LABELS[COMPANIONS], others, "with_cohorts", explain=explain, empty="this cohort alone")
    return {COMPANIONS: tuple(chosen)} if chosen else {}


def offers_of(folder: Path) -> Offers:
    """What a cohort has to choose from."""
    seen = glance(folder)
    return {"cohort.omics": seen.omics, "cohort.endpoint": seen.endpoints}


def ask_changes(preset: PresetName, config: RunConfig, offers: Offers, form: str = "") -> dict[str, Any]:
    """A box a setting; what differs from the preset. It stands in the address too, so that it can be shared.

    Args:
        preset: name of the preset, so that another preset brings its own values.
        config: the preset.
        offers: for the fields that take names of the cohort; a field without an offer is left out.
        form: what tells this form from that of another page. Both hold the same choices, but never share a box: at
            first Streamlit has the value of the box that was left, and yet draws the new one without it.
    """
    asked = [SETTINGS[path] for path in (*SHOWN, *_others(offers))]
    arrived, refused = _read_address(preset)
    values = _kept_values(asked, preset, config, offers)
    keys = {setting.path: form + _key(setting.path, preset) for setting in asked}
    values |= _ask_group(asked[: len(SHOWN)], values, keys, config, offers, anew=arrived)
    for section, title in SECTIONS.items():
        group = [setting for setting in asked[len(SHOWN) :] if setting.section == section]
        # Its boxes are drawn only while it is open: there are some sixty in all, and each costs every click some time.
        if part := folded(title, section_key(section)):
            with part:
                values |= _ask_group(group, values, keys, config, offers, anew=arrived)
    given = {setting.path: _typed(setting, values[setting.path]) for setting in asked}
    changes = {path: value for path, value in given.items() if value != read_value(config, path)}
    _keep(preset, changes, values)
    if refused:
        names = ", ".join(code(text) for text in refused)
        st.warning(f"Left out, because there is no such setting or value: {names}.", title="From the address")
    return changes


def section_key(section: str) -> str:
    """Name in the URL of whether a section of the form is open."""
    return f"train-{section or 'run'}"


def show_changes(changes: Mapping[str, Any], preset: PresetName, config: RunConfig) -> None:
    """What differs from the preset, in words, and a way back."""
    if not changes:
        st.caption(f"As the preset **{preset}** has it.")
        return
    said = [
        f"{LABELS[path]} {plain(value_in_words(value, path))} instead of "
        f"{plain(value_in_words(read_value(config, path), path))}"
        for path, value in changes.items()
    ]
    st.caption(f"Differs from the preset **{preset}** in: {'; '.join(said)}.")
    st.button(
        "Back to the preset", key="train-reset", icon=":material/undo:", type="tertiary", on_click=_reset, args=[preset]
    )


def _others(offers: Offers) -> list[str]:
    special = {*SHOWN, MODALITY, COMPANIONS, "protocol"}
    takes_names = {path for path, setting in SETTINGS.items() if setting.kind in {"name", "names"}}
    return [path for path in SETTINGS if path not in special and (path not in takes_names or offers.get(path))]


def _key(path: str, preset: PresetName) -> str:
    return f"{path}@{preset}"


def _read_address(preset: PresetName) -> tuple[bool, list[str]]:
    """Take over the changes of an address that is new. Whether it was, and what it got wrong."""
    addressed = st.query_params.get_all(ADDRESS)
    refused: list[str] = []
    # A browser that is asked to write one address may still send the one before: that one brings nothing new.
    known = st.session_state.setdefault(_KNOWN, set())
    arrived = bool(addressed) and tuple(addressed) not in known
    if arrived:
        known.add(tuple(addressed))
        changes, refused = from_address(addressed)
        st.session_state[_KEPT] = {preset: changes}
    return arrived, refused


def _kept_values(asked: Sequence[Setting], preset: PresetName, config: RunConfig, offers: Offers) -> dict[str, Any]:
    """What was chosen of each setting before, else what the preset has, as their boxes take it."""
    kept = st.session_state.get(_KEPT, {}).get(preset, {})
    values = {setting.path: kept.get(setting.path, read_value(config, setting.path)) for setting in asked}
    return {setting.path: _offered(values[setting.path], setting, offers) for setting in asked}


def _offered(value: Any, setting: Setting, offers: Offers) -> Any:
    """The value as its box takes it: of names, those that the cohort has."""
    if setting.kind == "names":
        return [name for name in value or () if name in offers[setting.path]]
    return value if setting.kind != "name" or value in offers[setting.path] else None


def _ask_group(
    group: Sequence[Setting], first: Mapping[str, Any], keys: Mapping[str, str], config: RunConfig, offers: Offers, *,
    anew: bool,
) -> dict[str, Any]:  # fmt: skip
    """Draw boxes. What they hold, by path.

    Args:
        first: what those begin with that were not there before.
        keys: of the boxes, by path.
        anew: all of them begin with it.
    """
    for setting in group:
        key = keys[setting.path]
        if anew or key not in st.session_state:
            st.session_state[key] = first[setting.path]
    for row in _rows(group):
        # A row a pair: a label that takes two lines does not push the boxes beside it out of line.
        for place, setting in zip(st.columns(len(row), vertical_alignment="bottom"), row, strict=True):
            with place:
                default = read_value(config, setting.path)
                _show(setting, keys[setting.path], default, offers.get(setting.path, ()))
    return {setting.path: st.session_state[keys[setting.path]] for setting in group}


def _rows(group: Sequence[Setting]) -> list[list[Setting]]:
    """Two boxes a row; what is said beside a check box needs a row of its own, and so do several names."""
    wide = [setting for setting in group if setting.kind in {"tick", "names"}]
    narrow = [setting for setting in group if setting not in wide]
    pairs = [narrow[start : start + 2] for start in range(0, len(narrow), 2)]
    return pairs + [[setting] for setting in wide]


def _show(setting: Setting, key: str, default: Any, names: Sequence[str]) -> None:
    """The box of one setting. Its value lies in the session state already."""
    label, explain = LABELS[setting.path], setting.info.description
    if _typed(setting, st.session_state[key]) != default:
        label += _MARK
    empty = EMPTY.get(setting.path, "")
    if setting.kind == "choice":
        st.selectbox(label, setting.choices, key=key, help=explain)
    elif setting.kind == "tick":
        st.checkbox(label, key=key, help=explain)
    elif setting.kind == "name":
        st.selectbox(label, names, index=None, key=key, help=explain, placeholder=empty)
    elif setting.kind == "names":
        st.session_state[key] = [name for name in st.session_state[key] if name in names]
        st.multiselect(label, names, key=key, help=explain, placeholder=empty)
    else:
        _ask_number(setting, key, default, label)


def _ask_number(setting: Setting, key: str, default: Any, label: str) -> None:
    kind = int if setting.kind == "whole" else float
    least, most = lowest(setting.info), highest(setting.info)
    numbers: dict[str, Any] = {  # whole or not, as the setting is
        "value": None if setting.optional else "min",
        "min_value": None if least is None else kind(least),
        "max_value": None if most is None else kind(most),
        "step": 1 if kind is int else _step(default),
    }
    st.number_input(
        label, **numbers, key=key, help=setting.info.description, format="%d" if kind is int else "%g",
        placeholder=EMPTY.get(setting.path, ""),
    )  # fmt: skip


def _step(default: float | None) -> float:
    """A tenth of the value's order of magnitude or so: 0.0001 for 0.0005, 1 for 30."""
    return 10.0 ** (math.floor(math.log10(default)) if default else -2) if default != 1 else 0.1


def _typed(setting: Setting, value: Any) -> Any:
    """The value of a box, in the type of its field."""
    if setting.kind == "names":
        return tuple(value) or (None if setting.optional else ())
    return value


def _keep(preset: PresetName, changes: Mapping[str, Any], asked: Collection[str]) -> None:
    """Remember the changes while other pages are looked at, and write them into the address.

    Args:
        asked: paths of the settings for which there was a box: what was chosen of others before stands.
    """
    kept = st.session_state.get(_KEPT, {})
    others = {path: value for path, value in kept.get(preset, {}).items() if path not in asked}
    st.session_state[_KEPT] = kept | {preset: others | dict(changes)}
    written = to_address(changes)
    if written:
        st.query_params[ADDRESS] = written
    elif ADDRESS in st.query_params:
        del st.query_params[ADDRESS]
    st.session_state[_KNOWN].add(tuple(written))


def _reset(preset: PresetName) -> None:
    """Forget all changes of the preset: every box begins anew."""
    st.session_state[_KEPT] = {**st.session_state[_KEPT], preset: {}}
    for path in SETTINGS:
        st.session_state.pop(_key(path, preset), None)
    firsts = {"modality": "auto", "with_cohorts": [], f"protocol-{preset}": PRESETS[preset].protocol}
    st.session_state.update({key: first for key, first in firsts.items() if key in st.session_state})
