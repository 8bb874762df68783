from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from pomp.runs.tables import read_table, write_table

FRAME = pd.DataFrame(
    {"patient": ["P0", "P1", "é"], "fold": [0, 1, 1], "risk": [0.5, np.nan, -1e-300], "event": [True, False, True]}
)


def test_tables_come_back_and_any_reader_takes_them(tmp_path: Path) -> None:
    path = tmp_path / "new" / "table.parquet"
    write_table(path, FRAME)
    pd.testing.assert_frame_equal(read_table(path), FRAME, check_exact=True)
    pd.testing.assert_frame_equal(read_table(path, [("patient", "==", "P1")]), FRAME.iloc[[1]].reset_index(drop=True))
    pd.testing.assert_frame_equal(pd.read_parquet(path), FRAME)
    assert pq.ParquetFile(path).metadata.num_rows == 3


def test_a_table_of_another_program_is_taken_as_it_is(tmp_path: Path) -> None:
    FRAME.to_parquet(tmp_path / "table.parquet")
    pd.testing.assert_frame_equal(read_table(tmp_path / "table.parquet"), FRAME)


def test_no_flipped_bit_is_read(tmp_path: Path) -> None:
    """One in every byte; those in the mark of the digest leave the table as it was."""
    path = tmp_path / "table.parquet"
    write_table(path, FRAME)
    content = path.read_bytes()
    read = 0
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        try:
            found = read_table(path)
        except (OSError, ValueError):
            continue
        pd.testing.assert_frame_equal(found, FRAME, check_exact=True)
        read += 1
    assert read <= len(b"SHA-256:")


@pytest.mark.parametrize("length", [0, 4, 11, 12, 400, -1, -8, -60])
def test_no_torn_table_is_read(tmp_path: Path, length: int) -> None:
    path = tmp_path / "table.parquet"
    write_table(path, FRAME)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises((OSError, ValueError)):
        read_table(path)
