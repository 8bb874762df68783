"""Pre-trained weights kept for the next run of the set: taken, made again where damaged, and told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from pomp.config import override
from pomp.runs import pretrained
from pomp.runs.company import Company, read_company
from pomp.runs.pretrained import PretrainingCache, pretraining_key
from pomp.runs.run import Run
from pomp.runs.worker import execute
from pomp.training import folds
from pomp.training.bank import RegionBank
from pomp.training.checkpoint import CheckpointStore
from pomp.training.device import Compute
from tests.runs.test_company import create, write_cohorts
from tests.timeless import timeless

CPU = Compute(torch.device("cpu"))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run on liver, with stomach."""
    run = create(write_cohorts(tmp_path_factory.mktemp("home") / "cohorts"), "liver", "stomach")
    execute(run, "cpu")
    return run


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, int]]]:
    """Stages and the epochs that each found done."""
    seen: list[tuple[str, int]] = []
    train = folds.train

    def watched(model: Any, data: Any, patients: Any, stage: Any, *others: Any) -> None:
        told = stage.on_resume
        noted = replace(stage, on_resume=lambda done: (seen.append((stage.name, done)), told(done)))
        train(model, data, patients, noted, *others)

    monkeypatch.setattr(folds, "train", watched)
    yield seen


def cohorts(run: Run) -> Path:
    return run.cohort_folder.parent


def losses(run: Run) -> pd.DataFrame:
    rows = run.metrics()
    return timeless(rows[rows["stage"] == "pretrain"].dropna(axis=1)).reset_index(drop=True)


def weights(run: Run, fold: int) -> dict[str, torch.Tensor]:
    kept = CheckpointStore(run.folder / "checkpoints" / f"fold-{fold}-pretrain").load()
    assert kept is not None
    return {name: tensor for name, tensor in kept.tensors.items() if name.startswith("model.")}


def same_weights(one: Run, other: Run) -> bool:
    pairs = [(weights(one, fold), weights(other, fold)) for fold in (0, 1)]
    return all(torch.equal(left[name], right[name]) for left, right in pairs for name in left)


def test_a_run_on_a_companion_does_not_pre_train_again(first: Run, stages: list[tuple[str, int]]) -> None:
    second = create(cohorts(first), "stomach", "liver", finetune__epochs=3)
    assert execute(second, "cpu").state == "DONE"
    assert [done for stage, done in stages if stage == "pretrain"] == [2, 2]
    assert same_weights(first, second)
    pd.testing.assert_frame_equal(losses(second), losses(first), check_exact=True)


def test_what_is_taken_is_what_it_would_have_made(first: Run, tmp_path: Path, stages: list[tuple[str, int]]) -> None:
    elsewhere = create(write_cohorts(tmp_path / "cohorts"), "stomach", "liver")
    execute(elsewhere, "cpu", until="pretrain")
    assert [done for stage, done in stages if stage == "pretrain"] == [0, 0]
    assert same_weights(first, elsewhere)


def test_alone_nothing_is_kept_or_taken(tmp_path: Path, stages: list[tuple[str, int]]) -> None:
    folder = write_cohorts(tmp_path / "cohorts")
    for _ in range(2):
        execute(create(folder, "liver"), "cpu", until="pretrain")
    assert [done for _, done in stages] == [0] * 4
    assert not (tmp_path / "cache" / "pretraining").exists()


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-7])


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


