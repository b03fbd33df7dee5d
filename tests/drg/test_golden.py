"""DRG: the reference equals a peer's answers on every case of three published versions, in every output column."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from yiheng.drg.case import case_of
from yiheng.drg.packs.load import read_pack
from yiheng.drg.reference import group

STATUS = {"GROUPED": "grouped", "AMBIGUOUS": "ambiguous", "UNGROUPABLE": "ungroupable", "CHECK_FAILED": "invalid"}
VERSIONS = ("chs_drg_10", "chs_drg_11", "foshan_2022")

# PAYMENT_EXAMPLES E05: sex, age, days in hospital, diagnoses, procedures -> DRG
E05 = [
    (2, 88, 94, ["K22.301", "K11.901", "E11.900", "I10.x05"], ["96.0800x005"], "GZ13"),
    (2, 10, 14, ["Z51.103", "C15.900"], ["99.2503"], "RE13"),
    (2, 40, 5, ["O82.100", "Z37.000"], ["74.1x01"], "OB19"),
    (1, 60, 10, ["I21.900", "I10.x00x002"], [], "FR19"),
    (1, 60, 10, ["I63.900", "J18.900"], [], "BR23"),
    (1, 60, 10, ["J18.900", "I50.900"], [], "ES31"),
    (2, 70, 3, ["H25.900"], ["13.4100x001", "13.7100x001"], "CB39"),
    (1, 60, 10, ["K35.900"], ["47.0100"], None),
    (1, 60, 10, ["K40.900"], ["53.0000"], None),
]


@pytest.mark.slow
@pytest.mark.golden
@pytest.mark.parametrize("version", VERSIONS)
def test_reference_equals_golden(shared: Path, version: str) -> None:
    pack = read_pack(shared / "packs" / version)
    rows = pq.read_table(shared / "golden" / f"{version}.parquet").to_pylist()
    differ = []
    for row in rows:
        found = group(pack, case_of(row))
        own = (found.status, found.mdc or "", found.adrg or "", found.drg or "")
        if own != (STATUS[row["exp_status"]], row["exp_mdc"], row["exp_adrg"], row["exp_drg"]):
            differ.append((row["case_id"], own))
    assert len(rows) == 20_000
    assert differ == []


@pytest.mark.golden
def test_worked_examples(shared: Path) -> None:
    pack = read_pack(shared / "packs" / "chs_drg_11")
    for sex, age, los, dx, proc, drg in E05:
        found = group(pack, case_of({"sex": sex, "age": age, "los": los, "dx": dx, "proc": proc}))
        assert (found.drg, found.status) == (drg, "grouped" if drg else "ungroupable"), dx
    assert (
        group(pack, case_of({"sex": 1, "age": 60, "dx": ["K35.900"]})).reason == "no MDC takes it; unknown dx K35.900"
    )
