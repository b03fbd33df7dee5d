"""drg.kernel.batch: it gives what the reference gives, in every output column, whatever the pack and the cases.

YIHENG_SOAK says how many parts of generated cases there are (`make soak`).
"""

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.drg.bycode import ByCode
from yiheng.drg.case import COLUMNS, WEIGHTS, case_of
from yiheng.drg.kernel.batch import Grouper
from yiheng.drg.kernel.compile import compiled
from yiheng.drg.kernel.machine import group_rows
from yiheng.drg.packs.load import read_pack
from yiheng.drg.packs.pack import Pack
from yiheng.drg.reference import group
from yiheng.drg.result import OUT
from yiheng.tables.contract import contract

VERSIONS = ("chs_drg_10", "chs_drg_11", "foshan_2022")
# Parts of 50,000 generated cases a version, 20 of them in `make soak`; each is a test, so that they share processors.
PART = 50_000
PARTS = int(os.environ.get("YIHENG_SOAK", "1"))
SCHEMA = pa.schema([contract("cases").schema.field(name) for name in (*COLUMNS, *WEIGHTS)])
Rows = list[dict[str, Any]]


def differing(pack: Pack, rows: Rows) -> list[tuple[Any, ...]]:
    """Cases on which kernel and reference differ, with both answers."""
    batch = pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
    found = Grouper(compiled(pack)).group(batch).to_pylist()
    expected = [vars(group(pack, case_of(row, pack.switches.weight_column))) for row in rows]
    return [its for its in zip(rows, found, expected, strict=True) if its[1] != its[2]]


class Chance:
    """Cases drawn evenly over everything that a pack names, on its borders, and beyond."""

    def __init__(self, pack: Pack, seed: int | str) -> None:
        self.random = random.Random(seed)
        self.dx = [*sorted({*pack.dx_names, *_named(pack, "zd"), *_named(pack, "MDC")}), "Q99.9", "医", "", None]
        self.proc = [*sorted({*pack.proc_names, *_named(pack, "ss")}), "99.9999", " ", None]
        self.by_list = [list(dict(its.items())) for its in pack.lists.values() if len(its)]
        self.numbers = sorted({int(word) for word in _words(pack) if word.isdigit()} | {0, 1})

    def rows(self, count: int) -> Rows:
        return [self._row() for _ in range(count)]

    def _row(self) -> dict[str, Any]:
        age = self.random.choice([None, 0, 0, 1, 16, 17, 60, *self._near()])
        return {
            "sex": self.random.choice([1, 1, 1, 2, 2, 2, 0, 9, None]),
            "age": None if age is None else min(age, 120),
            "age_days": self.random.choice([None, 0, 27, 28, 29, 300]),
            **{name: self.random.choice([None, *self._near()]) for name in ("los", *WEIGHTS)},
            "icu_hours": self.random.choice([None, float("nan"), 0.5, *map(float, self._near())]),
            "discharge": self.random.choice([None, 1, 2, 5]),
            "dept": self.random.choice([None, "", "icu", "ＩＣＵ", "0305", "0401"]),
            "dx": self._codes(self.dx, 7),
            "proc": self._codes(self.proc, 5),
        }

    def _near(self) -> list[int]:
        number = self.random.choice(self.numbers)
        return [max(number - 1, 0), number, number + 1]

    def _codes(self, book: list[str | None], most: int) -> list[str | None] | None:
        if self.random.random() < 0.02:
            return None
        chosen = [self._code(book) for _ in range(self.random.randint(0, most))]
        return chosen + chosen[: self.random.choice([0, 0, 0, 2])]

    def _code(self, book: list[str | None]) -> str | None:
        code = self.random.choice(self.random.choice([book, self.random.choice(self.by_list)]))
        if code is None:
            return None
        return self.random.choice([code, code, code.lower(), code.replace("*", "7"), f" {_wide(code)} "])


def _wide(code: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in code)


def _named(pack: Pack, name: str) -> set[str]:
    lists: list[ByCode[int]] = [its for key, its in pack.lists.items() if key.name.startswith(name)]
    return {code for its in lists for code in its.exact}


def _words(pack: Pack) -> list[str]:
    logic = [mdc.logic for mdc in pack.mdcs]
    for rules in pack.rules.values():
        logic += [text for rule in rules for text in (rule.logic, *(its.logic for its in rule.groups))]
    return " ".join(logic).replace("}", " ").replace("{", " ").replace(",", " ").split()


