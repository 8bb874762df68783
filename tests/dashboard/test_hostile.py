"""Text from data is shown as text: whatever titles, patients, genes and values say, pages stay as they are."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pandas as pd
import pytest
from google.protobuf.message import Message
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

import dashboard
from dashboard.elements import run_label
from dashboard.runs.listing import label
from dashboard.scripts import Script
from dashboard.viewer import component
from pomp.config import override
from pomp.data.cohort import Cohort, read_cohort
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from pomp.slides.store import regions_path, write_regions
from tests.dashboard.browsing import PATIENCE, forgive_probes, settle
from tests.dashboard.conftest import Serve, WatchedPage
from tests.dashboard.fake import CONFIG, finish, make_maps, make_pixels, make_regions
from tests.dashboard.pages import APP, figures, open_page, unpack, words

PAGES = sorted(view.stem for view in (Path(dashboard.__file__).parent / "views").glob("*.py"))
PAYLOADS = (
    '<script>alert("h0stile")</script>',
    "<img src=http://example.invalid/h0stile.png onerror=alert('h0stile')>",
    "<svg/onload=alert('h0stile')>",
    '<iframe src="http://example.invalid/h0stile"></iframe>',
    "<a href=\"javascript:alert('h0stile')\">h0stile</a>",
    "<b>h0stile</b><br><sub>h0stile</sub>",
    "<style>*{display:none}</style>h0stile",
    "\"'><script>alert('h0stile')</script>",
    "&lt;script&gt;h0stile&#60;b&#62;",
    "[h0stile](javascript:alert(1))",
    "[h0stile](http://example.invalid/h0stile)",
    "![h0stile](http://example.invalid/h0stile.png)",
    "<http://example.invalid/h0stile>",
    "http://example.invalid/h0stile",
    "www.example.invalid/h0stile",
    "h0stile@example.invalid",
    "# h0stile",
    "- [ ] h0stile",
    "`h0stile` ``` h0stile",
    "**h0stile** ~~h0stile~~ __h0stile__",
    "| h0stile | h0stile |",
    "$h0stile^2$",
    "$$\\frac{h0stile}{2}$$",
    ":red[h0stile]",
    ":blue-badge[h0stile] :small[h0stile]",
    ":material/home: h0stile",
    ":smile: :streamlit: :+1: h0stile",
    "\x1b[31mh0stile\x1b[0m",
    "\u202eh0stile",
    "../../../etc/h0stile",
    "=cmd|' /C calc'!A0 h0stile",
    "{{7*7}} ${h0stile} %(h0stile)s {0.__class__}",
    "[^h0stile]: h0stile",
    "null h0stile",
    "WWW.EXAMPLE.INVALID/h0stile Http://Example.Invalid HTTP://EXAMPLE.INVALID",
    "A -> B <- C <-> D -- E >= G <= H ~= I --- J => K h0stile",
    " ".join(["h0stile"] * 300),
)
ACTIVE = tuple(payload for payload in PAYLOADS if set(payload) & set("<>&[]()`*_|$:~#{}@./"))
"""Those that Markdown or Streamlit's own marks could make more of than text."""

MARKUP = tuple(payload for payload in PAYLOADS if set(payload) & set("<&"))
"""Those that figures could make more of: Plotly reads a little HTML."""

ENDPOINT = PAYLOADS[9]

PARTS = [
    *(
        ("cohort", {"view": part})
        for part in ("Patients", "Clinical and survival", "Genes", "Slides", "Preparation", "Import")
    ),
    ("cohort", {"view": "Genes", "genes-part": "Agreement"}),
    *(("survival", {"survival-part": part}) for part in ("C-index", "Calibration", "Epochs", "Patients")),
    ("patient", {"patient-part": "Reasons", "patient-type": PAYLOADS[0], "patient-genes": "true"}),
    *(("patient", {"patient-part": part}) for part in ("Slide", "Clinical and similar patients")),
    *(("slide", {"slide-compare": part, "slide-region": "1"}) for part in ("Two maps", "Two slides")),
    ("alignment", {"alignment-view": "Hidden omics", "alignment-type": PAYLOADS[0]}),
    *(("runs", {"part": part}) for part in ("Ablations", "What chance gives")),
]
"""Of pages with data in them; what a page shows at first is none of these."""

ALL = " ".join(PAYLOADS)
PLAIN = {"Selectbox.options", "Selectbox.raw_value", "MultiSelect.options", "MultiSelect.raw_values",
         "TextInput.default", "TextInput.value", "Text.body", "Dataframe.columns"}  # fmt: skip
