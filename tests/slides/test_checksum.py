"""Chunks that are written past HDF5's filters are, to the byte, those that it writes itself."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from pomp.slides.checksum import ChunkWriter, fletcher32


def make_values(side: int, fill: int | None) -> np.ndarray:
    shape = (side, side, 3)
    if fill is None:
        return np.random.default_rng(side).integers(0, 256, shape, dtype=np.uint8)
    return np.full(shape, fill, np.uint8)


@pytest.mark.parametrize("fill", [None, 0, 255])  # of words that are all 65,535 the sum is a multiple of it, and not 0
@pytest.mark.parametrize("side", [1, 2, 15, 16, 224, 256])  # odd lengths, less than a block of words, and more
def test_as_hdf5_writes_it(tmp_path: Path, side: int, fill: int | None) -> None:
    values = make_values(side, fill)
    with h5py.File(tmp_path / "both.h5", "w") as file:
        theirs, ours = (
            file.create_dataset(name, (2, *values.shape), np.uint8, chunks=(1, *values.shape), fletcher32=True)
            for name in ("theirs", "ours")
        )
        theirs[1] = values
        ChunkWriter(ours).write((1, 0, 0, 0), values)
        assert ours.id.read_direct_chunk((1, 0, 0, 0)) == theirs.id.read_direct_chunk((1, 0, 0, 0))
        assert np.array_equal(ours[1], values)


def test_of_a_view(tmp_path: Path) -> None:
    """Tiles come as parts of larger pictures, and may not be written to."""
    whole = make_values(32, None)
    whole.flags.writeable = False
    part = whole[4:20, 8:24]
    with h5py.File(tmp_path / "view.h5", "w") as file:
        stored = file.create_dataset("regions", (1, 16, 16, 3), np.uint8, chunks=(1, 16, 16, 3), fletcher32=True)
        ChunkWriter(stored).write((0, 0, 0, 0), part)
        assert np.array_equal(stored[0], part)


def test_a_chunk_of_another_size_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "size.h5", "w") as file:
        stored = file.create_dataset("regions", (1, 8, 8, 3), np.uint8, chunks=(1, 8, 8, 3), fletcher32=True)
        with pytest.raises(ValueError, match="broadcast"):
            ChunkWriter(stored).write((0, 0, 0, 0), make_values(4, None))


def test_of_a_known_text() -> None:
    """'abcdefgh' has the words 0x6162, 0x6364, 0x6566, 0x6768; both sums by hand."""
    words = [0x6162, 0x6364, 0x6566, 0x6768]
    plain = sum(words) % 65535
    weighted = sum((4 - place) * word for place, word in enumerate(words)) % 65535
    assert fletcher32(np.frombuffer(b"abcdefgh", np.uint8)) == weighted << 16 | plain


def test_long_contents_do_not_overflow() -> None:
    """60 MB of the largest word: without reducing on the way the weighted sum would pass 64 bits."""
    assert fletcher32(np.full(6 * 10**7, 255, np.uint8)) == 0xFFFFFFFF
