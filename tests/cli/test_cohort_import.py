"""`pomp cohort import` and `pomp cohort export`, as a user types them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pomp.cli.commands import make_app
from pomp.data.cohort import read_cohort
from pomp.errors import PompError
from tests.data.importing.sources import write_files, write_xena

CLINICAL = "id,OS,OS.time,DSS,DSS.time\nP1,1,100,1,90\nP2,0,200,0,190\nP3,1,300,0,290\n"
FILES: dict[str, str | bytes] = {
    "clinical.csv": CLINICAL,
    "rna.csv": "id,TP53,ESR1\nP1,1.5,2\nP2,2.25,3\nP3,4.75,1\n",
    "mirna.csv": "id,let7\nP1,1\nP2,5\n",
    "report.xlsx": b"PK",
}


def pomp(*words: str | Path, home: Path) -> str:
    """What is printed, with runs of blanks as one.

    Raises:
        PompError: as the command does.
    """
    done = CliRunner().invoke(make_app(), [*map(str, words), "--home", str(home)])
    if isinstance(done.exception, PompError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_files(tmp_path / "hospital", FILES)


def test_a_trial_shows_everything_and_keeps_nothing(source: Path, tmp_path: Path) -> None:
    said = pomp("cohort", "import", source, "--dry-run", home=tmp_path / "home")
    for words in (
        "hospital → hospital", "endpoint OS; there: DSS, OS", "Guessed to be log", "Guessed to be counts",
        "warning report.xlsx: is a workbook", "has follow-up", "3 patients kept, 2 with the event (OS)",
    ):  # fmt: skip
        assert words in said
    assert not (tmp_path / "home").exists()


def test_import_then_export_then_import(source: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    words = (
        "--name",
        "ours",
        "--title",
        "Our patients",
        "--endpoint",
        "DSS",
        "--kind",
        "mirna=log",
        "--without",
        "mrna",
    )
    said = pomp("cohort", "import", source, *words, home=home)
    assert "3 patients" not in said
    assert "2 patients kept, 1 with the event (DSS)" in said
    assert said.endswith(f"Imported into {home / 'cohorts' / 'ours'}. Next: pomp cohort check ours --home {home}")
    cohort = read_cohort(home / "cohorts" / "ours")
    assert (cohort.title, cohort.endpoint, list(cohort.omics)) == ("Our patients", "DSS", ["mirna"])
    assert cohort.omics["mirna"].kind == "log"
    (tmp_path / "out").mkdir()
    said = pomp("cohort", "export", "ours", tmp_path / "out" / "ours.h5mu", home=home)
    assert "2 patients and 0 normal samples, mirna:" in said
    pomp("cohort", "import", tmp_path / "out", "--name", "back", home=home)
    assert read_cohort(home / "cohorts" / "back").patients == cohort.patients


@pytest.mark.parametrize("name", ["", "a b", "../x", ".x", "x" * 256, "there"])
def test_a_trial_refuses_the_names_that_an_import_refuses(name: str, source: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "cohorts" / "there").mkdir(parents=True)
    words = ("cohort", "import", source, "--name", name)
    with pytest.raises(PompError) as refused:
        pomp(*words, home=home)
    with pytest.raises(PompError) as tried:
        pomp(*words, "--dry-run", home=home)
    assert str(tried.value) == str(refused.value)


def test_a_trial_names_every_patient_left_out(tmp_path: Path) -> None:
    clinical = "id,OS,OS.time\n" + "".join(f"P{row},1,{row}\n" for row in range(1, 41))
    rna = "id,TP53,ESR1\n" + "".join(f"P{row},{row}.5,2\n" for row in range(1, 41))
    source = write_files(tmp_path / "s", {"clinical.csv": clinical, "rna.csv": rna})
    tried = pomp("cohort", "import", source, "--dry-run", home=tmp_path / "home")
    assert "… and 9 more; --all names them." in tried
    assert "P29: followed for 29 days" not in tried
    assert "P29: followed for 29 days" in pomp("cohort", "import", source, "--dry-run", "--all", home=tmp_path / "home")


def test_a_folder_without_follow_up_is_told_so_once(tmp_path: Path) -> None:
    source = write_files(tmp_path / "s", {"rna.csv": "id,TP53,ESR1\nTCGA-AA-0001-01A,1,2.5\nTCGA-AA-0002-01A,3,4\n"})
    done = CliRunner().invoke(
        make_app(), ["cohort", "import", str(source), "--dry-run", "--home", str(tmp_path / "home")]
    )
    said = " ".join(done.output.split())
    assert said.count("error ") == 1
    assert "error s: no follow-up is recognised" in said


def test_an_import_says_all_that_a_trial_says(tmp_path: Path) -> None:
    rna = "id,TP53,ESR1\nTCGA-AA-0001-01A,1,2\nTCGA-AA-0002-06A,3,4\nTCGA-AA-0002-01A,5,6.5\n"
    clinical = "id,OS,OS.time\nTCGA-AA-0001,1,100\nTCGA-AA-0002,0,200\n"
    source = write_files(tmp_path / "s", {"clinical.csv": clinical, "rna.csv": rna, "report.xlsx": b"PK"})
    tried = pomp("cohort", "import", source, "--dry-run", home=tmp_path / "home")
    done = pomp("cohort", "import", source, home=tmp_path / "home")
    assert "warning rna.csv: 1 patient is there more than once" in tried
    assert tried.count("report.xlsx") == 1
    assert done.startswith(tried)


def test_what_is_imported_is_checked_beside_the_downloads(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The downloads lie here in a folder of the same name, as `pomp cohort fetch` has put them there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POMP_HOME", str(tmp_path / "home"))
    done = CliRunner().invoke(make_app(), ["cohort", "import", "hospital"], catch_exceptions=False)
    assert done.output.endswith("Next: pomp cohort check hospital\n")
    done = CliRunner().invoke(make_app(), ["cohort", "check", "hospital"], catch_exceptions=False)
    assert "3 patients kept, 2 with the event (OS)" in done.output


def test_a_refused_import_says_its_warnings_too(tmp_path: Path) -> None:
    source = write_files(tmp_path / "s", {**FILES, "clinical.csv": "id,OS,OS.time\nP1,1,1.5\nP2,0,2.25\n"})
    done = CliRunner().invoke(make_app(), ["cohort", "import", str(source), "--home", str(tmp_path / "home")])
    assert "no patient is left" in str(done.exception)
    assert "which looks like months or years" in " ".join(done.output.split())


def test_what_is_too_small_to_train_on_is_said_and_imported(source: Path, tmp_path: Path) -> None:
    said = pomp("cohort", "import", source, home=tmp_path / "home")
    assert "training would stop here: 2 events among 3 patients cannot fill 5 folds" in said
    checked = pomp("cohort", "check", "hospital", "--set", "folds=2", home=tmp_path / "home")
    assert "cannot fill" not in checked
    assert "training would stop here: Omics type 'mrna'" in checked


def test_genes_that_are_the_same_in_all_patients_are_counted(tmp_path: Path) -> None:
    rna = "id,TP53,ESR1\nP1,1.5,2\nP2,2.25,2\nP3,4.75,2\n"
    source = write_files(tmp_path / "s", {"clinical.csv": CLINICAL, "rna.csv": rna})
    words = "mrna: 1 of 2 genes is the same in all 3 patients, and no fold chooses it: ESR1."
    assert words in pomp("cohort", "import", source, home=tmp_path / "home")
    assert words in pomp("cohort", "check", "s", home=tmp_path / "home")


def test_slides_can_be_left_out(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "s", {**FILES, "P1.svs": b"x"})
    assert "1 slide" in pomp("cohort", "import", folder, "--dry-run", home=tmp_path / "h")
    said = pomp("cohort", "import", folder, "--dry-run", "--without", "slides", home=tmp_path / "h")
    assert "1 slide" not in said
    assert "has slides" not in said


def test_xena_names_who_is_redacted(tmp_path: Path) -> None:
    said = pomp("cohort", "import", write_xena(tmp_path / "x"), home=tmp_path / "home")
    for words in ("TCGA-LIHC → TCGA-LIHC", "Xena: Expression as log2", "TCGA-AA-0004: left_out: redacted by TCGA"):
        assert words in said


FAILURES = {
    "no folder": (["import", "/nowhere"], r"/nowhere is no folder\. What can be imported"),
    "nothing there": (["import", "{empty}"], r"Nothing in .* can be used"),
    "unknown type": (["import", "{source}", "--kind", "cnv=log"], r"no omics type 'cnv'. Types there: mirna, mrna"),
    "unknown kind": (["import", "{source}", "--kind", "mrna=tpm"], r"there is no kind 'tpm'. Kinds: counts, log,"),
    "no kind": (["import", "{source}", "--kind", "mrna"], r"there is no kind ''"),
    "leave out what is not there": (["import", "{source}", "--without", "cnv"], r"--without cnv: there is no"),
    "unknown endpoint": (["import", "{source}", "--endpoint", "PFI"], r"endpoint 'PFI' needs the column PFI"),
    "a wrong kind": (["import", "{source}", "--kind", "mrna=counts"], r"row 2, column 'TP53': '1\.5' is no count"),
    "a trial of it": (
        ["import", "{source}", "--kind", "mrna=counts", "--dry-run"],
        r"cannot be used yet: the errors above come first",
    ),
    "export of nothing": (["export", "nobody", "x.h5mu"], r"There is no cohort 'nobody': it is no folder"),
    "export to another format": (["export", "{cohort}", "x.zip"], r"x\.zip is no name for an export"),
}  # fmt: skip


@pytest.mark.parametrize("case", FAILURES)
def test_failures(case: str, source: Path, tmp_path: Path) -> None:
    words, message = FAILURES[case]
    (tmp_path / "empty").mkdir()
    if "{cohort}" in words:
        pomp("cohort", "import", source, home=tmp_path / "home")
    places = {"{source}": source, "{empty}": tmp_path / "empty", "{cohort}": tmp_path / "home" / "cohorts" / "hospital"}
    with pytest.raises(PompError, match=message):
        pomp("cohort", *(places.get(word, word) for word in words), home=tmp_path / "home")


def test_brackets_are_no_mark_up(tmp_path: Path) -> None:
    """Of a folder, a title, an endpoint and the file that is written."""
    source = write_files(tmp_path / "down [x]", FILES)
    home = tmp_path / "home [/]"
    said = pomp("cohort", "import", source, "--name", "new", "--title", "Liver [/] [pilot]", home=home)
    assert "Liver [/] [pilot] → new" in said
    assert f"Imported into {home / 'cohorts' / 'new'}." in said
    table = home / "cohorts" / "new" / "clinical.csv"
    table.write_text(table.read_text().replace("OS", "[bold]OS"))
    manifest = home / "cohorts" / "new" / "cohort.toml"
    manifest.write_text(manifest.read_text().replace('"OS"', '"[bold]OS"'))
    assert "2 with the event ([bold]OS)" in pomp("cohort", "check", "new", home=home)
    said = pomp("cohort", "export", "new", tmp_path / "out [bold].h5mu", home=home)
    assert "out [bold].h5mu." in said