"""Fields of Streamlit's messages that browsers show letter by letter. So are alternative texts; ids are not shown."""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One cohort that is hostile wherever it can be, and a run of it whose title is all payloads in one."""
    workspace = Workspace(tmp_path_factory.mktemp("hostile"))
    add_run(workspace, make_hostile_cohort(workspace.cohorts / "hostile"), ALL)
    break_cohort(workspace.cohorts / "hostile", workspace.cohorts / "broken")
    return workspace


def make_hostile_cohort(folder: Path) -> Cohort:
    """Patients, genes, omics types, columns, values, the endpoint, slides and title: all are payloads."""
    folder.mkdir(parents=True)
    (folder / "slides").mkdir()
    rng = np.random.default_rng(5)
    patients = [*PAYLOADS, *(f"P-{number}" for number in range(25))]
    clinical = pd.DataFrame({
        "patient": patients, "age": rng.normal(60, 9, len(patients)).round(),
        "stage": rng.choice(["Stage I", PAYLOADS[5]], len(patients)),
        PAYLOADS[10]: [*PAYLOADS, *PAYLOADS][: len(patients)],
        ENDPOINT: rng.integers(0, 2, len(patients)), f"{ENDPOINT}.time": rng.integers(40, 3000, len(patients)),
    })  # fmt: skip
    clinical.to_csv(folder / "clinical.csv", index=False)
    names = {"mrna": "mrna", "mirna": "mirna", PAYLOADS[0]: "other"}
    for name in names.values():
        values = pd.DataFrame(
            rng.normal(size=(len(patients), len(PAYLOADS))), patients, [f"{payload} gene" for payload in PAYLOADS]
        )
        values.to_csv(folder / f"{name}.csv", index_label="patient")
    files = {payload: f"slides/{payload.replace('/', '')[:80]}.svs" for payload in PAYLOADS}
    pd.DataFrame(files.items(), columns=["patient", "file"]).to_csv(folder / "slides.csv", index=False)
    for file in files.values():
        (folder / file).write_bytes(b"no slide")
        stem = Path(file).stem
        write_regions(regions_path(folder, stem, CONFIG.slides), make_regions(stem), make_pixels())
    head = {"name": folder.name, "title": PAYLOADS[11], "source": PAYLOADS[1], "licence": PAYLOADS[10]}
    head["endpoint"] = ENDPOINT
    lines = [f"{key} = {json.dumps(value)}" for key, value in head.items()]
    for name, file in names.items():
        lines += [f"[omics.{json.dumps(name)}]", f'file = "{file}.csv"', 'kind = "log"']
    (folder / "cohort.toml").write_text("\n".join(lines), encoding="utf-8")
    return read_cohort(folder)


@pytest.fixture
def home(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("POMP_HOME", str(workspace.root))
    return workspace


def add_run(workspace: Workspace, cohort: Cohort, title: str) -> Run:
    run = finish(workspace.runs.create(cohort, override(CONFIG, {"folds": 2}), title), cohort, signal=0.5)
    predictions = run.predictions()
    assert predictions is not None
    maps = make_maps(cohort, predictions, np.random.default_rng(3))
    run.write_table("attention/regions", maps.assign(**{f"alignment_{PAYLOADS[0]}": 0.5}))
    explain(run, cohort, predictions[["patient", "fold"]])
    return run


def explain(run: Run, cohort: Cohort, patients: pd.DataFrame) -> None:
    """Made-up numbers of every omics type and gene for every patient. `patients`: patient and fold."""
    rng = np.random.default_rng(4)

    def numbers(rows: pd.DataFrame, *names: str) -> pd.DataFrame:
        return rows.assign(**{name: rng.normal(size=len(rows)) for name in names})

    parts = patients.merge(pd.Series(["slides", *cohort.omics], name="part"), how="cross")
    run.write_table("contributions", numbers(parts, "without", "difference"))
    genes = pd.concat(
        [pd.DataFrame({"type": name, "gene": table.values.columns}) for name, table in cohort.omics.items()]
    )
    genes = patients.merge(genes, how="cross")
    run.write_table("gene_attributions", numbers(genes, "value", "attribution"))
    run.write_table("reconstructions", numbers(genes, "observed", "reconstructed"))
    run.write_table("training_risks", numbers(patients.assign(fold=1 - patients["fold"]), "risk"))
    vectors = {name: list(rng.normal(size=(len(patients), 4))) for name in ("pathology", "omics")}
    run.write_table("embeddings", patients.assign(**vectors))
    places = maps_of(run)[["patient", "slide", "row", "column"]]
    tied = places.merge(genes[["patient", "type", "gene"]].groupby("patient").head(3), on="patient")
    run.write_table("attention/region_genes", numbers(tied, "weight"))


def maps_of(run: Run) -> pd.DataFrame:
    maps = run.table("attention/regions")
    assert maps is not None
    return maps


def break_cohort(whole: Path, broken: Path) -> None:
    """A copy whose days are payloads: each is a problem that quotes it."""
    shutil.copytree(whole, broken)
    clinical = pd.read_csv(broken / "clinical.csv", dtype=str)
    clinical[f"{ENDPOINT}.time"] = clinical[PAYLOADS[10]]
    clinical.to_csv(broken / "clinical.csv", index=False)


def messages(block: Block) -> Iterator[Message]:
    """What is sent to the browser for a page, element by element."""
    for child in block.children.values():
        if getattr(child, "proto", None) is not None:
            yield child.proto
        if isinstance(child, Block):
            yield from messages(child)


def texts(message: Message, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a message, with its place as `Message.field`."""
    for field, value in message.ListFields():
        name = f"{path or message.DESCRIPTOR.name}.{field.name}"
        if isinstance(value, Message):
            yield from texts(value, name)
        elif isinstance(value, str):
            yield name, value
        elif not isinstance(value, bytes | float | int):
            for item in value:
                yield from texts(item, name) if isinstance(item, Message) else [(name, str(item))]


