"""The settlement list (医疗保障基金结算清单) as interface 4101 sends it: JSON with nodes, or one flat row a list."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.sample import columns
from yiheng.sample.fees import CATEGORIES
from yiheng.sample.forms.cells import cells, coded, codes, duration, named, shown
from yiheng.sample.forms.lines import fen
from yiheng.sample.forms.sheet import one_batch, write_csv
from yiheng.sample.forms.told import Told, joined_key
from yiheng.sample.tables import Bools, Ints, table, words
from yiheng.tables.engine import engine, fetch

HEAD = "setlinfo"
FUNDS = ("pool", "large", "aid", "other_fund")
PAID = {"pool": "pool_pay", "large": "large_pay", "aid": "aid_pay", "other_fund": "other_fund"}
SEPARATOR = "|"
TEXT = pa.string()
AMOUNT = pa.decimal128(18, 2)
# For the row of a list, counted from 1: texts that the head has instead of its own.
Changes = Mapping[int, Mapping[str, str | None]]


@dataclass(frozen=True)
class Node:
    """Rows below a list: how many each case has, and the columns of all of them, flat."""

    count: Ints
    columns: dict[str, pa.Array]


def insured(cases: pa.RecordBatch | pa.Table) -> pa.Array:
    """The cases for which a list is sent: those whom an insurance of `form_codes.csv` pays for."""
    return pc.fill_null(pc.is_in(one_batch(cases)["payer"], pa.array(list(codes("hi_type")))), False)


@cache
def fields(node: str) -> tuple[dict[str, str], ...]:
    """The rows of `form_settlement.csv` for one node, in the interface's order."""
    return tuple(row for row in table("form_settlement") if row["node"] == node)


@cache
def nodes() -> tuple[str, ...]:
    """All nodes, the head first."""
    return tuple(dict.fromkeys(words("form_settlement", "node")))


def head(told: Told) -> dict[str, pa.Array]:
    """The columns of the head, as text."""
    return {row["code"]: cells(told, row["made"]) for row in fields(HEAD)}


def below(told: Told) -> dict[str, Node]:
    """The rows of every node below the head."""
    return {name: MAKERS[name](told) for name in nodes() if name != HEAD}


def _payments(told: Told) -> Node:
    amounts = np.stack([fen(told.cases[PAID[fund]]) for fund in FUNDS], axis=1)
    case, fund = np.nonzero(amounts)
    kinds = [coded(told.cases["payer"], name) for name in FUNDS]
    kind = pa.concat_arrays(kinds).take(pa.array(fund * told.cases.num_rows + case))
    return Node(_counted(told, case), {"fund_pay_type": kind, "fund_payamt": columns.money(amounts[case, fund])})


def _counted(told: Told, case: Ints) -> Ints:
    return np.bincount(case, minlength=told.cases.num_rows)


def _none(told: Told) -> Node:
    empty = pa.nulls(0, TEXT)
    return Node(np.zeros(told.cases.num_rows, np.int64), {row["code"]: empty for row in fields("opspdiseinfo")})


def _diagnoses(told: Told) -> Node:
    """The diagnoses, then in Chinese medicine the disease and the syndromes."""
    parts = [_flat(told.cases["dx"]), _single(told.cases["tcm_dx"]), _flat(told.cases["tcm_syndrome"])]
    case = np.concatenate([part[0] for part in parts])
    code = pa.concat_arrays([part[1] for part in parts])
    kind = np.repeat([1, 2, 3], [len(part[0]) for part in parts])
    present = pa.concat_arrays([_flat(told.cases["dx_present"])[1], pa.nulls(len(case) - len(parts[0][0]), pa.int8())])
    main = np.concatenate([[True], case[1:] != case[:-1]]) & (kind == 1) if len(case) else np.zeros(0, bool)
    order = np.argsort(case, kind="stable")
    found = {
        "diag_type": pa.array(kind).cast(TEXT),
        "diag_code": code,
        "diag_name": named(code, "diagnoses"),
        "adm_cond_type": present.cast(TEXT),
        "maindiag_flag": _yes(main),
    }
    return Node(_counted(told, case), {name: values.take(pa.array(order)) for name, values in found.items()})


def _yes(mask: Bools) -> pa.Array:
    return pa.array(mask.astype(np.int64)).cast(TEXT)


def _flat(lists: pa.ListArray) -> tuple[Ints, pa.Array]:
    return np.asarray(pc.list_parent_indices(lists)).astype(np.int64), pc.list_flatten(lists)


def _single(values: pa.Array) -> tuple[Ints, pa.Array]:
    known = pc.is_valid(values)
    return np.flatnonzero(np.asarray(known)), values.filter(known)


def _charges(told: Told) -> Node:
    """All fourteen categories of every list; six tenths of class A, three of class B, the rest outside."""
    amounts = np.stack([fen(told.cases[name]) for name in CATEGORIES], axis=1).ravel()
    first, second = amounts * 6 // 10, amounts * 3 // 10
    size = told.cases.num_rows
    return Node(
        np.full(size, len(CATEGORIES)),
        {
            "med_chrgitm": pa.array([name[-2:] for name in CATEGORIES] * size, TEXT),
            "amt": columns.money(amounts),
            "claa_sumfee": columns.money(first),
            "clab_amt": columns.money(second),
            "fulamt_ownpay_amt": columns.money(amounts - first - second),
            "oth_amt": columns.money(np.zeros_like(amounts)),
        },
    )


