"""Grid files: what they say, and what is wrong with those that cannot be used."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from pomp.config import PRESETS, override
from pomp.data.bundle import assets_folder
from pomp.data.published import read_published
from pomp.errors import ConfigError
from pomp.runs.grid.shelf import find_grid, grid_files
from pomp.runs.grid.spec import Grid, choose, read_grid
from pomp.runs.workspace import Workspace
from tests.runs.grids import GRID, write_grid

ROW = '\n[[variant]]\nname = "x"\n'
TASKS = {"poc", "pom", "mom"}
OF_THE_PAPER = ("table1", "table2", "fig3a", "fig3b")
BEYOND = ("plain", "omics_types", "selectors", "pancancer", "risk_scale", "missing", "generalise", "protocols")


def test_settings_come_from_the_preset_then_the_grid_then_the_variant(tmp_path: Path) -> None:
    grid = read_grid(write_grid(tmp_path))
    none, few, everything = grid.variants
    assert few.changes == {"omics.genes": 5}
    assert grid.reference == everything
    expected = {"folds": 2, "finetune.epochs": 1, "pretrain.epochs": 0, "protocol": "paper", "seed": 4}
    assert grid.configure(none, "paper", 4) == override(PRESETS["demo"], expected)


def test_without_a_mark_the_last_variant_is_the_reference(tmp_path: Path) -> None:
    assert read_grid(write_grid(tmp_path, GRID.replace("reference = true", ""))).reference.name == "all"


def test_other_sides_than_the_file_names(tmp_path: Path) -> None:
    grid = read_grid(write_grid(tmp_path))
    assert choose(grid) == grid
    chosen = choose(
        grid, preset="paper", cohorts=["A", "B"], seeds=[1, 2], protocols=["honest", "paper"],
        changes={"finetune.epochs": 3, "pretrain.epochs": 7},
    )  # fmt: skip
    assert (chosen.preset, chosen.cohorts, chosen.seeds, chosen.protocols) == (
        "paper", ("A", "B"), (1, 2), ("honest", "paper"),
    )  # fmt: skip
    none, few, _ = chosen.variants
    assert chosen.configure(none, "honest", 1).pretrain.epochs == 0  # the variant's own
    assert chosen.configure(few, "honest", 1).pretrain.epochs == 7
    assert chosen.configure(few, "honest", 1).finetune.epochs == 3
    assert chosen.configure(few, "honest", 1).folds == 2


@pytest.mark.parametrize(("text", "said"), [
    ("name = ", r"grid\.toml cannot be read as TOML"),
    ('cohorts = ["A"]\n' + ROW, r"(?s)grid\.toml cannot be used.*name: is required and missing"),
    ('name = "g"\ncohorts = ["A"]', "variant: is required and missing"),
    ('name = "g"\ncohorts = []\n' + ROW, r"cohorts: Tuple should have at least 1 item"),
    ('name = "g"\ncohorts = ["A", "A"]\n' + ROW, "cohorts: A stands there twice"),
    ('name = "g"\ncohorts = ["A"]\nseeds = [1, 1]\n' + ROW, "seeds: 1 stands there twice"),
    ('name = "g"\ncohorts = ["A"]\nseeds = [-1]\n' + ROW, r"seeds\.0: Input should be greater than or equal to 0"),
    ('name = "g"\ncohorts = ["A"]\nprotocols = ["fair"]\n' + ROW, r"protocols\.0: .*\(got 'fair'\)"),
    ('name = "g"\ncohorts = ["A"]\npreset = "big"\n' + ROW, r"preset: .*\(got 'big'\)"),
    ('name = "g"\ncohorts = ["A"]\ncolour = "red"\n' + ROW, "colour: there is no such key"),
    ('name = "g"\ncohorts = ["A"]\n' + ROW + ROW, "variants: x stands there twice"),
    ('name = "g"\ncohorts = ["A"]\n' + ROW + "colour = 1", "variant 'x', colour: there is no such key"),
    ('name = "g"\ncohorts = ["A"]\n[[variant]]\nlabel = "a"', "variant '1', name: is required and missing"),
    ('name = "g"\ncohorts = ["A"]\n' + ROW + "changes = { seed = 1 }", "variant 'x', changes: 'seed' is not changed"),
    ('name = "g"\ncohorts = ["A"]\nchanges = { protocol = "paper" }\n' + ROW, "'protocol' is not changed here"),
    ('name = "g"\ncohorts = ["A"]\n' + ROW + 'published = { LIHC = 0.7 }', r"variant 'x', published\.LIHC: "),
    ('name = "g"\ncohorts = ["A"]\n' + ROW + 'published = "table3:POMP"',
     r"variant 'x', published: There is no published table 'table3'\. There are: table1, table2\."),
    ('name = "g"\ncohorts = ["A"]\n' + ROW + 'published = "table2:POMP-B7"',
     r"variant 'x', published: table2 has no row 'POMP-B7'\. Write one of table2:POMP-B0, "),
    ('name = "g"\ncohorts = ["A"]\n' + ROW + "reference = true" + ROW.replace("x", "y") + "reference = true",
     "x and y are both marked as reference"),
    ('name = "g"\ncohorts = ["A"]\n' + ROW + "changes = { pretrain.poq = 1 }",
     r"grid\.toml cannot be used\. Variant 'x': There is no setting 'pretrain\.poq'"),
    ('name = "g"\ncohorts = ["A"]\n' + ROW + "changes = { pretrain.poc = -1.0 }",
     r"(?s)Variant 'x': .*pretrain\.poc: Input should be greater than or equal to 0 \(got -1\.0\)"),
])  # fmt: skip
def test_a_file_that_cannot_be_used(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_grid(write_grid(tmp_path, text, "grid"))


@pytest.mark.parametrize(("sides", "said"), [
    ({"preset": "big"}, r"The grid 'small' cannot be used:\n- preset: .*got 'big'"),
    ({"protocols": ["fair"]}, r"protocols\.0: .*got 'fair'"),
    ({"changes": {"seed": 3}}, "'seed' is not changed here"),
    ({"changes": {"pretrain.poq": 3}}, r"Variant 'none': There is no setting 'pretrain\.poq'"),
])  # fmt: skip
def test_sides_that_cannot_be(tmp_path: Path, sides: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        choose(read_grid(write_grid(tmp_path)), **sides)  # type: ignore[arg-type]


@pytest.mark.parametrize("sides", [{"protocols": ["fair"]}, {"seeds": [-1]}])
def test_what_follows_from_a_mistake_is_no_second_one(tmp_path: Path, sides: dict[str, object]) -> None:
    """A list whose every item is wrong counts as empty with the validator."""
    with pytest.raises(ConfigError) as caught:
        choose(read_grid(write_grid(tmp_path)), **sides)  # type: ignore[arg-type]
    assert len(str(caught.value).splitlines()) == 2


def test_grids_lie_in_the_package_and_in_the_workspace(workspace: Workspace, tmp_path: Path) -> None:
    assert set(grid_files(workspace)) >= {*OF_THE_PAPER, *BEYOND}
    write_grid(workspace.root / "grids")
    own = write_grid(workspace.root / "grids", GRID.replace("Small", "Mine"), "table2")
    assert grid_files(workspace)["table2"] == own
    assert find_grid("table2", workspace).title == "Mine grid"
    assert find_grid(str(write_grid(tmp_path / "elsewhere")), workspace).name == "small"
    with pytest.raises(
        ConfigError, match=r"There is no grid 'table3'\. Choose one of .*fig3a, fig3b, .*table1, table2, small,"
    ):
        find_grid("table3", workspace)
    with pytest.raises(ConfigError, match=r"There is no grid in .*none\.toml: No such file"):
        find_grid(str(tmp_path / "none.toml"), workspace)


@pytest.mark.parametrize("name", OF_THE_PAPER)
def test_grids_of_the_paper_have_all_of_it_as_their_reference(workspace: Workspace, name: str) -> None:
    grid = find_grid(name, workspace)
    assert grid.name == name
    assert grid.protocols == ("honest", "paper", "paper-released")
    settings = grid.configure(grid.reference, "paper", 0)
    assert settings.model_copy(update={"model": PRESETS["paper"].model}) == PRESETS["paper"]
    assert grid.reference.published["LIHC"] == (0.755, 0.047)
    configs = [grid.configure(variant, "honest", 0) for variant in grid.variants]
    assert len({config.digest for config in configs}) == len(configs)


def _tasks(grid: Grid, name: str) -> set[str]:
    (variant,) = [variant for variant in grid.variants if variant.name == name]
    pretrain = grid.configure(variant, "paper", 0).pretrain
    return {task for task in TASKS if getattr(pretrain, task)} if pretrain.epochs else set()


@pytest.mark.parametrize("name", [*OF_THE_PAPER, *BEYOND])
def test_each_row_of_a_shipped_grid_is_another_run(workspace: Workspace, name: str) -> None:
    grid = find_grid(name, workspace)
    assert grid.name == name
    rows = [(variant, protocol) for variant in grid.variants for protocol in grid.protocols]
    if name == "protocols":  # the mean of several models has no best epoch
        rows = [row for row in rows if (row[0].name, row[1]) != ("five", "paper-released")]
    assert len({grid.configure(variant, protocol, 0).digest for variant, protocol in rows}) == len(rows)


@pytest.mark.parametrize("name", [*OF_THE_PAPER, *BEYOND])
def test_shipped_grids_run_under_both_protocols(workspace: Workspace, name: str) -> None:
    """But for the one that `pomp tune` chooses from: it is about training folds alone."""
    protocols = find_grid(name, workspace).protocols
    assert {"honest", "paper"} <= set(protocols) or (name == "generalise" and protocols == ("honest",))


def test_a_row_of_the_paper_is_named_and_other_numbers_are_written_out(tmp_path: Path) -> None:
    text = GRID.replace("published = { LIHC = [0.7, 0.03] }", 'published = "table2:POMP-B1"')
    named = read_grid(write_grid(tmp_path, text))
    assert named.variants[0].published["COAD"] == (0.638, 0.102)
    assert choose(named, seeds=[1]).variants[0].published == named.variants[0].published
    assert read_grid(write_grid(tmp_path)).variants[0].published == {"LIHC": (0.7, 0.03)}


@pytest.mark.parametrize("file", sorted((assets_folder() / "grids").glob("*.toml")), ids=lambda file: file.stem)
def test_no_shipped_grid_has_published_numbers_of_its_own(file: Path) -> None:
    rows = tomllib.loads(file.read_text(encoding="utf-8"))["variant"]
    assert {type(row["published"]) for row in rows if "published" in row} <= {str}


def test_rows_of_table_1_are_the_papers_systems(workspace: Workspace) -> None:
    grid, published = find_grid("table1", workspace), read_published("table1")
    assert [variant.name for variant in grid.variants] == list(published)
    assert [variant.published for variant in grid.variants] == [dict(row) for row in published.values()]
    systems = [grid.configure(variant, "honest", 0).model.system for variant in grid.variants]
    assert systems == [name.lower() for name in published]


def test_rows_of_table_2_are_the_papers_tasks(workspace: Workspace) -> None:
    grid, published = find_grid("table2", workspace), read_published("table2")
    assert [variant.name for variant in grid.variants] == list(published)
    assert [variant.published for variant in grid.variants] == [dict(row) for row in published.values()]
    expected = [set(), {"poc"}, {"pom"}, {"mom"}, {"poc", "pom"}, {"poc", "mom"}, {"pom", "mom"}, TASKS]
    assert [_tasks(grid, variant.name) for variant in grid.variants] == expected
