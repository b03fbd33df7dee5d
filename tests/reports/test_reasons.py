import pyarrow as pa
import pytest

from yiheng.base.words import Word
from yiheng.dip.assignment.reference import NO_DIAGNOSIS, NO_GROUP, TIED
from yiheng.drg import reason
from yiheng.drg.case import PROBLEMS
from yiheng.reports.reasons import outcomes, reason_word
from yiheng.tables.engine import engine, held


def counted(rows) -> list[tuple[str, str, str | None, int]]:
    schema = pa.schema([(name, pa.string()) for name in ("hospital", "status", "reason")])
    with engine() as backend:
        table = held(
            backend, pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)
        )
        return [tuple(row.values()) for row in outcomes(table).to_pylist()]


def test_cases_are_counted_by_hospital_status_and_reason_without_the_codes_that_the_pack_does_not_know() -> None:
    assert counted(
        [
            ("B", "ungroupable", "no MDC takes it; unknown dx X1, X2"),
            ("B", "ungroupable", "no MDC takes it; unknown dx X9; unknown proc 99.9"),
            ("B", "grouped", "unknown dx X3"),
            ("B", "grouped", None),
            ("A", "invalid", "age unknown; newborn without weight; unknown dx X1"),
            ("A", "ungroupable", "unknown dx X1"),
        ]
    ) == [
        ("A", "invalid", "age unknown; newborn without weight", 1),
        ("A", "ungroupable", None, 1),
        ("B", "grouped", None, 2),
        ("B", "ungroupable", "no MDC takes it", 2),
    ]


@pytest.mark.parametrize("text", [*PROBLEMS, reason.NO_MDC, reason.no_rule(["B", "F"]), reason.ambiguous("BQ1")])
def test_every_reason_of_a_case_without_a_group_is_said_in_chinese(text) -> None:
    said = reason_word(text)
    assert said.en == text
    assert any("\u4e00" <= char <= "\u9fff" for char in said.zh)


def test_what_no_pattern_knows_is_shown_as_it_is() -> None:
    assert reason_word("something new") == Word("something new", "something new")
    assert reason_word(None) is None


def test_dip_says_its_reasons_in_words_that_are_known() -> None:
    said = {text: reason_word(text).zh for text in (NO_DIAGNOSIS, NO_GROUP, TIED + "A, B")}
    assert list(said.values()) == ["无主要诊断", "病种目录中没有此组合", "多个病种同样符合：A, B"]


def test_of_no_cases_there_are_no_outcomes() -> None:
    assert counted([]) == []
