"""Equal content, equal digest, whatever the order, files, threads, zone or locale; other content, another digest."""

import hashlib
import os
import random
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiheng.tables.digest import digest, file_sha256
from yiheng.tables.engine import engine

SCHEMA = pa.schema(
    [
        ("id", pa.string()), ("other", pa.string()), ("n", pa.int32()), ("m", pa.int32()),
        ("fee", pa.decimal128(18, 2)), ("hours", pa.float64()), ("day", pa.date32()), ("yes", pa.bool_()),
        ("dx", pa.list_(pa.string())), ("days", pa.list_(pa.date32())),
    ]
)  # fmt: skip
DAY = date(2024, 2, 29)
ROW = {
    "id": "a", "other": "b", "n": 1, "m": 2, "fee": Decimal("1.50"), "hours": 0.1, "day": DAY, "yes": True,
    "dx": ["I10", "I63"], "days": [DAY, None],
}  # fmt: skip


def rows(count: int) -> list[dict[str, Any]]:
    return [ROW | {"id": f"病例{n}", "n": n % 7, "fee": Decimal(n) / 4, "hours": n / 3} for n in range(count)]


def of(*content: dict[str, Any], schema: pa.Schema = SCHEMA) -> str:
    with engine() as backend:
        backend.con.register("given", pa.Table.from_pylist(list(content), schema=schema))
        return digest(backend, backend.table("given"))


def of_files(*paths: Path) -> str:
    with engine() as backend:
        return digest(backend, backend.read_parquet([str(path) for path in paths]))


def test_a_known_digest() -> None:
    """Kept results name it: it may change only with a new schema number."""
    schema = pa.schema([("id", pa.string()), ("n", pa.int8())])
    row_digests = [hashlib.sha256(text.encode()).digest() for text in ("2:ab\x1f1", "-\x1f-", "0:\x1f1")]
    expected = hashlib.sha256(b"id string\nn int8" + b"".join(sorted(row_digests))).hexdigest()
    assert of({"id": "ab", "n": 1}, {"id": None, "n": None}, {"id": "", "n": 1}, schema=schema) == expected


def test_order_batches_and_files_do_not_matter(tmp_path: Path) -> None:
    content = rows(2500)
    expected = of(*content)
    shuffled = random.Random(3).sample(content, len(content))
    assert of(*shuffled) == expected
    table = pa.Table.from_pylist(shuffled, schema=SCHEMA)
    pq.write_table(table, tmp_path / "one.parquet", row_group_size=97)
    assert of_files(tmp_path / "one.parquet") == expected
    pq.write_table(table.slice(0, 1), tmp_path / "x.parquet", compression="none")
    pq.write_table(table.slice(1), tmp_path / "y.parquet", use_dictionary=False)
    assert of_files(tmp_path / "y.parquet", tmp_path / "x.parquet") == expected


CHANGES: list[dict[str, Any]] = [
    {"id": "A"}, {"id": "a "}, {"id": None}, {"id": ""}, {"id": "-"}, {"n": 0}, {"n": None}, {"fee": Decimal("1.51")},
    {"fee": None}, {"hours": 0.1 + 2**-56}, {"hours": None}, {"day": date(2024, 2, 28)}, {"day": None}, {"yes": False},
    {"yes": None}, {"dx": ["I63", "I10"]}, {"dx": ["I10"]}, {"dx": []}, {"dx": None}, {"dx": ["I10", "I63", None]},
    {"dx": ["I10", ""]}, {"dx": ["I10", None]}, {"dx": ['I10","I63']}, {"dx": ["I10|I63"]}, {"days": [None, DAY]},
    {"days": [DAY]}, {"id": "b", "other": "a"}, {"n": 2, "m": 1}, {"id": "a\x1f1:b", "other": ""},
    {"id": "ab", "other": ""}, {"id": "", "other": "ab"}, {"id": None, "other": ""}, {"id": "", "other": None},
    {"id": None, "other": None},
]  # fmt: skip


def test_every_change_of_a_cell_matters() -> None:
    found = {of(ROW), *(of(ROW | change) for change in CHANGES)}
    assert len(found) == 1 + len(CHANGES)


def test_rows_names_types_and_order_of_columns_matter() -> None:
    other = ROW | {"id": "z"}
    renamed = pa.schema([SCHEMA.field("id").with_name("ID"), *list(SCHEMA)[1:]])
    wider = pa.schema([field.with_type(pa.int64()) if field.name == "n" else field for field in SCHEMA])
    turned = pa.schema([SCHEMA.field("other"), SCHEMA.field("id"), *list(SCHEMA)[2:]])
    found = [
        of(), of(ROW), of(ROW, ROW), of(ROW, ROW, ROW), of(ROW, other), of(ROW, other, other), of(ROW, ROW, other),
        of({"ID": "a", **ROW}, schema=renamed), of(ROW, schema=wider), of(ROW, schema=turned), of(schema=turned),
    ]  # fmt: skip
    assert len(set(found)) == len(found)


TEXTS = st.lists(st.none() | st.text("a1:-\x1f\x00,\"[]|'", max_size=4), min_size=2, max_size=2)


@pytest.mark.slow
@pytest.mark.property
@settings(max_examples=40)
@given(st.lists(TEXTS, max_size=4), st.lists(TEXTS, max_size=4))
def test_digests_are_equal_only_for_equal_rows(some: list[Any], others: list[Any]) -> None:
    schema = pa.schema([("a", pa.string()), ("b", pa.string())])
    first, second = ([dict(zip("ab", row, strict=True)) for row in rows] for rows in (some, others))
    same = sorted(map(str, some)) == sorted(map(str, others))
    assert (of(*first, schema=schema) == of(*second, schema=schema)) == same


def test_a_table_with_columns_named_like_the_query_s_own(table_of: Any) -> None:
    """The quarantine has a column `row`: sorting must go by the digest of the row."""
    content = [{"file": "a.csv", "row": n, "column": "x", "rule": "money"} for n in range(300)]
    schema = table_of("quarantine").schema
    assert of(*content, schema=schema) == of(*reversed(content), schema=schema)


PRINTS = """
import sys
from yiheng.tables.digest import digest
from yiheng.tables.engine import engine
with engine() as backend:
    print(digest(backend, backend.read_parquet(sys.argv[1])))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "env",
    [
        {"YIHENG_THREADS": "1"}, {"YIHENG_THREADS": "2", "YIHENG_MEMORY": "256MB"}, {"TZ": "Asia/Shanghai"},
        {"TZ": "America/New_York", "LC_ALL": "de_DE.UTF-8", "PYTHONHASHSEED": "7"}, {"LC_ALL": "C", "TZ": "UTC"},
    ],
)  # fmt: skip
def test_threads_memory_zone_locale_and_hash_seed_do_not_matter(tmp_path: Path, env: dict[str, str]) -> None:
    content = rows(5000)
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(content, schema=SCHEMA), path, row_group_size=1000)
    words = [sys.executable, "-c", PRINTS, str(path)]
    done = subprocess.run(words, env={**os.environ, **env}, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == of(*content)


def test_the_digest_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert file_sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