# Every construct of the grammar, in a pack that nobody issued.
EVERYTHING: dict[str, list[str]] = {
    "mdc": [
        "A,先期,1,pre_mdc,proc present and (pproc in SS_VALID or pproc in inline1)",
        "P,newborn,2,newborn,pdx in MDC and age == 0",
        "Y,hiv,3,hiv,dx any MDC",
        "Z,trauma,4,multiple_trauma,pdx in MDC and sites >= 2",
        "M,male,5,male,pdx in MDC and sex == 1",
        "B,nerves,6,principal_dx,pdx in MDC",
        "S,anything,7,principal_dx,true",
    ],
    "mdc_dx": [
        "P,P01,", "P,P02,", "Y,B20,", "Z,S01,head", "Z,S02,chest", "Z,S03,head", "Z,S1*,leg", "M,N40,",
        "B,I6*,", "B,G01,", "B,G02,", "B,A18.0+M90.0*,",
    ],
    "adrg": [
        "AA1,AA1,A,1,surgical,pproc in ss and not sproc any ss1,next",
        "AA2,AA2,A,2,surgical,proc any ss and proc any ss1 and proc any ss2,adrg:AA2",
        "PS1,PS1,P,1,medical,dx any zd and weight_g present and weight_g < 1500 and age_days <= 28,next",
        "PV1,PV1,P,2,medical,age_days <= 28,adrg:PV1",
        "YC1,YC1,Y,1,medical,dx any zd and pproc in SS_VALID,next",
        "ZZ1,ZZ1,Z,1,medical,not proc any SS_VALID,adrg:ZZ1",
        "BB1_1,BB1,B,1,surgical,proc any ss@1 or (proc any ss@2 and proc any ss@3),next",
        "BB1_2,BB1,B,2,surgical,pdx in zd and proc any ss,adrg:BB1",
        "BQY,BQY,B,3,ambiguous,pproc in SS_VALID,rule",
        "BR1,BR1,B,4,medical,pdx in zd or sdx any zd1,next",
        "BR2,BR2,B,5,medical,not (pdx in zd) and dx any MDC,adrg:BR2",
        'SA1,SA1,S,1,medical,"dept == ICU or discharge in {2,5} and icu_hours known",next',
        "SB1,SB1,S,2,medical,pdx in nowhere or dept != 0305 and los known,next",
    ],
    "adrg_list": [
        "MDCA,inline1,99.9", "AA1,ss,01.1", "AA1,ss,02*", "AA1,ss1,01.2", "AA2,ss,01.1", "AA2,ss1,01.2", "AA2,ss2,99.9",
        "PS1,zd,P01", "YC1,zd,B20", "BB1_1,ss@1,03.1", "BB1_1,ss@2,03.2", "BB1_1,ss@3,99.9", "BB1_2,zd,G01",
        "BB1_2,ss,03.2", "BR1,zd,I63*", "BR1,zd1,M0*", "BR2,zd,I6*", "AA11,ss,01.1", "AA19,ss,01.1", "AA19,zd,M01",
        "BR13,zd,I63.9",
    ],
    "drg": [
        "AA1,AA1,AA11,x,1,pproc in ss and age < 17 and mcc", "AA1,AA1,AA19,x,2,sproc any ss or dx any zd",
        "AA1,AA1,AA15,x,3,los > 12 or los == 1", "AA2,AA2,AA21,x,1,icu_hours > 120",
        "AA2,AA2,AA23,x,2,icu_hours >= 1 and icu_hours <= 120", "PS1,PS1,PS11,x,1,mcc", "PS1,PS1,PS15,x,2,true",
        "YC1,YC1,YC11,x,1,mcc or cc", "YC1,YC1,YC15,x,2,age >= 17", "ZZ1,ZZ1,ZZ11,x,1,mcc",
        "BB1_1,BB1,BB11,x,1,cc", "BB1_1,BB1,BB15,x,2,not cc and age != 60", "BB1_2,BB1,BB13,x,1,false",
        "BR1,BR1,BR13,x,1,pdx in zd and (mcc or cc)", "BR1,BR1,BR15,x,2,true", "SA1,SA1,SA19,x,1,true",
        "SB1,SB1,SB19,x,1,weight_g known or sex == 2",
    ],
    "cc": ["M01,MCC,1", "M02,CC,2", "M0*,CC,3", "B20,CC,", "S01,MCC,1", "I63.9,MCC,2"],
    "exclusion": ["G01,1", "I6*,2", "I63.9,3", "P01,1"],
    "icd10": [f"{code},x" for code in (
        "P01", "P02", "B20", "S01", "S02", "S03", "S11", "N40", "I60", "I63.9", "G01", "G02", "A18.0+M90.0*", "M01",
        "M02", "M03", "X01",
    )],
    "icd9": ["01.1,x,1", "01.2,x,1", "02.1,x,0", "02.2,x,1", "03.1,x,1", "03.2,x,0", "99.9,x,0"],
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parity
@pytest.mark.parametrize("retry", [False, True])
def test_kernel_equals_reference_on_every_construct(pack_of: Callable[..., Pack], retry: bool) -> None:
    pack = pack_of({"retry_each_other_procedure_if_ungroupable": retry}, **EVERYTHING)
    rows = Chance(pack, 1).rows(10_000)
    assert differing(pack, rows) == []
    reached = {group(pack, case_of(row)).drg for row in rows}
    named = {its.drg for rules in pack.rules.values() for rule in rules for its in rule.groups}
    assert named - reached == {"BB13"}
    assert {"BQY", "AA2", "ZZ1", "PV1", "BB1", "BR2"} <= reached


@pytest.mark.slow
@pytest.mark.parity
@pytest.mark.parametrize(
    "switches",
    [
        'principal_procedure = "any"',
        'ambiguous = "off"',
        'no_drg = "next"',
        'no_drg = "adrg"',
        'weight_column = "birth_weight_g"',
        "newborn_days = 27",
        'hiv_diagnosis = "principal"',
        'age_unit = "days"',
    ],
)
def test_kernel_equals_reference_under_every_switch(folder_of: Callable[..., Path], switches: str) -> None:
    folder = folder_of(**EVERYTHING)
    toml = f'id = "x"\nempty_lists = ["SB1 nowhere"]\n[switches]\n{switches}\n'
    (folder / "pack.toml").write_text(toml, encoding="utf-8")
    pack = read_pack(folder)
    rows = Chance(pack, 2).rows(2_000)
    assert differing(pack, rows) == []
    (folder / "pack.toml").unlink()
    plain, weight = read_pack(folder), pack.switches.weight_column
    assert any(group(pack, case_of(row, weight)) != group(plain, case_of(row)) for row in rows)


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.parity
@pytest.mark.parametrize("books", [("icd10",), ("icd9",), ("icd10", "icd9")])
def test_an_empty_code_book_says_nothing_of_unknown_codes(pack_of: Callable[..., Pack], books: tuple[str, ...]) -> None:
    pack = pack_of(**EVERYTHING | {book: [] for book in books})
    rows = Chance(pack, 6).rows(2_000)
    assert differing(pack, rows) == []
    reasons = " ".join(group(pack, case_of(row)).reason or "" for row in rows)
    assert [kind in reasons for kind in ("unknown dx", "unknown proc")] == [
        book not in books for book in ("icd10", "icd9")
    ]


@pytest.mark.slow
@pytest.mark.golden
@pytest.mark.parity
@pytest.mark.parametrize("version", VERSIONS)
def test_kernel_equals_reference_on_golden_and_generated_cases(shared: Path, version: str) -> None:
    pack = read_pack(shared / "packs" / version)
    golden = pq.read_table(shared / "golden" / f"{version}.parquet").to_pylist()
    assert differing(pack, golden) == []
    assert differing(pack, Chance(pack, 3).rows(2_000)) == []


@pytest.mark.slow
@pytest.mark.parity
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("version", VERSIONS)
def test_kernel_equals_reference_on_many_generated_cases(shared: Path, version: str, part: int) -> None:
    pack = read_pack(shared / "packs" / version)
    assert differing(pack, Chance(pack, f"many {part}").rows(PART)) == []


def test_how_a_batch_is_stored_changes_nothing(pack_of: Callable[..., Pack]) -> None:
    pack = pack_of(**EVERYTHING)
    batch = pa.RecordBatch.from_pylist(Chance(pack, 5).rows(500), schema=SCHEMA)
    grouper = Grouper(compiled(pack))
    expected = grouper.group(batch).to_pylist()
    coded = pa.list_(pa.dictionary(pa.int32(), pa.string()))
    as_dictionary = batch.set_column(7, "dx", batch["dx"].cast(coded)).set_column(8, "proc", batch["proc"].cast(coded))
    assert grouper.group(as_dictionary).to_pylist() == expected
    parts = [batch.slice(0, 7), batch.slice(7, 100), batch.slice(107)]
    assert [row for part in parts for row in grouper.group(part).to_pylist()] == expected
    assert grouper.group(batch.slice(0, 0)).to_pylist() == []
    assert len(group_rows.signatures) == 1, "the kernel is compiled anew for another form of arrays"


@pytest.mark.parity
def test_what_is_remembered_is_what_would_be_found(pack_of: Callable[..., Pack]) -> None:
    """Each case as the first of a grouper, and after thousands of others."""
    pack = pack_of(**EVERYTHING)
    batch = pa.RecordBatch.from_pylist(Chance(pack, 7).rows(3_000), schema=SCHEMA)
    grouper = Grouper(compiled(pack))
    first = grouper.group(batch).to_pylist()
    assert grouper.group(batch).to_pylist() == first
    alone = range(0, batch.num_rows, 100)
    assert [Grouper(compiled(pack)).group(batch.slice(place, 1)).to_pylist()[0] for place in alone] == first[::100]


def test_what_a_procedure_alone_leads_to_is_found_again_each_time(pack_of: Callable[..., Pack]) -> None:
    """A pack that tries each other procedure alone, and has few ranges: a case twice over has its reason twice."""
    rules = {"mdc": ["A,x,1,principal_dx,pdx in MDC"], "mdc_dx": ["A,P01,"]}
    rules |= {"adrg": ["AA1,AA1,A,1,surgical,pproc in ss,next"], "drg": ["AA1,AA1,AA19,x,2,true"]}
    pack = pack_of({"retry_each_other_procedure_if_ungroupable": True}, **EVERYTHING | rules)
    rows = [{"sex": 1, "age": 30, "dx": ["P01"], "proc": ["03.1", "01.1"]}]
    grouper, batch = Grouper(compiled(pack)), pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
    found = [grouper.group(batch).to_pylist() for _ in range(2)]
    assert [its["reason"] for (its,) in found] == ["grouped with 01.1 as its only procedure"] * 2


@pytest.mark.parity
@pytest.mark.parametrize("count", [21, 22, 23, 40])
def test_a_pack_with_many_ranges_is_grouped_as_well(pack_of: Callable[..., Pack], count: int) -> None:
    """More ranges than an answer has bits for: nothing is remembered."""
    drg = [f"BR1,BR1,BR1{place:02},x,{place},age == {place + 20}" for place in range(count)]
    pack = pack_of(**EVERYTHING | {"drg": [*drg, "BR1,BR1,BR199,x,99,true"]})
    rows = [{"sex": 1, "age": age, "dx": ["I60", "M03"]} for age in (*range(18, 70), *range(70, 18, -1))]
    assert differing(pack, rows) == []
    assert {group(pack, case_of(row)).drg for row in rows} == {f"BR1{place:02}" for place in (*range(count), 99)}


def test_columns_that_a_batch_lacks_are_unknown(pack_of: Callable[..., Pack]) -> None:
    batch = pa.RecordBatch.from_pylist([{"sex": 1, "age": 3, "dx": ["X01"]}])
    grouper = Grouper(compiled(pack_of(**EVERYTHING)))
    answer = ("ungroupable", None, None, None, "no rule of MDC S matches", None)
    assert grouper.group(batch).to_pylist() == [dict(zip(OUT, answer, strict=True))]


def test_a_list_that_is_null_may_hide_codes(pack_of: Callable[..., Pack]) -> None:
    codes = pa.ListArray.from_arrays(
        pa.array([0, 1, 2], pa.int32()), pa.array(["B01", "C01"]), mask=pa.array([True, False])
    )
    batch = pa.RecordBatch.from_arrays([codes, pa.array([1, 1]), pa.array([60, 60])], names=["dx", "sex", "age"])
    found = Grouper(compiled(pack_of())).group(batch).to_pylist()
    assert [row["status"] for row in found] == ["invalid", "grouped"]


def test_a_pack_is_compiled_once_for_its_digest(pack_of: Callable[..., Pack]) -> None:
    assert compiled(pack_of()) is compiled(pack_of())
    assert compiled(pack_of()) is not compiled(pack_of(cc=[]))