DAMAGE: dict[str, tuple[str, Callable[[Path], None]]] = {
    "weights cut": ("*.safetensors", cut),
    "a bit of the weights": ("*.safetensors", flip),
    "weights gone": ("*.safetensors", Path.unlink),
    "manifest cut": ("*.json", cut),
    "a bit of the manifest": ("*.json", flip),
    "manifest gone": ("*.json", Path.unlink),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_entry_is_made_again(damage: str, tmp_path: Path, stages: list[tuple[str, int]]) -> None:
    folder = write_cohorts(tmp_path / "cohorts")
    one = create(folder, "liver", "stomach")
    execute(one, "cpu", until="pretrain")
    pattern, harm = DAMAGE[damage]
    for entry in (tmp_path / "cache" / "pretraining").glob(f"*/{pattern}"):
        harm(entry)
    again = create(folder, "stomach", "liver")
    execute(again, "cpu", until="pretrain")
    execute(create(folder, "liver", "stomach", finetune__epochs=1), "cpu", until="pretrain")
    assert [done for _, done in stages] == [0, 0, 0, 0, 2, 2]
    assert same_weights(one, again)


def bank_of(*patients: str) -> RegionBank:
    """With a slide of three regions of each."""
    bank = RegionBank({}, side=8)
    bank.tables = {patient: pd.DataFrame({"slide": ["a"] * 3}) for patient in patients}
    return bank


def key(
    company: Company, run: Run, fold: int = 0, compute: Compute = CPU, slides_of: Sequence[str] = (), **changes: Any
) -> str:
    dotted = {name.replace("__", "."): value for name, value in changes.items()}
    return pretraining_key(company, bank_of(*slides_of), override(run.config, dotted), fold, compute)


def test_whatever_decides_the_weights_decides_the_key(first: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    company = read_company(first)
    own = company.own
    keys = [
        key(company, first),
        key(company, first, fold=1),
        key(company, first, slides_of=own.splits.folds[0].train[:1]),
        key(company, first, slides_of=company.others[0].splits.folds[0].train[:2]),
        key(company, first, compute=replace(CPU, dtype=torch.bfloat16)),
        key(company, first, compute=replace(CPU, part=CPU.part + 1)),
        key(company, first, pretrain__epochs=5),
        key(company, first, pretrain__mom=2.0),
        key(company, first, omics__genes=7),
        key(company, first, model__dropout=0.3),
        key(company, first, seed=1),
        key(replace(company, own=replace(own, cohort=replace(own.cohort, digest="0" * 16))), first),
        key(replace(company, own=replace(own, cohort=replace(own.cohort, endpoint="DSS"))), first),
        key(replace(company, own=replace(own, splits=replace(own.splits, seed=5))), first),
    ]
    monkeypatch.setattr(pretrained, "ALGORITHM", pretrained.ALGORITHM + 1)
    assert len({*keys, key(company, first)}) == len(keys) + 1


def test_what_does_not_decide_them_does_not(first: Run) -> None:
    company = read_company(first)
    [other] = company.others
    turned = Company(other, (company.own,), company.rules)
    expected = key(company, first)
    assert key(turned, first) == expected
    assert key(company, first, slides_of=company.own.splits.folds[0].test) == expected
    assert key(company, first, finetune__epochs=9, pretrain__with_cohorts=["liver"]) == expected


def test_those_used_last_are_kept(first: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "ENTRIES", 2)
    cache, store = PretrainingCache(tmp_path), CheckpointStore(first.folder / "checkpoints" / "fold-0-pretrain")
    for number, name in enumerate(("a", "b")):
        cache.keep(name, first, 0, store)
        pretrained.os.utime(tmp_path / name, (number, number))
    cache.keep("a", first, 0, store)  # which is there, and is now the newer one
    cache.keep("c", first, 0, store)
    assert sorted(folder.name for folder in tmp_path.iterdir() if folder.is_dir()) == ["a", "c"]


def test_weights_are_kept_without_a_record_of_their_losses(first: Run, tmp_path: Path) -> None:
    bare = create(write_cohorts(tmp_path / "cohorts"), "liver", "stomach")
    PretrainingCache(tmp_path).keep("a", bare, 0, CheckpointStore(first.folder / "checkpoints" / "fold-0-pretrain"))
    kept = CheckpointStore(tmp_path / "a").load()
    assert kept is not None
    assert kept.facts == {"metrics": []}
