"""drg.kernel.cluster: a real master and two workers give what this machine alone gives."""

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.drg.kernel.arrays import Compiled
from yiheng.drg.kernel.chosen import by_one
from yiheng.drg.kernel.cluster import FILE, PLACE, group_on_cluster, mapper, sent
from yiheng.drg.kernel.compile import compiled
from yiheng.drg.kernel.stream import GROUPING, grouper_of
from yiheng.drg.packs.load import read_pack
from yiheng.drg.packs.pack import Pack
from yiheng.drg.result import OUT

ANSWERS = ("kind", "target", "exp_status", "exp_mdc", "exp_adrg", "exp_drg")


def test_a_node_gives_what_the_grouper_gives(plain_pack: Pack) -> None:
    batch = pa.RecordBatch.from_pylist(
        [{"case_id": "1", "sex": 1, "age": 60, "dx": ["B01"], "proc": ["01.1"], FILE: "f", PLACE: 7}]
    )
    (found,) = mapper(sent(by_one(compiled(plain_pack))), ("case_id",))([batch])
    assert found.to_pylist() == [
        {
            "case_id": "1",
            "status": "grouped",
            "mdc": "B",
            "adrg": "BB1",
            "drg": "BB15",
            "reason": None,
            "severity": "none",
            FILE: "f",
            PLACE: 7,
        }
    ]


@pytest.mark.spark
@pytest.mark.slow
def test_a_cluster_gives_what_this_machine_gives(
    master: str, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    golden = pq.read_table(shared / "golden" / "chs_drg_11.parquet").drop_columns(list(ANSWERS))
    path, parts = tmp_path / "cases.parquet", tmp_path / "parts"
    pq.write_table(pa.concat_tables([golden] * 10), path, row_group_size=25_000)
    rules: Compiled = compiled(read_pack(shared / "packs" / "chs_drg_11"))
    columns = ["case_id", *(name for name in rules.columns if name in golden.column_names)]
    group_on_cluster(master, by_one(rules), [str(path)], columns, ["case_id"], parts)
    found = pq.read_table(parts).sort_by(PLACE).select(["case_id", *OUT])
    batches = [
        batch
        for its in GROUPING.answers(GROUPING.pieces(path, columns), lambda: grouper_of(rules), ["case_id"], 2)
        for batch in its
    ]
    plain = pa.schema([(name, pa.string()) for name in ("case_id", *OUT)])
    expected = pa.concat_tables([pa.Table.from_batches([batch]).cast(plain) for batch in batches])
    assert found.num_rows == 200_000
    assert found.cast(plain).combine_chunks().equals(expected.combine_chunks())
