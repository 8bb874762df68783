"""The Cohort page's first part: filters in the address, what follows them, and every kind of cohort."""

from __future__ import annotations

import json
import re
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.cohort import overview
from dashboard.cohort.findings import findings_table
from dashboard.cohort.open_patient import newest_run_of
from pomp.data.cohort import check_cohort, read_cohort
from tests.dashboard.fake import FakeWorkspace
from tests.dashboard.pages import figures, open_page, words
from tests.data.folder import CLINICAL, FILES, write_cohort

pytestmark = pytest.mark.usefixtures("home")
HOSTILE_COLUMN = "<b>![x](http://example.invalid/x.png)</b>"
HOSTILE_VALUE = "<script>alert(1)</script> $x$"
SAMPLES = """patient,g1,g2
TCGA-AA-0001-01A,1,2
TCGA-AA-0001-06A,3,4
TCGA-AA-0002-01A,5,6
"""


def cards(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def values_of(app: AppTest, column: str) -> pd.DataFrame:
    """The table that has a column of that name."""
    return next(table.value for table in app.dataframe if column in table.value)


def without_data(figure: Any) -> Any:
    """A figure without what no browser shows: the data that comes with its points, and notes."""
    if isinstance(figure, dict):
        return {key: without_data(part) for key, part in figure.items() if key not in {"customdata", "meta"}}
    return [without_data(part) for part in figure] if isinstance(figure, list) else figure


def open_cohort(folder: Path, monkeypatch: pytest.MonkeyPatch, **chosen: str) -> AppTest:
    """The page in a workspace with this cohort alone, which lies at <workspace>/cohorts/<name>."""
    monkeypatch.setenv("POMP_HOME", str(folder.parents[1]))
    return open_page("cohort", cohort=folder.name, **chosen)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cohorts" / "lihc"


LIVES = {"view": "Clinical and survival"}
WHO = {"view": "Patients"}


class TestFilters:
    def test_everybody_at_first(self) -> None:
        app = open_page("cohort", cohort="tumours")
        assert "58 patients shown: the whole cohort." in words(app)
        assert "cohort-clear" not in {button.key for button in app.button}

    def test_the_address_holds_them_and_all_numbers_follow(self, fake: FakeWorkspace) -> None:
        cohort = read_cohort(fake.root / "cohorts" / "tumours")
        wanted = cohort.outcome.index[cohort.outcome["event"] & (cohort.clinical["gender"] == "FEMALE")]
        chosen = {"cohort-event": "With death", "cohort-is-gender": "FEMALE"}
        app = open_page("cohort", cohort="tumours", **chosen)
        assert f"{len(wanted)} of 58 patients shown" in words(app)
        assert cards(app)["Patients"] == cards(app)["Deaths"] == str(len(wanted))
        assert cards(app)["Slides"] == str(cohort.slides["patient"].isin(wanted).sum())
        assert "Who is in: 58 of 60 patients" in words(app)  # no filter changes who is trained on
        assert "never on whom a model is trained" in words(app)
        listed = open_page("cohort", cohort="tumours", **WHO, **chosen)
        assert values_of(listed, "years")["patient"].tolist() == wanted.tolist()
        assert "Left out: 2 patients" in words(listed)  # nor who is not

    @pytest.mark.parametrize("limits", [["55", "60"], ["60", "55"]])
    def test_a_range_in_the_address(self, limits: list[str], fake: FakeWorkspace) -> None:
        cohort = read_cohort(fake.root / "cohorts" / "tumours")
        app = open_page("cohort", cohort="tumours", **{"cohort-is-age": limits})
        assert cards(app)["Patients"] == str(cohort.clinical["age"].between(55, 60).sum())

    @pytest.mark.parametrize("limits", [["-5", "1000"], ["x", "60"], ["55"], ["nan", "nan"], ["inf", "1"]])
    def test_a_range_that_cannot_be_begins_anew(self, limits: list[str]) -> None:
        app = open_page("cohort", cohort="tumours", **{"cohort-is-age": limits})
        assert cards(app)["Patients"] == "58"

    def test_types_of_data(self) -> None:
        app = open_page("cohort", cohort="tumours", **{"cohort-has": "slides", "cohort-lacks": "mirna"})
        assert cards(app)["Patients"] == "8"  # slides of P-00–P-19, miRNA of P-10–P-59, P-03 and P-04 left out

    def test_clear_brings_everybody_back(self) -> None:
        app = open_page("cohort", cohort="tumours", **{"cohort-event": "With death", "cohort-has": "slides"})
        app.slider(key="cohort-is-age").set_value((55, 60)).run()
        assert cards(app)["Patients"] != "58"
        app.button(key="cohort-clear").click().run()
        assert cards(app)["Patients"] == "58"
        slider = app.slider(key="cohort-is-age")
        assert slider.value == (slider.min, slider.max)

    def test_nobody_left_says_what_to_do(self) -> None:
        app = open_page("cohort", cohort="tumours", **{"cohort-has": "mirna", "cohort-lacks": "mirna"})
        assert "No patient is as the filters ask." in words(app)
        assert (cards(app)["Patients"], cards(app)["Median follow-up"]) == ("0", "–")

    def test_any_column_can_be_charted_and_filtered(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write_cohort(folder, {"clinical.csv": CLINICAL.replace("stage,OS,", "grade,OS,")})
        app = open_cohort(folder, monkeypatch, **WHO, **{"cohort-columns": "grade", "cohort-is-grade": "II"})
        assert cards(app)["Patients"] == "2"
        assert "age" not in values_of(app, "years")
        app.segmented_control(key="view").set_value("Clinical and survival").run()
        assert cards(app)["Patients"] == "2"  # the filters are those of all three parts
        assert [label for label in words(app).splitlines() if label == "**grade**"] == ["**grade**"]
        app.button(key="cohort-clear").click().run()
        app.segmented_control(key="view").set_value("Patients").run()
        assert "the whole cohort" in words(app)

    def test_each_part_works_out_its_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        parts = {"Overview": ("show_funnel", "show_measured"), "Patients": ("show_patients", "show_left_out"),
                 "Clinical and survival": ("show_clinical", "show_survival")}  # fmt: skip
        called: list[str] = []
        for name in chain.from_iterable(parts.values()):
            monkeypatch.setattr(overview, name, lambda *_, name=name: called.append(name))
        for view, own in parts.items():
            called.clear()
            open_page("cohort", cohort="tumours", view=view)
            assert called == list(own)


class TestTextAmongNumbers:
    def test_is_not_called_missing(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        others = range(10, 50)
        clinical = "".join(f"P{place},{place},I,1,{100 + place},0,50\n" for place in others)
        mrna = "".join(f"P{place},1,2,3\n" for place in others)
        ages = CLINICAL.replace("P3,55", "P3,*about* 60")
        write_cohort(folder, {"clinical.csv": ages + clinical, "mrna.csv": FILES["mrna.csv"] + mrna})
        app = open_cohort(folder, monkeypatch, **LIVES, **{"cohort-groups": "age"})
        assert '1 patient not recorded · 1 patient not drawn: no number, such as "*about* 60"' in words(app)
        assert "2 patients not in the figure: not recorded, or not as a number." in words(app)


class TestSurvival:
    def test_by_a_column(self) -> None:
        app = open_page("cohort", cohort="tumours", **LIVES, **{"cohort-groups": "stage"})
        table = values_of(app, "ratio")
        assert table["group"].tolist() == ["Stage I", "Stage II", "Stage III"]
        assert table["ratio"].tolist()[0] == "–"
        assert re.search(r"Log-rank p (0\.\d{3}|< 0\.001)\*\* \(3 groups\)", words(app))
        assert "its p is not corrected" in words(app)
        assert "not in the figure: not recorded" in words(app)

    def test_another_endpoint(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write_cohort(folder)
        app = open_cohort(folder, monkeypatch, **LIVES, **{"cohort-endpoint": "PFI: progression-free interval"})
        assert "Progression-free interval" in words(app).replace("\\", "")
        assert cards(app)["Deaths"] == "3"  # the cards keep the cohort's own endpoint
        assert "Patients who died of something else count as censored here" in words(app)

    def test_an_endpoint_that_nobody_shown_has(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write_cohort(folder, {"clinical.csv": re.sub(r",[01],\d+$", ",,", CLINICAL, flags=re.MULTILINE)})
        app = open_cohort(folder, monkeypatch, **LIVES, **{"cohort-endpoint": "PFI: progression-free interval"})
        assert "PFI is recorded for none of the patients shown." in words(app)

    def test_one_group_is_no_test(self) -> None:
        app = open_page("cohort", cohort="tumours", **LIVES, **{"cohort-groups": "gender", "cohort-is-gender": "MALE"})
        assert "No log-rank test: no two groups can be compared." in words(app)


class TestFunnel:
    def test_grey_bars_are_explained(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        said = words(open_cohort(write_cohort(folder), monkeypatch))
        assert "Grey bars: patients who have that type of data. Those who lack it stay in" in said
        everybody = {
            "clinical.csv": "".join(CLINICAL.splitlines(keepends=True)[:5]),  # P1 to P4, who lack nothing
            "mrna.csv": "".join(FILES["mrna.csv"].splitlines(keepends=True)[:5]),
            "methylation.tsv": "".join(FILES["methylation.tsv"].splitlines(keepends=True)[:5]),
        }
        said = words(open_cohort(write_cohort(folder, everybody), monkeypatch))
        assert "Grey bars: patients who have that type of data." in said
        assert "Those who lack it stay in" not in said


class TestPaper:
    def test_beside_the_paper(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        said = words(open_cohort(write_cohort(folder), monkeypatch))
        assert "Beside the paper's" not in said  # the folder's name is not the cohort's
        toml = FILES["cohort.toml"].replace("Eight patients", "TCGA-LIHC")
        said = words(open_cohort(write_cohort(folder, {"cohort.toml": toml}), monkeypatch))
        assert "The paper kept 323 patients, this cohort keeps 6 (-317)." in said
        assert "Not in this cohort: slides and miRNA." in said
        assert "4 patients have all of the paper's types that this cohort has" in said

    def test_made_up_patients_are_no_tcga(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        toml = FILES["cohort.toml"].replace('"Eight patients"', '"TCGA-LIHC"\nsynthetic = true')
        assert "The paper kept" not in words(open_cohort(write_cohort(folder, {"cohort.toml": toml}), monkeypatch))


class TestPatients:
    def test_found_by_a_part_of_the_id(self) -> None:
        app = open_page("cohort", cohort="tumours", **WHO, **{"cohort-find": "p-1"})
        table = values_of(app, "years")
        assert table["patient"].tolist() == [f"P-{number}" for number in range(10, 20)]
        assert table["has mirna"].all()
        assert table["slides"].tolist() == [1] * 10
        assert "10 patients. A click on a row opens the patient" in words(app)

    def test_not_found(self) -> None:
        assert "None of the patients shown has that in the id." in words(
            open_page("cohort", cohort="tumours", **WHO, **{"cohort-find": "[nobody"})
        )

    def test_the_newest_finished_run_that_has_the_patient(self, fake: FakeWorkspace) -> None:
        cohort = read_cohort(fake.root / "cohorts" / "tumours")
        run = newest_run_of(cohort, "P-20")
        assert run is not None
        assert run.id == fake.runs["honest"].id
        assert newest_run_of(cohort, "P-03") is None  # left out

    def test_samples_that_are_not_used(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        toml = 'name = "twins"\n[omics.mirna]\nfile = "mirna.csv"\nkind = "log"\n'
        clinical = "patient,OS,OS.time\nTCGA-AA-0001,1,90\nTCGA-AA-0002,0,91\n"
        files: dict[str, str | bytes | None] = {"cohort.toml": toml, "clinical.csv": clinical, "mirna.csv": SAMPLES}
        app = open_cohort(write_cohort(folder, files), monkeypatch, **{"cohort-unused": "true"})
        row = values_of(app, "used").iloc[0]
        assert row[["type", "sample", "used"]].tolist() == ["mirna", "TCGA-AA-0001-06A", "TCGA-AA-0001-01A"]
        assert "the barcode that sorts first" in row["reason"]
        listed = open_cohort(folder, monkeypatch, **WHO)
        assert values_of(listed, "years")["not_used"].tolist() == [1, 0]

    def test_without_duplicates(self) -> None:
        assert "there was no duplicate to choose from" in words(open_page("cohort", cohort="tumours"))


class TestFindings:
    def test_by_what_is_to_be_done(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write_cohort(folder, {"mrna.csv": FILES["mrna.csv"].replace("P1,10", "P1,1.5")})
        app = open_cohort(folder, monkeypatch)
        assert app.error[0].value.replace("\\", "").startswith("- mrna.csv, row 2, column 'TP53': '1.5' is no count")
        assert len(app.warning) == 1
        app.segmented_control(key="cohort-findings").set_value("Worth a look").run()
        assert not app.error
        assert "P9" in app.warning[0].value

    def test_table(self, tmp_path: Path) -> None:
        check = check_cohort(write_cohort(tmp_path, {"mrna.csv": FILES["mrna.csv"].replace("P1,10", "P1,1.5")}))
        table = findings_table(check.problems)
        row = table[table["severity"] == "error"].iloc[0]
        assert row[["file", "row", "column", "value"]].tolist() == ["mrna.csv", 2, "TP53", "1.5"]


class TestOddCohorts:
    def test_one_patient(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        clinical = "patient,age,sex,OS,OS.time\nP1,61.5,F,1,100\n"
        files: dict[str, str | bytes | None] = {"clinical.csv": clinical, "mrna.csv": "patient,g1\nP1,3\n"}
        write_cohort(folder, files | {"methylation.tsv": "patient\tg1\nP1\t0.5\n"})
        assert cards(open_cohort(folder, monkeypatch))["Patients"] == "1"
        for groups in ("All together", "age", "sex"):
            app = open_cohort(folder, monkeypatch, **LIVES, **{"cohort-groups": groups})
            assert cards(app)["Patients"] == "1"
            assert cards(app)["Median follow-up"] == "not reached"

    def test_nothing_but_follow_up(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        clinical = "patient,OS,OS.time\n" + "".join(f"P{k},{k % 2},{100 * k}\n" for k in range(1, 7))
        app = open_cohort(write_cohort(folder, {"clinical.csv": clinical}), monkeypatch, **LIVES)
        assert "no column beside the follow-up that could be charted" in words(app)

    def test_a_folder_that_is_gone(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        app = open_cohort(write_cohort(folder), monkeypatch)
        for file in folder.iterdir():
            file.unlink()
        app.run()
        assert not app.exception
        assert "cohort.toml" in app.error[0].value.replace("\\", "")

    def test_columns_from_data_are_shown_letter_by_letter(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        clinical = CLINICAL.replace("stage", f'"{HOSTILE_COLUMN}"').replace(",II,", f',"{HOSTILE_VALUE}",')
        write_cohort(folder, {"clinical.csv": clinical})
        chosen = {"cohort-columns": HOSTILE_COLUMN, "cohort-groups": HOSTILE_COLUMN}
        for view in ("Overview", "Patients", "Clinical and survival"):
            app = open_cohort(folder, monkeypatch, view=view, **chosen)
            said = "\n".join(str(element.value) for element in [*app.markdown, *app.caption, *app.header])
            said += "".join(str(box.label) for box in app.multiselect)
            assert "![x](" not in said
            assert "<b>" not in said
            assert bool(figures(app)) == (view != "Patients")
            for chart in figures(app):
                assert "<script>" not in json.dumps(without_data(chart["figure"]))
