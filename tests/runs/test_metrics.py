from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from pomp.errors import RunError
from pomp.runs.metrics import append_row, read_rows, rewind


def row(epoch: int, stage: str = "finetune", fold: int = 0) -> dict[str, object]:
    return {"stage": stage, "fold": fold, "epoch": epoch, "cox": 1.0 + epoch}


def epochs(path: Path) -> list[int]:
    return [int(epoch) for epoch in read_rows(path)["epoch"]]


def test_rows_come_back(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    assert read_rows(path).empty
    append_row(path, {"stage": "pretrain", "fold": 0, "epoch": 0, "total": 2.5})
    append_row(path, row(0))
    expected = pd.DataFrame({"stage": ["pretrain", "finetune"], "fold": [0, 0], "epoch": [0, 0]})
    expected["total"], expected["cox"] = [2.5, None], [None, 1.0]
    pd.testing.assert_frame_equal(read_rows(path), expected.astype({"total": float, "cox": float}))


@pytest.mark.parametrize("kept", range(0, 60, 3))
def test_a_torn_last_line_is_ignored_and_repaired(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "metrics.jsonl"
    append_row(path, row(0))
    whole = path.read_bytes()
    last = json.dumps(row(1)).encode()
    path.write_bytes(whole + last[:kept])
    complete = [1] if kept >= len(last) else []
    assert epochs(path) == [0, *complete]
    append_row(path, row(2))
    assert epochs(path) == [0, *complete, 2]


@pytest.mark.parametrize("line", [b"null", b"[]", b"7", b'"x"', b"{}", b'{"stage": "finetune"}', b"\x00" * 9, b"\xff{"])
def test_lines_that_are_no_rows_are_left_out(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(line + b"\n")
    append_row(path, row(4))
    assert epochs(path) == [4]


def test_a_damaged_line_is_left_out_and_dropped_with_a_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "metrics.jsonl"
    for epoch in range(3):
        append_row(path, row(epoch))
    path.write_text(path.read_text().replace('"cox": 2.0', '"cox": 6.0'))
    assert epochs(path) == [0, 2]
    rewind(path, "finetune", 0, 9)
    assert caplog.messages == ["1 line of metrics.jsonl is torn or damaged, and left out."]
    assert len(path.read_text().splitlines()) == 2
    assert epochs(path) == [0, 2]


def test_lines_without_a_digest_are_read(tmp_path: Path) -> None:
    """As bundled runs have them."""
    path = tmp_path / "metrics.jsonl"
    path.write_text(json.dumps(row(0)) + "\n")
    assert epochs(path) == [0]


def test_a_number_that_is_not_finite_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    append_row(path, row(0) | {"cox": float("nan"), "train_c_index": float("inf")})
    assert "null" in path.read_text()
    assert read_rows(path)[["cox", "train_c_index"]].isna().all(axis=None)


def test_rewinding_drops_what_will_come_again(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    others = [row(1, "pretrain"), row(5, "finetune", fold=1)]
    for one in [row(0), row(1), *others, row(2)]:
        append_row(path, one)
    rewind(path, "finetune", 0, 1)
    assert read_rows(path).to_dict("records") == [row(0), *others]
    for epoch in (1, 2):
        append_row(path, row(epoch))
    assert not read_rows(path).duplicated(["stage", "fold", "epoch"]).any()


def test_rewinding_nothing_touches_nothing(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    rewind(path, "finetune", 0, 0)
    assert not path.exists()


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "run").touch()
    with pytest.raises(RunError, match=r"metrics\.jsonl could not be written: Not a directory"):
        append_row(tmp_path / "run" / "metrics.jsonl", row(0))
