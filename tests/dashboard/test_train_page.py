"""The Train page: a form of every setting, the address, curves, the queue, and deletion."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import actions
from dashboard.charts.training import SPEED, View, loss_figure, loss_lines, smooth, thin
from dashboard.training.address import from_address, to_address
from dashboard.training.fields import EDGE, SETTINGS, find_field, highest, lowest
from dashboard.training.monitor import describe_work, folder_bytes
from dashboard.training.progress import explain_losses
from dashboard.training.queue import Place, describe_place
from dashboard.training.settings import COMPANIONS, MODALITY, SHOWN, section_key
from dashboard.training.words import EMPTY, LABELS, SECTIONS, value_in_words
from pomp.config import RunConfig
from pomp.errors import RunBusyError, RunError
from pomp.runs.run import Run
from pomp.runs.status import Status
from pomp.runs.workspace import Workspace
from tests.dashboard.fake import FakeWorkspace, make_workspace
from tests.dashboard.pages import figures, open_page, words


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeWorkspace:
    """A workspace that the test may change. Nobody works on its queue."""
    monkeypatch.setenv("POMP_HOME", str(tmp_path))
    monkeypatch.setattr(actions, "wake", lambda: None)
    return make_workspace(tmp_path)


# Settings


def test_every_setting_has_words_and_a_place() -> None:
    assert set(LABELS) == set(SETTINGS)
    assert len(set(LABELS.values())) == len(LABELS)
    assert {setting.section for setting in SETTINGS.values()} == set(SECTIONS)
    assert set(EMPTY) == {path for path, setting in SETTINGS.items() if setting.optional}


@pytest.mark.parametrize(
    ("path", "kind", "optional"),
    [
        ("folds", "whole", False),
        ("slides.max_regions", "whole", True),
        ("pretrain.learning_rate", "number", False),
        ("slides.region_um", "number", True),
        ("slides.flips", "tick", False),
        ("omics.selector", "choice", False),
        ("cohort.endpoint", "name", True),
        ("cohort.omics", "names", True),
        ("pretrain.with_cohorts", "names", False),
    ],
)
def test_kinds_of_settings(path: str, kind: str, optional: bool) -> None:
    assert (SETTINGS[path].kind, SETTINGS[path].optional) == (kind, optional)


@pytest.mark.parametrize(
    ("path", "least", "most"),
    [
        ("folds", 2, None),
        ("omics.alpha", EDGE, 1 - EDGE),
        ("slides.min_tissue", EDGE, 1),
        ("model.dropout", 0, 1 - EDGE),
        ("protocol", None, None),
    ],
)
def test_limits_of_boxes(path: str, least: float | None, most: float | None) -> None:
    assert (lowest(find_field(path)), highest(find_field(path))) == (least, most)


@pytest.mark.parametrize(
    ("value", "path", "said"),
    [
        (None, "slides.max_regions", "all"),
        ((), "pretrain.with_cohorts", "none"),
        (True, "slides.flips", "yes"),
        (5e-4, "pretrain.learning_rate", "0.0005"),
        (("mrna", "mirna"), "cohort.omics", "mrna and mirna"),
        ("forest", "omics.selector", "forest"),
    ],
)
def test_values_in_words(value: Any, path: str, said: str) -> None:
    assert value_in_words(value, path) == said


# The address

CHANGES = {
    "pretrain.epochs": 12,
    "finetune.learning_rate": 5e-4,
    "slides.flips": True,
    "slides.max_regions": None,
    "omics.selector": "cox_score",
    "cohort.omics": ("mirna", "mrna"),
}


def test_changes_come_back_from_the_address() -> None:
    written = to_address(CHANGES)
    assert written == [
        "cohort.omics=mirna,mrna", "slides.max_regions=", "slides.flips=true", "omics.selector=cox_score",
        "pretrain.epochs=12", "finetune.learning_rate=0.0005",
    ]  # fmt: skip
    assert from_address(written) == (CHANGES, [])


@pytest.mark.parametrize("changes", [
    {"cohort.endpoint": "1"}, {"cohort.endpoint": "true"}, {"cohort.endpoint": "null"}, {"cohort.omics": ("a,b", "c")},
    {"cohort.omics": ()},
])  # fmt: skip
def test_names_that_look_like_something_else_come_back(changes: dict[str, Any]) -> None:
    assert from_address(to_address(changes)) == (changes, [])


def test_nothing_but_commas_names_nothing() -> None:
    assert from_address(["cohort.omics=,"]) == ({"cohort.omics": ()}, [])


@pytest.mark.parametrize(
    "text",
    [
        "folds=1", "folds=x", "folds=", "folds", "folds=2.5", "no.such=1", "=1", "pretrain.learning_rate=nan",
        "cohort.min_days=inf", "seed=99999999999999999999", "omics.selector=none", "slides.min_tissue=1.5",
        "slides.flips=perhaps", "../../etc=1",
    ],
)  # fmt: skip
def test_what_the_address_gets_wrong_is_left_out(text: str) -> None:
    assert from_address([text, "folds=3"]) == ({"folds": 3}, [text])


def with_settings(*texts: str, **chosen: str) -> AppTest:
    """The page as an address with settings opens it."""
    return open_page("train", cohort="tumours", set=list(texts), **chosen)  # type: ignore[arg-type]


def fold(app: AppTest, *sections: str, is_open: bool) -> None:
    """Open or close sections of the form."""
    for section in sections:
        app.session_state[section_key(section)] = is_open
    app.run()
    assert not app.exception


# The form


@pytest.mark.usefixtures("home")
def test_the_form_asks_for_every_setting_with_its_own_help() -> None:
    app = open_page("train", cohort="tumours")
    fold(app, *SECTIONS, is_open=True)
    boxes = [*app.number_input, *app.selectbox, *app.checkbox, *app.multiselect]
    shown = {box.key.removesuffix("@demo"): box for box in boxes if box.key and box.key.endswith("@demo")}
    assert set(shown) == set(SETTINGS) - {"protocol", MODALITY, COMPANIONS}
    for path, box in shown.items():
        assert (box.label, box.help) == (LABELS[path], SETTINGS[path].info.description)


@pytest.mark.usefixtures("home")
def test_boxes_are_drawn_only_while_their_section_is_open_and_keep_what_was_chosen() -> None:
    app = with_settings("slides.downsample=8")
    drawn = {box.key for box in [*app.number_input, *app.selectbox, *app.checkbox, *app.multiselect] if box.key}
    assert {key.removesuffix("@demo") for key in drawn if key.endswith("@demo")} == set(SHOWN)
    fold(app, "slides", is_open=True)
    assert app.number_input(key="slides.downsample@demo").value == 8
    app.number_input(key="slides.max_regions@demo").set_value(50).run()
    fold(app, "slides", is_open=False)
    app.number_input(key="folds@demo").set_value(3).run()  # a run after the boxes have gone
    assert "slides.max_regions@demo" not in {box.key for box in app.number_input}
    expected = ["folds=3", "slides.downsample=8", "slides.max_regions=50"]
    assert app.query_params["set"] == expected
    assert all(f"--set {change}" in words(app) for change in expected)
    fold(app, "slides", is_open=True)
    assert app.number_input(key="slides.max_regions@demo").value == 50
    assert app.query_params["set"] == expected


@pytest.mark.usefixtures("home")
def test_an_address_opens_a_section() -> None:
    app = open_page("train", cohort="tumours", **{section_key("model"): "true"})
    keys = {box.key for box in [*app.number_input, *app.selectbox, *app.checkbox]}
    assert "model.width@demo" in keys
    assert "omics.trees@demo" not in keys


@pytest.mark.usefixtures("home")
def test_a_shared_address_brings_its_settings() -> None:
    app = with_settings(
        "pretrain.epochs=12", "finetune.learning_rate=0.001", "cohort.omics=mirna", preset="demo", modality="omics"
    )
    said = words(app)
    assert (
        "pomp run tumours --preset demo --set cohort.omics=mirna --set model.modalities=omics "
        "--set pretrain.epochs=12 --set finetune.learning_rate=0.001"
    ) in said
    assert "Pre-training epochs 12 instead of 10" in said
    assert "Omics types mirna instead of all" in said
    assert "changed" in app.number_input(key="pretrain.epochs@demo").label
    assert "changed" not in app.number_input(key="folds@demo").label


@pytest.mark.usefixtures("home")
def test_the_address_follows_the_form() -> None:
    app = with_settings("folds=3")
    app.number_input(key="seed@demo").set_value(7).run()
    assert app.query_params["set"] == ["folds=3", "seed=7"]
    fold(app, "slides", is_open=True)
    app.number_input(key="slides.max_regions@demo").set_value(50).run()
    assert app.query_params["set"] == ["folds=3", "seed=7", "slides.max_regions=50"]
    app.button(key="train-reset").click().run()
    assert not app.exception
    assert "set" not in app.query_params
    assert app.number_input(key="folds@demo").value == 5
    assert "As the preset demo has it." in words(app).replace("**", "")


@pytest.mark.usefixtures("home")
def test_an_address_that_lags_behind_takes_nothing_back() -> None:
    """Whoever changes two boxes in a row sends the second change with the address of before the first."""
    app = with_settings("folds=3")
    app.number_input(key="seed@demo").set_value(7).run()
    app.query_params["set"] = ["folds=3"]
    app.number_input(key="omics.genes@demo").set_value(20).run()
    assert not app.exception
    assert app.query_params["set"] == ["folds=3", "seed=7", "omics.genes=20"]


@pytest.mark.usefixtures("home")
def test_presets_have_changes_of_their_own() -> None:
    app = with_settings("folds=3")
    app.segmented_control(key="preset").set_value("paper").run()
    assert app.number_input(key="folds@paper").value == 5
    assert app.segmented_control(key="protocol-paper").value == "paper"
    fold(app, "cohort", is_open=True)
    assert app.checkbox(key="cohort.complete_cases@paper").value is True
    app.segmented_control(key="preset").set_value("demo").run()
    assert app.number_input(key="folds@demo").value == 3


@pytest.mark.usefixtures("home")
def test_a_form_that_was_left_is_found_again() -> None:
    app = with_settings("folds=3")
    fold(app, "omics", is_open=True)
    app.number_input(key="omics.trees@demo").set_value(100).run()
    app.query_params.clear()  # as a click on another page does
    app.switch_page("views/help.py").run()
    app.switch_page("views/train.py").run()
    fold(app, "omics", is_open=True)
    assert (app.number_input(key="folds@demo").value, app.number_input(key="omics.trees@demo").value) == (3, 100)


@pytest.mark.usefixtures("home")
def test_the_preparation_holds_the_same_settings_and_leaves_them_as_they_are() -> None:
    chosen = ["folds=3", "cohort.omics=mrna", "pretrain.epochs=12"]
    app = with_settings(*chosen)
    app.query_params["view"] = "Preparation"
    app.switch_page("views/cohort.py").run()
    assert not app.exception
    said = "--preset demo --set folds=3 --set cohort.omics=mrna --set pretrain.epochs=12"
    assert [box.value for box in app.code] == [f"pomp prepare tumours {said}"]
    app.number_input(key="preparation-folds@demo").set_value(4).run()
    app.switch_page("views/train.py").run()
    assert not app.exception
    assert app.number_input(key="folds@demo").value == 4
    assert app.query_params["set"] == ["folds=4", *chosen[1:]]
    assert f"pomp run tumours {said.replace('folds=3', 'folds=4')}" in [box.value for box in app.code]


def test_what_another_cohort_does_not_offer_is_kept_for_the_first(own: FakeWorkspace) -> None:
    (own.root / "cohorts" / "omics_only" / "clinical.csv").unlink()  # no endpoint can be chosen there
    app = with_settings("seed=7", "folds=3", "cohort.endpoint=OS")
    app.selectbox(key="cohort").select("omics_only").run()
    assert app.query_params["set"] == ["folds=3", "seed=7"]
    app.selectbox(key="cohort").select("tumours").run()
    assert app.query_params["set"] == ["folds=3", "seed=7", "cohort.endpoint=OS"]


@pytest.mark.usefixtures("home")
def test_an_address_that_is_wrong_in_parts() -> None:
    app = with_settings("folds=1", "seed=2", "cohort.omics=mrna,<b>")
    assert app.number_input(key="folds@demo").value == 5
    assert app.number_input(key="seed@demo").value == 2
    assert "there is no such setting or value: `folds=1`" in words(app)
    fold(app, "cohort", is_open=True)
    assert app.multiselect(key="cohort.omics@demo").value == ["mrna"]


@pytest.mark.usefixtures("home")
def test_settings_that_do_not_go_together_are_text() -> None:
    app = with_settings("model.width=97")
    assert not app.exception
    assert "width 97 is no multiple of heads 3" in words(app)
    assert not [button for button in app.button if button.label == "Start"]


# Curves


def metrics(folds: int = 2, epochs: int = 4, **columns: float) -> pd.DataFrame:
    """Total falls by 1 an epoch from 10, a fold later by 100 higher; the rest is constant."""
    rows = [
        {"stage": "pretrain", "fold": fold, "epoch": epoch, "total": 10.0 - epoch + 100 * fold} | columns
        for fold in range(folds)
        for epoch in range(epochs)
    ]
    return pd.DataFrame(rows)


def test_smoothing_by_hand() -> None:
    # s = 1/2: y1 = (1 + 1/2·0) / (3/2) = 2/3; y2 = (2 + 1/2·1 + 1/4·0) / (7/4) = 10/7
    np.testing.assert_allclose(smooth(pd.Series([0.0, 1.0, 2.0]), 0.5), [0, 2 / 3, 10 / 7])
    assert smooth(pd.Series([3.0, 1.0]), 0).tolist() == [3, 1]


def test_lines_are_smoothed_before_they_are_thinned() -> None:
    rng = np.random.default_rng(1)
    long = pd.DataFrame(
        {"stage": "finetune", "fold": 0, "epoch": range(2000), "cox": rng.normal(size=2000)}
    )  # fmt: skip
    lines = loss_lines(long, "finetune", View(smoothing=0.9))
    assert len(lines) == 300
    assert (lines["epoch"].iloc[0], lines["epoch"].iloc[-1]) == (1, 2000)
    every = smooth(long["cox"], 0.9)
    np.testing.assert_allclose(lines["value"], every.iloc[lines["epoch"] - 1])
    np.testing.assert_allclose(lines["measured"], long["cox"].iloc[lines["epoch"] - 1])


@pytest.mark.parametrize(("count", "kept"), [(3, [0, 1, 2]), (9, [0, 4, 8]), (1, [0])])
def test_thin(count: int, kept: list[int]) -> None:
    assert thin(pd.DataFrame({"epoch": range(count)}), 3)["epoch"].tolist() == kept


def test_the_mean_over_folds_is_one_line() -> None:
    found = loss_lines(pd.concat([metrics(), metrics(1, 5).iloc[4:]]), "pretrain", View(mean=True))
    assert found["line"].unique().tolist() == ["mean of 2 folds"]
    assert found["value"].tolist() == [60, 59, 58, 57, 6]  # only fold 1 has reached the last epoch


def test_a_logarithmic_axis_where_there_is_a_logarithm() -> None:
    figure = loss_figure(metrics(mom=-1.0), "pretrain", View(log=True))
    assert figure is not None
    assert (figure.layout.yaxis.type, figure.layout.yaxis2.type) == ("log", None)


def test_what_was_measured_stands_behind_what_is_smoothed() -> None:
    figure = loss_figure(metrics(1), "pretrain", View(smoothing=0.5))
    assert figure is not None
    assert [(line.name, line.showlegend) for line in figure.data] == [("fold 1, as measured", False), ("fold 1", True)]
    assert list(figure.data[0].y) == [10, 9, 8, 7]
    assert list(figure.data[1].y) == [10, 9.333, 8.571, 7.733]


def test_speed_has_panels_of_its_own() -> None:
    found = loss_lines(metrics(1, learning_rate=5e-4, regions_per_second=120.0), "pretrain", titles=SPEED)
    assert found["measure"].unique().tolist() == ["learning_rate", "regions_per_second"]
    figure = loss_figure(metrics(1, learning_rate=5e-4), "pretrain", titles=SPEED)
    assert figure is not None
    assert figure.layout.yaxis.rangemode == "tozero"
    assert loss_figure(metrics(1), "pretrain", titles=SPEED) is None


@pytest.mark.parametrize("view", [View(), View(smoothing=0.9), View(smoothing=0.9, mean=True)])
def test_long_trainings_stay_small(view: View) -> None:
    rng = np.random.default_rng(2)
    long = metrics(5, 500).assign(**{name: rng.normal(size=2500) for name in ("poc", "pom", "mom")})
    figure = loss_figure(long, "pretrain", view)
    assert figure is not None
    assert len(figure.to_json()) < 50_000


def test_the_page_draws_as_the_address_says(own: FakeWorkspace) -> None:
    chosen = {"train-smoothing": "0.5", "train-log": "true", "train-lines": "Mean over folds"}
    app = open_page("train", run=own.runs["honest"], **chosen)
    assert app.slider(key="train-smoothing").value == 0.5
    assert app.checkbox(key="train-log").value is True
    assert "mean is over the folds that have reached the epoch" in words(app)
    app.segmented_control(key="train-curves").set_value("Speed").run()
    assert len(figures(app)) == 1  # seconds alone were measured
    app.segmented_control(key="train-curves").set_value("Losses")
    app.segmented_control(key="train-stage").set_value("Fine-tuning").run()
    assert "Their C-index is no result" in words(app)


def test_before_the_first_epoch(own: FakeWorkspace) -> None:
    assert "Curves appear here when the first epoch of training is done." in words(
        open_page("train", run=own.runs["empty"])
    )


# Where runs stand


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"started": "2025-01-01T00:00:00", "finished": "2025-01-01T00:03:20"}, "Worked on for 3 min 20 s."),
        (
            {"started": "2025-01-01T00:00:00", "finished": "2025-01-01T00:00:07", "device": "cuda", "host": "node7"},
            r"Worked on for 7 s, on node7 \(cuda\).",
        ),
        ({}, ""),
    ],
)
def test_time_and_device_of_a_finished_run(own: FakeWorkspace, status: dict[str, str], said: str) -> None:
    run = own.runs["empty"]
    run.write_status(state="DONE", **status)
    assert describe_work(run.status()) == said


def test_the_log_of_a_run(own: FakeWorkspace) -> None:
    queue_up(own, "empty")
    finished, unfolded = own.runs["honest"], {"run-log": "true"}
    assert "Nothing yet." in [box.value for box in open_page("train", run=own.runs["empty"], **unfolded).code]
    assert "No log was kept with this run." in words(open_page("train", run=finished, **unfolded))
    (finished.folder / "log.txt").write_text("epoch 1 of 2\n")
    app = open_page("train", run=finished, **unfolded)
    assert "epoch 1 of 2" in [box.value for box in app.code]
    assert "No log was kept" not in words(app)


def queue_up(own: FakeWorkspace, *names: str) -> None:
    for name in names:
        Workspace(own.root).queue.submit(own.runs[name])


def test_a_place_in_the_queue_is_told_as_it_is(fake: FakeWorkspace) -> None:
    """Letter by letter it becomes where it is shown, once."""
    place = Place(fake.runs["released"], Status(state="QUEUED"), "this machine", 1)
    assert describe_place(place) == "paper-released · waits on this machine, place 1"


def test_the_queue_is_listed_in_its_order_and_a_run_is_taken_off(own: FakeWorkspace) -> None:
    queue_up(own, "failed", "empty")
    app = open_page("train", run=own.runs["honest"])
    said = words(app)
    assert said.index("waits on this machine, place 1") < said.index("waits on this machine, place 2")
    app.button(key=f"queue-off-{own.runs['failed'].id}").click().run()
    assert not app.exception
    assert own.runs["failed"].status().state == "STOPPED"
    assert "place 2" not in words(app)


def test_a_run_of_the_queue_is_watched(own: FakeWorkspace) -> None:
    queue_up(own, "empty")
    app = open_page("train", run=own.runs["honest"])
    app.button(key=f"queue-watch-{own.runs['empty'].id}").click().run()
    assert app.selectbox(key="run").value == own.runs["empty"].id
    assert "Waiting on this machine" in words(app)


def test_a_running_run_is_stopped_from_the_queue(own: FakeWorkspace) -> None:
    run = own.runs["interrupted"]
    with run.hold():
        app = open_page("train", run=own.runs["honest"])
        assert "honest · on this machine · 40 % done · time left not known yet" in words(app)
        app.button(key=f"queue-stop-now-{run.id}").click().run()
        assert not app.exception
        assert run.stop_requested()


def test_an_empty_queue_says_so(own: FakeWorkspace) -> None:
    assert "Nothing is worked on and nothing waits." in words(open_page("train"))


# Deletion


def test_a_run_is_deleted_after_a_tick_that_names_it(own: FakeWorkspace) -> None:
    run = own.runs["hostile"]
    app = open_page("train", run=run)
    app.session_state[f"delete-{run.id}"] = True
    app.run()
    assert "goes for good" in words(app)
    assert "![x](" not in "\n".join(str(element.value) for element in [*app.markdown, *app.caption])
    assert app.button(key="delete").disabled
    app.checkbox(key=f"delete-sure-{run.id}").check().run()
    app.button(key="delete").click().run()
    assert not app.exception
    assert not run.folder.exists()
    assert (own.root / "cohorts" / "omics_only" / "clinical.csv").is_file()
    assert app.selectbox(key="run").value != run.id


def test_a_run_is_measured_only_for_who_is_about_to_delete_it(
    own: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, measured = own.runs["honest"], []
    monkeypatch.setattr("dashboard.training.monitor.folder_bytes", lambda run: measured.append(run) or 1_200_000)
    app = open_page("train", run=run)
    app.run()
    assert measured == []
    app.session_state[f"delete-{run.id}"] = True
    app.run()
    assert "On disk: 1.2 MB." in words(app)


def test_a_file_that_goes_while_a_run_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "state").write_bytes(b"12345")
    (tmp_path / "status.json").write_bytes(b"123")
    assert folder_bytes(tmp_path) == 8
    found = list(os.walk(tmp_path))
    monkeypatch.setattr(os, "walk", lambda _: found)
    (tmp_path / "checkpoints" / "state").unlink()
    assert folder_bytes(tmp_path) == 3


def test_what_is_under_way_offers_no_deletion(own: FakeWorkspace) -> None:
    queue_up(own, "empty")
    app = open_page("train", run=own.runs["empty"])
    assert not [button for button in app.button if button.key == "delete"]


def test_what_is_in_use_is_not_deleted(own: FakeWorkspace) -> None:
    queue_up(own, "empty")
    with pytest.raises(RunError, match="is queued: stop it first, then delete it"):
        actions.delete(own.runs["empty"])
    with own.runs["interrupted"].hold(), pytest.raises(RunError, match="is running: stop it first"):
        actions.delete(own.runs["interrupted"])
    with own.runs["honest"].hold(), pytest.raises(RunBusyError, match="is being worked on by process"):
        actions.delete(own.runs["honest"])
    assert all(run.folder.is_dir() for run in own.runs.values())


def test_a_damaged_run_says_where_it_lies(own: FakeWorkspace) -> None:
    run = own.runs["failed"]
    (run.folder / "run.json").write_text("{")
    assert f"Its folder is `{run.folder}`" in words(open_page("train"))


def test_limits_hold_on_the_server() -> None:
    assert actions.configuration("demo", {"folds": 3}) != RunConfig()
    with pytest.raises(Exception, match="folds: Input should be greater than or equal to 2"):
        actions.configuration("demo", {"folds": 1})


def test_a_run_without_a_cohort_folder_is_still_watched(own: FakeWorkspace) -> None:
    run: Run = own.runs["honest"]
    run.cohort_folder.rename(own.root / "elsewhere")
    app = open_page("train", run=run)
    assert "**Pre-training**" in words(app)
    assert app.selectbox(key="cohort").options == ["omics_only"]


def test_the_device_is_kept_with_the_run(own: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pomp.runs.backends.local.LocalBackend.wake", lambda self: None)
    app = open_page("train", run=own.runs["failed"], cohort="tumours", **{"train-device": "cpu"})
    assert "--device cpu" in words(app)
    app.button(key="resume").click().run()
    assert (own.runs["failed"].status().state, own.runs["failed"].status().wanted) == ("QUEUED", "cpu")


@pytest.mark.parametrize(
    ("measures", "said"),
    [
        ({"total", "poc", "pom", "mom"}, "The three tasks of pre-training and their weighted sum. Lower"),
        ({"total", "mae_regions", "mae_genes"}, "The two tasks of this pre-training and their weighted sum. Lower"),
        ({"total", "mom"}, "The only task of this pre-training; the total is its loss times its weight. Lower"),
        ({"total"}, "Lower is better"),
    ],
)
def test_losses_are_those_of_the_tasks_that_are_trained_on(measures: set[str], said: str) -> None:
    assert explain_losses("pretrain", measures).startswith(said)


def test_a_run_of_one_task_is_shown_as_such(own: FakeWorkspace) -> None:
    run = own.runs["empty"]
    run.append_metrics({"stage": "pretrain", "fold": 0, "epoch": 0, "seconds": 1.0, "total": 2.0, "mom": 1.0})
    said = words(open_page("train", run=run))
    assert "The only task of this pre-training" in said
    assert "three tasks" not in said
