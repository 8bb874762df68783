"""The README says what is so."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EQUATIONS = re.findall(r"^\| \((\d+)\) \|.*\| `([\w.]+)` \|$", README, flags=re.MULTILINE)
COMMANDS = re.findall(r"^```sh\n(python3 -m venv .*)\n```$", README, flags=re.MULTILINE)


def test_every_equation_of_the_paper_is_in_the_table_once() -> None:
    assert [int(number) for number, _ in EQUATIONS] == list(range(1, 17))
    assert len({name for _, name in EQUATIONS}) == 16


@pytest.mark.parametrize(("number", "name"), EQUATIONS)
def test_the_table_names_a_function_that_says_which_equation_it_is(number: str, name: str) -> None:
    module, rest = name, []
    while True:
        try:
            found = importlib.import_module(module)
            break
        except ModuleNotFoundError:
            module, _, last = module.rpartition(".")
            rest.insert(0, last)
    for part in rest:
        found = getattr(found, part)
    assert found.__doc__ is not None
    assert found.__doc__.startswith(f"Eq. ({number})"), f"{name} opens with {found.__doc__[:20]!r}"


@pytest.mark.parametrize("number", range(1, 17))
def test_every_equation_has_its_test(number: int) -> None:
    assert (ROOT / f"tests/equations/test_eq{number:02d}.py").is_file()


def test_two_commands_and_ci_runs_the_second() -> None:
    demo, tests = COMMANDS
    assert demo.endswith("pomp demo")
    assert tests.endswith("-m pytest -n 2")
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert tests in ci.splitlines()


def test_pictures_are_there() -> None:
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).is_file(), picture
