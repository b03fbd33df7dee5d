"""drg.kernel.cluster: a real master and two workers give what this machine alone gives."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.drg.kernel.arrays import Compiled
from yiheng.drg.kernel.cluster import FILE, PLACE, group_on_cluster, mapper
from yiheng.drg.kernel.compile import compiled
from yiheng.drg.kernel.store import as_data
from yiheng.drg.kernel.stream import grouped, grouper_of, parquet_pieces
from yiheng.drg.packs.load import read_pack
from yiheng.drg.packs.pack import Pack
from yiheng.drg.result import OUT

ANSWERS = ("kind", "target", "exp_status", "exp_mdc", "exp_adrg", "exp_drg")
PATIENCE = 120


def test_a_node_gives_what_the_grouper_gives(plain_pack: Pack) -> None:
    batch = pa.RecordBatch.from_pylist(
        [{"case_id": "1", "sex": 1, "age": 60, "dx": ["B01"], "proc": ["01.1"], FILE: "f", PLACE: 7}]
    )
    rules = json.dumps(as_data(compiled(plain_pack)))
    (found,) = mapper(rules, ("case_id",))([batch])
    assert found.to_pylist() == [
        {
            "case_id": "1",
            "status": "grouped",
            "mdc": "B",
            "adrg": "BB1",
            "drg": "BB15",
            "reason": None,
            FILE: "f",
            PLACE: 7,
        }
    ]


def free_port() -> int:
    with socket.socket() as its:
        its.bind(("127.0.0.1", 0))
        return int(its.getsockname()[1])


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a master with two workers."""
    if find_spec("pyspark") is None or shutil.which("java") is None:
        pytest.skip("needs the extra `spark` and Java 17")
    import pyspark

    home, folder = Path(str(pyspark.__file__)).parent, tmp_path_factory.mktemp("spark")
    address = f"spark://127.0.0.1:{free_port()}"
    settings = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_HOME": str(home), "PYSPARK_PYTHON": sys.executable}
    port = address.rsplit(":", 1)[1]
    deploy = "org.apache.spark.deploy"
    own = ["--host", "127.0.0.1", "--webui-port", "0"]
    commands = [[f"{deploy}.master.Master", *own, "--port", port]]
    commands += [[f"{deploy}.worker.Worker", *own, "-c", "1", "-m", "1G", "-d", str(folder), address]] * 2
    running: list[subprocess.Popen[bytes]] = []
    with (folder / "log").open("wb") as log:
        start = str(home / "bin" / "spark-class")
        running += [subprocess.Popen([start, *its], env=settings, stdout=log, stderr=log) for its in commands]
        for _ in range(PATIENCE):
            if (folder / "log").read_text(errors="replace").count("Registering worker") == 2:
                break
            time.sleep(1)
        yield address
        for process in running:
            process.terminate()
            process.wait()


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
    group_on_cluster(master, rules, [str(path)], columns, ["case_id"], parts)
    found = pq.read_table(parts).sort_by(PLACE).select(["case_id", *OUT])
    batches = [
        batch
        for its in grouped(parquet_pieces(path, columns), lambda: grouper_of(rules), ["case_id"], 2)
        for batch in its
    ]
    plain = pa.schema([(name, pa.string()) for name in ("case_id", *OUT)])
    expected = pa.concat_tables([pa.Table.from_batches([batch]).cast(plain) for batch in batches])
    assert found.num_rows == 200_000
    assert found.cast(plain).combine_chunks().equals(expected.combine_chunks())