def live(app: AppTest) -> list[tuple[str, str]]:
    """Where a payload stands as it is though the browser would read it as markup: (field, payload)."""
    found = []
    for message in messages(app._tree):
        for name, text in texts(message):
            drawn = name == "BidiComponent.json" and message.component_name == "pomp_figure"
            shown = figure_text(text) if drawn else text
            is_plain = name in PLAIN or name.endswith((".id", ".alt"))
            active = MARKUP if drawn else () if is_plain else ACTIVE
            found += [(name, payload) for payload in active if stands_in(payload, shown)]
    return found


def figure_text(sent: str) -> str:
    """What a figure may show: all but the data that only come back when a point is clicked."""
    figure = unpack(sent)["figure"]
    for trace in figure["data"]:
        if "customdata" not in trace.get("hovertemplate", "") + trace.get("texttemplate", ""):
            trace.pop("customdata", None)
    return json.dumps(figure, ensure_ascii=False)


def stands_in(payload: str, text: str) -> bool:
    """As it is or as JSON writes it, and not behind a backslash, which takes the meaning from its first letter."""
    return any(re.search(rf"(?<!\\){re.escape(form)}", text) for form in (payload, json.dumps(payload)[1:-1]))


@pytest.mark.parametrize("page", PAGES)
def test_nothing_comes_alive(home: Workspace, page: str) -> None:
    """Patients, genes, values and a title that is all payloads in one."""
    run, unfolded = run_of(home, ALL), dict.fromkeys(("patient-genes", "cohort-unused"), "true")
    assert live(open_page(page, run=run, cohort="hostile", compare_runs=label(run), **unfolded)) == []


@pytest.mark.parametrize(("page", "chosen"), PARTS)
def test_nothing_comes_alive_in_other_parts(home: Workspace, page: str, chosen: dict[str, str]) -> None:
    app = open_page(page, run=run_of(home, ALL), cohort="hostile", **chosen)
    for name, part in chosen.items():
        assert app.query_params[name] == part  # one that there is not falls back to the first
    assert live(app) == []


def test_all_that_is_recorded_is_shown(home: Workspace) -> None:
    """So that what is not found alive has been there."""
    run, odd = run_of(home, ALL), PAYLOADS[0]
    app = open_page(
        "patient", run=run, patient=odd, **{"patient-part": "Reasons", "patient-type": odd, "patient-genes": "true"}
    )
    assert odd in app.selectbox(key="patient-type").options
    assert {"contributions", "leading-genes"} <= {figure["name"] for figure in figures(app)}
    assert any("attribution" in table.value for table in app.dataframe)
    app = open_page("alignment", run=run, **{"alignment-view": "Hidden omics", "alignment-type": odd})
    assert app.selectbox(key="alignment-type").value == odd
    assert {"reconstruction", "reconstruction-spread"} <= {figure["name"] for figure in figures(app)}
    assert {"retrieval", "similarity-1"} <= {figure["name"] for figure in figures(open_page("alignment", run=run))}
    app = open_page("slide", run=run, patient=odd, **{"slide-region": "1"})
    assert any("Pull" in table.value for table in app.dataframe)


def test_a_run_without_the_curves_is_named_as_it_is(home: Workspace) -> None:
    run, lost = run_of(home, ALL), home.runs.create(read_cohort(home.cohorts / "hostile"), CONFIG, f"lost {ALL}")
    app = open_page("runs", compare_runs=label(run))
    assert "curves-total" in {figure["name"] for figure in figures(app)}
    app.multiselect(key="compare_runs").select(label(lost)).run()
    assert "Without this measure: lost" in words(app)
    assert live(app) == []