def _procedures(told: Told) -> Node:
    case, code = _flat(told.cases["proc"])
    main = np.concatenate([[True], case[1:] != case[:-1]]) if len(case) else np.zeros(0, bool)
    physician = told.cases["physician"].take(pa.array(case))
    found = {
        "oprn_oprt_type": pa.array(np.where(main, 1, 2)).cast(TEXT),
        "oprn_oprt_name": named(code, "operations"),
        "oprn_oprt_code": code,
        "oprn_oprt_date": _flat(told.cases["proc_date"])[1].cast(TEXT),
        "anst_way": pa.nulls(len(case), TEXT),
        "oper_dr_name": physician,
        "oper_dr_code": physician,
        "anst_dr_name": pa.nulls(len(case), TEXT),
        "anst_dr_code": pa.nulls(len(case), TEXT),
    }
    return Node(_counted(told, case), found)


def _stays(told: Told) -> Node:
    place = pc.index_in(joined_key(told.icu), joined_key(told.cases))
    own = one_batch(told.icu.append_column("case", place).filter(pc.is_valid(place)).sort_by("case"))
    ward = pa.array(words("wards", "code"), TEXT).take(
        pc.index_in(own["ward_type"], pa.array(words("wards", "ward_type")))
    )
    found = {
        "scs_cutd_ward_type": pc.coalesce(ward, own["ward_type"]),
        "scs_cutd_inpool_time": shown(own["entered"]),
        "scs_cutd_exit_time": shown(own["left"]),
        "scs_cutd_sum_dura": duration(own["hours"]),
    }
    return Node(_counted(told, np.asarray(own["case"]).astype(np.int64)), found)


MAKERS: Mapping[str, Callable[[Told], Node]] = {
    "payinfo": _payments,
    "opspdiseinfo": _none,
    "diseinfo": _diagnoses,
    "iteminfo": _charges,
    "oprninfo": _procedures,
    "icuinfo": _stays,
}


def flat_header() -> list[str]:
    """The columns of the flat form: those of the head by code, the others as `node.code`."""
    return [row["code"] if row["node"] == HEAD else f"{row['node']}.{row['code']}" for row in table("form_settlement")]


def flat(told: Told) -> pa.Table:
    """One row of text for each list; the rows of a node are joined with `|`, an empty item stays in its place."""
    found = head(told)
    for name, node in below(told).items():
        for row in fields(name):
            items = pc.fill_null(node.columns[row["code"]].cast(TEXT), "")
            joined = pc.binary_join(columns.lists(items, node.count), SEPARATOR)
            found[f"{name}.{row['code']}"] = pc.if_else(pa.array(node.count > 0), joined, pa.scalar(None, TEXT))
    return pa.table([found[name] for name in flat_header()], names=flat_header())


def nested(told: Told) -> pa.Table:
    """One row for each list with its nodes as Arrow structs; amounts and counts are numbers."""
    above = head(told)
    typed = [_typed(above[row["code"]], row) for row in fields(HEAD)]
    made = [pa.StructArray.from_arrays(typed, [row["code"] for row in fields(HEAD)])]
    found = below(told)
    for name in nodes()[1:]:
        rows = [_typed(found[name].columns[row["code"]], row) for row in fields(name)]
        made.append(
            columns.lists(pa.StructArray.from_arrays(rows, [row["code"] for row in fields(name)]), found[name].count)
        )
    return pa.table(made, names=list(nodes()))


def _typed(values: pa.Array, row: dict[str, str]) -> pa.Array:
    """A number where the interface has one."""
    return values.cast({"amount": AMOUNT, "count": pa.int64()}.get(row["type"], TEXT))


def documents(told: Told, changes: Changes | None = None) -> Iterator[str]:
    """Each list as one JSON text; a field that is not filled is null. `changes`: texts to put into the head instead."""
    number = 0
    with engine() as backend:
        for block in told.blocks():
            backend.con.register("lists", nested(block))
            texts = fetch(backend, f"SELECT to_json({{{_struct()}}})::VARCHAR AS text FROM lists")["text"]
            backend.con.unregister("lists")
            for text in texts.to_pylist():
                number += 1
                its = (changes or {}).get(number)
                yield _changed(text, its) if its else text


def _changed(text: str, its: Mapping[str, str | None]) -> str:
    content = json.loads(text)
    content[HEAD] |= its
    return json.dumps(content, ensure_ascii=False)


def _struct() -> str:
    return ", ".join(f"'{name}': {name}" for name in nodes())


def write_json(
    path: Path, told: Told, encoding: str = "utf-8", lines: bool = False, changes: Changes | None = None
) -> Path:
    """All lists as one array, or with `lines` one list on each line."""
    texts = documents(told, changes)
    with path.open("w", encoding=encoding, newline="\n") as file:
        if lines:
            file.writelines(f"{text}\n" for text in texts)
        else:
            file.write("[")
            file.writelines(f"{',' if number else ''}\n{text}" for number, text in enumerate(texts))
            file.write("\n]\n")
    return path


def write_flat(path: Path, told: Told, encoding: str = "utf-8") -> Path:
    """All lists as CSV, one row each."""
    return write_csv(path, (flat(block) for block in told.blocks()), flat_header(), encoding)
