"""Keys of codes: the readable definition and the column expression say the same."""

import random

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from yiheng.codes.keycolumns import icd_column, key_column
from yiheng.codes.keys import is_icd, key
from yiheng.codes.normal import normal
from yiheng.tables.engine import engine

EDITIONS = (None, "ICD-10", "icd-10-2.0", "ICD9CM3", "CCSR", "", "国临2.0", "XICD")
FULL_WIDTH = str.maketrans({chr(half): chr(half + 0xFEE0) for half in range(0x21, 0x7F)} | {" ": "\u3000"})


@pytest.mark.parametrize(
    ("kind", "code", "chars", "edition", "expected"),
    [
        ("dx", "I63.900", 4, None, "I63.9"),
        ("dx", "i63.9", 4, "ICD-10", "I63.9"),
        ("dx", "I10.x00x002", 4, None, "I10.X"),
        ("dx", "I10", 4, None, "I10"),
        ("dx", "I63.9", 3, None, "I63"),
        ("dx", "I639", 4, None, "I63.9"),
        ("dx", "Ｉ６３．９００", 4, None, "I63.9"),
        ("dx", "\u3000 I63.9 ", 5, None, "I63.9"),
        ("dx", "A17.0†", 6, None, "A17.0†"),
        ("dx", "", 4, None, ""),
        ("dx", "I63.900", 4, "CCSR", "I63.900"),
        ("dx", " cir020 ", 4, "CCSR", " cir020 "),
        ("proc", "36.0600x004", 4, None, "36.06"),
        ("proc", "36.06", 2, None, "36"),
        ("proc", "3", 4, None, "3"),
        ("proc", "00.6600", 3, None, "00.6"),
    ],
)
def test_the_key_of_a_code(kind: str, code: str, chars: int, edition: str | None, expected: str) -> None:
    assert key(kind, code, chars, edition) == expected


def test_which_editions_are_icd() -> None:
    assert [is_icd(edition) for edition in EDITIONS] == [True, True, True, True, False, False, False, False]


@given(st.text("IabcxX0123456789.†*+ -", max_size=12))
def test_width_case_and_spaces_around_change_nothing(code: str) -> None:
    for written in (code.lower(), code.translate(FULL_WIDTH), f" {code}\u3000 "):
        assert normal(written) == normal(code)
        assert key("dx", written, 4, None) == key("dx", code, 4, None)


@given(st.text("ABZx0123456789.", max_size=12))
def test_normal_form_is_its_own(code: str) -> None:
    assert normal(normal(code)) == normal(code)


def made_up_codes(count: int) -> list[tuple[str, str | None]]:
    """Codes of all the ways they are written, each with an edition."""
    chance = random.Random(7)
    found: list[tuple[str, str | None]] = []
    for _ in range(count):
        length = chance.randrange(0, 12)
        code = "".join(chance.choice("ABCIJxXz0123456789..†*_- ") for _ in range(length))
        code = chance.choice([str, str.lower, str.upper, lambda text: text.translate(FULL_WIDTH)])(code)
        code = chance.choice(["", " ", "\u3000"]) + code + chance.choice(["", " ", "\u3000"])
        found.append((code, chance.choice(EDITIONS)))
    return found


def in_duckdb(backend: Backend, table: pa.Table) -> ir.Table:
    backend.con.register("given", table)
    return backend.table("given")


@pytest.mark.parity
@pytest.mark.parametrize(("kind", "chars"), [("dx", 3), ("dx", 4), ("dx", 6), ("proc", 2), ("proc", 4), ("proc", 5)])
def test_the_column_expression_says_the_same(kind: str, chars: int) -> None:
    codes = made_up_codes(3000)
    table = pa.table({"row": range(len(codes)), "code": [code for code, _ in codes], "edition": [e for _, e in codes]})
    with engine() as backend:
        found = in_duckdb(backend, table)
        expression = key_column(kind, found.code, chars, icd_column(found.edition))
        keys = backend.to_pyarrow(found.select("row", key=expression).order_by("row"))["key"].to_pylist()
    differing = [(its, key(kind, *its[:1], chars, its[1]), got) for its, got in zip(codes, keys, strict=True)]
    assert [each for each in differing if each[1] != each[2]] == []


def test_the_column_for_editions_says_the_same() -> None:
    with engine() as backend:
        found = in_duckdb(backend, pa.table({"n": range(len(EDITIONS)), "edition": EDITIONS}))
        ordered = found.select("n", icd=icd_column(found.edition)).order_by(ibis._.n)
        assert backend.to_pyarrow(ordered)["icd"].to_pylist() == [is_icd(edition) for edition in EDITIONS]
