"""Small rule packs, written row by row, and cases to group by them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from yiheng.drg.case import Case, case_of
from yiheng.drg.packs.load import read_pack
from yiheng.drg.packs.pack import Pack

HEADERS = {
    "mdc": "mdc,name,order,kind,logic",
    "mdc_dx": "mdc,code,site",
    "adrg": "rule,adrg,mdc,order,phase,logic,if_no_drg",
    "adrg_list": "owner,list,code",
    "drg": "rule,adrg,drg,name,order,condition",
    "cc": "code,level,exclusion_table",
    "exclusion": "principal_code,exclusion_table",
    "icd10": "code,name",
    "icd9": "code,name,is_valid_or",
}
# Two MDCs; a surgical rule that splits by severity before a medical one.
ROWS: dict[str, list[str]] = {
    "mdc": ["B,Nerves,1,principal_dx,pdx in MDC", "C,Eyes,2,principal_dx,pdx in MDC"],
    "mdc_dx": ["B,B01,", "B,B02,", "C,C01,"],
    "adrg": [
        "BB1,BB1,B,1,surgical,pproc in ss,adrg:BB1",
        "BR1,BR1,B,2,medical,pdx in zd,adrg:BR1",
        "CR1,CR1,C,1,medical,pdx in zd,adrg:CR1",
    ],
    "adrg_list": ["BB1,ss,01.1", "BR1,zd,B01", "CR1,zd,C01"],
    "drg": [
        "BB1,BB1,BB11,operated with MCC,1,mcc",
        "BB1,BB1,BB13,operated with CC,2,cc",
        "BB1,BB1,BB15,operated,3,true",
        "BR1,BR1,BR19,treated,1,true",
        "CR1,CR1,CR19,eyes treated,1,true",
    ],
    "cc": ["M01,MCC,7", "M02,CC,8", "B02,CC,9"],
    "exclusion": ["B01,8"],
    "icd10": ["B01,first", "B02,second", "C01,eye", "M01,grave", "M02,less grave", "X01,other"],
    "icd9": ["01.1,operation,1", "01.2,another,1", "99.9,no operation,0"],
}


def write_pack(folder: Path, about: dict[str, Any] | None = None, **rows: list[str]) -> Path:
    """A bare directory with the rows of ROWS, or those given instead; `about` becomes its pack.json."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, header in HEADERS.items():
        lines = [header, *rows.get(table, ROWS[table])]
        (folder / f"{table}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if about is not None:
        (folder / "pack.json").write_text(json.dumps(about), encoding="utf-8")
    return folder


@pytest.fixture
def folder_of(tmp_path: Path) -> Callable[..., Path]:
    """Writes a pack: `folder_of(about, table=[rows])`."""
    return lambda about=None, **rows: write_pack(tmp_path / "pack", about, **rows)


@pytest.fixture
def pack_of(folder_of: Callable[..., Path]) -> Callable[..., Pack]:
    """Writes a pack and reads it."""
    return lambda about=None, **rows: read_pack(folder_of(about, **rows))


@pytest.fixture(scope="session")
def plain_pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """The pack of ROWS, read once."""
    return read_pack(write_pack(tmp_path_factory.mktemp("plain") / "pack"))


@pytest.fixture
def a_case() -> Callable[..., Case]:
    """A valid case of 60 years with one diagnosis, but for the columns given."""
    return lambda **columns: case_of({"sex": 1, "age": 60, "dx": ["B01"], **columns})
