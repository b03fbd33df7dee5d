"""dip.keys: the combination of a case, as a readable definition and as a column."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiheng.base.refusal import Refusal
from yiheng.dip.catalogue.keycolumns import with_keys
from yiheng.dip.keys import ALL, ANY, MAIN_RELATED, KeyLengths, combination, key_lengths, pool_name, wide_of
from yiheng.policy.loader import Scheme

LENGTHS = KeyLengths(4, 4, (3,))

_ICD = st.from_regex(r"\A ?[A-Zc-eＡ-Ｃ][0-9]{2}(\.[0-9]{1,3}(x0[0-9]{2})?)?[+*†]? ?\Z")
_ICD9 = st.from_regex(r"\A ?[0-9]{2}(\.[0-9]{1,4}(x0[0-9]{2})?)? ?\Z")
_OTHER = st.sampled_from(["MUS010", "ADM016", "i10", "351-Minor", "胸痹", "A.B", ".", "i1", "36.06"])
_EDITIONS = st.sampled_from([None, "ICD-10", "ICD-10-GB/T 14396-2016", "icd9cm3", "CCSR", "GB/T 15657-1995"])


def _lists(codes: st.SearchStrategy[str]) -> st.SearchStrategy[list[str | None] | None]:
    return st.none() | st.lists(st.none() | codes | codes.map(lambda code: code + " ") | _OTHER, max_size=4)


_CASES = st.lists(
    st.fixed_dictionaries(
        {"dx": _lists(_ICD), "proc": _lists(_ICD9), "dx_edition": _EDITIONS, "proc_edition": _EDITIONS}
    ),
    min_size=1,
    max_size=80,
)


@pytest.mark.parametrize(
    ("dx", "proc", "core"),
    [
        (["I21.900", "E11.9"], None, "I21.9"),
        (["I21.900"], [], "I21.9"),
        (["I21.900"], [None], "I21.9"),
        (["i21.9x00"], ["36.0600x004"], "I21.9:36.06"),
        (["I21.9"], ["88.5500", "36.0600x004"], "I21.9:36.06+88.55"),
        (["I21.9"], ["36.06", None, "36.0600x004", "36.0601"], "I21.9:36.06"),
        (["I10"], ["36"], "I10:36"),
        ([" Ｉ63．900 "], None, "I63.9"),
        (None, ["36.06"], None),
        ([], ["36.06"], None),
        ([None, "I10"], ["36.06"], None),
    ],
)
def test_the_combination_of_a_case(
    table: Any, dx: list[str | None] | None, proc: list[str | None] | None, core: str | None
) -> None:
    assert combination(dx, proc, None, None, LENGTHS) == core
    (row,) = with_keys(table([{"dx": dx, "proc": proc}]), LENGTHS).to_pyarrow().to_pylist()
    assert row["core_key"] == core


def test_codes_of_another_system_are_taken_whole(table: Any) -> None:
    given_case = {"dx": ["MUS010", "x"], "proc": ["ADM016", "MST"], "dx_edition": "CCSR", "proc_edition": "CCSR"}
    wanted = "MUS010:ADM016+MST"
    assert combination(["MUS010", "x"], ["ADM016", "MST"], "CCSR", "CCSR", LENGTHS) == wanted
    (row,) = with_keys(table([given_case]), LENGTHS).to_pyarrow().to_pylist()
    assert (row["core_key"], row["dx_icd"], row["proc_icd"]) == (wanted, False, False)


def test_each_list_has_its_own_code_system(table: Any) -> None:
    given_case = {"dx": ["I21.900"], "proc": ["36.0600x004"], "dx_edition": "CCSR", "proc_edition": "ICD-9-CM-3"}
    (row,) = with_keys(table([given_case]), LENGTHS).to_pyarrow().to_pylist()
    assert (row["core_key"], row["dx_icd"], row["proc_icd"]) == ("I21.900:36.06", False, True)


@pytest.mark.slow
@pytest.mark.parity
@given(_CASES, st.sampled_from([LENGTHS, KeyLengths(3, 2, (3,)), KeyLengths(5, 6, (1,))]))
@settings(max_examples=40)
def test_the_column_says_what_the_definition_says(table: Any, rows: list[dict[str, Any]], lengths: KeyLengths) -> None:
    """Thousands of cases with full-width signs, lower case, blanks, empty items and foreign codes."""
    for kind in (ALL, MAIN_RELATED):
        _held_equal(table, rows, lengths, kind)


def _held_equal(table: Any, rows: list[dict[str, Any]], lengths: KeyLengths, kind: str) -> None:
    wanted = [combination(**row, lengths=lengths, kind=kind) for row in rows]
    found = with_keys(table(rows), lengths, kind).order_by("place").to_pyarrow()
    assert found["core_key"].to_pylist() == wanted


@pytest.mark.parity
def test_the_column_says_what_the_definition_says_of_thousands(table: Any, random_cases: Any) -> None:
    rows = random_cases(7, 5000)
    names = ("dx", "proc", "dx_edition", "proc_edition")
    wanted = [combination(*(row[name] for name in names), LENGTHS) for row in rows]
    found = with_keys(table(rows), LENGTHS).order_by("place").to_pyarrow()
    assert found["core_key"].to_pylist() == wanted


@pytest.mark.property
@given(_lists(_ICD9), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_of_procedures_matters(proc: list[str | None] | None, chance: Any) -> None:
    other = (proc or []) + (proc or [])
    chance.shuffle(other)
    assert combination(["I21.9"], proc, None, None, LENGTHS) == combination(["I21.9"], other, None, None, LENGTHS)


def test_of_main_and_related_the_first_stands_first() -> None:
    procs = [None, "88.55", "36.06", "88.5500", "37.22"]
    assert combination(["I21.9"], procs, None, None, LENGTHS, MAIN_RELATED) == "I21.9:88.55+36.06+37.22"
    assert combination(["I21.9"], procs, None, None, LENGTHS, ALL) == "I21.9:36.06+37.22+88.55"


@pytest.mark.parametrize(
    ("main", "is_icd", "chars", "treatment", "name"),
    [
        ("I21.9", True, 3, None, "I21*"),
        ("I21.9", True, 4, "surgery", "I21.9*:surgery"),
        ("MUS010", False, 3, ANY, "MUS010*:*"),
    ],
)
def test_a_pool_is_called_by_its_diagnosis_and_class(
    main: str, is_icd: bool, chars: int, treatment: str | None, name: str
) -> None:
    assert pool_name(wide_of(main, is_icd, chars), treatment) == name


def test_the_lengths_are_those_of_the_scheme_on_the_day(national: Scheme, with_value: Any) -> None:
    assert key_lengths(national, date(2024, 12, 31)) == LENGTHS
    assert key_lengths(with_value(proc_key_chars=3), date(2024, 12, 31)) == KeyLengths(4, 3, (3,))
    with pytest.raises(Refusal, match="dx_key_chars .* has no value on 2019-12-31"):
        key_lengths(national, date(2019, 12, 31))
