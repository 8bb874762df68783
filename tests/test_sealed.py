from __future__ import annotations

import json

import pytest

from pomp.sealed import SEAL, seal, unseal

DATA = {"epoch": 3, "loss": 0.1 + 0.2, "names": ["é", None], "more": {"b": 1e-300, "a": True}}


def test_what_is_sealed_comes_back() -> None:
    sealed = seal(DATA)
    assert list(sealed) == [*DATA, SEAL]
    for indent in (None, 1):
        assert unseal(json.dumps(sealed, indent=indent)) == DATA
    assert unseal(json.dumps(DATA)) == DATA  # written by hand


def test_the_seal_is_a_sha_256_of_canonical_json() -> None:
    """`printf '{"a":1}' | sha256sum`."""
    assert seal({"a": 1})[SEAL] == "015abd7f5cc57a2d"


REFUSED = {
    "another number": (json.dumps(seal(DATA) | {"epoch": 4}), "does not match its seal"),
    "another name": (json.dumps(seal(DATA)).replace("epoch", "epoci"), "does not match its seal"),
    "a field more": (json.dumps(seal(DATA) | {"x": 1}), "does not match its seal"),
    "a list": ("[1]", r"should be an object, not '\[1\]'"),
    "torn": ('{"a": ', "Expecting value"),
    "no text": (b"\xff\xfe\x00", "codec can't decode"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_what_was_sealed(case: str) -> None:
    content, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        unseal(content)


def test_no_flipped_bit_changes_a_value() -> None:
    content = json.dumps(seal(DATA)).encode()
    for bit in range(8 * len(content)):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            found = unseal(bytes(damaged))
        except ValueError:
            continue
        # Only the name of the seal was hit, and it is a field that nobody knows.
        assert {key: value for key, value in found.items() if key in DATA} == DATA
        assert len(found) <= len(DATA) + 1
