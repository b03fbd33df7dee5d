"""`yiheng drg reconcile`: our own group, the hospital's and the payer's side by side, each difference explained."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from yiheng.base.refusal import Refusal
from yiheng.cases.input import open_cases
from yiheng.codes.normal import normal
from yiheng.drg.case import NEEDED, USED, case_of
from yiheng.drg.kernel.batch import Grouper
from yiheng.drg.kernel.compile import compiled
from yiheng.drg.kernel.stream import BATCH
from yiheng.drg.packs.opening import open_pack
from yiheng.drg.packs.pack import Pack
from yiheng.drg.packs.standing import Standing, metadata
from yiheng.drg.result import OUT, Result
from yiheng.drg.telling.lines import KINDS, told_difference
from yiheng.drg.telling.reconcile import ABSENT, CLASSES, SAME, compared
from yiheng.tables.engine import engine
from yiheng.tables.out import write_out
from yiheng.tables.version import code_version

GIVEN = "group"
SIDES = ("hospital", "payer")
COLUMNS = ("status", "drg", *(f"{side}_{what}" for side in SIDES for what in ("drg", "kind", "why")))
Key = tuple[str | None, str | None]
Payer = dict[Key, str]


@dataclass
class Reconciled:
    """How many cases differ in which way on each side; cases of the payer that are not among ours; by which pack."""

    pack: Standing
    cases: int = 0
    counts: dict[str, Counter[str]] = field(default_factory=lambda: {side: Counter() for side in SIDES})
    only_payer: int = 0

    def lines(self, lang: str) -> Iterator[str]:
        """The summary, a line for each kind that occurs."""
        chinese = lang == "zh"
        yield f"{self.cases} 例" if chinese else f"{self.cases} cases"
        for side, word in zip(SIDES, ("医院分组", "医保返回"), strict=True):
            for kind in (kind for kind in CLASSES if self.counts[side][kind]):
                said = KINDS[kind].zh if chinese else KINDS[kind].en
                yield f"{word if chinese else side} {said} ({kind}): {self.counts[side][kind]}"
        if self.only_payer:
            yield f"仅医保返回有的病例: {self.only_payer}" if chinese else f"only the payer has: {self.only_payer}"


def reconcile(given: str, cases: Path, payer: Path | None, commit: int | None, out: Path, lang: str) -> Reconciled:
    """Write every case with its three groups, and why they differ, to `out`."""
    pack = open_pack(given)
    with engine() as backend:
        found = open_cases(backend, cases, commit, (*USED, GIVEN))
        found.need(*NEEDED)
        if payer is None and GIVEN not in found.given:
            raise Refusal("there is nothing to compare with", file=str(cases), column=GIVEN, cure="--payer FILE.csv")
        work = _Work(
            pack, found.id_columns, {} if payer is None else read_payer(payer, "hospital" in found.given), lang
        )
        table = found.table.order_by("row").select(
            [*found.id_columns, *(name for name in (*work.grouper.columns, GIVEN) if name in found.given)]
        )
        batches = backend.con.sql(backend.compile(table)).to_arrow_reader(BATCH)
        tables = [work.batch(batch) for batch in batches]
        if not tables:
            raise Refusal("there are no cases", file=str(cases))
        about = {"code_version": code_version()} | metadata([pack.standing])
        write_out(backend, pa.concat_tables(tables), out, about)
    work.summary.only_payer = len(work.returned.keys() - work.met)
    return work.summary


def read_payer(path: Path, with_hospital: bool) -> Payer:
    """The groups that the payer returned, by hospital and case (without hospitals by case): hospital,case_id,drg."""
    needed = ("hospital", "case_id", "drg") if with_hospital else ("case_id", "drg")
    found: Payer = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            for column in needed:
                if column not in (reader.fieldnames or ()):
                    raise Refusal("this column is missing", file=path.name, column=column)
            for number, row in enumerate(reader, 1):
                _take(found, row, number, with_hospital, path)
    except FileNotFoundError:
        raise Refusal("there is no such file", file=str(path)) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Refusal(f"cannot be read: {error}", file=path.name) from None
    return found


def _take(found: Payer, row: dict[str, Any], number: int, with_hospital: bool, path: Path) -> None:
    if None in row or None in row.values():
        raise Refusal("has not as many cells as the header", file=path.name, row=number)
    key = (row["hospital"] if with_hospital else "", row["case_id"])
    if key in found:
        raise Refusal("this case is there twice", file=path.name, row=number, column="case_id", value=row["case_id"])
    found[key] = normal(row["drg"])


class _Work:
    """Cases held against what others say, batch by batch."""

    def __init__(self, pack: Pack, ids: list[str], returned: Payer, lang: str) -> None:
        self.pack, self.ids, self.returned, self.lang = pack, ids, returned, lang
        self.grouper = Grouper(compiled(pack))
        self.met: set[Key] = set()
        self.summary = Reconciled(pack.standing)

    def batch(self, batch: pa.RecordBatch) -> pa.Table:
        """Ids, our own status and group, and for each side its group, the kind of difference and why."""
        results = self.grouper.group(batch)
        own = [Result(*values) for values in zip(*(results.column(name).to_pylist() for name in OUT), strict=True)]
        columns: dict[str, list[str | None]] = {"status": [its.status for its in own], "drg": [its.drg for its in own]}
        keys = list(zip(_cells(batch, "hospital", ""), _cells(batch, "case_id", ""), strict=True))
        self.met.update(keys)
        self.summary.cases += batch.num_rows
        others = (_cells(batch, GIVEN, None), [self.returned.get(key) for key in keys])
        for side, given in zip(SIDES, others, strict=True):
            rows = [self._held(batch, place, *pair) for place, pair in enumerate(zip(own, given, strict=True))]
            self.summary.counts[side].update(kind for _, kind, _ in rows)
            for place, what in enumerate(("drg", "kind", "why")):
                columns[f"{side}_{what}"] = [row[place] for row in rows]
        text = {name: pa.array(columns[name], pa.string()) for name in COLUMNS}
        return pa.table({name: batch.column(name) for name in self.ids} | text)

    def _held(
        self, batch: pa.RecordBatch, place: int, own: Result, other: str | None
    ) -> tuple[str | None, str, str | None]:
        """The other group, the kind of difference, and why; a case is looked at only where they differ."""
        code = normal(other or "")
        if not code or code == own.drg:
            return code or None, SAME if code else ABSENT, None
        row = {name: batch.column(name)[place].as_py() for name in batch.schema.names}
        found = compared(self.pack, case_of(row, self.pack.switches.weight_column), own, code)
        return code, found.kind, told_difference(found, self.pack, self.lang)


def _cells(batch: pa.RecordBatch, name: str, absent: str | None) -> list[str | None]:
    """The texts of a column; `absent` where there is none."""
    if name not in batch.schema.names:
        return [absent] * batch.num_rows
    return [absent if cell is None else cell for cell in batch.column(name).to_pylist()]
