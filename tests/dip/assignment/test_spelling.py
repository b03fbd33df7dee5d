"""dip.assignment.spelling: the numbers of spellings, and what each number says."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from yiheng.dip.assignment.book import BEGINNING, KEYED, WHOLE, Token
from yiheng.dip.assignment.machine import NO_CODE
from yiheng.dip.assignment.spelling import Growing, Speller, Tokens, distinct
from yiheng.dip.plan import plan

# In the order of their texts, numbered from 1.
TOKENS = distinct(
    [
        Token("dx", "C50", BEGINNING),
        Token("dx", "I21.9", KEYED),
        Token("dx", "I21.900", WHOLE),
        Token("dx", "I2", BEGINNING),
    ]
)
ICD, OTHER = (False, True), (True, False)


@pytest.fixture
def speller(with_value: Any) -> Speller:
    made = plan(with_value(comprehensive_key_chars=[3, 1]), date(2024, 12, 31))
    wides = {"I21": 0, "I": 1, "I20-I25": 2, "MUS010": 3}
    return Speller(Tokens("dx", TOKENS, made.lengths.dx), made, ("I20-I25",), wides, {"conservative": 0, "*": 1})


def said(speller: Speller, texts: list[str | None], systems: tuple[bool, bool]) -> list[tuple[list[int], list[int]]]:
    """The tokens of each spelling and the wider diagnoses that it is among; and of null behind them."""
    codes, its = speller.look_up(pa.array(texts, pa.string()), systems)
    numbers = codes.reshape(-1, 2)[:, int(systems[1])].tolist()
    return [
        (its.tokens[its.starts[n] : its.starts[n + 1]].tolist(),
         its.more[its.more_starts[n] : its.more_starts[n + 1]].tolist())
        for n in numbers
    ]  # fmt: skip


def test_tokens_are_numbered_in_order() -> None:
    assert [token.text for token in TOKENS] == ["C50", "I2", "I21.9", "I21.900"]
    assert distinct([*TOKENS, *TOKENS]) == TOKENS


def test_a_code_of_icd_is_known_by_its_signs(speller: Speller) -> None:
    texts = ["i21.900", "I21.9x001", "I25", " C50.9 ", None, "K80"]
    assert said(speller, texts, ICD) == [
        ([2, 3, 4], [0, 1, 2]), ([2, 3], [0, 1, 2]), ([2], [1, 2]), ([1], []), ([], []), ([], []), ([], []),
    ]  # fmt: skip


def test_a_code_of_another_system_is_taken_as_it_is(speller: Speller) -> None:
    texts = ["I21.9", "i21.9", "I21.9x001", "C501", "MUS010", "I21"]
    assert said(speller, texts, OTHER) == [
        ([2, 3], []), ([], []), ([2], []), ([1], []), ([], [3]), ([2], [0]), ([], []),
    ]  # fmt: skip


def test_a_spelling_keeps_its_number_and_has_another_in_another_system(speller: Speller) -> None:
    first, _ = speller.look_up(pa.array(["I21.9", "K80"]), ICD)
    both, _ = speller.look_up(pa.array(["K80", None, "I21.9"]), (True, True))
    again, its = speller.look_up(pa.array(["I21.9", "K80"]), ICD)
    assert first.tolist() == again.tolist() == [NO_CODE, 1, NO_CODE, 2, NO_CODE, NO_CODE]
    assert both.tolist() == [3, 2, NO_CODE, NO_CODE, 4, 1, NO_CODE, NO_CODE]
    assert (len(its.starts), its.starts.flags.writeable) == (6, False)


def test_what_was_given_out_stays_as_lists_grow() -> None:
    its = Growing()
    its.extend([[5], []])
    starts, numbers = its.arrays()
    its.extend([list(range(5000)), [7]])
    assert (starts.tolist(), numbers.tolist()) == ([0, 1, 1], [5])
    after, more = its.arrays()
    assert (after.tolist(), more.tolist()) == ([0, 1, 1, 5001, 5002], [5, *range(5000), 7])
    its.extend([])
    assert its.count == 4
