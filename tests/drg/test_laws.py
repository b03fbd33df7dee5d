"""DRG: laws that hold for any case, whichever of the two programs groups it."""

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.base.progress import Silent
from yiheng.drg.case import COLUMNS, case_of
from yiheng.drg.condition import LEVELS
from yiheng.drg.facts import Facts
from yiheng.drg.kernel.batch import Grouper
from yiheng.drg.kernel.compile import compiled
from yiheng.drg.kernel.stream import GROUPING, grouper_of
from yiheng.drg.packs.pack import Pack
from yiheng.drg.reference import group
from yiheng.tables.contract import contract

SCHEMA = pa.schema([contract("cases").schema.field(name) for name in ("case_id", *COLUMNS, "weight_g")])
DX = ("B01", "B02", "C01", "M01", "M02", "X01", "Q99")
PROC = ("01.1", "01.2", "99.9", "77.7")

pytestmark = pytest.mark.property

cases = st.fixed_dictionaries(
    {
        "sex": st.sampled_from([1, 2, None]),
        "age": st.sampled_from([0, 5, 60, None]),
        "age_days": st.sampled_from([3, 40, None]),
        "weight_g": st.sampled_from([0, 2500, None]),
        "dx": st.lists(st.sampled_from(DX), max_size=6),
        "proc": st.lists(st.sampled_from(PROC), max_size=3),
    }
)


def answers(pack: Pack, row: dict[str, Any]) -> dict[str, Any]:
    """What both programs say of a case."""
    expected = vars(group(pack, case_of(row)))
    batch = pa.RecordBatch.from_pylist([row], schema=SCHEMA)
    assert Grouper(compiled(pack)).group(batch).to_pylist() == [expected]
    return expected


def wide(code: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) for sign in code)


@given(row=cases, how=st.randoms(use_true_random=False))
def test_the_order_of_secondary_diagnoses_changes_nothing(plain_pack: Pack, row: dict[str, Any], how: Any) -> None:
    further = row["dx"][1:]
    how.shuffle(further)
    assert answers(plain_pack, row | {"dx": row["dx"][:1] + further}) == answers(plain_pack, row)


@given(row=cases, how=st.randoms(use_true_random=False))
def test_repeating_a_secondary_diagnosis_changes_nothing(plain_pack: Pack, row: dict[str, Any], how: Any) -> None:
    further = row["dx"][1:]
    again = [how.choice(further)] if further else []
    assert answers(plain_pack, row | {"dx": row["dx"] + again}) == answers(plain_pack, row)


@given(row=cases)
def test_case_and_width_of_codes_change_nothing(plain_pack: Pack, row: dict[str, Any]) -> None:
    spelled = row | {"dx": [wide(code.lower()) for code in row["dx"]], "proc": [f" {code} " for code in row["proc"]]}
    assert answers(plain_pack, spelled) == answers(plain_pack, row)


def level(pack: Pack, row: dict[str, Any]) -> int:
    """The counted severity of a case: 2 a MCC, 1 a CC, 0 none."""
    counted = {its.level for its in Facts(pack, case_of(row)).severity if its.counted}
    return next((len(LEVELS) - place for place, its in enumerate(LEVELS) if its in counted), 0)


@given(row=cases, place=st.integers(1, 5))
def test_removing_a_complication_never_raises_the_level(plain_pack: Pack, row: dict[str, Any], place: int) -> None:
    fewer = row | {"dx": [code for at, code in enumerate(row["dx"]) if at != place]}
    assert level(plain_pack, fewer) <= level(plain_pack, row)
    order = ["BB11", "BB13", "BB15"]
    before, after = (answers(plain_pack, its)["drg"] for its in (row, fewer))
    if before in order:
        assert order.index(after) >= order.index(before)


@pytest.mark.parametrize("parts", [2, 16])
def test_partitions_and_threads_change_nothing(plain_pack: Pack, tmp_path: Path, parts: int) -> None:
    chance = random.Random(7)
    rows = [
        {
            "case_id": str(n),
            "sex": 1,
            "age": 60,
            "dx": chance.choices(DX, k=n % 5),
            "proc": chance.choices(PROC, k=n % 3),
        }
        for n in range(1_600)
    ]
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    found = []
    for count in (1, parts):
        path, out = tmp_path / f"{count}.parquet", tmp_path / f"out{count}.parquet"
        pq.write_table(table, path, row_group_size=len(rows) // count)
        rules = compiled(plain_pack)
        pieces = GROUPING.pieces(path, SCHEMA.names)
        results = GROUPING.answers(pieces, lambda rules=rules: grouper_of(rules), ["case_id"], count)
        counted = GROUPING.write(results, out, ["case_id"], {}, Silent())
        found.append((counted, pq.read_table(out)))
    assert found[0][0] == found[1][0]
    assert found[0][1].equals(found[1][1])
    assert found[0][1]["case_id"].to_pylist() == table["case_id"].to_pylist()
    assert found[0][0] == {"grouped": 385, "invalid": 320, "ungroupable": 895}
