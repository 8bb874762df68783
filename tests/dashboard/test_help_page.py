"""The Help page: what it explains, and how it is found."""

from __future__ import annotations

import re

import pytest
import typer.main

from dashboard.help.entry import Entry, find_entries
from dashboard.help.figures import FIGURES
from dashboard.help.glossary import GLOSSARY
from dashboard.help.limits import LIMITS
from dashboard.help.practice import COMMANDS, KEYS, places
from tests.conftest import REPOSITORY
from tests.dashboard.pages import open_page, words

ALL = (*GLOSSARY, *FIGURES, *LIMITS, *KEYS, *COMMANDS, *places("`/w`"))
TERMS = [
    "C-index", "hazard ratio", "log-rank", "Kaplan", "censor", "out of fold", "honest", "paper", "optimism",
    "contrastive", "POC", "POM", "MOM", "occlusion", "attention", "alignment", "mpp", "region",
    "τ", "tau", "Mean within", "clinical Cox", "ridge Cox", "random survival forest", "ablation",
    "modality", "DESeq2", "q-value", "false discovery rate", "dropout",
]  # fmt: skip


@pytest.mark.parametrize("term", TERMS)
def test_a_word_is_explained_under_its_own_heading(term: str) -> None:
    first = find_entries(GLOSSARY, term)[0]
    assert term.casefold() in f"{first.title} {first.also}".casefold()


def test_alignment_is_a_map_and_a_page() -> None:
    found = {entry.title: entry.text for entry in find_entries(GLOSSARY, "alignment")}
    assert "*alignment, the page*" in found["Alignment, the map"]
    assert "*alignment, the map*" in found["Alignment, the page"]


def test_headings_are_told_apart() -> None:
    assert len({entry.title for entry in ALL}) == len(ALL)


@pytest.mark.parametrize(
    ("search", "found"),
    [("", ["a", "b"]), ("SHARED", ["b", "a"]), ("shared first", ["a"]), ("  none ", []), ("synonym", ["b"])],
)
def test_search(search: str, found: list[str]) -> None:
    entries = (Entry("a", "first, shared"), Entry("b", "second", "shared synonym"))
    assert [entry.title for entry in find_entries(entries, search)] == found


def test_a_part_stands_in_the_address(home: None) -> None:
    app = open_page("help", **{"help-part": "Limits"})
    said = words(app)
    assert "e² = 7.39 times the lowest" in said
    assert "Harrell's C, the default" not in said


def test_a_search_goes_through_all_parts(home: None) -> None:
    app = open_page("help", **{"help-search": "attention"})
    assert [header.value for header in app.header] == ["Words", "Figures", "Limits", "Where things lie"]
    app.text_input(key="help-search").set_value("xyzzy").run()
    assert "Nothing is said about this here" in words(app)
    app.text_input(key="help-search").set_value("").run()
    assert [header.value for header in app.header] == ["Words"]


def test_the_workspace_is_named(home: None, fake: object) -> None:
    assert f"`{fake.root}`" in words(open_page("help", **{"help-part": "Where things lie"}))  # type: ignore[attr-defined]


def test_the_keys_are_those_of_the_viewer() -> None:
    source = "".join(file.read_text() for file in (REPOSITORY / "dashboard/viewer/frontend/src").glob("*.js"))
    keys = [key for entry in KEYS for key in re.findall(r"`(.)`", entry.title) if key not in "+-0"]
    assert keys == ["[", "]", "o", "g", "?"]
    for key in keys:
        assert re.search(rf'["\s]{re.escape(key)}"?: \(\) =>', source), key


@pytest.mark.slow  # the command line brings torch with it
@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.title)
def test_commands_are_there(entry: Entry) -> None:
    from pomp.cli.commands import make_app

    command: object = typer.main.get_command(make_app())
    for name in entry.title.strip("`").removeprefix("pomp ").split():
        if not name.islower() or name.startswith("-"):
            break
        command = command.commands[name]  # type: ignore[attr-defined]
