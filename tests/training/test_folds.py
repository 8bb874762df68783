"""The best epoch on the test fold is reported, or it is said that it is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from pomp.errors import CheckpointError
from pomp.training.checkpoint import CheckpointStore
from pomp.training.fold_names import ALL_PATIENTS, fold_name, fold_words
from pomp.training.folds import BestEpoch
from tests.small import small_model


@pytest.fixture
def store(tmp_path: Path) -> CheckpointStore:
    store = CheckpointStore(tmp_path / "fold-1-best")
    best, model = BestEpoch(store), small_model()
    for epoch, c_index in ((1, 0.5), (2, 0.7), (3, 0.6)):
        best.offer(epoch, model, c_index)
    return store


def test_the_best_is_taken_also_by_another_process(store: CheckpointStore) -> None:
    best = BestEpoch(store)
    assert (best.take().epoch, best.take().facts["c_index"]) == (2, 0.7)
    best.offer(4, small_model(), 0.7)  # the first of equals stays
    assert best.take().epoch == 2


def test_a_damaged_best_is_not_replaced_by_the_one_before(store: CheckpointStore) -> None:
    newest = store.folder / "000002.safetensors"
    newest.write_bytes(newest.read_bytes()[:-9])
    for look in (lambda: BestEpoch(store), BestEpoch(CheckpointStore(store.folder.with_name("none"))).take):
        with pytest.raises(CheckpointError, match="The best epoch in .* is damaged .*fine-tuned afresh"):
            look()


def test_the_message_names_both_folders(store: CheckpointStore) -> None:
    (store.folder / "000002.json").write_text("{}")
    with pytest.raises(CheckpointError, match=r"fold-1-best .*Delete that folder and .*fold-1-finetune, then resume"):
        BestEpoch(store)


def test_files_count_from_zero_and_people_from_one() -> None:
    assert [fold_name(index) for index in (0, 2, ALL_PATIENTS)] == ["fold-0", "fold-2", "all"]
    assert [fold_words(index) for index in (0, 2, ALL_PATIENTS)] == ["fold 1", "fold 3", "all patients"]
