"""tables.stream: results in order whatever the threads, files read as they are or not at all."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.base.progress import Silent
from yiheng.base.refusal import Refusal
from yiheng.tables.stream import Stream, Work, is_plain, mapped, one_by_one, parquet_pieces

LIST = pa.list_(pa.string())
WORD = pa.dictionary(pa.int32(), pa.string())
STATUS = Stream(
    needed=("case_id", "dx"), coded=("dx",), result=pa.schema([("status", WORD)]), words=["status"], counted="status"
)


def doubled() -> Work:
    return lambda batch: pa.record_batch({"n": pa.array([2 * n for n in batch["n"].to_pylist()])})


def stated() -> Work:
    """Says of each case whether it has a diagnosis; its words are the same for all batches."""

    def state(batch: pa.RecordBatch) -> pa.RecordBatch:
        places = pa.array([int(bool(codes)) for codes in batch["dx"].to_pylist()], pa.int32())
        return pa.record_batch({"status": pa.DictionaryArray.from_arrays(places, ["invalid", "grouped"])})

    return state


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_of_the_pieces(threads: int) -> None:
    pieces = [lambda n=n: [pa.record_batch({"n": [n]}), pa.record_batch({"n": [n + 100]})] for n in range(17)]
    found = [batch["n"].to_pylist() for batches in mapped(pieces, doubled, threads) for batch in batches]
    assert found == [[2 * n + more] for n in range(17) for more in (0, 200)]


def test_batches_that_are_there_are_pieces_of_one_each() -> None:
    given = [pa.record_batch({"n": [n]}) for n in range(3)]
    assert [list(piece()) for piece in one_by_one(given)] == [[batch] for batch in given]


def test_a_file_is_read_by_row_groups_with_codes_as_dictionaries(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"dx": pa.array([["I10"], None, []], LIST), "n": [1, 2, 3]})
    pq.write_table(table, path, row_group_size=2)
    batches = [batch for piece in parquet_pieces(path, ["dx", "n"], ("dx",)) for batch in piece()]
    assert [batch["n"].to_pylist() for batch in batches] == [[1, 2], [3]]
    assert [batch["dx"].to_pylist() for batch in batches] == [[["I10"], None], [[]]]
    assert batches[0]["dx"].type.value_type == pa.dictionary(pa.int32(), pa.string())


def test_a_row_group_that_is_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"n": list(range(1000))}), path, compression="none", use_dictionary=False)
    content = bytearray(path.read_bytes())
    content[4:40] = b"\xff" * 36
    path.write_bytes(bytes(content))
    with pytest.raises(Refusal, match="file a.parquet: row group 1 cannot be read"):
        [list(piece()) for piece in parquet_pieces(path, ["n"], ())]


def test_a_result_is_written_whole_and_its_words_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "cases.parquet"
    dx = pa.array([["I10"], [], ["I21", "I10"]], LIST)
    pq.write_table(pa.table({"case_id": ["1", "2", "3"], "dx": dx}), path, row_group_size=2)
    answers = list(STATUS.answers(STATUS.pieces(path, ["case_id", "dx"]), stated, ["case_id"], 2))
    counted = STATUS.write(answers * 2, tmp_path / "o.parquet", ["case_id"], {"commit": "7"}, Silent())
    assert counted == {"grouped": 4, "invalid": 2}
    table = pq.read_table(tmp_path / "o.parquet")
    assert table.to_pydict() == {"case_id": ["1", "2", "3"] * 2, "status": ["grouped", "invalid", "grouped"] * 2}
    assert (table.schema.field("status").type, table.schema.metadata[b"commit"]) == (pa.string(), b"7")

    def torn() -> object:
        yield answers[0]
        raise Refusal("no more")

    with pytest.raises(Refusal, match="no more"):
        STATUS.write(torn(), tmp_path / "p.parquet", ["case_id"], {}, Silent())  # type: ignore[arg-type]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cases.parquet", "o.parquet"]


@pytest.mark.parametrize(
    ("columns", "plain"),
    [
        ({"case_id": pa.string(), "dx": LIST}, True),
        ({"case_id": pa.string(), "dx": LIST, "nonsense": pa.int8()}, True),
        ({"case_id": pa.string()}, False),
        ({"case_id": pa.int64(), "dx": LIST}, False),
        ({"case_id": pa.string(), "dx": pa.string()}, False),
        ({"case_id": pa.string(), "dx": LIST, "DX": LIST}, False),
        ({"case_id": pa.string(), "dx": LIST, "total_fee": pa.float64()}, False),
    ],
)
def test_only_a_file_in_the_case_tables_types_is_plain(
    tmp_path: Path, columns: dict[str, pa.DataType], plain: bool
) -> None:
    pq.write_table(pa.schema(columns).empty_table(), tmp_path / "a.parquet")
    assert is_plain(tmp_path / "a.parquet", ("case_id", "dx"), ("case_id", "dx", "total_fee")) is plain
    assert STATUS.is_plain(tmp_path / "a.parquet", ("case_id", "dx", "total_fee")) is plain
    assert not is_plain(tmp_path / "none.parquet", ("dx",), ("dx",))
