"""An encrypted file opens as it was written, and not at all where it was cut, changed or put together anew."""

import os
from io import BytesIO

import pytest

from yiheng.base.refusal import Refusal
from yiheng.site.base.backup.sealing import PIECE, Opened, Sealed
from yiheng.site.base.vault.keys import Key, Ring

KEY = Key("00112233", b"k" * 32)
RING = Ring((Key("aabbccdd", b"o" * 32), KEY))
WRONG = "was cut or changed, or is of another key"
SIZES = (1, 1000, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 7)


def sealed(data: bytes, key: Key = KEY, step: int = 300_000) -> bytes:
    out = BytesIO()
    its = Sealed(out, key)
    for start in range(0, len(data), step):
        its.write(data[start : start + step])
    its.close()
    return out.getvalue()


def opened(text: bytes, ring: Ring = RING) -> bytes:
    its = Opened(BytesIO(text), ring, "b.yhb")
    found = its.read(10 * PIECE)
    its.finish()
    return found


def refused(text: bytes, ring: Ring = RING) -> str:
    with pytest.raises(Refusal) as why:
        opened(text, ring)
    return str(why.value)


@pytest.mark.parametrize("size", SIZES)
def test_it_opens_as_it_was_written(size: int) -> None:
    data = os.urandom(size)
    text = sealed(data)
    assert opened(text) == data
    assert data[:16] not in text or size < 16


def test_the_same_is_never_written_twice_alike() -> None:
    assert len({sealed(b"x") for _ in range(5)}) == 5


@pytest.mark.parametrize("cut", [1, 16, 17, PIECE // 2, PIECE + 16, PIECE + 17, 2 * (PIECE + 16)])
def test_a_cut_file_does_not_open(cut: int) -> None:
    text = sealed(b"x" * (2 * PIECE + 7))
    assert refused(text[:-cut]) in (f"file b.yhb: {WRONG}",)


def test_nor_one_with_more_at_its_end_or_pieces_in_another_order() -> None:
    text = sealed(os.urandom(3 * PIECE))
    head, first = text.index(b"\n") + 1, PIECE + 16
    pieces = [text[head + at * first : head + (at + 1) * first] for at in range(3)]
    for wrong in (text + b"\0", text + pieces[2], text[:head] + pieces[1] + pieces[0] + pieces[2]):
        assert refused(wrong) == f"file b.yhb: {WRONG}"


@pytest.mark.parametrize("place", [-1, -20, 60, 90, 150, 1000])
def test_a_changed_bit_does_not_open(place: int) -> None:
    text = bytearray(sealed(b"x" * 5000))
    text[place] ^= 1
    assert refused(bytes(text)) in (f"file b.yhb: {WRONG}", "file b.yhb: is no backup of a site")


def test_the_key_is_the_one_that_is_named() -> None:
    text = sealed(b"x")
    assert refused(text, Ring((Key("00112233", b"z" * 32),))) == f"file b.yhb: {WRONG}"
    line = refused(text, Ring((Key("aabbccdd", b"k" * 32),)))
    assert line.endswith("value 00112233: the key that this was encrypted with is not in the file")


@pytest.mark.parametrize("text", [b"", b"yiheng backup 1 \n", b"yiheng backup 1 {}\n", b"PK\x03\x04", b"\0" * 5000])
def test_what_is_no_backup(text: bytes) -> None:
    assert refused(text) == "file b.yhb: is no backup of a site"


def test_each_piece_is_needed_to_the_last_even_where_nothing_is_read_of_it() -> None:
    text = sealed(b"x" * (PIECE + 5))
    its = Opened(BytesIO(text[: -(5 + 16)]), RING, "b.yhb")
    with pytest.raises(Refusal, match=WRONG):
        its.read(10)


def test_each_file_has_a_key_of_its_own() -> None:
    made = {KEY.of_backup(bytes((salt,)) * 32) for salt in range(3)}
    assert len(made | {KEY.secret, KEY.cipher}) == 5