def test_nothing_comes_alive_on_a_still_picture(home: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the viewer is not built."""
    monkeypatch.setattr(component, "VIEWER", Script(home.root / "no such script.js"))
    app = open_page("slide", run=run_of(home, ALL))
    assert "The zoomable slide viewer is not installed" in words(app)
    assert live(app) == []


@pytest.mark.slow
@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_title_comes_alive(home: Workspace, payload: str) -> None:
    """At the start of a line, where Markdown has headings and lists."""
    run = add_run(home, read_cohort(home.cohorts / "hostile"), payload)
    for page in ("survival", "runs"):
        assert live(open_page(page, run=run)) == []


@pytest.mark.parametrize("page", ["survival", "patient", "slide"])
def test_a_title_is_shown_as_it_is(home: Workspace, page: str) -> None:
    """But for white space, which a browser folds, and the invisible marks that keep addresses from becoming links."""
    assert " ".join(ALL.split()) in words(open_page(page, run=run_of(home, ALL))).replace("\u2060", "")


def test_problems_quote_values_as_they_are(home: Workspace) -> None:
    app = open_page("cohort", cohort="broken")
    assert live(app) == []
    shown = words(app).replace("\u2060", "")
    assert all(payload in shown for payload in PAYLOADS[:10])


@pytest.mark.slow
@pytest.mark.parametrize("patient", PAYLOADS)
def test_no_patient_comes_alive(home: Workspace, patient: str) -> None:
    run = run_of(home, ALL)
    assert live(open_page("slide", run=run, patient=patient)) == []
    for part in ("Risk", "Reasons", "Slide", "Clinical and similar patients"):
        assert live(open_page("patient", run=run, patient=patient, **{"patient-part": part})) == []


def run_of(workspace: Workspace, title: str) -> Run:
    return next(run for run in workspace.runs.list() if run.info.title == title)


@pytest.mark.timeout(300)
def test_letters_are_shown_as_they_are_in_a_browser(serve: Serve, watched: WatchedPage, tmp_path: Path) -> None:
    """No link, logo, arrow or emoji is made of them, by themselves, in a list and on a button."""
    page = watched.page
    page.goto(serve(Path(__file__).with_name("plain_page.py"), tmp_path))
    settle(page)
    for number, payload in enumerate(PAYLOADS):
        for place in ("body", "list", "button"):
            shown = page.locator(f".st-key-{place}-{number}")
            expect(shown).to_contain_text(re.compile(r"\w"), timeout=PATIENCE)  # a button's is drawn late
            assert " ".join(shown.inner_text().replace("\u2060", "").split()) == " ".join(payload.split()), place
            assert shown.locator("a, img, svg, s, sub, sup, em").count() == 0, (place, payload)


ALIVE = """(letters) => [...document.querySelectorAll('*')].flatMap(element =>
  [...element.attributes]
    .filter(({ name, value }) => /^on/.test(name) || (/^(href|src|srcdoc)$/.test(name) &&
      /^(javascript|mailto):|^(\\w+:)?\\/\\/[^?]*invalid/.test(value)))
    .map(({ name, value }) => `${element.tagName} ${name}=${value}`)
  .concat(/^(SCRIPT|IFRAME|STYLE|SUB|DEL|KBD)$/.test(element.tagName) && /h0stile/.test(element.textContent)
    ? [element.outerHTML] : [])
  .concat(element.matches('.katex, h1, h2, h3') && /h0stile/.test(element.textContent.replaceAll(letters, ""))
    ? [element.outerHTML] : []))"""
"""What a payload that came alive leaves behind. A heading may name the endpoint, letter by letter."""


@pytest.fixture(scope="module")
def address(serve: Serve, workspace: Workspace) -> str:
    return serve(APP, workspace.root)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_nothing_comes_alive_in_a_browser(
    watched: WatchedPage, address: str, workspace: Workspace, page: str
) -> None:  # `watched` itself fails on a console error, and on a request to another host
    watched.page.on("dialog", lambda dialog: watched.problems.append(f"dialog: {dialog.message}"))
    query = urlencode({"run": run_label(run_of(workspace, ALL)), "cohort": "hostile"})
    watched.page.goto(f"{address}/{page if page != 'start' else ''}?{query}")
    settle(watched.page)
    expect(watched.page.locator("h1")).to_have_count(1)
    assert watched.page.evaluate(ALIVE, ENDPOINT) == []
    forgive_probes(watched)
